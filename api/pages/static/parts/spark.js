// A level over time as a small line, with the same in words.

import { el, svg } from "../dom.js";

const WIDTH = 340;
const HEIGHT = 84;
const EDGE = 6;

/** Returns a figure of history points {at, min, mean, max} up to `endMs`; `words` says the same as the line. */
export function spark(points, endMs, words) {
  const beginMs = Date.parse(points[0].at);
  const top = Math.max(1, ...points.map(({ max }) => max));
  const x = (ms) => round(EDGE + (Math.max(0, ms - beginMs) / Math.max(1, endMs - beginMs)) * (WIDTH - 2 * EDGE));
  const y = (pieces) => round(HEIGHT - EDGE - (pieces / top) * (HEIGHT - 2 * EDGE));
  const steps = points.map((point, place) => ({
    from: x(Date.parse(point.at)), to: x(place + 1 < points.length ? Date.parse(points[place + 1].at) : endMs), ...point,
  }));
  const along = (read, list) => list.map(({ from, to, ...point }) => `L${from} ${y(read(point))}H${to}`).join("");
  const line = along(({ mean }) => mean, steps).replace("L", "M");
  const floor = `V${HEIGHT - EDGE}H${steps[0].from}Z`;
  return el("figure", { class: "spark" },
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words, preserveAspectRatio: "none" },
      svg("path", { class: "spark-area", d: line + floor }),
      svg("path", { class: "spark-line", d: line }),
      svg("line", { class: "spark-ground", x1: EDGE, x2: WIDTH - EDGE, y1: HEIGHT - EDGE, y2: HEIGHT - EDGE })),
    el("figcaption", { class: "explanation" }, words));
}

const round = (value) => Math.round(value * 10) / 10;
