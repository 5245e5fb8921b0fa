// A short check; then the flow continues by itself.
import { button, element } from "../dom.js";
import { t } from "../text.js";

// In milliseconds: long enough to be seen.
const MOMENT = 500;

export function drawWaiting(kind, answer) {
  let [goingOn, isLeft] = [undefined, false];
  const goOn = async () => {
    retry.hidden = true;
    await answer({});
    // If the server did not respond, it is asked again.
    if (!isLeft) retry.hidden = false;
  };
  const retry = button(t("retry"), { testid: "retry", onclick: goOn });
  retry.hidden = true;
  return {
    title: t(`${kind}-title`),
    lead: t(`${kind}-text`),
    className: "waiting",
    content: [element("div", { className: "spinner", ariaHidden: "true" })],
    others: [retry],
    shown: () => {
      goingOn = setTimeout(goOn, MOMENT);
    },
    leave: () => {
      isLeft = true;
      clearTimeout(goingOn);
    },
  };
}
