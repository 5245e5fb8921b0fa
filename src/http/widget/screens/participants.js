// Several people take part.
import { drawPlain } from "./plain.js";

export function draw() {
  return drawPlain("participants");
}
