// A small picture of what an alert rests on: the pieces over the last hours, its threshold, and when it fired.

import { el, svg } from "../dom.js";

const WIDTH = 380;
const HEIGHT = 150;
const LEFT = 30;
const RIGHT = 12;
const TOP = 20;
const BELOW = 24;

/**
 * Returns a figure of a history's points {at, min, mean, max}. `marks`: {threshold, firedMs, endMs, timeOf}; a null mark
 * is not drawn. The same in words stands below it.
 */
export function levelChart(points, { threshold, firedMs, endMs, timeOf }, lang) {
  const beginMs = Date.parse(points[0].at);
  const top = Math.max(1, threshold ?? 0, ...points.map((point) => point.max));
  const x = (ms) => LEFT + ((ms - beginMs) / Math.max(1, endMs - beginMs)) * (WIDTH - LEFT - RIGHT);
  const y = (pieces) => TOP + (1 - pieces / top) * (HEIGHT - TOP - BELOW);
  const steps = points.map((point, place) => ({
    from: x(Date.parse(point.at)), to: x(place + 1 < points.length ? Date.parse(points[place + 1].at) : endMs), ...point,
  }));
  const words = lang.t("alert_chart.words", {
    from: timeOf(beginMs), first: Math.round(points[0].mean), last: Math.round(points.at(-1).mean),
    least: Math.min(...points.map((point) => point.min)),
  });
  const drawing = svg("svg", { class: "level", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
    ...[0, top].flatMap((pieces) => [
      svg("line", { class: "grid", x1: LEFT, y1: y(pieces), x2: WIDTH - RIGHT, y2: y(pieces) }),
      svg("text", { class: "tick", x: LEFT - 6, y: y(pieces) + 4, "text-anchor": "end" }, lang.number(pieces)),
    ]),
    svg("path", { class: "band", d: band(steps, y) }),
    svg("path", { class: "line", d: line(steps, y) }),
    threshold !== null && svg("line", { class: "threshold", x1: LEFT, y1: y(threshold), x2: WIDTH - RIGHT, y2: y(threshold) }),
    ...(firedMs === null || firedMs < beginMs ? [] : fired(x(firedMs), timeOf(firedMs), lang)),
    svg("text", { class: "tick", x: LEFT, y: HEIGHT - 6 }, timeOf(beginMs)),
    svg("text", { class: "tick", x: WIDTH - RIGHT, y: HEIGHT - 6, "text-anchor": "end" }, timeOf(endMs)));
  return el("figure", { class: "picture" }, drawing,
    el("figcaption", { class: "explanation" }, words, threshold === null ? "" : ` ${lang.t("alert_chart.threshold", { n: threshold })}`));
}

/** Returns the picture of a device that went silent: heard until then, not since; `marks`: {seenMs, firedMs, endMs, timeOf}. */
export function silenceChart({ seenMs, firedMs, endMs, timeOf }, lang) {
  const spanMs = Math.max(2 * (endMs - seenMs), 60_000);
  const x = (ms) => LEFT + Math.max(0, 1 - (endMs - ms) / spanMs) * (WIDTH - LEFT - RIGHT);
  const words = lang.t("alert_chart.silent", { time: timeOf(seenMs), age: lang.age(endMs - seenMs) });
  const drawing = svg("svg", { class: "level", viewBox: `0 0 ${WIDTH} 92`, role: "img", "aria-label": words },
    svg("rect", { class: "heard", x: LEFT, y: 34, width: x(seenMs) - LEFT, height: 22, rx: 5 }),
    svg("rect", { class: "unheard", x: x(seenMs), y: 34, width: WIDTH - RIGHT - x(seenMs), height: 22, rx: 5 }),
    ...(firedMs === null ? [] : fired(x(firedMs), timeOf(firedMs), lang, 62)),
    svg("text", { class: "tick", x: x(seenMs), y: 80, "text-anchor": "middle" }, timeOf(seenMs)),
    svg("text", { class: "tick", x: WIDTH - RIGHT, y: 80, "text-anchor": "end" }, timeOf(endMs)));
  return el("figure", { class: "picture" }, drawing, el("figcaption", { class: "explanation" }, words));
}

function fired(at, time, lang, bottom = HEIGHT - BELOW) {
  const anchor = at > WIDTH / 2 ? "end" : "start";
  return [
    svg("line", { class: "fired", x1: at, y1: TOP - 4, x2: at, y2: bottom }),
    svg("text", { class: "fired-text", x: anchor === "end" ? at + 4 : at - 4, y: 11, "text-anchor": anchor }, lang.t("alert_chart.fired", { time })),
  ];
}

function line(steps, y) {
  return steps.map(({ from, to, mean }, place) => `${place === 0 ? "M" : "L"}${round(from)} ${round(y(mean))}H${round(to)}`).join("");
}

function band(steps, y) {
  const above = steps.map(({ from, to, max }, place) => `${place === 0 ? "M" : "L"}${round(from)} ${round(y(max))}H${round(to)}`).join("");
  const below = steps.toReversed().map(({ from, to, min }) => `L${round(to)} ${round(y(min))}H${round(from)}`).join("");
  return `${above}${below}Z`;
}

const round = (value) => Math.round(value * 10) / 10;
