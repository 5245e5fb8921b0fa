// Switching to a phone: required or optional.
import { t } from "../text.js";
import { elsewhere } from "./elsewhere.js";

export function draw({ screen }) {
  const here = screen.isOptional ? { action: { text: t("device-here"), testid: "continue" }, answer: () => ({}) } : {};
  return { title: t("device-title"), lead: t("device-text"), content: elsewhere(screen.elsewhere), ...here };
}
