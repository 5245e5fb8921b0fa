// The link for another device: its QR code, and a button that copies it.
import { button, copy, drawing, element, field, notice } from "../dom.js";
import { t } from "../text.js";

export function elsewhere(place) {
  if (place === null) return [notice(t("device-required"), "stuck")];
  const link = element("input", { type: "text", id: "link", value: place.link, readOnly: true, testid: "link" });
  const onclick = async ({ target }) => {
    if (await copy(place.link, () => link.select())) target.textContent = t("link-copied");
  };
  const code = place.code ? [drawing(place.code.size, place.code.path, t("link-code"))] : [];
  const shown = element(
    "div",
    { className: "elsewhere", testid: "elsewhere" },
    ...code,
    field(t("link-label"), link),
    button(t("link-copy"), { testid: "link-copy", onclick }),
  );
  return [shown];
}
