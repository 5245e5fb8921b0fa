// The form: session and frame, with the choices of the mock.
import { control } from "../control.js";
import { element } from "../dom.js";

const { flags, languages, loopback } = JSON.parse(document.querySelector("meta[name=identomat-mock-demo]").content);

// The origin of the widget. An application's page and the widget are cross-site; so are these pages, on a machine with
// two names for itself.
export function address(options, hint) {
  const { protocol, hostname, port } = location;
  const other = { localhost: loopback, "127.0.0.1": "localhost", "[::1]": "localhost" }[hostname];
  options.elements.address.value = `${protocol}//${other ?? hostname}${port ? `:${port}` : ""}`;
  hint.textContent = other
    ? "Another name of this machine, so that the widget and the page have different sites."
    : "The origin of this page: limits of cross-site frames do not show here.";
}

// Fills in the companies and scenarios of the mock.
export async function fillIn() {
  const options = document.getElementById("options");
  const [companies, scenarios] = await Promise.all(
    ["companies", "scenarios"].map((what) => control("GET", `${what}?limit=1000`)),
  );
  const { "company-key": company, scenario } = options.elements;
  company.value ||= companies.items[0]?.company_key ?? "";
  const option = (value, title = "") => element("option", { value, title }, value);
  document
    .getElementById("companies")
    .replaceChildren(...companies.items.map(({ company_key }) => option(company_key)));
  const first = scenario.options[0];
  scenario.replaceChildren(first, ...scenarios.items.map(({ name, description }) => option(name, description)));
}

// Fills in the choices that every mock has.
export function fillInVocabulary(options) {
  options.elements.language.append(...languages.map((code) => element("option", { value: code }, code)));
  const flag = (name) => {
    const box = element("input", { type: "checkbox", name: "flag", value: name, testid: `flag-${name}` });
    return element("label", {}, box, ` ${name}`);
  };
  document.getElementById("flags").append(...flags.map(flag));
}

// Returns the session to begin; an error names the invalid field.
export function sessionOf(options) {
  const wishes = new FormData(options);
  const chosen = wishes.getAll("flag").map((name) => [name, true]);
  const language = wishes.get("language");
  const returnUrl = wishes.get("return-url");
  return {
    companyKey: wishes.get("company-key"),
    scenario: wishes.get("scenario"),
    flags: {
      ...Object.fromEntries(chosen),
      ...(language ? { language } : {}),
      ...(returnUrl ? { return_url: returnUrl } : {}),
      ...parsed(wishes.get("flags"), "Other flags", "an object", {}, (value) => value?.constructor === Object),
    },
    steps: parsed(wishes.get("steps"), "Steps", "a list", [], Array.isArray),
  };
}

function parsed(text, field, kind, usual, fits) {
  if (!text.trim()) return usual;
  let value;
  try {
    value = JSON.parse(text);
  } catch ({ message }) {
    throw new Error(`${field}: not JSON: ${message}`);
  }
  if (!fits(value)) throw new Error(`${field}: not ${kind}.`);
  return value;
}

// Returns the frame to create: the widget's URL, whether the frame is removed at the end, and the attributes.
export function frameOf(options) {
  const wishes = new FormData(options);
  const address = wishes.get("address");
  if (!URL.canParse(address) || !/^https?:/i.test(address))
    throw new Error("Address of the mock: not an http or https address.");
  const allow = wishes.getAll("allow").join("; ");
  return {
    widget: new URL("/", address).href,
    reacts: wishes.has("reacts"),
    attributes: {
      ...(allow ? { allow } : {}),
      ...(wishes.has("sandboxed") ? { sandbox: wishes.getAll("sandbox").join(" ") } : {}),
      width: wishes.get("width"),
      height: wishes.get("height"),
    },
  };
}
