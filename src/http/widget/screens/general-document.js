// The choice of a general document.
import { choice, group } from "../dom.js";
import { t } from "../text.js";

export function draw({ screen }) {
  const choices = screen.kinds.map((kind) =>
    choice({ name: "paper", value: kind, text: t(`paper-${kind}`), isChosen: kind === screen.chosen, testid: `paper-${kind}` }),
  );
  const list = group(t("paper-title"), choices, { isHidden: true });
  return {
    title: t("paper-title"),
    lead: t("paper-text"),
    content: [list],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ paper: list.querySelector(":checked").value }),
  };
}
