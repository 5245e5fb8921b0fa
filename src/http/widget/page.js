// Moves the person from screen to screen. The server names the current screen; a screen script draws it, and its answer
// is posted. Texts of the company are foreign: they are only ever inserted as text.

import { button, element, notice } from "./dom.js";
import { call, watch } from "./session-api.js";
import { tellFinished } from "./finished.js";
import { speak, t } from "./text.js";

const byId = (id) => document.getElementById(id);
const parameters = new URLSearchParams(location.search);

// Callbacks of the current screen: when the person leaves it, and when the session changed.
let leave = () => {};
let heard;
// Called if the same screen is shown again, as after a resent code; undefined if it is drawn anew.
let again;
let hasEnded = false;
let autopilot;
// The latest known state of the session, and whether another page is active.
let latest = { is: "open", participants: [] };
let isElsewhere = false;
// Whether the page completes itself as fast as it can.
let skips = false;

// During the flow the URL names the current screen; at the end it does not.
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

// Replaces the previous screen.
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

// Another page is active; shows the progress there.
async function showCompanion() {
  const { draw } = await import("./screens/other-device.js");
  if (hasEnded) return;
  isElsewhere = true;
  showPlace(undefined, "replaceState");
  put(draw({ takeBack: () => load(undefined, "replaceState") }), { id: "elsewhere", kind: "companion" });
  byId("back").hidden = byId("progress").hidden = true;
}

// Another browser must not continue this session.
async function showRefused({ language, htmlLanguage }) {
  leave();
  hasEnded = true;
  await speak(language, htmlLanguage);
  showPlace(undefined, "replaceState");
  byId("back").hidden = byId("progress").hidden = true;
  showEnd("closed", t("other-browser-title"), element("p", {}, t("other-browser-text")));
}

// Handles changes made elsewhere; true if no more can follow.
function hear(news) {
  latest = news;
  if (!isBusy) follow();
  return hasEnded;
}

// Applies the latest change.
function follow() {
  if (hasEnded) return;
  if (latest.is === "through") end(latest.returnUrl);
  else if (latest.is === "closed") showWhy();
  else if ((latest.is === "elsewhere") === isElsewhere) heard?.(latest);
  else if (isElsewhere) load(undefined, "replaceState");
  else busy(showCompanion);
}

// Loads the page that says why the session cannot be continued.
function showWhy() {
  hasEnded = true;
  showPlace(undefined, "replaceState");
  location.reload();
}

// A screen is a form: Enter in any field triggers its main button.
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

// The page is empty, and the server did not respond.
function showOffline() {
  const retry = button(t("retry"), { testid: "retry", onclick: () => load(parameters.get("step"), "replaceState") });
  byId("screen").replaceChildren(notice(t("offline")), element("div", { className: "actions" }, retry));
}

// One answer at a time: a second click would answer the next screen. Going back is delayed until the answer is sent.
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
    // Reloading this page makes it the active one.
    latest = { ...latest, is: "open" };
    await show(view, how);
  });
}

function post(screen, fields) {
  const body = JSON.stringify({ screen: screen.id, ...fields });
  return busy(async () => next(await call("", { method: "POST", headers: { "content-type": "application/json" }, body })));
}

// Sends a picture or video as bytes; other fields are sent with the last one.
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

// The session is finished. Without a redirect the page does not navigate: a listener in this page receives the
// messages.
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

// The last screen.
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

// Shows the screen in the URL, as the browser's back and forward buttons change it.
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
// Before the session is opened, the page would not be told that it is active.
if (!hasEnded) watch(hear);
