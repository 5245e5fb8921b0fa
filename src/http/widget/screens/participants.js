// Several people take part.
import { t } from "../text.js";

export function draw() {
  return {
    title: t("participants-title"),
    lead: t("participants-text"),
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({}),
  };
}
