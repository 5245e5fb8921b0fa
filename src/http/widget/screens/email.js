// An e-mail address.
import { drawAddress } from "./address.js";

export function draw({ screen }) {
  return drawAddress("email", { type: "email", autocomplete: "email", testid: "email" }, screen);
}
