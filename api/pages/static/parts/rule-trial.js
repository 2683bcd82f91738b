// A rule tried on the past: for how long, and what it would have told: how often, how early, and what came of it.

import { el, setAttribute, setText } from "../dom.js";
import { rfc3339 } from "./alert-acts.js";
import { Chart, niceTop } from "./charts.js";
import { daysBetween, formats } from "./kpi-figures.js";
import { localDay } from "./opening.js";
import { TRIED } from "./rule-terms.js";
import { trialTimeline } from "./trial-timeline.js";

const SPANS = [7, 14, 28];
const OUTCOMES = ["stock_out", "none", "open"];
const DAY_MS = 86_400_000;
const PATIENCE_MS = 75_000; // the gateway lives through the past for 55 s at most, at half a core

export class RuleTrial {
  /** `question()` returns [path, body] of what is to be tried, or null where it cannot be. */
  constructor(ctx, type, question) {
    Object.assign(this, { ctx, question });
    const { lang } = ctx;
    this.format = formats(lang);
    this.days = 14;
    this.chips = SPANS.map((days) => el("button", { type: "button", class: "chip", on: { click: () => this.choose(days) } }, lang.t("report.days", { n: days })));
    this.button = el("button", { type: "button", class: "quiet", on: { click: () => this.run() } }, lang.t("trial.run"));
    this.state = el("p", { class: "explanation trial-state", role: "status" });
    this.result = el("div", { class: "trial-result" });
    const body = TRIED.has(type)
      ? [el("p", { class: "explanation" }, lang.t("trial.what")),
        el("div", { class: "chips", role: "group", "aria-label": lang.t("report.span") }, this.chips), this.button, this.state, this.result]
      : [el("p", { class: "explanation" }, lang.word("trial_not", type))];
    this.element = el("div", { class: "trial" }, body);
    this.choose(this.days);
  }

  choose(days) {
    this.days = days;
    this.chips.forEach((chip, place) => setAttribute(chip, "aria-pressed", String(SPANS[place] === days)));
  }

  /** Forgets what was found: the rule is another one now. */
  clear() {
    this.turn = (this.turn ?? 0) + 1;
    this.result.replaceChildren();
    setText(this.state, "");
    setAttribute(this.button, "aria-busy", null);
  }

  async run() {
    const { ctx, ctx: { lang } } = this;
    if (this.button.hasAttribute("aria-busy")) return;
    if (ctx.session.via === "open") return ctx.app.signIn();
    const asked = this.question();
    if (asked === null) return;
    this.clear();
    const { turn, days } = this;
    const [path, body] = asked;
    setAttribute(this.button, "aria-busy", "true");
    setText(this.state, lang.t("trial.running", { n: days }));
    try {
      const answer = await ctx.ask(path, {
        method: "POST", timeoutMs: PATIENCE_MS, headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...body, from: rfc3339(ctx.knownMs() - days * DAY_MS) }),
      });
      if (turn === this.turn) this.show(answer, days);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (turn === this.turn) setText(this.state, ctx.problem(error));
    }
    if (turn === this.turn) setAttribute(this.button, "aria-busy", null);
  }

  // -- what was found ----------------------------------------------------------------------------------

  show(answer, days) {
    const { lang, model } = this.ctx;
    const { alerts, lead_s: lead } = answer;
    setText(this.state, this.noteOf(answer, days));
    const totals = [
      ["trial.per_day", this.format.count(alerts.per_day)],
      ["trial.followed", lang.t("trial.of", { k: alerts.followed, n: alerts.n })],
      ["trial.lead", lead === null ? "–" : this.span(lead.median)],
      ["trial.missed", lang.t("trial.of", { k: answer.stock_outs.missed, n: answer.stock_outs.n })],
    ];
    this.result.replaceChildren(
      el("h4", {}, lang.t("trial.title", { n: alerts.n })),
      el("dl", { class: "trial-totals" }, totals.map(([key, value]) => el("div", { class: "total" }, el("dt", {}, lang.t(key)), el("dd", {}, value)))),
      el("ul", { class: "trial-words" }, this.sentences(answer).map((text) => el("li", {}, text))));
    if (alerts.n === 0) return;
    const names = daysBetween(localDay(Date.parse(answer.from), model.store.timezone), localDay(Date.parse(answer.to) - 1, model.store.timezone));
    this.result.append(this.chart(answer, names), trialTimeline(answer, this.ctx, this.format.seconds));
  }

  span(seconds) {
    return seconds < 0 ? this.ctx.lang.t("trial.after", { span: this.format.seconds(-seconds) }) : this.format.seconds(seconds);
  }

  noteOf(answer, days) {
    const { lang, model } = this.ctx;
    const isShort = answer.days < days - 0.5;
    return [
      lang.t("trial.done", { articles: answer.articles, movements: answer.movements }),
      isShort && lang.t("trial.begins", { date: lang.date(Date.parse(answer.from), model.store.timezone) }),
      answer.unknown_share > 0 && lang.t("trial.unknown", { share: this.format.share(answer.unknown_share) }),
    ].filter(Boolean).join(" ");
  }

  sentences({ alerts, stock_outs: outs, lead_s: lead }) {
    const { lang } = this.ctx;
    return [
      alerts.n > 0 && lang.t("trial.became", { followed: alerts.followed, not: alerts.not_followed, open: alerts.open }),
      lang.t("trial.outs", { n: outs.n, warned: outs.warned, late: outs.told_late, missed: outs.missed }),
      lead !== null && lang.t("trial.lead_range", { low: this.span(lead.p10), high: this.span(lead.p90) }),
    ].filter(Boolean);
  }

  /** Alerts of each day, by what came of them. The answer lists the first ones: of more, later days are not known. */
  chart(answer, names) {
    const { lang, model } = this.ctx;
    const last = answer.episodes.at(-1);
    const dayOf = (text) => localDay(Date.parse(text), model.store.timezone);
    const until = answer.episodes_left_off > 0 ? dayOf(last.fired_at) : null;
    const values = (outcome) => names.map((day) => (until !== null && day >= until ? null
      : answer.episodes.filter((one) => one.outcome === outcome && dayOf(one.fired_at) === day).length));
    const series = OUTCOMES.map((outcome) => ({ name: lang.word("trial_outcome", outcome), kind: "bar", values: values(outcome) }));
    const most = Math.max(...names.map((_, place) => series.reduce((sum, one) => sum + (one.values[place] ?? 0), 0)));
    const words = names.map((day) => new Intl.DateTimeFormat(lang.locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`)));
    const title = lang.t("trial.by_day");
    return el("div", { class: "trial-chart" }, el("h5", {}, title), new Chart({ title, days: words, series, format: this.format.count, range: { high: 2 * niceTop(most / 2) } }, lang).element);
  }
}
