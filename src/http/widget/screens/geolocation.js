// The location. The browser asks for permission; the mock does not store the answer.
import { button } from "../dom.js";
import { t } from "../text.js";

export function draw({ answer, problem }) {
  const ask = () =>
    navigator.geolocation.getCurrentPosition(
      () => answer({}),
      () => problem(t("geolocation-denied")),
    );
  return {
    title: t("geolocation-title"),
    lead: t("geolocation-text"),
    action: { text: t("geolocation-share"), testid: "share" },
    answer: () => ask(),
    others: [button(t("geolocation-sample"), { className: "quiet", testid: "sample", onclick: () => answer({}) })],
  };
}
