// Shows a session and lets the person end it. Texts of the company are foreign: they are only ever put in as text.

import { tellFinished } from "./finished.js";

const byId = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// A title is a text, or a map from language to text.
function inLanguage(title, language) {
  if (title === null || title === undefined) return "";
  if (typeof title !== "object") return String(title);
  const own = Object.hasOwn(title, language) ? title[language] : undefined;
  return String(own ?? title.en ?? Object.values(title)[0] ?? "");
}

// Keys and types of the company are looked up in objects without a prototype: `constructor` is a key like others.
const inputTypes = { __proto__: null, number: "number", date: "date" };

// Each maker answers the control to show and a function that reads the answer, or undefined where there is none.
const makers = {
  __proto__: null,
  boolean(question, id) {
    const choice = (value, label) => {
      const input = element("input", { type: "radio", name: id, value, required: question.mandatory });
      input.dataset.testid = `${id}-${value}`;
      return element("label", { className: "choice" }, input, label);
    };
    const control = element("div", {}, choice("true", "Yes"), choice("false", "No"));
    const chosen = () => control.querySelector("input:checked")?.value;
    return [control, () => (chosen() === undefined ? undefined : chosen() === "true")];
  },
  select(question, id, language) {
    const control = element("select", { id, required: question.mandatory }, element("option", { value: "" }));
    for (const option of question.options) {
      control.append(element("option", { value: option.key }, inLanguage(option.title, language) || option.key));
    }
    return [control, () => control.value || undefined];
  },
  multiselect(question, id, language) {
    const control = element("div");
    for (const option of question.options) {
      const input = element("input", { type: "checkbox", value: option.key });
      input.dataset.testid = `${id}-${option.key}`;
      control.append(
        element("label", { className: "choice" }, input, inLanguage(option.title, language) || option.key),
      );
    }
    const boxes = [...control.querySelectorAll("input")];
    const read = () => boxes.filter((box) => box.checked).map((box) => box.value);
    if (question.mandatory) {
      const check = () => boxes[0]?.setCustomValidity(read().length ? "" : "Choose at least one.");
      control.addEventListener("change", check);
      check();
    }
    return [control, () => (read().length ? read() : undefined)];
  },
};

function typed(type) {
  return (question, id) => {
    const control = element("input", { type, id, required: question.mandatory });
    if (type === "number") control.step = "any";
    return [control, () => control.value || undefined];
  };
}

function showQuestionnaires(questionnaires, language) {
  const readers = [];
  questionnaires.forEach((questionnaire, at) => {
    const section = element("section", {}, element("h2", {}, inLanguage(questionnaire.title, language)));
    const description = inLanguage(questionnaire.description, language);
    if (description) section.append(element("p", { className: "description" }, description));
    questionnaire.questions.forEach((question, number) => {
      const id = `question-${at}-${number}`;
      const make = makers[question.type] ?? typed(inputTypes[question.type] ?? "text");
      const [control, read] = make(question, id, language);
      control.dataset.testid = `${questionnaire.key}.${question.key}`;
      const isGroup = control.tagName === "DIV";
      const title = inLanguage(question.title, language) + (question.mandatory ? " *" : "");
      section.append(
        isGroup
          ? element("fieldset", {}, element("legend", {}, title), control)
          : element("div", { className: "field" }, element("label", { htmlFor: id }, title), control),
      );
      readers.push({ questionnaire: questionnaire.key, question: question.key, read });
    });
    byId("questionnaires").append(section);
  });
  return readers;
}

function collected(readers) {
  const answers = Object.create(null);
  for (const { questionnaire, question, read } of readers) {
    const answer = read();
    if (answer !== undefined) (answers[questionnaire] ??= Object.create(null))[question] = answer;
  }
  return JSON.stringify(answers);
}

function showSession(session) {
  const asked = [
    ...(session.asksDocument ? [`document (${session.documentTypes.join(", ")})`] : []),
    ...(session.asksFace ? ["face"] : []),
    ...session.questionnaires.map((questionnaire) => `questionnaire ${questionnaire.key}`),
  ];
  const facts = {
    Token: session.token,
    Scenario: session.scenario,
    Language: session.language,
    Steps: asked.join(", ") || "none",
  };
  for (const [name, value] of Object.entries(facts)) {
    byId("session").append(element("dt", {}, name), element("dd", {}, value));
  }
  byId("scenario").append(element("strong", {}, session.scenario), `: ${session.scenarioDescription}`);
  for (const outcome of session.outcomes) {
    const button = element("button", { type: "submit", value: outcome }, outcome);
    button.dataset.testid = `finish-${outcome}`;
    // Who does not agree to the terms is asked nothing.
    button.formNoValidate = outcome === "DISAGREED_WITH_TERMS";
    byId("outcomes").append(button);
  }
}

// Tells that the person came to steps, one after the other and after those `before`. The scenario may wait for one;
// the page does not, until it ends.
async function reach(session, keys, before) {
  await before;
  for (const key of keys) {
    const step = `/__widget/sessions/${session.token}/steps/${encodeURIComponent(key)}`;
    await fetch(step, { method: "POST" }).catch(() => {});
  }
}

// During the flow the URL says where the person is; at the end it does not any more.
function showPlace(step) {
  const url = new URL(location.href);
  if (step === undefined) url.searchParams.delete("step");
  else url.searchParams.set("step", step);
  history.replaceState(null, "", url);
}

function showProblem(problem) {
  byId("problem").hidden = problem === undefined;
  byId("problem").textContent = problem ?? "";
}

function showAgreement(session) {
  showPlace("agreement");
  byId("agreement").hidden = false;
  return reach(session, ["agreement"]);
}

// All steps but the agreement are on one page.
function showSteps(session, before) {
  const steps = session.steps.filter((key) => key !== "agreement");
  showPlace(steps[0] ?? "finish");
  byId("agreement").hidden = true;
  byId("steps").hidden = false;
  byId("steps").querySelector("input, select, button").focus();
  return reach(session, steps, before);
}

function showFinished() {
  for (const part of ["agreement", "steps", "about"]) byId(part).hidden = true;
  byId("done").hidden = false;
  byId("title").textContent = document.title = "Process finished";
  byId("title").focus();
  showPlace(undefined);
  tellFinished();
}

// Posts the form as it would post itself, but stays: who listens in this page has to hear the end.
async function finish(fields) {
  const response = await fetch(location.href, {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams(fields),
  });
  const { returnUrl, error } = await response.json();
  if (response.status === 404 || response.status === 410) {
    // There is a page that says why.
    showPlace(undefined);
    location.reload();
  } else if (!response.ok) {
    throw new Error(error);
  } else if (returnUrl === null) {
    showFinished();
  } else {
    location.assign(returnUrl);
  }
}

async function start() {
  const token = new URLSearchParams(location.search).get("session_token");
  const response = await fetch(`/__widget/sessions/${encodeURIComponent(token.replaceAll('"', ""))}`);
  const session = await response.json();
  if (!response.ok) throw new Error(session.error);

  showSession(session);
  const readers = showQuestionnaires(session.questionnaires, session.language);
  let reached = session.asksAgreement ? showAgreement(session) : showSteps(session);
  byId("agree").addEventListener("click", () => {
    reached = showSteps(session, reached);
  });
  // A session ends once: a second click would be told that it has ended, and not where to go.
  let isSent = false;
  document.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isSent) return;
    isSent = true;
    // Without a button, as a script sends a form, it ends as the scenario says.
    const fields = { outcome: event.submitter?.value ?? "scenario" };
    if (event.target === byId("steps")) fields.answers = collected(readers);
    try {
      showProblem(undefined);
      await reached;
      await finish(fields);
    } catch (error) {
      showProblem(`This cannot be sent: ${error.message}`);
      isSent = false;
    }
  });
}

start().catch((error) => showProblem(`This verification cannot be shown: ${error.message}`));
