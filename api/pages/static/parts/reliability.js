// A reliability diagram: how sure we were against how often it was so. Draws what it is given, and no more.

import { svg } from "../dom.js";

const SIDE = 220;
const LEFT = 44;
const BELOW = 40;
const TOP = 10;
const RIGHT = 24;
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const LEAST_RADIUS = 3.5;
const MOST_RADIUS = 9;

/** Returns the diagram of `bins`, each with mean_p and came_true {n, share, range_95}. */
export function drawReliability(bins, lang) {
  const percent = new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 1 });
  const most = Math.max(...bins.map((bin) => bin.came_true.n));
  return svg("svg", {
    viewBox: `0 0 ${LEFT + SIDE + RIGHT} ${TOP + SIDE + BELOW}`, role: "img", "aria-label": lang.t("proof.picture"),
  },
  ...TICKS.flatMap((tick) => grid(tick, percent)),
  svg("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
  svg("text", { class: "axis", x: x(0.5), y: TOP + SIDE + BELOW - 4, "text-anchor": "middle" }, lang.t("proof.said")),
  svg("text", { class: "axis", x: 0, y: 0, "text-anchor": "middle", transform: `translate(10 ${y(0.5)}) rotate(-90)` }, lang.t("proof.true")),
  ...bins.map((bin) => point(bin, most, percent, lang)));
}

function x(p) {
  return LEFT + p * SIDE;
}

function y(p) {
  return TOP + (1 - p) * SIDE;
}

function grid(tick, percent) {
  return [
    svg("line", { class: "grid", x1: x(0), y1: y(tick), x2: x(1), y2: y(tick) }),
    svg("line", { class: "grid", x1: x(tick), y1: y(0), x2: x(tick), y2: y(1) }),
    svg("text", { class: "tick", x: x(tick), y: y(0) + 15, "text-anchor": "middle" }, percent.format(tick)),
    svg("text", { class: "tick", x: LEFT - 5, y: y(tick) + 4, "text-anchor": "end" }, percent.format(tick)),
  ];
}

function point({ mean_p: said, came_true: { n, share, range_95: [low, high] } }, most, percent, lang) {
  const radius = LEAST_RADIUS + (MOST_RADIUS - LEAST_RADIUS) * Math.sqrt(n / most);
  const words = lang.t("proof.point", { said: percent.format(said), true: percent.format(share), n });
  return svg("g", { class: "point" },
    svg("title", {}, words),
    svg("line", { x1: x(said), y1: y(low), x2: x(said), y2: y(high) }),
    svg("circle", { cx: x(said), cy: y(share), r: radius.toFixed(1) }));
}
