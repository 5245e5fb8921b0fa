// A call with the vendor's operator, whom the mock does not have.
import { t } from "../text.js";

export function draw() {
  return {
    title: t("video-call-title"),
    lead: t("video-call-text"),
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({}),
  };
}
