// Questions of the company. Its texts are put in as text, and its Markdown as elements out of a fixed list.
import { choice, element, field, group, notice } from "../dom.js";
import { t } from "../text.js";

const elements = ["p", "h3", "blockquote", "pre", "ol", "ul", "li", "em", "strong", "s", "code", "br", "hr", "a"];

function markdown(node) {
  if (typeof node === "string") return node;
  const made = element(elements.includes(node.tag) ? node.tag : "span", {}, ...node.children.map(markdown));
  if (node.tag === "a") Object.assign(made, { href: node.href, target: "_blank", rel: "noopener noreferrer" });
  return made;
}

// Each maker answers what to show, and a function that reads the answer, undefined where there is none.
const makers = {
  __proto__: null,
  boolean({ answer }, number, title) {
    const name = `question-${number}`;
    const one = (value, text) =>
      choice({ name, value, text, isChosen: String(answer) === value, testid: `question-${number}-${value}` });
    const shown = group(title, [one("true", t("yes")), one("false", t("no"))]);
    const chosen = () => shown.querySelector(":checked")?.value;
    return [shown, () => (chosen() === undefined ? undefined : chosen() === "true")];
  },
  select({ options, answer }, number, title) {
    const option = ({ key, title }) => element("option", { value: key, selected: key === answer }, title);
    const list = element("select", { id: `question-${number}` }, element("option", { value: "" }, t("choose")), ...options.map(option));
    return [field(title, list), () => list.value || undefined, list];
  },
  multiselect({ options, answer }, number, title) {
    const one = ({ key, title }) =>
      choice({ type: "checkbox", value: key, text: title, isChosen: answer?.includes(key) ?? false, testid: `question-${number}-${key}` });
    const shown = group(title, options.map(one));
    const read = () => [...shown.querySelectorAll(":checked")].map((box) => box.value);
    return [shown, () => (read().length ? read() : undefined)];
  },
};

const inputTypes = { __proto__: null, number: "number", date: "date" };

function typed({ type, answer }, number, title) {
  const control = element("input", { type: inputTypes[type] ?? "text", id: `question-${number}`, value: answer ?? "" });
  if (control.type === "number") control.step = "any";
  return [field(title, control), () => control.value || undefined, control];
}

export function draw({ screen }) {
  const questions = screen.questions.map((question, number) => {
    const title = question.title + (question.mandatory ? "" : ` (${t("optional")})`);
    const [shown, read, control = shown] = (makers[question.type] ?? typed)(question, number, title);
    Object.assign(control.dataset, { testid: `${screen.key}.${question.key}` });
    return { question, shown, read };
  });
  return {
    title: screen.title || t("questionnaire-title"),
    content: [element("div", { className: "text" }, ...screen.description.map(markdown)), ...questions.map(({ shown }) => shown)],
    action: { text: t("continue"), testid: "continue" },
    answer() {
      for (const { shown } of questions) shown.querySelector(".notice")?.remove();
      const open = questions.find(({ question, read }) => question.mandatory && read() === undefined);
      if (open) {
        open.shown.append(notice(t("answer-missing"), "answer-missing"));
        open.shown.querySelector("input, select").focus();
        return undefined;
      }
      // The company's keys are kept in an object without a prototype: `__proto__` is a key like others.
      const answers = Object.create(null);
      for (const { question, read } of questions) {
        const given = read();
        if (given !== undefined) answers[question.key] = given;
      }
      return { answers };
    },
  };
}
