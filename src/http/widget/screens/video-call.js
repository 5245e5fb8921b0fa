// The call with the vendor's operator, which the mock does not make.
import { drawPlain } from "./plain.js";

export function draw() {
  return drawPlain("video-call");
}
