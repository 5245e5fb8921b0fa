// How a session stands.
import { element } from "../dom.js";

function list(terms) {
  return element(
    "dl",
    {},
    ...Object.entries(terms).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

// A moment without its date where that is today's, on the company's clock.
function time(moment, now) {
  const [date, rest] = moment.split("T");
  const clock = rest.replace(/\.\d+/, "");
  return now?.startsWith(date) ? clock : `${date} ${clock}`;
}

export function facts(session, clock) {
  const end = session.finished_at
    ? { Finished: time(session.finished_at, clock.now) }
    : { "Expires at": time(session.expires_at, clock.now) };
  return list({
    Token: session.token,
    "Company key": session.company_key,
    "result/ says": session.answer,
    Screen: document.querySelector("main").dataset.screen ?? "none",
    Scenario: `${session.scenario}, from ${session.chosen_by}`,
    ...end,
    Clock: time(clock.now) + (clock.is_frozen ? ", stopped" : ""),
  });
}

// What came of the scenario, and what is to come.
export function stages(timeline) {
  const stage = ({ stage, triggers, effects, came_at, due_at }) => {
    const when = came_at
      ? `came at ${time(came_at)}`
      : due_at
        ? `due at ${time(due_at)}`
        : `waits for ${triggers.join(" or ")}`;
    const name = stage === null ? "Decided" : `Stage ${stage}`;
    const texts = [element("strong", {}, name), element("span", {}, when), element("span", {}, effects.join("; "))];
    return element("li", { className: came_at ? "came" : "" }, ...texts);
  };
  return element("ol", { className: "stages", testid: "stages" }, ...timeline.map(stage));
}

export function codes(sent) {
  return list(Object.fromEntries(sent.map(({ by, address, code }) => [`${by}, ${address}`, code])));
}

// What the widget's doctor found out about where it runs.
export function findings() {
  const finding = ([name, { problem, remedy }]) =>
    element(
      "div",
      { className: "finding", testid: `finding-${name}` },
      element("strong", {}, problem),
      element("span", {}, remedy),
    );
  return Object.entries(globalThis.identomatMockFindings ?? {}).map(finding);
}
