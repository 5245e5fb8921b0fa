// The check screen after a step of a cascade.
import { drawWaiting } from "./waiting.js";

export function draw({ answer }) {
  return drawWaiting("check", answer);
}
