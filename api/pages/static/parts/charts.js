// Charts over days, drawn here: lines and bars with an axis, the values of a day by touch or keys, and the same as a table.

import { el, setAttribute, setText, svg } from "../dom.js";

const WIDTH = 340;
const HEIGHT = 180;
const LEFT = 46;
const RIGHT = 10;
const TOP = 12;
const BELOW = 26;
const TICKS = 2;
const LEAST_BAR = 1.5;

/**
 * Draws values over days. `days`: their names in words; `series`: [{name, kind: "line" | "bar", values: [number | null]}],
 * bars stand on each other; `format(value)` words a value, `axis(top)` returns what words the axis; `range`: {low, high} of
 * values, what is left out is found; where `high` is, it is no less than `least`.
 */
export class Chart {
  constructor({ title, days, series, format, axis = () => format, range = {}, least = 0 }, lang) {
    Object.assign(this, { days, series, format, lang });
    this.bottom = range.low ?? 0;
    this.top = range.high ?? niceTop(Math.max(least, ...days.map((_, place) => this.heightAt(place))) - this.bottom) + this.bottom;
    this.tick = axis(this.top);
    this.chosen = Math.max(0, lastKnown(series));
    this.guide = svg("line", { class: "guide", y1: TOP, y2: HEIGHT - BELOW });
    this.drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
      this.grid(), this.guide, series.map((one, number) => this.marks(one, number)), this.dates());
    this.readout = el("p", { class: "readout", "aria-live": "polite" });
    this.field = el("div", {
      class: "plot", tabindex: 0, role: "group", "aria-label": lang.t("chart.keys", { title }),
      on: {
        pointerdown: (event) => this.point(event), pointermove: (event) => this.point(event), keydown: (event) => this.key(event),
      },
    }, this.drawing);
    this.element = el("div", { class: "chart" }, this.field,
      series.length > 1 && el("ul", { class: "chart-legend" }, series.map(({ name, kind }, number) => el("li", {}, el("i", { class: `sign s${number} is-${kind}` }), name))),
      this.readout, this.table(title));
    this.choose(this.chosen);
  }

  // -- drawing -----------------------------------------------------------------------------------------

  heightAt(place) {
    const bars = this.series.filter(({ kind }) => kind === "bar").reduce((sum, { values }) => sum + (values[place] ?? 0), 0);
    return Math.max(bars, ...this.series.filter(({ kind }) => kind === "line").map(({ values }) => values[place] ?? 0));
  }

  x(place) {
    return LEFT + ((place + 0.5) * (WIDTH - LEFT - RIGHT)) / this.days.length;
  }

  y(value) {
    return TOP + (1 - (value - this.bottom) / (this.top - this.bottom || 1)) * (HEIGHT - TOP - BELOW);
  }

  grid() {
    return Array.from({ length: TICKS + 1 }, (_, step) => {
      const value = this.bottom + ((this.top - this.bottom) * step) / TICKS;
      return [
        svg("line", { class: step === 0 ? "base" : "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: round(this.y(value)), y2: round(this.y(value)) }),
        svg("text", { class: "tick", x: LEFT - 6, y: round(this.y(value)) + 4, "text-anchor": "end" }, this.tick(value)),
      ];
    }).flat();
  }

  dates() {
    const ends = this.days.length > 1 ? [[0, "start", LEFT], [this.days.length - 1, "end", WIDTH - RIGHT]] : [[0, "middle", this.x(0)]];
    return ends.map(([place, anchor, at]) => svg("text", { class: "tick", x: at, y: HEIGHT - 6, "text-anchor": anchor }, this.days[place]));
  }

  marks({ kind, values }, number) {
    return kind === "bar" ? this.bars(values, number) : this.line(values, number);
  }

  bars(values, number) {
    const width = Math.max(LEAST_BAR, ((WIDTH - LEFT - RIGHT) / this.days.length) * 0.72);
    const below = (place) => this.series.slice(0, number).reduce((sum, one) => sum + (one.kind === "bar" ? (one.values[place] ?? 0) : 0), 0);
    return svg("g", { class: `bars s${number}` }, values.map((value, place) => value === null || value === 0 ? null : svg("rect", {
      x: round(this.x(place) - width / 2), width: round(width),
      y: round(this.y(below(place) + value)), height: round(this.y(below(place)) - this.y(below(place) + value)),
    })));
  }

  /** A day without a value leaves a gap: nothing is drawn of what is not known. */
  line(values, number) {
    let isOpen = false;
    const steps = values.map((value, place) => {
      const step = value === null ? "" : `${isOpen ? "L" : "M"}${round(this.x(place))} ${round(this.y(value))}`;
      isOpen = value !== null;
      return step;
    });
    const alone = values.map((value, place) => value !== null && (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null
      ? svg("circle", { cx: round(this.x(place)), cy: round(this.y(value)), r: 3 }) : null);
    return svg("g", { class: `lines s${number}` }, svg("path", { d: steps.join("") }), alone);
  }

  // -- one day -----------------------------------------------------------------------------------------

  point(event) {
    const box = this.drawing.getBoundingClientRect();
    const share = (((event.clientX - box.left) / box.width) * WIDTH - LEFT) / (WIDTH - LEFT - RIGHT);
    this.choose(Math.floor(share * this.days.length));
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    this.choose(this.chosen + step);
  }

  /** Says the values of a day; the nearest one there is. */
  choose(place) {
    this.chosen = Math.min(this.days.length - 1, Math.max(0, place));
    const at = round(this.x(this.chosen));
    setAttribute(this.guide, "x1", at);
    setAttribute(this.guide, "x2", at);
    const values = this.series.map(({ name, values: found }) => {
      const value = found[this.chosen] === null ? this.lang.t("chart.unknown") : this.format(found[this.chosen]);
      return this.series.length > 1 ? this.lang.t("chart.named", { name, value }) : value;
    });
    setText(this.readout, this.lang.t("chart.day", { day: this.days[this.chosen], value: values.join(" · ") }));
  }

  table(title) {
    const details = el("details", { class: "chart-table", on: { toggle: () => { if (details.open) fill(); } } }, el("summary", {}, this.lang.t("chart.table")));
    const fill = () => {
      if (details.childElementCount > 1) return;
      const value = (one, place) => (one.values[place] === null ? "–" : this.format(one.values[place]));
      details.append(el("div", { class: "table-frame", tabindex: 0, role: "group", "aria-label": title }, el("table", {},
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, this.lang.t("chart.of_day")), this.series.map(({ name }) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, this.days.map((day, place) => el("tr", {}, el("th", { scope: "row" }, day), this.series.map((one) => el("td", {}, value(one, place)))))))));
    };
    return details;
  }
}

/** Returns the least round number that is not below `value`: one whose half is plain too. */
export function niceTop(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value * 0.999_999) * power;
}

const lastKnown = (series) => Math.max(...series.map(({ values }) => values.findLastIndex((value) => value !== null)));
const round = (value) => Math.round(value * 10) / 10;
