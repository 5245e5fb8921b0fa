// A verification code.
import { button, element, field } from "../dom.js";
import { t } from "../text.js";

// How long the button is disabled after a new code was sent, in seconds.
const PAUSE = 30;

export function draw({ screen, answer }) {
  const input = element("input", {
    id: "code",
    type: "text",
    inputMode: "numeric",
    autocomplete: "one-time-code",
    maxLength: 8,
    testid: "code",
  });
  // For the developer panel, which knows the codes by address.
  input.dataset.address = screen.address;
  const resent = element("p", { className: "said", role: "status", testid: "code-resent" });
  const resend = button(t("code-resend"), {
    testid: "resend",
    onclick: () => {
      // The next input replaces the old code.
      input.focus();
      input.select();
      answer({ resend: true });
    },
  });
  let counting;
  const countDown = (end) => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    resend.disabled = seconds > 0;
    resend.textContent = resend.disabled ? t("code-resend-in", { seconds }) : t("code-resend");
    if (resend.disabled) counting = setTimeout(countDown, 1000, end);
  };
  return {
    title: t("code-title"),
    lead: t("code-text", screen),
    content: [field(t("code-label"), input), resent],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ code: input.value }),
    others: [resend],
    shown: () => input.focus(),
    again: () => {
      resent.textContent = t("code-resent");
      countDown(performance.now() + PAUSE * 1000);
    },
    leave: () => clearTimeout(counting),
  };
}
