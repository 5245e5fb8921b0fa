// A page that plays the role of an application: it begins a session, embeds the widget and fetches the result. It shows
// all messages and calls, and the embed code.
import { askForToken, control } from "../control.js";
import { copy, element } from "../dom.js";
import { html, made } from "./frame.js";
import { address, fillIn, fillInVocabulary, frameOf, sessionOf } from "./options.js";
import { clear, happened, listen } from "./log.js";

const part = (id) => document.getElementById(id);
const options = part("options");
const problem = part("problem");

// The current session: `token`, `companyKey`, and whether the company signs its calls, which this page cannot.
let session;
// Aborts the event stream of the current session.
let listening = new AbortController();
// The current frame, and whether it is removed at the end.
let shown;

// Runs an action, and shows its error.
const attempt = (work) => async () => {
  problem.textContent = "";
  part("wanted").replaceChildren();
  try {
    await work();
  } catch (error) {
    problem.textContent = error.message;
    if (error.wantsToken) part("wanted").replaceChildren(askForToken(attempt(fillIn)));
  }
};

// Sends a vendor call, as the backend of an application does. `said` describes the response, with the mock's hint.
async function vendor(method, { scenario, ...parameters }) {
  const headers = {
    "content-type": "application/json",
    ...(scenario ? { "x-identomat-mock-scenario": scenario } : {}),
  };
  const request = { method: "POST", headers, body: JSON.stringify(parameters) };
  const response = await fetch(`/external-api/${method}/`, request).catch(() => {
    throw new Error(`${method}/ does not respond.`);
  });
  const text = await response.text();
  const hint = response.headers.get("x-identomat-mock-hint");
  return { text, said: `${method}/ returned ${response.status}, ${text.slice(0, 200)}${hint ? `: ${hint}` : ""}` };
}

async function isSigned(companyKey) {
  const path = `companies?limit=1000&like=${encodeURIComponent(companyKey)}`;
  const { items } = await control("GET", path);
  return items.some(({ company_key, is_signed }) => company_key === companyKey && is_signed);
}

// Whatever the status, a response is a token or an error.
function tokenOf({ text, said }) {
  const token = /^"([a-z0-9]{40})"$/.exec(text)?.[1];
  if (!token) throw new Error(said);
  return token;
}

async function begin() {
  const { companyKey, scenario, flags, steps } = sessionOf(options);
  // Validates the frame before a session begins.
  const wishedFrame = frameOf(options);
  const wish = { company_key: companyKey, flags, steps };
  const signed = await isSigned(companyKey);
  const token = signed
    ? (await control("POST", "sessions", { ...wish, ...(scenario ? { scenario } : {}) })).token
    : tokenOf(await vendor("begin", { ...wish, scenario }));
  listening.abort();
  listening = new AbortController();
  session = { token, companyKey, signed };
  clear();
  if (signed) happened("page", "The company signs its calls, so the control API began the session.");
  listen(session, listening.signal);
  embed(wishedFrame);
}

function embed({ widget, reacts, attributes }) {
  const link = `${widget}?session_token=${session.token}`;
  const frame = made(link, attributes);
  shown = { frame, reacts };
  part("place").replaceChildren(frame);
  part("snippet").textContent = html(frame, reacts);
  part("alone").href = link;
  part("html").hidden = false;
  for (const id of ["embed", "result"]) part(id).disabled = false;
}

async function askForResult() {
  const { token, companyKey, signed } = session;
  const said = signed
    ? `The result is ${(await control("GET", `sessions/${token}`)).current_result}.`
    : resultOf(await vendor("result", { company_key: companyKey, session_token: token }));
  happened("page", said);
}

function resultOf({ text, said }) {
  const result = /"result":"([^"]*)"/.exec(text)?.[1];
  return result ? `The result is ${result}.` : said;
}

// Handles messages as the embed code does.
addEventListener("message", ({ origin, data }) => {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  happened("message", `${text} from ${origin}`, () => ({ origin, data }));
  if (data !== "DONE" || !shown || origin !== new URL(shown.frame.src).origin) return;
  if (shown.reacts) {
    const text = "The frame was removed.";
    shown.frame.replaceWith(element("p", { className: "quiet" }, text));
    shown = undefined;
    happened("page", text);
  }
  attempt(askForResult)();
});

options.addEventListener("submit", (event) => {
  event.preventDefault();
  attempt(begin)();
});
part("embed").onclick = attempt(() => options.reportValidity() && embed(frameOf(options)));
part("result").onclick = attempt(askForResult);
part("copy").onclick = async ({ target }) => {
  const isCopied = await copy(part("snippet").textContent, () => getSelection().selectAllChildren(part("snippet")));
  target.textContent = isCopied ? "Copied" : "Press the copy keys";
};
fillInVocabulary(options);
address(options, part("address-hint"));
attempt(fillIn)();
