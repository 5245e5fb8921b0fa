// The choice of a language; each is listed in its own language.
import { choice, group } from "../dom.js";
import { t } from "../text.js";

const names = { en: "English", es: "Español", ka: "ქართული", ru: "Русский", uk: "Українська", gr: "Ελληνικά", uz: "Oʻzbekcha" };

export function draw({ screen }) {
  const choices = screen.languages.map((code) =>
    choice({ name: "language", value: code, text: names[code], isChosen: code === screen.chosen, testid: `language-${code}` }),
  );
  const list = group(t("language-title"), choices, { isHidden: true });
  return {
    title: t("language-title"),
    content: [list],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ language: list.querySelector(":checked").value }),
  };
}
