// How many pieces there were over the last day or week.

import { el, setAttribute } from "../dom.js";
import { spark } from "./spark.js";

const SPANS = { day: { ms: 86_400_000, step: "15m" }, week: { ms: 7 * 86_400_000, step: "2h" } };

export class LevelHistory {
  constructor(ctx, sku) {
    Object.assign(this, { ctx, sku });
    const { lang } = ctx;
    this.span = "day";
    const texts = { day: lang.t("find.last_day"), week: lang.t("find.last_week") };
    this.buttons = Object.entries(texts).map(([span, text]) =>
      el("button", { type: "button", class: "chip", "data-span": span, on: { click: () => this.choose(span) } }, text));
    this.frame = el("div", { class: "spark-frame" });
    this.element = el("div", {}, this.frame, el("div", { class: "chips" }, this.buttons));
    this.mark();
  }

  choose(span) {
    this.span = span;
    this.mark();
    return this.load();
  }

  mark() {
    for (const button of this.buttons) setAttribute(button, "aria-pressed", String(button.dataset.span === this.span));
  }

  /** Asks for the span that is chosen. Without an answer what is drawn stays. */
  async load() {
    const { ctx, span } = this;
    const endMs = ctx.knownMs();
    if (endMs === null) return;
    const { ms, step } = SPANS[span];
    const path = `/v1/stores/${encodeURIComponent(ctx.store.id)}/availability/${encodeURIComponent(this.sku)}/history`;
    try {
      const { points } = await ctx.ask(`${path}?from=${new Date(endMs - ms).toISOString()}&step=${step}`);
      if (span === this.span) this.render(points, endMs);
    } catch (error) {
      if (error.status === undefined) throw error;
      this.say(ctx.problem(error));
    }
  }

  render(points, endMs) {
    const { lang } = this.ctx;
    if (points.length === 0) return this.say(lang.t("find.no_history"));
    const values = { low: Math.min(...points.map(({ min }) => min)), high: Math.max(...points.map(({ max }) => max)), last: Math.round(points.at(-1).mean) };
    const words = lang.t(this.span === "day" ? "find.day_words" : "find.week_words", values);
    this.frame.replaceChildren(spark(points, endMs, words));
  }

  say(text) {
    this.frame.replaceChildren(el("p", { class: "nothing" }, text));
  }
}
