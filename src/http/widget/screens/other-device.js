// The page while another page is active.
import { button, element } from "../dom.js";
import { t } from "../text.js";

// The title of the screen there.
function titleOf({ kind, subject, page }) {
  return kind === "capture" ? t(`capture-${subject}`, { page }) : t(`${kind}-title`);
}

export function draw({ takeBack }) {
  const device = element("span", {});
  const screen = element("strong", { testid: "companion-screen" });
  const progress = element("progress", {});
  return {
    title: t("companion-title"),
    lead: t("companion-text"),
    className: "companion",
    content: [element("div", { className: "there", role: "status", testid: "companion" }, device, screen, progress)],
    others: [button(t("companion-back"), { testid: "take-back", onclick: takeBack })],
    heard: ({ isOnPhone, there }) => {
      device.textContent = t(isOnPhone ? "companion-phone" : "companion-page");
      screen.textContent = titleOf(there.screen);
      progress.max = there.of;
      progress.value = there.at;
      progress.setAttribute("aria-label", t("progress", there));
    },
  };
}
