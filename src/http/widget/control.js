// Requests to the control API, for the pages that developers use.
import { button, element, labelled } from "./dom.js";

let token;

// Returns the response. Throws an error with the message, and with `wantsToken` if a token is required.
export async function call(method, path, { fields, signal } = {}) {
  const headers = {
    ...(fields ? { "content-type": "application/json" } : {}),
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const response = await fetch(`/__admin/${path}`, { method, headers, body: fields && JSON.stringify(fields), signal });
  if (response.ok) return response;
  const answer = await response.json().catch(() => ({}));
  const problem = answer.detail ?? `the control API returned ${response.status}`;
  throw Object.assign(new Error(problem), { wantsToken: response.status === 401 });
}

export async function control(method, path, fields) {
  const response = await call(method, path, { fields });
  return response.json().catch(() => ({}));
}

// Asks for the token of the control API, which is kept only in this page.
export function askForToken(goOn) {
  const field = element("input", { type: "password", testid: "admin-token", autocomplete: "off" });
  const use = button("Use", {
    testid: "admin-token-use",
    onclick: () => {
      token = field.value;
      goOn();
    },
  });
  return element("section", {}, labelled("Token of the control API", field), use);
}
