// A text and a button to continue.
import { t } from "../text.js";

export function drawPlain(kind) {
  return {
    title: t(`${kind}-title`),
    lead: t(`${kind}-text`),
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({}),
  };
}
