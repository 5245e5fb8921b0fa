// A picture: taken with the camera, chosen as a file, or the sample, which needs neither.
import { asJpeg, closeCamera, openCamera, record, still } from "../camera.js";
import { button, element, notice } from "../dom.js";
import { t } from "../text.js";
import { elsewhere } from "./elsewhere.js";

// How long each of the prompts of a liveness check stands, in milliseconds.
const PROMPT = 1000;

const ofFace = ["face", "liveness", "face-with-document"];

export function draw({ screen, isAutopilot, answer, send, problem }) {
  const stage = element("div", { className: "stage", testid: "stage" });
  const actions = element("div", { className: "actions", testid: "capture-actions" });
  let [stream, isLeft] = [undefined, false];
  // What was begun last: a camera that opens late does not take the place of a file that was chosen meanwhile.
  let turn = 0;
  const isOfFace = ofFace.includes(screen.subject);

  const sample = button(t(isOfFace ? "capture-sample-face" : "capture-sample"), {
    className: "quiet",
    testid: "sample",
    onclick: () => answer({ sample: true }),
  });
  const keep = button(t("capture-keep"), { className: "quiet", testid: "keep", onclick: () => answer({ keep: true }) });
  const show = (shown, buttons) => {
    const focused = document.activeElement;
    stage.replaceChildren(...shown);
    actions.replaceChildren(...buttons, sample, ...(screen.isGiven ? [keep] : []));
    // What stays keeps the focus.
    if (actions.contains(focused)) focused.focus();
  };

  // The picture, to be looked at once more before it is sent.
  const review = (canvas, picture, by, again, name) => {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", t("capture-preview"));
    const use = button(t("capture-use"), { className: "primary", testid: "use", onclick: () => send(by, picture) });
    const retake = button(t("capture-retake"), { testid: "retake", onclick: again });
    const caption = name === undefined ? [] : [element("p", { className: "caption", testid: "file-name" }, name)];
    show([element("div", { className: `view ${screen.subject}` }, canvas), ...caption], [use, retake]);
    use.focus();
  };

  const file = element("input", { type: "file", accept: "image/jpeg,image/png", hidden: true, testid: "file" });
  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    problem(undefined);
    const bitmap = await createImageBitmap(chosen).catch(() => undefined);
    if (!bitmap) return problem(t("no-image"));
    turn += 1;
    closeCamera(stream);
    review(still(bitmap), chosen, "upload", begin, chosen.name);
  });
  const upload = (className) => button(t("capture-upload"), { className, testid: "upload", onclick: () => file.click() });

  // Three prompts, one after the other, while a video is recorded; then the picture of the last moment.
  const checkLiveness = async (video) => {
    const prompt = element("p", { className: "prompt", role: "status", testid: "prompt" });
    show([element("div", { className: `view ${screen.subject}` }, video, prompt)], []);
    const stop = record(stream);
    for (const number of [1, 2, 3]) {
      prompt.textContent = t(`prompt-${number}`);
      await new Promise((resolve) => setTimeout(resolve, PROMPT));
      if (isLeft) return;
    }
    const picture = await asJpeg(still(video));
    await send("capture", picture, await stop());
    // Where it was not taken, it can be done again.
    if (!isLeft) seen(video);
  };

  // What the camera sees, or what is said until it does. Nothing moves when it comes: nobody misses a button.
  const seen = (video, isWaiting = false) => {
    const view = element("div", { className: `view ${screen.subject}` }, video);
    const take = async () => {
      const canvas = still(video);
      const picture = await asJpeg(canvas);
      closeCamera(stream);
      review(canvas, picture, "capture", begin);
    };
    const start =
      screen.subject === "liveness"
        ? button(t("capture-start"), { className: "primary", testid: "start", onclick: () => checkLiveness(video) })
        : button(t("capture-take"), { className: "primary", testid: "take", onclick: take });
    start.disabled = isWaiting;
    show([view], [start, ...(screen.mayUpload ? [upload("")] : [])]);
  };

  // Where there is no camera: a file, or another device, or neither.
  const withoutCamera = (reason) => {
    const why = reason ? [notice(t(`camera-${reason}`), "camera-problem")] : [];
    if (screen.mayUpload) show([...why, element("p", {}, t("capture-file"))], [upload("primary")]);
    else if (screen.elsewhere) show([...why, element("p", {}, t("camera-elsewhere")), ...elsewhere(screen.elsewhere)], []);
    else show([...why, notice(t("camera-stuck"), "stuck")], []);
  };

  const begin = async () => {
    // Nobody is there to let the page use the camera.
    if (isAutopilot) return show([], []);
    if (!screen.mayCapture) return withoutCamera(undefined);
    turn += 1;
    const own = turn;
    const isOver = () => isLeft || turn !== own;
    seen(element("p", { role: "status", className: "waiting" }, t("camera-waiting")), true);
    try {
      const opened = await openCamera({ facingMode: isOfFace ? "user" : "environment", needsHd: screen.needsHd });
      if (isOver()) return closeCamera(opened);
      stream = opened;
      const video = element("video", { srcObject: stream, muted: true, playsInline: true, autoplay: true, testid: "video" });
      video.setAttribute("aria-label", t("camera-picture"));
      await video.play();
      if (!isOver()) seen(video);
    } catch (error) {
      if (!isOver()) withoutCamera(error.reason ?? "missing");
    }
  };

  return {
    title: t(`capture-${screen.subject}`, screen),
    lead: t(`capture-${screen.subject}-text`),
    className: "capture",
    content: [stage, file, actions],
    shown: begin,
    leave: () => {
      isLeft = true;
      closeCamera(stream);
    },
  };
}
