// Goes with the person from screen to screen. What there is to show, the server says; a screen draws it, and its answer
// is posted. Texts of the company are foreign: they are only ever put in as text.

import { button, element, notice } from "./dom.js";
import { call, watch } from "./session-api.js";
import { tellFinished } from "./finished.js";
import { speak, t } from "./text.js";

const byId = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);

// What the screen that is shown wants to be told when the person leaves it, and when there is news of the session.
let leave = () => {};
let heard;
// What it does when it comes again, as for a code that was asked for once more; undefined where it is drawn anew.
let again;
let hasEnded = false;
let autopilot;
// What is known last of the session, and whether the person goes on with another page.
let latest = { is: "open", participants: [] };
let isElsewhere = false;
// Whether it goes to the end by itself, as fast as it can.
let skips = false;

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
  const { screen } = view;
  const { draw } = await import(`./screens/${screen.kind}.js`);
  showPlace(screen.id, how);
  isElsewhere = false;
  const isAutopilot = skips || view.autopilot || parameters.get("mock_autopilot") === "1";
  const drawn = draw({
    screen,
    isAutopilot,
    answer: (fields) => post(screen, fields),
    send: (by, file, video) => send(screen, by, file, video),
    problem,
  });
  put(drawn, screen, screen);
  byId("progress").hidden = false;
  byId("progress").max = view.of;
  byId("progress").value = view.at;
  byId("progress").setAttribute("aria-label", t("progress", view));
  showBack(view.back);
  if (isAutopilot) {
    const pace = skips ? 0 : Number(parameters.get("mock_autopilot_pace") ?? view.pace);
    autopilot = setTimeout(() => post(screen, { auto: true }), pace);
  }
}

// Puts what was drawn in the place of the screen before.
function put(drawn, { id, kind }, screen) {
  leave();
  clearTimeout(autopilot);
  leave = drawn.leave ?? (() => {});
  ({ heard, again } = drawn);
  const title = element("h1", { id: "title", tabIndex: -1 }, drawn.title);
  const main = byId("screen");
  main.dataset.screen = id;
  main.dataset.kind = kind;
  main.className = drawn.className ?? "";
  main.replaceChildren(title, ...(drawn.lead ? [element("p", { className: "lead" }, drawn.lead)] : []), form(drawn, screen));
  document.title = t("app-title");
  byId("mock").textContent = t("mock-line");
  title.focus({ preventScroll: true });
  scrollTo(0, 0);
  drawn.shown?.();
  heard?.(latest);
}

// The person goes on with another page, and this one says where they are there.
async function showCompanion() {
  const { draw } = await import("./screens/other-device.js");
  if (hasEnded) return;
  isElsewhere = true;
  showPlace(undefined, "replaceState");
  put(draw({ takeBack: () => load(undefined, "replaceState") }), { id: "elsewhere", kind: "companion" });
  byId("back").hidden = byId("progress").hidden = true;
}

// Another browser may not go on with this session.
async function showRefused({ language, htmlLanguage }) {
  leave();
  hasEnded = true;
  await speak(language, htmlLanguage);
  showPlace(undefined, "replaceState");
  byId("back").hidden = byId("progress").hidden = true;
  showEnd("closed", t("other-browser-title"), element("p", {}, t("other-browser-text")));
}

// What others did with the session; true when nothing more can come.
function hear(news) {
  latest = news;
  if (!isBusy) follow();
  return hasEnded;
}

// Does what the latest news asks for.
function follow() {
  if (hasEnded) return;
  if (latest.is === "through") end(latest.returnUrl);
  else if (latest.is === "closed") showWhy();
  else if ((latest.is === "elsewhere") === isElsewhere) heard?.(latest);
  else if (isElsewhere) load(undefined, "replaceState");
  else busy(showCompanion);
}

// There is a page that says why nobody goes on here.
function showWhy() {
  hasEnded = true;
  showPlace(undefined, "replaceState");
  location.reload();
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
    if (error.status === 404 || error.status === 410) showWhy();
    else if (error.status === 403) await showRefused(error);
    else if (byId("problem")) problem(t(error.text ?? "offline"));
    else showOffline();
    console.info(`identomat-mock: ${error.message}`);
  } finally {
    isBusy = false;
    document.body.removeAttribute("aria-busy");
    if (wentElsewhere) followUrl();
    else if (latest.is !== "open") follow();
  }
}

function load(step, how) {
  return busy(async () => {
    const view = await call(step ? `?step=${encodeURIComponent(step)}` : "");
    // Whoever loads it goes on with this page.
    latest = { ...latest, is: "open" };
    await show(view, how);
  });
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
  if (hasEnded) return undefined;
  if (!answer.screen) return end(answer.returnUrl);
  if (again && answer.screen.id === byId("screen").dataset.screen) return again();
  return show(answer, "pushState");
}

// The person is through. Nothing is loaded again where nobody goes anywhere: who listens in this page hears of it.
function end(returnUrl) {
  if (hasEnded) return;
  hasEnded = true;
  clearTimeout(autopilot);
  leave();
  showPlace(undefined, "replaceState");
  if (returnUrl) {
    location.replace(returnUrl);
    return;
  }
  byId("back").hidden = byId("progress").hidden = true;
  showEnd("done", t("done-title"), element("p", { testid: "done" }, t("done-text")));
  tellFinished();
}

// The last thing that the person sees here.
function showEnd(sign, text, ...content) {
  const main = byId("screen");
  for (const name of ["screen", "kind"]) delete main.dataset[name];
  if (sign === "closed") main.dataset.testid = "closed";
  main.className = "end";
  const title = element("h1", { tabIndex: -1 }, text);
  main.replaceChildren(element("div", { className: `sign ${sign}`, ariaHidden: "true" }), title, ...content);
  document.title = text;
  title.focus();
}

// Shows what the URL says, as the browser's own buttons change it.
function followUrl() {
  wentElsewhere = isBusy;
  if (!isBusy && !hasEnded) load(new URLSearchParams(location.search).get("step"), "replaceState");
}

addEventListener("popstate", followUrl);

addEventListener("identomat-mock-skip", () => {
  skips = true;
  load(undefined, "replaceState");
});

await load(parameters.get("step"), "replaceState");
// Before it was opened, it would not be told that it is the page that the person goes on with.
if (!hasEnded) watch(hear);
