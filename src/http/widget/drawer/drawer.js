// What a developer has here and a person never sees: a mark that says that this is a mock, and behind it how the session
// stands, and all that can be done with it. It is no part of the flow, and in English. What it does goes through the
// form of the page and the control API, so that it can do no more than whoever may use those.
import { askForToken, control } from "../control.js";
import { button, element, labelled } from "../dom.js";
import { token } from "../door.js";
import { putMark } from "./mark.js";
import { codes, facts, findings, stages } from "./stands.js";

const { outcomes, reasons } = JSON.parse(document.querySelector("meta[name=identomat-mock]").content);

// While the drawer is open, it looks so often how things stand, in milliseconds.
const PACE = 1000;

let pace;

// A part of the drawer, with its name.
function part(name, ...content) {
  return element("section", {}, element("h3", {}, name), ...content);
}

function open() {
  const said = element("p", { className: "said", role: "status", testid: "drawer-said" });
  const state = element("div", { testid: "drawer-state" });
  const found = element("div", { testid: "findings" });
  const scenario = element("select", { testid: "scenario" });
  const reason = element("select", { testid: "reason" }, element("option", { value: "" }, "as usual"));
  reason.append(...reasons.map((word) => element("option", {}, word)));
  const comment = element("input", { type: "text", testid: "comment", autocomplete: "off" });
  const by = element("input", { type: "text", value: "15m", testid: "advance-by", autocomplete: "off" });
  let [companyKey, isFilled] = ["", false];

  // Does something, says what came of it, and shows how things stand then.
  const act = (work, done) => async () => {
    try {
      await work();
      said.textContent = done;
      said.classList.remove("wrong");
    } catch (error) {
      said.textContent = error.message;
      said.classList.add("wrong");
    }
    await look();
  };

  // What is said with an outcome; a reason goes with a rejection alone.
  const verdict = (outcome) => ({
    outcome,
    ...(outcome === "REJECTED" && reason.value ? { reject_reason: reason.value } : {}),
    ...(comment.value ? { result_comment: comment.value } : {}),
  });
  const finish = (fields, done) =>
    act(async () => {
      // As the form of the page would be posted by hand: see docs/widget.md. The page hears that the person is through.
      const request = { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(fields()) };
      const response = await fetch(`/?session_token=${encodeURIComponent(token)}`, request);
      const { error } = await response.json();
      if (!response.ok) throw new Error(error);
    }, done);
  const decide = (fields, done) => act(() => control("POST", `sessions/${token}/decide`, fields()), done);
  const row = (...buttons) => element("div", { className: "row" }, ...buttons);

  // Shows how things stand, or why that is not known.
  async function look() {
    clearTimeout(pace);
    const known = findings();
    found.replaceChildren(...(known.length ? [part("How the widget is embedded", ...known)] : []));
    try {
      const session = await control("GET", `sessions/${token}`);
      companyKey = session.company_key;
      const { clocks } = await control("GET", `clock?company_key=${encodeURIComponent(companyKey)}`);
      state.replaceChildren(
        part("Session", facts(session, clocks[0])),
        part("Scenario", element("p", {}, session.scenario_description), stages(session.timeline)),
        ...(session.codes.length ? [part("Codes that were sent", codes(session.codes))] : []),
      );
      if (!isFilled) {
        const { items } = await control("GET", "scenarios?limit=1000");
        const option = ({ name, description }) => element("option", { value: name, title: description }, name);
        scenario.replaceChildren(...items.map(option));
        scenario.value = session.scenario;
        isFilled = true;
      }
      if (drawer.open) pace = setTimeout(look, PACE);
    } catch (error) {
      state.replaceChildren(
        part("Session", element("p", { className: "said wrong", testid: "drawer-closed" }, error.message)),
      );
      if (error.wantsToken) state.append(askForToken(look));
    }
  }

  const drawer = element(
    "dialog",
    { lang: "en", ariaLabel: "identomat-mock", className: "drawer", testid: "drawer" },
    element(
      "div",
      { className: "top" },
      element("h2", {}, "identomat-mock"),
      button("Close", { testid: "drawer-close", onclick: () => drawer.close() }),
    ),
    element("p", {}, "This is a mock: nothing is checked here."),
    row(
      button("Finish as the scenario says", {
        testid: "finish-scenario",
        onclick: finish(() => ({ outcome: "scenario" }), "The person is through."),
      }),
      button("Skip to the end", { testid: "skip", onclick: skip }),
    ),
    said,
    found,
    state,
    part(
      "Finish with an outcome",
      labelled("Reason of a rejection", reason),
      labelled("Comment", comment),
      row(
        ...outcomes.map((word) =>
          button(word, {
            testid: `finish-${word}`,
            onclick: finish(() => verdict(word), `The person is through: ${word}.`),
          }),
        ),
      ),
    ),
    part(
      "Decide as the vendor's operator",
      element("p", {}, "With the reason and comment above, whether the person is through or not."),
      row(
        button("As the scenario waits", { testid: "decide-scenario", onclick: decide(() => ({}), "It is decided.") }),
        ...outcomes.map((word) =>
          button(word, { testid: `decide-${word}`, onclick: decide(() => verdict(word), `It is decided: ${word}.`) }),
        ),
      ),
    ),
    part(
      "Another scenario",
      labelled("Scenario", scenario),
      row(
        button("Play it from now on", {
          testid: "play",
          onclick: act(
            () => control("POST", `sessions/${token}/scenario`, { scenario: scenario.value }),
            "Another scenario plays.",
          ),
        }),
      ),
    ),
    part(
      "Time",
      labelled("Move the company's clock by", by),
      row(
        button("Move", {
          testid: "advance",
          onclick: act(
            () => control("POST", "clock/advance", { company_key: companyKey, by: by.value }),
            "The clock was moved.",
          ),
        }),
        button("To the next stage", { testid: "advance-next", onclick: act(toNextStage, "The clock was moved.") }),
        button("Expire now", {
          testid: "expire",
          onclick: act(() => control("POST", `sessions/${token}/expire`, {}), "The token has expired."),
        }),
      ),
    ),
  );

  // The clock goes to where the next stage is due.
  async function toNextStage() {
    const session = await control("GET", `sessions/${token}`);
    const next = session.timeline.find(({ came_at, due_at }) => came_at === null && due_at !== null);
    if (!next) throw new Error("No stage comes by the clock alone.");
    await control("POST", "clock/set", { company_key: companyKey, to: next.due_at });
  }

  // The page goes through what is left by itself.
  function skip() {
    drawer.close();
    dispatchEvent(new Event("identomat-mock-skip"));
  }

  drawer.addEventListener("close", () => {
    clearTimeout(pace);
    drawer.remove();
  });
  document.body.append(drawer);
  drawer.showModal();
  look();
}

putMark(open);
