// What a step of a cascade gave is looked at.
import { drawWaiting } from "./waiting.js";

export function draw({ answer }) {
  return drawWaiting("check", answer);
}
