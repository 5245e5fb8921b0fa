// The client of the session endpoint: requests, answers, and changes made elsewhere.

const parameters = new URLSearchParams(location.search);
export const token = (parameters.get("session_token") ?? "").replaceAll('"', "");
const path = encodeURIComponent(token);

// Pause before a failed request is repeated, in milliseconds.
const PAUSE = 3000;

// An id that lasts as long as the storage, or the page if there is none. `randomUUID` needs a secure context.
function name(storage) {
  const key = "identomat-mock-page";
  const made = () =>
    [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const kept = storage().getItem(key) ?? made();
    storage().setItem(key, kept);
    return kept;
  } catch {
    return made();
  }
}

const page = { "x-identomat-mock-page": `${name(() => localStorage)}.${name(() => sessionStorage)}` };

// Returns the next view, or the end. An error has the `status` and the members of the response, such as the `text` for
// the person.
export async function call(query, { headers = {}, ...request } = {}) {
  const response = await fetch(`/__widget/sessions/${path}${query}`, { ...request, headers: { ...headers, ...page } });
  if (response.ok) return response.status === 204 ? {} : response.json();
  const answer = await response.json().catch(() => ({}));
  throw Object.assign(new Error(answer.error), { ...answer, status: response.status });
}

// The last change.
function isOver({ is }) {
  return is === "through" || is === "closed";
}

// Calls `tell` with changes made elsewhere, until the session ends or `tell` returns true.
export async function watch(tell) {
  let seen = "";
  for (;;) {
    try {
      const response = await fetch(`/__widget/watch/${path}?seen=${seen}`, { headers: page });
      if (!response.ok) throw new Error(response.statusText);
      const { mark, ...news } = await response.json();
      seen = mark;
      if (news.is !== undefined && (tell(news) || isOver(news))) return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
