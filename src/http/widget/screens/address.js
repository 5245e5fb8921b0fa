// An address to type in: e-mail or phone.
import { element, field } from "../dom.js";
import { t } from "../text.js";

export function drawAddress(kind, properties, screen) {
  const input = element("input", { id: "address", value: screen.address, required: true, ...properties });
  return {
    title: t(`${kind}-title`),
    lead: t(`${kind}-text`),
    content: [field(t(`${kind}-label`), input)],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ address: input.value }),
    shown: () => input.focus(),
  };
}
