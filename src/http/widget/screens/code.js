// The code that was sent to an address.
import { button, element, field } from "../dom.js";
import { t } from "../text.js";

export function draw({ screen, answer }) {
  const input = element("input", { id: "code", type: "text", inputMode: "numeric", autocomplete: "one-time-code", maxLength: 8, testid: "code" });
  return {
    title: t("code-title"),
    lead: t("code-text", screen),
    content: [field(t("code-label"), input)],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ code: input.value }),
    others: [button(t("code-resend"), { testid: "resend", onclick: () => answer({ resend: true }) })],
    shown: () => input.focus(),
    again: () => input.focus(),
  };
}
