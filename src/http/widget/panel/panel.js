// The developer panel, which a person never sees: the state of the session, and actions on it. It is not a part of the
// flow, and in English. Its actions use the form of the page and the control API, so it cannot do more than they can.
import { askForToken, control } from "../control.js";
import { button, element, labelled, withCode } from "../dom.js";
import { token } from "../session-api.js";
import { addBadge } from "./badge.js";
import { Codes, Facts, findings, stages } from "./session-state.js";

const { outcomes, reasons } = JSON.parse(document.querySelector("meta[name=identomat-mock]").content);

// Refresh interval of the open panel, in milliseconds.
const PACE = 1000;

let pace;

// A section of the panel, with its name.
function part(name, ...content) {
  return element("section", {}, element("h3", {}, name), ...content);
}

function row(...buttons) {
  return element("div", { className: "row" }, ...buttons);
}

// The details of an outcome, in two fields; only a rejection has a reason.
function details(ofReason, ofComment) {
  const usual = element("option", { value: "" }, "default");
  const words = reasons.map((word) => element("option", {}, word));
  const reason = element("select", ofReason, usual, ...words);
  const comment = element("input", { type: "text", autocomplete: "off", ...ofComment });
  return {
    fields: [labelled("Reason of a rejection", reason), labelled("Comment", comment)],
    verdict: (outcome) => ({
      outcome,
      ...(outcome === "REJECTED" && reason.value ? { reject_reason: reason.value } : {}),
      ...(comment.value ? { result_comment: comment.value } : {}),
    }),
  };
}

function open() {
  const said = element("p", { className: "said", role: "status", testid: "drawer-said" });
  const say = (text, isWell = true) => {
    said.replaceChildren(...withCode(text));
    said.classList.toggle("wrong", !isWell);
  };
  const facts = new Facts(say);
  const codes = new Codes(say, () => panel.close());
  const sent = element("div", { className: "codes", hidden: true, testid: "drawer-codes" }, part("Verification codes", codes.shown));
  const description = element("p", {});
  const timeline = element("ol", { className: "stages", testid: "stages" });
  const closed = element("p", { className: "said wrong", hidden: true, testid: "drawer-closed" });
  // Created once, so that a token being typed stays when a button is used.
  const key = askForToken(() => look());
  key.hidden = true;
  const known = element("div", { hidden: true }, part("Session", facts.shown), part("Scenario", description, timeline));
  const state = element("div", { testid: "drawer-state" }, closed, key, known);
  const found = element("div", { testid: "findings" });
  const scenario = element("select", { testid: "scenario" });
  const by = element("input", { type: "text", value: "15m", testid: "advance-by", autocomplete: "off" });
  const atFinish = details({ testid: "reason" }, { testid: "comment" });
  const atDecision = details({ testid: "decide-reason" }, { testid: "decide-comment" });
  let [companyKey, isFilled] = ["", false];

  // Runs an action, shows its result, and refreshes the session.
  const act = (work, done) => async () => {
    try {
      await work();
      say(done);
    } catch (error) {
      say(error.message, false);
    }
    await look();
  };

  const finish = (fields, done) =>
    act(async () => {
      // Posts the form of the page: see docs/widget.md. The page is notified that the session is finished.
      const request = { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams(fields()) };
      const response = await fetch(`/?session_token=${encodeURIComponent(token)}`, request);
      const { error } = await response.json();
      if (!response.ok) throw new Error(error);
    }, done);
  const decide = (fields, done) => act(() => control("POST", `sessions/${token}/decide`, fields()), done);
  const each = (make) => outcomes.map((word) => button(word, make(word)));

  // Shows the session, or why it cannot be read.
  async function look() {
    clearTimeout(pace);
    const all = findings();
    found.replaceChildren(...(all.length ? [part("Embedding checks", ...all)] : []));
    try {
      const session = await control("GET", `sessions/${token}`);
      companyKey = session.company_key;
      const { clocks } = await control("GET", `clock?company_key=${encodeURIComponent(companyKey)}`);
      closed.hidden = key.hidden = true;
      known.hidden = false;
      facts.show(session, clocks[0]);
      description.replaceChildren(...withCode(session.scenario_description));
      timeline.replaceChildren(...stages(session.timeline));
      codes.show(session.codes);
      sent.hidden = session.codes.length === 0;
      if (!isFilled) {
        const { items } = await control("GET", "scenarios?limit=1000");
        const option = ({ name, description }) => element("option", { value: name, title: description }, name);
        scenario.replaceChildren(...items.map(option));
        scenario.value = session.scenario;
        isFilled = true;
      }
      if (panel.open) pace = setTimeout(look, PACE);
    } catch (error) {
      closed.replaceChildren(...withCode(error.message));
      closed.hidden = false;
      key.hidden = !error.wantsToken;
    }
  }

  const panel = element(
    "dialog",
    { lang: "en", ariaLabel: "identomat-mock", className: "panel", testid: "drawer" },
    element(
      "div",
      { className: "top" },
      element("h2", {}, "identomat-mock"),
      button("Close", { testid: "drawer-close", onclick: () => panel.close() }),
      said,
    ),
    element(
      "div",
      { className: "rest" },
      element("p", {}, "This is a mock: nothing is verified here."),
      row(
        button("Finish as the scenario says", {
          testid: "finish-scenario",
          onclick: finish(() => ({ outcome: "scenario" }), "The session is finished."),
        }),
        button("Skip to the end", { testid: "skip", onclick: skip }),
      ),
      sent,
      part(
        "Finish with an outcome",
        ...atFinish.fields,
        row(
          ...each((word) => ({
            testid: `finish-${word}`,
            onclick: finish(() => atFinish.verdict(word), `The session is finished: ${word}.`),
          })),
        ),
      ),
      part(
        "Decide as the vendor's operator",
        element("p", {}, "Possible before and after the session is finished."),
        ...atDecision.fields,
        row(
          button("Apply the scenario's decision", { testid: "decide-scenario", onclick: decide(() => ({}), "The decision is applied.") }),
          ...each((word) => ({
            testid: `decide-${word}`,
            onclick: decide(() => atDecision.verdict(word), `The decision is applied: ${word}.`),
          })),
        ),
      ),
      found,
      state,
      part(
        "Switch the scenario",
        labelled("Scenario", scenario),
        row(
          button("Switch", {
            testid: "play",
            onclick: act(
              () => control("POST", `sessions/${token}/scenario`, { scenario: scenario.value }),
              "The scenario was switched.",
            ),
          }),
        ),
      ),
      part(
        "Time",
        labelled("Advance the company's clock by", by),
        row(
          button("Advance", {
            testid: "advance",
            onclick: act(
              () => control("POST", "clock/advance", { company_key: companyKey, by: by.value }),
              "The clock was changed.",
            ),
          }),
          button("To the next stage", { testid: "advance-next", onclick: act(toNextStage, "The clock was changed.") }),
          button("Expire now", {
            testid: "expire",
            onclick: act(() => control("POST", `sessions/${token}/expire`, {}), "The token has expired."),
          }),
        ),
      ),
    ),
  );

  // Sets the clock to when the next stage is due.
  async function toNextStage() {
    const session = await control("GET", `sessions/${token}`);
    const next = session.timeline.find(({ came_at, due_at }) => came_at === null && due_at !== null);
    if (!next) throw new Error("No stage is waiting for the clock.");
    await control("POST", "clock/set", { company_key: companyKey, to: next.due_at });
  }

  // Makes the page complete the remaining screens.
  function skip() {
    panel.close();
    dispatchEvent(new Event("identomat-mock-skip"));
  }

  panel.addEventListener("close", () => {
    clearTimeout(pace);
    panel.remove();
  });
  document.body.append(panel);
  panel.showModal();
  look();
}

addBadge(open);
