// A moment in which something is looked at; then the person goes on by themselves.
import { element } from "../dom.js";
import { t } from "../text.js";

// In milliseconds: long enough to be seen.
const MOMENT = 500;

export function drawWaiting(kind, answer) {
  let goingOn;
  return {
    title: t(`${kind}-title`),
    lead: t(`${kind}-text`),
    className: "waiting",
    content: [element("div", { className: "spinner", ariaHidden: "true" })],
    shown: () => {
      goingOn = setTimeout(() => answer({}), MOMENT);
    },
    leave: () => clearTimeout(goingOn),
  };
}
