// Tells that the person is through, as the vendor's older and newer widgets do: to the page that embeds the widget,
// or, where none does, to whoever listens in this one, such as the app around a web view. Any parent may hear it: the
// vendor does not know the address of the embedding page either.
export function tellFinished() {
  const token = new URLSearchParams(location.search).get("session_token").replaceAll('"', "");
  window.parent.postMessage("DONE", "*");
  window.parent.postMessage({ type: "done", sessionId: token }, "*");
  dispatchEvent(new Event("identomat-mock-done"));
}
