// A call with the vendor's operator, whom the mock does not have.
import { drawPlain } from "./plain.js";

export function draw() {
  return drawPlain("video-call");
}
