// Announces the end, as the vendor's older and newer widgets do: to the embedding page, otherwise to listeners in this
// page, such as the app around a WebView. Any parent receives it: the vendor does not know the origin of the embedding
// page either.
export function tellFinished() {
  const token = new URLSearchParams(location.search).get("session_token").replaceAll('"', "");
  window.parent.postMessage("DONE", "*");
  window.parent.postMessage({ type: "done", sessionId: token }, "*");
  dispatchEvent(new Event("identomat-mock-done"));
}
