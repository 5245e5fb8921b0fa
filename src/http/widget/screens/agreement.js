// The terms.
import { button, element } from "../dom.js";
import { t } from "../text.js";

export function draw({ answer }) {
  return {
    title: t("agreement-title"),
    lead: t("agreement-text"),
    content: [element("p", {}, t("agreement-question"))],
    action: { text: t("agree"), testid: "agree" },
    answer: () => ({ agree: true }),
    others: [button(t("disagree"), { testid: "disagree", onclick: () => answer({ agree: false }) })],
  };
}
