// Which document the person shows, and of which country.
import { choice, element, field, group } from "../dom.js";
import { languageNow, t } from "../text.js";

// The country's name in the person's language, as the browser knows it.
function nameOf({ code, short }) {
  return (short && new Intl.DisplayNames([languageNow(), "en"], { type: "region" }).of(short)) ?? code;
}

export function draw({ screen }) {
  const choices = screen.documents.map((kind) =>
    choice({ name: "document", value: kind, text: t(`document-${kind}`), isChosen: kind === screen.document, testid: `document-${kind}` }),
  );
  const kinds = group(t("document-kind"), choices, { isHidden: true });
  const named = screen.countries.map((country) => [nameOf(country), country.code]);
  named.sort(([one], [other]) => one.localeCompare(other, languageNow()));
  const options = named.map(([name, code]) => element("option", { value: code, selected: code === screen.country }, name));
  const country = element("select", { id: "country", testid: "country" }, ...options);
  return {
    title: t("document-title"),
    content: [kinds, field(t("document-country"), country)],
    action: { text: t("continue"), testid: "continue" },
    answer: () => ({ document: kinds.querySelector(":checked").value, country: country.value }),
  };
}
