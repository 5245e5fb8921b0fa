// The texts of the page in the person's language.

// Until the person's language is loaded, messages are in English.
let texts = { offline: "The server does not respond. Please try again.", retry: "Try again" };
let spoken;

export async function speak(language, htmlLanguage) {
  if (language === spoken) return;
  const response = await fetch(`/__widget/languages/${language}.json`);
  texts = await response.json();
  spoken = language;
  document.documentElement.lang = htmlLanguage;
}

// Returns the text with this key, with the values in braces filled in.
export function t(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export function languageNow() {
  return document.documentElement.lang;
}

// Formats a number of bytes for people.
export function size(bytes) {
  const [unit, number] = bytes < 1_000_000 ? ["kilobyte", bytes / 1000] : ["megabyte", bytes / 1_000_000];
  const format = { style: "unit", unit, maximumFractionDigits: 1, roundingMode: "floor" };
  return new Intl.NumberFormat(languageNow(), format).format(number);
}
