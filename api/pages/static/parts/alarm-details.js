// One alert whole: what it says, its picture and evidence, what can be done, and what has been done.

import { arrange, el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { AlarmForms } from "./alarm-forms.js";
import { seenToWords } from "./alarm-card.js";
import { evidenceFacts } from "./alert-evidence.js";
import { ICONS, isOnHold, route } from "./alert-list.js";
import { alertWords, holdWords } from "./alert-words.js";
import { levelChart, silenceChart } from "./level-chart.js";
import { whoIs } from "./people.js";

const BEFORE_MS = 2 * 3_600_000; // how long before it began its picture begins
const MOST_POINTS = 150;
const LEAST_STEP_S = 60;

export class AlarmDetails {
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    const { lang } = ctx;
    this.sign = el("span", { class: "alarm-sign" });
    this.heading = el("h2", { id: "alarm-title", tabindex: -1 });
    this.meta = el("p", { class: "alert-meta" });
    this.what = el("div", { class: "alarm-what" });
    this.picture = el("div", { class: "alarm-picture" });
    this.facts = el("dl", { class: "facts" });
    this.forms = new AlarmForms(ctx, acts);
    this.log = el("ol", { class: "alarm-log" });
    this.article = el("a", { class: "quiet" }, lang.t("alert_page.article"));
    this.deliveries = el("a", { class: "quiet", href: ctx.path("deliveries") }, lang.t("alert_page.deliveries"));
    this.rule = el("a", { class: "quiet" }, lang.t("alert_page.rule"));
    this.rule.hidden = !ctx.session.may("alerts:rules");
    this.element = el("section", { class: "panel alarm-details", "aria-labelledby": "alarm-title" },
      el("a", { class: "quiet alarm-back", href: ctx.path("alerts") }, lang.t("alert_page.back")),
      el("header", { class: "alarm-head" }, this.sign, el("div", {}, this.heading, this.meta)),
      this.what, this.forms.element, this.picture,
      el("h3", {}, lang.t("alert_page.evidence")), this.facts, this.article, this.deliveries, this.rule,
      el("h3", {}, lang.t("alert_page.history")), this.log);
  }

  /** Shows an alert as it is; the picture is asked for once per alert, and again when it changed. */
  update(alert, nowMs, people) {
    const { ctx: { lang, model }, ctx } = this;
    const isOther = this.alert?.id !== alert.id;
    this.alert = alert;
    this.nowMs = nowMs;
    const words = alertWords(alert, model, lang);
    setAttribute(this.element, "class", `panel alarm-details is-${alert.severity}`);
    setText(this.heading, words.title);
    const seenTo = seenToWords(alert, ctx, people);
    setText(this.meta, [lang.word("severity", alert.severity), lang.word("alert_state", alert.state), seenTo].filter(Boolean).join(" · "));
    const key = JSON.stringify([words, alert.type, alert.suppressed_by, alert.snoozed_until]);
    if (key !== this.key) this.drawWhat(alert, words);
    this.key = key;
    this.forms.update(alert, nowMs, people, isOther);
    const facts = evidenceFacts(alert, model, lang, (ms) => this.time(ms));
    this.facts.replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
    this.article.hidden = alert.sku === null;
    if (alert.sku !== null) setAttribute(this.article, "href", ctx.path("find", alert.sku));
    this.deliveries.hidden = alert.type !== "delivery_not_seen";
    setAttribute(this.rule, "href", ctx.path("rules", alert.type));
    this.drawLog(alert, people);
    if (isOther) this.picture.replaceChildren();
    this.askForPicture(alert, isOther);
  }

  focus() {
    this.heading.focus({ preventScroll: true });
  }

  time(ms) {
    const { lang, model } = this.ctx;
    return lang.time(ms, model.store.timezone, { today: this.nowMs });
  }

  drawWhat(alert, words) {
    const { lang, model } = this.ctx;
    this.sign.replaceChildren(icon(ICONS[alert.type] ?? "alert", "icon alert-icon"));
    const hold = alert.suppressed_by !== null ? holdWords(alert, model, lang)
      : isOnHold(alert) ? lang.t("alerts.snoozed", { time: this.time(Date.parse(alert.snoozed_until)) }) : "";
    this.what.replaceChildren(...[
      words.route && route(words.route, lang),
      ...words.lines.map((line) => el("p", {}, line)),
      hold && el("p", { class: "alarm-hold" }, hold),
    ].filter(Boolean));
  }

  // -- the picture -------------------------------------------------------------------------------------

  async askForPicture(alert, isOther) {
    const { ctx } = this;
    const about = JSON.stringify([alert.id, alert.state, alert.evidence]);
    if (about === this.pictured && !isOther) return;
    this.pictured = about;
    const marks = { firedMs: ms(alert.fired_at), endMs: ms(alert.resolved_at) ?? this.nowMs, timeOf: (at) => this.time(at) };
    const device = alert.device === null ? undefined : ctx.model.devices.get(alert.device);
    if (alert.sku === null) {
      const seenMs = device?.state === "online" ? null : ms(device?.last_seen_at ?? null);
      if (seenMs !== null) this.picture.replaceChildren(silenceChart({ ...marks, seenMs }, ctx.lang));
      return;
    }
    if (!ctx.model.articles.has(alert.sku) && ctx.model.moreArticles === 0) return; // no such article any more: it has no past
    const points = await ctx.ask(historyPath(alert, ctx.model, marks.endMs)).then((answer) => answer.points, () => []);
    if (this.pictured !== about) return; // another one is shown by now
    const threshold = Number(alert.evidence.threshold ?? NaN);
    if (points.length > 0) {
      const chart = levelChart(points, { ...marks, threshold: Number.isNaN(threshold) ? null : threshold }, ctx.lang);
      this.picture.replaceChildren(el("h3", {}, ctx.lang.t(zoneOf(alert) === null ? "alert_chart.store" : "alert_chart.zone", { zone: zoneNameOf(alert, ctx) })), chart);
    }
  }

  // -- what was done -----------------------------------------------------------------------------------

  drawLog(alert, people) {
    const { ctx: { lang }, ctx } = this;
    const t = (key, values) => lang.t(key, values);
    const entries = [
      [alert.since, t("alert_log.began")],
      [alert.fired_at, t("alert_log.fired")],
      alert.changed_at !== null && alert.state !== "resolved" && [alert.changed_at, changeWords(alert, ctx, people)],
      ...alert.comments.map((comment) => [comment.at, t("alert_log.said", { who: whoIs(comment.by, ctx, people), text: comment.text })]),
      [alert.resolved_at, alert.resolved_reason === null ? t("alert_log.over") : t("alert_log.resolved", { who: whoIs(alert.changed_by, ctx, people), reason: alert.resolved_reason })],
    ].filter((entry) => entry && entry[0] !== null).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    if (alert.useful !== null) entries.push([null, t(alert.useful ? "alert_log.useful" : "alert_log.false")]);
    arrange(this.log, entries.map(([at, text]) =>
      el("li", {}, el("span", { class: "alarm-when" }, at === null ? "" : this.time(Date.parse(at))), el("span", {}, text))));
  }
}

function changeWords(alert, ctx, people) {
  if (alert.changed_by === null) return ctx.lang.t("alert_log.woken");
  return ctx.lang.word("alert_change", alert.state, { who: whoIs(alert.changed_by, ctx, people) });
}

/** A shelf that is empty is drawn by itself; all else by the whole store. */
const zoneOf = (alert) => (alert.type === "shelf_empty_backroom_has_stock" ? (alert.evidence.to_zone ?? alert.zone) : null);
const zoneNameOf = (alert, { lang, model }) => lang.nameOf(model.zones.get(zoneOf(alert))?.name, zoneOf(alert) ?? "");

function historyPath(alert, model, endMs) {
  const fromMs = Date.parse(alert.since) - BEFORE_MS;
  const stepS = Math.max(LEAST_STEP_S, Math.ceil((endMs - fromMs) / 1000 / MOST_POINTS));
  const query = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(endMs).toISOString(), step: `${stepS}s` });
  if (zoneOf(alert) !== null) query.set("zone", zoneOf(alert));
  return `/v1/stores/${encodeURIComponent(model.store.id)}/availability/${encodeURIComponent(alert.sku)}/history?${query}`;
}

const ms = (at) => (at === null ? null : Date.parse(at));
