// The choice of a document and its country.
import { choice, element, field, group } from "../dom.js";
import { languageNow, t } from "../text.js";

export function draw({ screen }) {
  const choices = screen.documents.map((kind) =>
    choice({ name: "document", value: kind, text: t(`document-${kind}`), isChosen: kind === screen.document, testid: `document-${kind}` }),
  );
  const kinds = group(t("document-kind"), choices, { isHidden: true });
  screen.countries.sort((one, other) => one.name.localeCompare(other.name, languageNow()));
  const options = screen.countries.map(({ name, code }) => element("option", { value: code, selected: code === screen.country }, name));
  const country = element("select", { id: "country", testid: "country" }, ...options);
  return {
    title: t("document-title"),
    content: [kinds, field(t("document-country"), country)],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ document: kinds.querySelector(":checked").value, country: country.value }),
  };
}
