// Several people take part: each has a link of their own. Who is through is shown as it happens.
import { element } from "../dom.js";
import { t } from "../text.js";
import { drawPlain } from "./plain.js";

function stands({ isOpened, isThrough }) {
  if (isThrough) return "participant-through";
  return isOpened ? "participant-there" : "participant-away";
}

export function draw() {
  const list = element("ul", { className: "participants", testid: "participants" });
  list.setAttribute("aria-live", "polite");
  return {
    ...drawPlain("participants"),
    content: [list],
    heard: ({ participants }) => {
      const row = (one, at) => {
        const name = element("span", {}, t("participant", { number: at + 1 }));
        return element("li", { testid: `participant-${at + 1}` }, name, element("span", {}, t(stands(one))));
      };
      list.replaceChildren(...participants.map(row));
    },
  };
}
