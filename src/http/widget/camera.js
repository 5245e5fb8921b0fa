// The camera of the device. The reason of a failure is `denied`, `missing` or `poor`.

class CameraError extends Error {
  constructor(reason) {
    super(`the camera is ${reason}`);
    this.reason = reason;
  }
}

export async function openCamera({ facingMode, needsHd }) {
  // Undefined outside a secure context.
  if (!navigator.mediaDevices?.getUserMedia) throw new CameraError("missing");
  const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode, ...size } }).catch((error) => {
    throw new CameraError(error.name === "NotAllowedError" || error.name === "SecurityError" ? "denied" : "missing");
  });
  const { width, height } = stream.getVideoTracks()[0].getSettings();
  if (needsHd && Math.min(width, height) < 1080) {
    closeCamera(stream);
    throw new CameraError("poor");
  }
  return stream;
}

export function closeCamera(stream) {
  stream?.getTracks().forEach((track) => track.stop());
}

// Draws the current frame of a video, or a picture, on a canvas, and sets its size.
export function drawOn(canvas, source) {
  canvas.width = source.videoWidth ?? source.width;
  canvas.height = source.videoHeight ?? source.height;
  canvas.getContext("2d").drawImage(source, 0, 0);
  return canvas;
}

export function asJpeg(canvas) {
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.92));
}

// Records the camera. Returns a function that stops and returns the video.
export function record(stream) {
  const types = ["video/mp4", "video/webm"];
  const mimeType = globalThis.MediaRecorder && types.find((type) => MediaRecorder.isTypeSupported(type));
  if (!mimeType) return async () => undefined;
  const recorder = new MediaRecorder(stream, { mimeType });
  const pieces = [];
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  recorder.start();
  return () =>
    new Promise((resolve) => {
      recorder.addEventListener("stop", () => resolve(new Blob(pieces, { type: mimeType })));
      recorder.stop();
    });
}
