// Shows a session and lets the person end it. Texts of the company are foreign: they are only ever put in as text.

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
    const button = element("button", { type: "submit", name: "outcome", value: outcome }, outcome);
    button.dataset.testid = `finish-${outcome}`;
    // Who does not agree to the terms is asked nothing.
    button.formNoValidate = outcome === "DISAGREED_WITH_TERMS";
    byId("outcomes").append(button);
  }
}

// Tells that the person came to steps, one after the other. The scenario may wait for one; the page does not.
async function reach(session, keys) {
  for (const key of keys) {
    const step = `/__widget/sessions/${session.token}/steps/${encodeURIComponent(key)}`;
    await fetch(step, { method: "POST" }).catch(() => {});
  }
}

// All steps but the agreement are on one page.
function showSteps(session) {
  reach(session, session.steps.filter((key) => key !== "agreement"));
  byId("agreement").hidden = true;
  byId("steps").hidden = false;
  byId("steps").querySelector("input:not([type=hidden]), select, button").focus();
}

// A session ends once: a second click would throw away the answer to the first one, and with it where to go next.
function sendOnce() {
  let isSent = false;
  document.addEventListener("submit", (event) => {
    if (isSent) event.preventDefault();
    isSent = true;
  });
  // Whoever comes back to the page, because the answer was an error, can send it again.
  window.addEventListener("pageshow", () => {
    isSent = false;
  });
}

async function start() {
  const token = new URLSearchParams(location.search).get("session_token");
  const response = await fetch(`/__widget/sessions/${encodeURIComponent(token.replaceAll('"', ""))}`);
  const session = await response.json();
  if (!response.ok) throw new Error(session.error);

  showSession(session);
  const readers = showQuestionnaires(session.questionnaires, session.language);
  byId("steps").addEventListener("submit", () => {
    byId("answers").value = collected(readers);
  });
  sendOnce();
  byId("agree").addEventListener("click", () => showSteps(session));
  if (session.asksAgreement) {
    reach(session, ["agreement"]);
    byId("agreement").hidden = false;
  } else {
    showSteps(session);
  }
}

start().catch((error) => {
  byId("problem").hidden = false;
  byId("problem").textContent = `This verification cannot be shown: ${error.message}`;
});
