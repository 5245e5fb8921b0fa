// What happens, one line each, with all of it behind the line.
import { call, control } from "../control.js";
import { element } from "../dom.js";

const log = document.getElementById("log");

// When the session began, as `performance.now()` counts.
let start = 0;

export function clear() {
  start = performance.now();
  log.replaceChildren();
}

// Adds a line. `more` answers what is behind it.
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

// What an event says besides of whom and when.
const rest = ({ id, at, company_key, session, what, ...said }) => Object.values(said).join(", ");

function tell(event) {
  const { what, call: number, method, path, status, session, finding, problem } = event;
  if (what === "call") {
    happened("call", `${method} ${path} ${status}`, () => control("GET", `calls/${number}`));
  } else if (what === "finding") {
    // What has to be changed is known of the session.
    const found = async () => (await control("GET", `sessions/${session}`)).findings;
    happened(what, problem, async () => (await found()).find((one) => one.finding === finding));
  } else {
    happened(what, rest(event), () => event);
  }
}

// Tells all that happens to a session, as the mock does, until `signal` says that it is enough.
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
