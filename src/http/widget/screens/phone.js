// A phone number.
import { drawAddress } from "./address.js";

export function draw({ screen }) {
  return drawAddress("phone", { type: "tel", autocomplete: "tel", testid: "phone" }, screen);
}
