// The badge that opens the developer panel. It is above or below the page, so it covers nothing. It can be dragged, or
// moved with the arrow keys, and keeps its position.
import { button, element } from "../dom.js";

const KEY = "identomat-mock-mark";
const EDGES = ["top", "bottom"];
const SIDES = ["start", "center", "end"];

// Minimum distance of a drag, in pixels.
const SLACK = 6;

export function addBadge(open) {
  const mark = button("Mock", { className: "mark", testid: "drawer-open" });
  mark.title = "Opens the developer panel. Drag this badge, or move it with the arrow keys.";
  mark.setAttribute("aria-haspopup", "dialog");
  const rail = element("aside", { lang: "en", className: "rail", ariaLabel: "identomat-mock" }, mark);
  let place = kept();

  const put = ({ edge, side }) => {
    place = { edge, side };
    rail.dataset.side = side;
    document.body[edge === "top" ? "prepend" : "append"](rail);
    try {
      localStorage.setItem(KEY, JSON.stringify(place));
    } catch {
      // Without storage, the position lasts as long as the page.
    }
  };

  mark.addEventListener("keydown", ({ key }) => {
    const side = SIDES[SIDES.indexOf(place.side) + { ArrowLeft: -1, ArrowRight: 1 }[key]] ?? place.side;
    const edge = { ArrowUp: "top", ArrowDown: "bottom" }[key] ?? place.edge;
    if (side === place.side && edge === place.edge) return;
    put({ edge, side });
    mark.focus();
  });

  let from;
  mark.addEventListener("pointerdown", (event) => {
    from = [event.clientX, event.clientY];
    mark.setPointerCapture(event.pointerId);
  });
  mark.addEventListener("pointermove", ({ clientX, clientY }) => {
    if (from) mark.style.translate = `${clientX - from[0]}px ${clientY - from[1]}px`;
  });
  let wasDragged = false;
  mark.addEventListener("pointerup", ({ clientX, clientY }) => {
    wasDragged = Math.hypot(clientX - from[0], clientY - from[1]) > SLACK;
    from = undefined;
    mark.style.translate = "";
    if (!wasDragged) return;
    const side = SIDES[Math.min(2, Math.max(0, Math.floor((3 * clientX) / innerWidth)))];
    put({ edge: clientY < innerHeight / 2 ? "top" : "bottom", side });
  });
  mark.addEventListener("pointercancel", () => {
    from = undefined;
    mark.style.translate = "";
  });
  mark.addEventListener("click", () => {
    if (!wasDragged) open();
    wasDragged = false;
  });
  put(place);

  const count = () => {
    const number = Object.keys(globalThis.identomatMockFindings ?? {}).length;
    mark.textContent = number ? `Mock · ${number}` : "Mock";
  };
  addEventListener("identomat-mock-finding", count);
  count();
}

function kept() {
  try {
    const { edge, side } = JSON.parse(localStorage.getItem(KEY));
    if (EDGES.includes(edge) && SIDES.includes(side)) return { edge, side };
  } catch {
    // Nothing is stored.
  }
  return { edge: "bottom", side: "end" };
}
