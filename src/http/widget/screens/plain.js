// Something to read, and then to go on.
import { t } from "../text.js";

export function drawPlain(kind) {
  return {
    title: t(`${kind}-title`),
    lead: t(`${kind}-text`),
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({}),
  };
}
