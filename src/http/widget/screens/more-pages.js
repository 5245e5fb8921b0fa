// Whether the general document has another page.
import { button } from "../dom.js";
import { t } from "../text.js";

export function draw({ screen, answer }) {
  return {
    title: t("more-title"),
    lead: t("more-text", screen),
    action: { text: t("more-done"), testid: "continue" },
    answer: () => ({ more: false }),
    others: [button(t("more-add"), { testid: "add-page", onclick: () => answer({ more: true }) })],
  };
}
