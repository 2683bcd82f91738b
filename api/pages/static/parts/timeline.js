// Evidence on a line of time: dots by kind, the newest nearest to "now"; what is to come stands right of it.

import { el, svg } from "../dom.js";
import { LANES } from "./evidence-events.js";

const WIDE = 640;
const NARROW = 330; // on a phone: the same letters, less room between them
const LEFT = 12;
const LANE = 34;
const TOP = 26;
const BELOW = 26;
const S = 1_000;
const TICKS_S = [60, 3_600, 86_400, 7 * 86_400]; // before and after now; the scale between them is logarithmic
const FARTHEST_S = 30 * 86_400;

/** Returns a figure of points {lane, ms, …} around `nowMs`; `words` says the same, `say(point)` what a dot is. */
export function timeline(points, nowMs, { words, say, lang }) {
  const width = innerWidth < 700 ? NARROW : WIDE;
  const lanes = LANES.filter((lane) => points.some((point) => point.lane === lane));
  const hasFuture = points.some(({ ms }) => ms > nowMs);
  const nowX = hasFuture ? width * 0.68 : width - 26;
  const reach = Math.max(60 * S, ...points.map(({ ms }) => Math.abs(nowMs - ms)));
  const share = (ms) => Math.log1p(Math.min(ms / S, FARTHEST_S)) / Math.log1p(Math.min(reach / S, FARTHEST_S));
  const x = (ms) => round(ms <= nowMs ? nowX - share(nowMs - ms) * (nowX - LEFT) : nowX + share(ms - nowMs) * (width - LEFT - nowX));
  const height = TOP + lanes.length * LANE + BELOW;
  const ticks = TICKS_S.filter((age) => age * S <= reach).flatMap((age) => [nowMs - age * S, ...(hasFuture ? [nowMs + age * S] : [])]);
  const drawing = svg("svg", { class: "timeline", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words },
    ticks.map((ms) => svg("g", { class: "tick" },
      svg("line", { x1: x(ms), x2: x(ms), y1: TOP - 6, y2: height - BELOW }),
      svg("text", { x: x(ms), y: height - 8, "text-anchor": anchor(x(ms), width) }, lang.age(Math.abs(ms - nowMs))))),
    svg("line", { class: "now-line", x1: nowX, x2: nowX, y1: TOP - 8, y2: height - BELOW }),
    svg("text", { class: "now-text", x: nowX, y: 13, "text-anchor": hasFuture ? "middle" : "end" }, lang.t("why.now")),
    lanes.map((lane, row) => {
      const y = TOP + row * LANE + LANE / 2 + 4;
      return svg("g", { class: `lane is-${lane}` },
        svg("line", { class: "lane-line", x1: LEFT, x2: width - LEFT, y1: y, y2: y }),
        points.filter((point) => point.lane === lane).map((point) => svg("circle", { class: "dot-of", cx: x(point.ms), cy: y, r: 6 }, svg("title", {}, say(point)))));
    }));
  const legend = el("ul", { class: "lane-legend" }, lanes.map((lane) =>
    el("li", { class: `is-${lane}` }, el("i", { "aria-hidden": "true" }), lang.word("lane", lane))));
  return el("figure", { class: "timeline-frame" }, legend, drawing);
}

const anchor = (x, width) => (x < LEFT + 30 ? "start" : x > width - LEFT - 30 ? "end" : "middle");
const round = (value) => Math.round(value * 10) / 10;
