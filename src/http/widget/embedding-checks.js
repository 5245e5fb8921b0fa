// Checks whether the widget can work where it is embedded. Findings go to the console, to the developer panel, and to
// the server, which records them in the journal. This is not a module, because modules are not loaded in a frame
// without an origin. The embedding page is not involved.
(() => {
  const read = (name) => JSON.parse(document.querySelector(`meta[name=${name}]`).content);
  const findings = read("identomat-mock-findings");
  const { token, hasReturnUrl, isPhone, doneTimeout } = read("identomat-mock-case");
  const isFramed = parent !== window;
  const hasOrigin = origin !== "null";
  // For the developer panel: the findings by name.
  const found = {};
  globalThis.identomatMockFindings = found;

  function find(name) {
    if (found[name]) return;
    const { isMistake, problem, remedy } = findings[name];
    found[name] = { problem, remedy };
    console[isMistake ? "warn" : "info"](`identomat-mock: ${problem} ${remedy}`);
    // The only request that a frame without an origin can send.
    new Image().src = `/__widget/embedding-checks/${token}/${name}`;
    dispatchEvent(new Event("identomat-mock-finding"));
  }

  if (isFramed) lookAround();
  else if (!hasReturnUrl && !isPhone) find("not-framed");
  if (!isSecureContext) find("insecure-context");

  function lookAround() {
    if (!hasOrigin) find("sandbox-origin");
    else if (!canKeep()) find("storage-blocked");
    if (!canSendForms()) find("sandbox-forms");
    if (hasReturnUrl) {
      find("return-url-framed");
      addEventListener("click", tryTop, { once: true });
    }
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    if (policy) {
      if (!policy.allowsFeature("camera")) find("no-camera-permission");
    } else {
      const asked = navigator.permissions?.query({ name: "camera" });
      asked?.then(({ state }) => state === "denied" && find("no-camera-permission")).catch(() => {});
    }
    addEventListener("identomat-mock-done", waitForParent, { once: true });
  }

  function canKeep() {
    try {
      localStorage.getItem("");
      return true;
    } catch {
      return false;
    }
  }

  // If forms are not allowed, there is no submit event either.
  function canSendForms() {
    const form = document.createElement("form");
    let isSent = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      isSent = true;
    });
    document.documentElement.append(form);
    form.requestSubmit();
    form.remove();
    return isSent;
  }

  // After a click of the person, top navigation is allowed. The server returns no content, so the window stays.
  function tryTop() {
    try {
      top.location.replace(`${location.origin}/__widget/embedding-checks/${token}/return-url-framed`);
    } catch {
      find("sandbox-top-navigation");
    }
  }

  // A page that received the message removes or hides the frame, or posts a message.
  function waitForParent() {
    let isHeard = false;
    addEventListener("message", ({ source }) => {
      isHeard ||= source === parent;
    });
    setTimeout(() => {
      if (isHeard || innerWidth === 0 || innerHeight === 0 || document.visibilityState === "hidden") return;
      find("parent-silent");
      find("origin-compared");
    }, doneTimeout);
  }

  // Nothing else of the page is loaded to show it.
  if (!hasOrigin) {
    const notice = document.createElement("p");
    notice.className = "notice";
    notice.lang = "en";
    notice.dataset.testid = "finding";
    notice.textContent = `${findings["sandbox-origin"].problem} ${findings["sandbox-origin"].remedy}`;
    document.getElementById("screen").replaceChildren(notice);
  }
})();
