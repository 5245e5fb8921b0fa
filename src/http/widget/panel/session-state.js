// How a session stands. What is shown again stays the same element: nobody misses a button.
import { button, copy, element, withCode } from "../dom.js";

// Names and what they stand at.
class Terms {
  shown = element("dl", {});
  #values = new Map();

  // The element that has the value of that name, which is added where it is new.
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

// A button that copies what an element says.
const copyButton = (named, say) => (value) =>
  button("Copy", {
    ...named,
    onclick: async () => {
      const isCopied = await copy(value.textContent, () => getSelection().selectAllChildren(value));
      say(isCopied ? `Copied: ${value.textContent}` : "The browser does not allow copying here.", isCopied);
    },
  });

// A moment without its date where that is today's, on the company's clock.
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

// The codes that were sent, each with a way into the field that waits for it.
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

// The field on the screen that waits for the code that was sent to that address.
function fieldFor(address) {
  const field = document.querySelector("main [data-testid=code]");
  return field?.dataset.address === address ? field : undefined;
}

// What came of the scenario, and what is to come.
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

// What the widget's doctor found out about where it runs.
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
