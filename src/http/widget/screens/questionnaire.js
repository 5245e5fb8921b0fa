// Questions of the company. Its texts are inserted as text, its Markdown as elements of a fixed list.
import { choice, element, field, group, notice } from "../dom.js";
import { t } from "../text.js";

const elements = ["p", "h3", "blockquote", "pre", "ol", "ul", "li", "em", "strong", "s", "code", "br", "hr", "a"];

function markdown(node) {
  if (typeof node === "string") return node;
  const made = element(elements.includes(node.tag) ? node.tag : "span", {}, ...node.children.map(markdown));
  if (node.tag === "a") Object.assign(made, { href: node.href, target: "_blank", rel: "noopener noreferrer" });
  return made;
}

// Each function returns what to show, a function that reads the answer (undefined if there is none), and the elements
// to mark if an answer is missing.
const makers = {
  __proto__: null,
  boolean({ answer }, number, title) {
    const name = `question-${number}`;
    const one = (value, text) =>
      choice({ name, value, text, isChosen: String(answer) === value, testid: `question-${number}-${value}` });
    const shown = group(title, [one("true", t("yes")), one("false", t("no"))]);
    // A group of radio buttons is one input; a group of check boxes is not.
    shown.role = "radiogroup";
    const chosen = () => shown.querySelector(":checked")?.value;
    return [shown, () => (chosen() === undefined ? undefined : chosen() === "true"), [shown]];
  },
  select({ options, answer }, number, title) {
    const option = ({ key, title }) => element("option", { value: key, selected: key === answer }, title);
    const list = element("select", { id: `question-${number}` }, element("option", { value: "" }, t("choose")), ...options.map(option));
    return [field(title, list), () => list.value || undefined, [list]];
  },
  multiselect({ options, answer }, number, title) {
    const one = ({ key, title }) =>
      choice({ type: "checkbox", value: key, text: title, isChosen: answer?.includes(key) ?? false, testid: `question-${number}-${key}` });
    const shown = group(title, options.map(one));
    const read = () => [...shown.querySelectorAll(":checked")].map((box) => box.value);
    return [shown, () => (read().length ? read() : undefined), [...shown.querySelectorAll("input")]];
  },
};

const inputTypes = { __proto__: null, number: "number", date: "date" };

function typed({ type, answer }, number, title) {
  const control = element("input", { type: inputTypes[type] ?? "text", id: `question-${number}`, value: answer ?? "" });
  if (control.type === "number") control.step = "any";
  return [field(title, control), () => control.value || undefined, [control]];
}

// Shows a message beside a question until it is answered.
function markable({ shown, read, marked }, number) {
  const complaint = notice(t("answer-missing"), "answer-missing");
  complaint.id = `question-${number}-missing`;
  const mark = () => {
    shown.append(complaint);
    for (const element of marked) {
      element.setAttribute("aria-invalid", "true");
      element.setAttribute("aria-describedby", complaint.id);
    }
  };
  const unmark = () => {
    complaint.remove();
    for (const element of marked) ["aria-invalid", "aria-describedby"].forEach((name) => element.removeAttribute(name));
  };
  // Not every browser, and hardly any script, sends both events.
  for (const event of ["input", "change"]) shown.addEventListener(event, () => read() !== undefined && unmark());
  return mark;
}

export function draw({ screen }) {
  const questions = screen.questions.map((question, number) => {
    const title = question.title + (question.mandatory ? "" : ` (${t("optional")})`);
    const [shown, read, marked] = (makers[question.type] ?? typed)(question, number, title);
    // If there is an input field, it has the question's name.
    const control = shown.matches("fieldset") ? shown : marked[0];
    Object.assign(control.dataset, { testid: `${screen.key}.${question.key}` });
    return { question, shown, read, mark: markable({ shown, read, marked }, number) };
  });
  return {
    title: screen.title || t("questionnaire-title"),
    content: [element("div", { className: "text" }, ...screen.description.map(markdown)), ...questions.map(({ shown }) => shown)],
    action: { text: t("continue"), testid: "continue" },
    answer() {
      const open = questions.filter(({ question, read }) => question.mandatory && read() === undefined);
      if (open.length) {
        open.forEach(({ mark }) => mark());
        open[0].shown.querySelector("input, select").focus();
        return undefined;
      }
      // The company's keys are stored in an object without a prototype, so `__proto__` is a key like others.
      const answers = Object.create(null);
      for (const { question, read } of questions) {
        const given = read();
        if (given !== undefined) answers[question.key] = given;
      }
      return { answers };
    },
  };
}
