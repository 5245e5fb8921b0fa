// All is given.
import { drawWaiting } from "./waiting.js";

export function draw({ answer }) {
  return drawWaiting("processing", answer);
}
