// A picture: from the camera, an uploaded file, or the sample, which needs neither. All elements are created once, and
// shown when needed: a script that holds a button can click it later.
import { asJpeg, closeCamera, drawOn, openCamera, record } from "../camera.js";
import { button, element, notice } from "../dom.js";
import { readPicture } from "../file.js";
import { t } from "../text.js";
import { elsewhere } from "./elsewhere.js";

// Duration of each prompt of a liveness check, in milliseconds.
const PROMPT = 1000;

const ofFace = ["face", "liveness", "face-with-document"];

export function draw({ screen, isAutopilot, answer, send, problem }) {
  const isOfFace = ofFace.includes(screen.subject);
  let [stream, isLeft] = [undefined, false];
  // The picture in the preview, and its source.
  let [picture, by] = [undefined, undefined];
  // The latest action: a camera that opens late must not replace a file that was chosen meanwhile.
  let turn = 0;

  const video = element("video", { muted: true, playsInline: true, ariaLabel: t("camera-picture"), testid: "video" });
  const waiting = element("p", { role: "status", className: "waiting" }, t("camera-waiting"));
  const prompt = element("p", { className: "prompt", role: "status", testid: "prompt" });
  const canvas = element("canvas", { role: "img", ariaLabel: t("capture-preview") });
  const view = element("div", { className: `view ${screen.subject}` }, video, waiting, prompt, canvas);
  const fileName = element("p", { className: "caption", testid: "file-name" });
  const cameraProblem = element("p", { className: "notice", testid: "camera-problem" });
  const wayOut = element("p", {}, t(screen.mayUpload ? "capture-file" : "camera-elsewhere"));
  // If an upload is allowed, no other device is needed.
  const device = screen.elsewhere ? elsewhere(screen.elsewhere) : [notice(t("camera-stuck"), "stuck")];

  const use = button(t("capture-use"), { className: "primary", testid: "use", onclick: () => send(by, picture) });
  const retake = button("", {
    testid: "retake",
    onclick: () => (by === "upload" && !screen.mayCapture ? file.click() : begin()),
  });
  const take =
    screen.subject === "liveness"
      ? button(t("capture-start"), { className: "primary", testid: "start", onclick: () => checkLiveness() })
      : button(t("capture-take"), { className: "primary", testid: "take", onclick: () => takePicture() });
  const file = element("input", { type: "file", accept: "image/jpeg,image/png", hidden: true, testid: "file" });
  const upload = button(t("capture-upload"), { testid: "upload", onclick: () => file.click() });
  const sample = button(t(isOfFace ? "capture-sample-face" : "capture-sample"), {
    className: "quiet",
    testid: "sample",
    onclick: () => answer({ sample: true }),
  });
  const keep = button(t("capture-keep"), { className: "quiet", testid: "keep", onclick: () => answer({ keep: true }) });

  const seen = [view, fileName, cameraProblem, wayOut, ...(screen.mayUpload ? [] : device)];
  const ways = [use, retake, ...(screen.mayCapture ? [take] : []), ...(screen.mayUpload ? [upload] : [])];
  const parts = [video, waiting, prompt, canvas, ...seen, ...ways];
  const show = (...shown) => parts.forEach((part) => (part.hidden = !shown.includes(part)));

  const review = (way, name = "") => {
    turn += 1;
    by = way;
    closeCamera(stream);
    fileName.textContent = name;
    retake.textContent = t(way === "upload" ? "capture-choose-another" : "capture-retake");
    show(view, canvas, use, retake, ...(name ? [fileName] : []));
    use.focus();
  };

  const takePicture = async () => {
    picture = await asJpeg(drawOn(canvas, video));
    if (!isLeft) review("capture");
  };

  file.addEventListener("change", async () => {
    const [chosen] = file.files;
    file.value = "";
    if (!chosen) return;
    problem(undefined);
    const { bitmap, refusal } = await readPicture(chosen, screen.mostBytes);
    if (isLeft) return;
    if (refusal) return problem(refusal);
    drawOn(canvas, bitmap);
    picture = chosen;
    review("upload", chosen.name);
  });

  // Three prompts, one after the other, while a video is recorded; then a picture of the last moment.
  const checkLiveness = async () => {
    show(view, video, prompt);
    const stop = record(stream);
    for (const number of [1, 2, 3]) {
      prompt.textContent = t(`prompt-${number}`);
      await new Promise((resolve) => setTimeout(resolve, PROMPT));
      if (isLeft) return;
    }
    const last = await asJpeg(drawOn(canvas, video));
    await send("capture", last, await stop());
    // After a failure, the check can be repeated.
    if (!isLeft) seeThroughCamera();
  };

  // Nothing moves when the camera opens, so that buttons stay in place.
  const seeThroughCamera = () => {
    take.disabled = false;
    show(view, video, take, upload);
  };

  // Without a camera: an upload, another device, or only the sample.
  const goWithoutCamera = (reason) => {
    if (reason) cameraProblem.textContent = t(`camera-${reason}`);
    upload.className = "primary";
    const hasWay = screen.mayUpload || screen.elsewhere;
    show(...(reason ? [cameraProblem] : []), ...(hasWay ? [wayOut] : []), ...device, upload);
  };

  const begin = async () => {
    // In autopilot, no person can allow the camera.
    if (isAutopilot) return show();
    if (!screen.mayCapture) return goWithoutCamera();
    turn += 1;
    const own = turn;
    const isOver = () => isLeft || turn !== own;
    take.disabled = true;
    upload.className = "";
    show(view, waiting, take, upload);
    try {
      const opened = await openCamera({ facingMode: isOfFace ? "user" : "environment", needsHd: screen.needsHd });
      if (isOver()) return closeCamera(opened);
      stream = opened;
      video.srcObject = opened;
      await video.play();
      if (!isOver()) seeThroughCamera();
    } catch (error) {
      if (!isOver()) goWithoutCamera(error.reason ?? "missing");
    }
  };

  return {
    title: t(`capture-${screen.subject}`, screen),
    lead: t(`capture-${screen.subject}-text`),
    className: "capture",
    content: [
      element("div", { className: "stage", testid: "stage" }, ...seen),
      file,
      element("div", { className: "actions", testid: "capture-actions" }, ...ways, sample, ...(screen.isGiven ? [keep] : [])),
    ],
    shown: begin,
    leave: () => {
      isLeft = true;
      closeCamera(stream);
    },
  };
}
