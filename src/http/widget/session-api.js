// The page's door to its session: what it asks and answers, and what others do with the session meanwhile.

const parameters = new URLSearchParams(location.search);
export const token = (parameters.get("session_token") ?? "").replaceAll('"', "");
const path = encodeURIComponent(token);

// How long is waited before a server is asked again that did not answer, in milliseconds.
const PAUSE = 3000;

// A name that stays as long as the storage does, or the page where there is none. `randomUUID` is for secure pages alone.
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

// What comes back is the next view, or the end. Otherwise it is an error with the `status`, and with what the answer
// says besides, such as the `text` that the person is told.
export async function call(query, { headers = {}, ...request } = {}) {
  const response = await fetch(`/__widget/sessions/${path}${query}`, { ...request, headers: { ...headers, ...page } });
  if (response.ok) return response.status === 204 ? {} : response.json();
  const answer = await response.json().catch(() => ({}));
  throw Object.assign(new Error(answer.error), { ...answer, status: response.status });
}

// Nothing comes after that.
function isOver({ is }) {
  return is === "through" || is === "closed";
}

// Tells what others do with the session, until it is over, or `tell` says that nobody listens any more.
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
