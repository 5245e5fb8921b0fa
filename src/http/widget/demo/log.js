// The log: one line per event, with details that unfold.
import { call, control } from "../control.js";
import { element } from "../dom.js";

const log = document.getElementById("log");

// Time at which the session began, as of `performance.now()`.
let start = 0;

export function clear() {
  start = performance.now();
  log.replaceChildren();
}

// Adds a line. `more` returns its details.
export function happened(kind, text, more) {
  const time = element("time", {}, `+${((performance.now() - start) / 1000).toFixed(3)}`);
  const line = [time, " ", element("strong", {}, kind), " ", element("span", {}, text)];
  const item = element("div", { testid: `happened-${kind}` });
  item.append(more ? unfolding(line, more) : element("p", {}, ...line));
  const isAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  log.append(item);
  if (isAtEnd) log.scrollTop = log.scrollHeight;
}

function unfolding(line, more) {
  const shown = element("pre", {}, "…");
  const details = element("details", {}, element("summary", {}, ...line), shown);
  details.addEventListener(
    "toggle",
    async () => {
      try {
        shown.textContent = JSON.stringify(await more(), null, 2);
      } catch (error) {
        shown.textContent = error.message;
      }
    },
    { once: true },
  );
  return details;
}

// The specific members of an event.
const rest = ({ id, at, company_key, session, what, ...said }) => Object.values(said).join(", ");

function tell(event) {
  const { what, call: number, method, path, status, session, finding, problem } = event;
  if (what === "call") {
    happened("call", `${method} ${path} ${status}`, () => control("GET", `calls/${number}`));
  } else if (what === "finding") {
    // The remedy is in the details of the session.
    const found = async () => (await control("GET", `sessions/${session}`)).findings;
    happened(what, problem, async () => (await found()).find((one) => one.finding === finding));
  } else {
    happened(what, rest(event), () => event);
  }
}

// Logs the events of a session from the mock, until `signal` aborts.
export async function listen({ token, companyKey }, signal) {
  const query = new URLSearchParams({ company_key: companyKey, session: token, after: 0 });
  try {
    const { body } = await call("GET", `events?${query}`, { signal });
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data && !/^event: missed$/m.test(block)) tell(JSON.parse(data));
      }
    }
    happened("page", "The event stream ended.");
  } catch (error) {
    if (!signal.aborted) happened("page", `Cannot show calls: ${error.message}`);
  }
}
