// Goes with the person from screen to screen. What there is to show, the server says; a screen draws it, and its answer
// is posted. Texts of the company are foreign: they are only ever put in as text.

import { button, element, notice } from "./dom.js";
import { openDrawer } from "./drawer.js";
import { tellFinished } from "./finished.js";
import { speak, t } from "./text.js";

const byId = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);
const token = (parameters.get("session_token") ?? "").replaceAll('"', "");
const door = `/__widget/sessions/${encodeURIComponent(token)}`;

// What the screen that is shown wants to be told when the person leaves it.
let leave = () => {};
let hasEnded = false;
let autopilot;

// Calls the session's door. What comes back is the next view, or the end, or why not.
async function call(query, request) {
  const response = await fetch(`${door}${query}`, request);
  if (response.status === 404 || response.status === 410) {
    // There is a page that says why.
    showPlace(undefined, "replaceState");
    location.reload();
    return new Promise(() => {});
  }
  const answer = response.status === 204 ? {} : await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error), { text: answer.text });
  return answer;
}

// During the flow the URL says where the person is; at the end it does not any more.
function showPlace(step, how) {
  const url = new URL(location.href);
  if (step === undefined) url.searchParams.delete("step");
  else url.searchParams.set("step", step);
  const from = how === "pushState" ? history.state?.step : history.state?.from;
  history[how]({ step, from }, "", url);
}

async function show(view, how) {
  await speak(view.language, view.htmlLanguage);
  leave();
  clearTimeout(autopilot);
  const { screen } = view;
  const { draw } = await import(`./screens/${screen.kind}.js`);
  showPlace(screen.id, how);
  const isAutopilot = view.autopilot || parameters.get("mock_autopilot") === "1";
  const drawn = draw({
    screen,
    isAutopilot,
    answer: (fields) => post(screen, fields),
    send: (by, file, video) => send(screen, by, file, video),
    problem,
  });
  leave = drawn.leave ?? (() => {});
  const title = element("h1", { id: "title", tabIndex: -1 }, drawn.title);
  const main = byId("screen");
  main.dataset.screen = screen.id;
  main.dataset.kind = screen.kind;
  main.className = drawn.className ?? "";
  main.replaceChildren(title, ...(drawn.lead ? [element("p", { className: "lead" }, drawn.lead)] : []), form(drawn, screen));
  document.title = t("app-title");
  byId("progress").max = view.of;
  byId("progress").value = view.at;
  byId("progress").setAttribute("aria-label", t("progress", view));
  showBack(view.back);
  byId("mock").textContent = t("mock-line");
  byId("mock").onclick = () => openDrawer(view, end);
  title.focus({ preventScroll: true });
  scrollTo(0, 0);
  drawn.shown?.();
  if (isAutopilot) {
    const pace = Number(parameters.get("mock_autopilot_pace") ?? view.pace);
    autopilot = setTimeout(() => post(screen, { auto: true }), pace);
  }
}

// A screen is a form: Enter in any field does what its main button does.
function form({ content = [], action, answer, others = [] }, screen) {
  const made = element("form", { noValidate: true, autocomplete: "off" }, ...content, element("div", { id: "problem", role: "alert" }));
  const main = action && button(action.text, { type: "submit", className: "primary", testid: action.testid });
  made.append(element("div", { className: "actions" }, ...(main ? [main] : []), ...others));
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const fields = answer?.();
    if (fields) post(screen, fields);
  });
  return made;
}

function showBack(id) {
  const back = byId("back");
  back.hidden = id === null;
  back.textContent = t("back");
  back.onclick = () => {
    if (history.state?.from === id) history.back();
    else load(id, "replaceState");
  };
}

function problem(text) {
  byId("problem")?.replaceChildren(...(text ? [notice(text)] : []));
}

// Nothing is there yet, and nothing came.
function showOffline() {
  const retry = button(t("retry"), { testid: "retry", onclick: () => load(parameters.get("step"), "replaceState") });
  byId("screen").replaceChildren(notice(t("offline")), element("div", { className: "actions" }, retry));
}

// One answer at a time: a second click would answer the next screen. Whoever goes back meanwhile gets there afterwards.
let isBusy = false;
let wentElsewhere = false;

async function busy(work) {
  if (isBusy || hasEnded) return;
  isBusy = true;
  document.body.setAttribute("aria-busy", "true");
  problem(undefined);
  try {
    await work();
  } catch (error) {
    if (byId("problem")) problem(t(error.text ?? "offline"));
    else showOffline();
    console.info(`identomat-mock: ${error.message}`);
  } finally {
    isBusy = false;
    document.body.removeAttribute("aria-busy");
    if (wentElsewhere) followUrl();
  }
}

function load(step, how) {
  return busy(async () => show(await call(step ? `?step=${encodeURIComponent(step)}` : "", {}), how));
}

function post(screen, fields) {
  const body = JSON.stringify({ screen: screen.id, ...fields });
  return busy(async () => next(await call("", { method: "POST", headers: { "content-type": "application/json" }, body })));
}

// A picture or video, as its bytes; what more there is to send comes with the last.
function send(screen, by, file, video) {
  const query = (by) => `?screen=${encodeURIComponent(screen.id)}&by=${by}`;
  return busy(async () => {
    if (video) await call(query("video"), { method: "POST", body: video });
    next(await call(query(by), { method: "POST", body: file }));
  });
}

function next(answer) {
  if (answer.screen) return show(answer, "pushState");
  end(answer.returnUrl);
}

// The person is through. Nothing is loaded again where nobody goes anywhere: who listens in this page hears of it.
function end(returnUrl) {
  hasEnded = true;
  clearTimeout(autopilot);
  leave();
  showPlace(undefined, "replaceState");
  if (returnUrl) {
    location.replace(returnUrl);
    return;
  }
  const main = byId("screen");
  for (const name of ["screen", "kind"]) delete main.dataset[name];
  main.className = "end";
  const title = element("h1", { tabIndex: -1 }, t("done-title"));
  main.replaceChildren(
    element("div", { className: "sign done", ariaHidden: "true" }),
    title,
    element("p", { testid: "done" }, t("done-text")),
  );
  byId("back").hidden = byId("progress").hidden = true;
  byId("mock").replaceWith(element("p", { className: "mock" }, t("mock-line")));
  document.title = t("done-title");
  title.focus();
  tellFinished();
}

// Shows what the URL says, as the browser's own buttons change it.
function followUrl() {
  wentElsewhere = isBusy;
  if (!isBusy && !hasEnded) load(new URLSearchParams(location.search).get("step"), "replaceState");
}

addEventListener("popstate", followUrl);

load(parameters.get("step"), "replaceState");
