// The last screen of the flow.
import { drawWaiting } from "./waiting.js";

export function draw({ answer }) {
  return drawWaiting("processing", answer);
}
