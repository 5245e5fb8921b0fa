// The state of a session. Values that are refreshed keep their elements, so that buttons stay clickable.
import { button, copy, element, withCode } from "../dom.js";

// A list of names and values.
class Terms {
  shown = element("dl", {});
  #values = new Map();

  // Returns the element of a value, and adds it if the name is new.
  value(name, ...beside) {
    if (!this.#values.has(name)) {
      const value = element("span", {});
      this.#values.set(name, value);
      this.shown.append(element("dt", {}, name), element("dd", {}, value, ...beside.map((make) => make(value))));
    }
    return this.#values.get(name);
  }

  put(name, text, ...beside) {
    this.value(name, ...beside).textContent = text;
  }

  keepOnly(names) {
    for (const [name, value] of this.#values) {
      if (names.includes(name)) continue;
      this.#values.delete(name);
      value.parentElement.previousSibling.remove();
      value.parentElement.remove();
    }
  }
}

// A button that copies the text of an element.
const copyButton = (named, say) => (value) =>
  button("Copy", {
    ...named,
    onclick: async () => {
      const isCopied = await copy(value.textContent, () => getSelection().selectAllChildren(value));
      say(isCopied ? `Copied: ${value.textContent}` : "The browser does not allow copying here.", isCopied);
    },
  });

// Formats a time, without its date if that is today on the company's clock.
function time(moment, now) {
  const [date, rest] = moment.split("T");
  const clock = rest.replace(/\.\d+/, "");
  return now?.startsWith(date) ? clock : `${date} ${clock}`;
}

export class Facts extends Terms {
  constructor(say) {
    super();
    this.copy = copyButton({ testid: "copy-token" }, say);
  }

  show(session, clock) {
    this.put("Token", session.token, this.copy);
    const texts = {
      "Company key": session.company_key,
      "Current result": session.current_result,
      Screen: document.querySelector("main").dataset.screen ?? "none",
      Scenario: `${session.scenario}, from ${session.chosen_by}`,
      ...(session.finished_at
        ? { Finished: time(session.finished_at, clock.now) }
        : { "Expires at": time(session.expires_at, clock.now) }),
      Clock: time(clock.now) + (clock.is_frozen ? ", frozen" : ""),
    };
    for (const [name, text] of Object.entries(texts)) this.put(name, text);
    this.keepOnly(["Token", ...Object.keys(texts)]);
  }
}

// The verification codes, each with a button that fills it in.
export class Codes extends Terms {
  constructor(say, close) {
    super();
    this.copy = copyButton({ testid: "copy-code" }, say);
    this.fill = (address) => (value) =>
      button("Fill in", {
        testid: "fill-in-code",
        onclick: () => {
          const field = fieldFor(address);
          field.value = value.textContent;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          close();
          field.focus();
        },
      });
  }

  show(sent) {
    const name = ({ by, address }) => `${by}, ${address}`;
    for (const one of sent) {
      this.put(name(one), one.code, this.copy, this.fill(one.address));
      this.value(name(one)).parentElement.lastChild.hidden = !fieldFor(one.address);
    }
    this.keepOnly(sent.map(name));
  }
}

// Returns the field on the screen for the code that was sent to this address.
function fieldFor(address) {
  const field = document.querySelector("main [data-testid=code]");
  return field?.dataset.address === address ? field : undefined;
}

// Renders the reached and the pending stages.
export function stages(timeline) {
  const stage = ({ stage, triggers, effects, came_at, due_at }) => {
    const when = came_at
      ? `reached at ${time(came_at)}`
      : due_at
        ? `due at ${time(due_at)}`
        : `waits for ${triggers.join(" or ")}`;
    const name = stage === null ? "Decision" : `Stage ${stage}`;
    const texts = [name, when, effects.join("; ")].map(withCode);
    const lines = texts.map((text, at) => element(at ? "span" : "strong", {}, ...text));
    return element("li", { className: came_at ? "came" : "" }, ...lines);
  };
  return timeline.map(stage);
}

// Renders the findings of the embedding checks.
export function findings() {
  const finding = ([name, { problem, remedy }]) =>
    element(
      "div",
      { className: "finding", testid: `finding-${name}` },
      element("strong", {}, ...withCode(problem)),
      element("span", {}, ...withCode(remedy)),
    );
  return Object.entries(globalThis.identomatMockFindings ?? {}).map(finding);
}
