// Creates elements with their properties, and the parts that several screens share.

export function element(name, { testid, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  if (testid !== undefined) made.dataset.testid = testid;
  made.append(...children);
  return made;
}

export function button(text, { testid, className = "", type = "button", onclick = null }) {
  return element("button", { type, className, onclick, testid }, text);
}

export function notice(text, testid = "problem") {
  return element("p", { className: "notice", testid }, text);
}

// An option: a card with a radio button or a check box.
export function choice({ type = "radio", name, value, text, isChosen = false, testid, hint }) {
  const input = element("input", { type, name, value, checked: isChosen, testid });
  const label = element("span", {}, text);
  return element("label", { className: "choice" }, input, label, ...(hint ? [element("small", {}, hint)] : []));
}

// A group of options with its name.
export function group(text, choices, { isHidden = false, testid } = {}) {
  const legend = element("legend", { className: isHidden ? "unseen" : "" }, text);
  return element("fieldset", { testid }, legend, ...choices);
}

export function field(text, control, hint) {
  const label = element("label", { htmlFor: control.id }, text);
  return element("div", { className: "field" }, label, control, ...(hint ? [hint] : []));
}

// A labelled control, as `field`, for the pages of developers.
export function labelled(text, control) {
  return element("label", { className: "labelled" }, element("span", {}, text), control);
}

// Copies a text that `select` selects. Returns whether it succeeded. A page without https uses the older API.
export async function copy(text, select) {
  select();
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return document.execCommand("copy");
  }
}

// Returns a text with its parts between backticks as code.
export function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 ? element("code", {}, part) : part));
}

// Returns a picture from the path of an SVG.
export function drawing(size, path, label) {
  const make = (name, attributes) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    return made;
  };
  const quiet = 4;
  const box = `${-quiet} ${-quiet} ${size + 2 * quiet} ${size + 2 * quiet}`;
  const picture = make("svg", { viewBox: box, role: "img", "aria-label": label, class: "code", "shape-rendering": "crispEdges" });
  picture.append(make("path", { d: path }));
  return picture;
}
