// What a developer does here and a person never sees: how the session is, and every way to end it at once. It is not
// part of the flow, and in English.
import { button, element } from "./dom.js";

export function openDrawer(view, end) {
  const problem = element("p", { role: "alert" });
  const finish = (outcome) => async () => {
    // As the form of the page would be posted by hand: see docs/widget.md.
    const request = { method: "POST", headers: { accept: "application/json" }, body: new URLSearchParams({ outcome }) };
    const response = await fetch(location.href, request);
    const { returnUrl, error } = await response.json();
    if (response.ok) {
      drawer.close();
      end(returnUrl);
    } else {
      problem.textContent = error;
    }
  };
  const outcome = (word, text = word) => button(text, { testid: `finish-${word}`, onclick: finish(word) });
  const facts = { Session: view.token, Screen: view.screen.id, Scenario: `${view.scenario}: ${view.scenarioDescription}` };
  const terms = Object.entries(facts).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  const drawer = element(
    "dialog",
    { lang: "en", ariaLabel: "identomat-mock", className: "drawer", testid: "drawer" },
    element("h2", {}, "identomat-mock"),
    element("p", {}, "Nothing is checked here. End this session at once:"),
    element(
      "div",
      { className: "outcomes" },
      outcome("scenario", "As the scenario says"),
      ...view.outcomes.map((word) => outcome(word)),
    ),
    problem,
    element("dl", {}, ...terms),
    button("Close", { testid: "drawer-close", onclick: () => drawer.close() }),
  );
  drawer.addEventListener("close", () => drawer.remove());
  document.body.append(drawer);
  drawer.showModal();
}
