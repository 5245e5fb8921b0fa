// The texts of the page in the person's language.

// Before the person's language is there, what has to be said is said in English.
let texts = { offline: "The server does not respond. Please try again.", retry: "Try again" };
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

// So many bytes as the person reads it.
export function size(bytes) {
  const [unit, number] = bytes < 1_000_000 ? ["kilobyte", bytes / 1000] : ["megabyte", bytes / 1_000_000];
  const format = { style: "unit", unit, maximumFractionDigits: 1, roundingMode: "floor" };
  return new Intl.NumberFormat(languageNow(), format).format(number);
}
