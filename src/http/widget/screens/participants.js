// The participants: each has a separate link. Their progress is shown live.
import { element } from "../dom.js";
import { t } from "../text.js";
import { drawPlain } from "./plain.js";

function status({ isOpened, isThrough }) {
  if (isThrough) return "participant-through";
  return isOpened ? "participant-there" : "participant-away";
}

function row(number) {
  const name = element("span", {}, t("participant", { number }));
  return element("li", { testid: `participant-${number}` }, name, element("span", {}));
}

export function draw() {
  const list = element("ul", { className: "participants", testid: "participants" });
  list.setAttribute("aria-live", "polite");
  return {
    ...drawPlain("participants"),
    content: [list],
    heard: ({ participants }) => {
      for (const [at, one] of participants.entries()) {
        list.children[at] ?? list.append(row(at + 1));
        list.children[at].lastChild.textContent = t(status(one));
      }
    },
  };
}
