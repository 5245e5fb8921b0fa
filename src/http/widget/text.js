// The texts of the page in the person's language.

let texts = {};
let spoken;

export async function speak(language, htmlLanguage) {
  if (language === spoken) return;
  const response = await fetch(`/__widget/languages/${language}.json`);
  texts = await response.json();
  spoken = language;
  document.documentElement.lang = htmlLanguage;
}

// The text of that key, with what stands in braces filled in.
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function languageNow() {
  return document.documentElement.lang;
}
