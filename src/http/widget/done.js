// Tells the page that embeds the widget that the person is through, as the vendor's older and newer widgets do.
// Any parent may hear it: the vendor does not know the address of the embedding page either.
const token = new URLSearchParams(location.search).get("session_token").replaceAll('"', "");
if (window.parent !== window) {
  window.parent.postMessage("DONE", "*");
  window.parent.postMessage({ type: "done", sessionId: token }, "*");
}
