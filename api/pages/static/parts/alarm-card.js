// One alert as a line of a list: what to do, where, since when, who sees to it, and the first act beside it.

import { el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ICONS, isOnHold, route } from "./alert-list.js";
import { alertWords, holdWords } from "./alert-words.js";

export class AlarmCard {
  /** `people`: names by id, or an empty map. */
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    this.since = el("span", {});
    this.body = el("span", { class: "alert-body" });
    this.sign = el("span", { class: "alarm-sign" });
    this.link = el("a", { class: "alarm-link" }, this.sign, this.body);
    this.act = el("button", { type: "button", class: "chip alarm-act", on: { click: () => this.toggle() } });
    this.element = el("li", { class: "alert alarm" }, this.link, acts.mayAct ? this.act : null);
  }

  /** Shows an alert; `nowMs` is the shop's time, `isChosen` whether its details are open. */
  update(alert, nowMs, people, isChosen) {
    const { ctx: { lang, model } } = this;
    this.alert = alert;
    const isPending = this.acts.isPending(alert);
    const words = alertWords(alert, model, lang);
    const lines = isOnHold(alert) ? [this.holdLine(alert, nowMs)] : words.lines;
    const seenTo = seenToWords(alert, this.ctx, people);
    const key = JSON.stringify([words, lines, seenTo, alert.severity, alert.state, alert.comments.length, isPending]);
    if (key !== this.key) this.draw(alert, words, lines, seenTo, isPending);
    this.key = key;
    setAttribute(this.link, "href", this.ctx.path("alerts", alert.id));
    setAttribute(this.link, "aria-current", isChosen ? "true" : null);
    this.element.classList.toggle("is-chosen", isChosen);
    this.age(nowMs);
  }

  /** Lets the alert grow older. */
  age(nowMs) {
    const { lang, model } = this.ctx;
    const ms = Date.parse(this.alert.resolved_at ?? this.alert.since);
    const time = lang.time(ms, model.store.timezone, { today: nowMs });
    setText(this.since, lang.t(this.alert.resolved_at === null ? "alerts.since" : "alert_page.over", { time, age: lang.age(nowMs - ms) }));
  }

  draw(alert, words, lines, seenTo, isPending) {
    const { lang } = this.ctx;
    const isTaken = alert.state !== "firing";
    setAttribute(this.element, "class", `alert alarm is-${alert.severity}${isOnHold(alert) ? " is-held" : ""}${isPending ? " is-pending" : ""}`);
    setAttribute(this.element, "data-alert", alert.id);
    this.sign.replaceChildren(icon(ICONS[alert.type] ?? "alert", "icon alert-icon"));
    this.body.replaceChildren(
      el("span", { class: "alarm-title" }, words.title),
      ...(words.route ? [inline(route(words.route, lang))] : []),
      el("span", { class: "alarm-text" }, lines.join(" ")),
      el("span", { class: "alert-meta" },
        el("span", { class: "severity" }, lang.word("severity", alert.severity)), " · ", this.since,
        seenTo && ` · ${seenTo}`,
        alert.comments.length > 0 && ` · ${lang.t("alert_page.comments", { n: alert.comments.length })}`),
      ...(isPending ? [el("span", { class: "badge is-waiting" }, lang.t("alert_page.pending"))] : []));
    this.act.hidden = alert.state === "resolved";
    this.act.disabled = isPending;
    setText(this.act, lang.t(isTaken ? "alert_act.release" : "alert_act.acknowledge"));
    setAttribute(this.act, "aria-label", lang.t("alert_page.named", { act: this.act.textContent, what: words.title }));
  }

  holdLine(alert, nowMs) {
    const { lang, model } = this.ctx;
    if (alert.suppressed_by !== null) return holdWords(alert, model, lang);
    return lang.t("alerts.snoozed", { time: lang.time(Date.parse(alert.snoozed_until), model.store.timezone, { today: nowMs }) });
  }

  toggle() {
    return this.alert.state === "firing" ? this.acts.acknowledge(this.alert) : this.acts.release(this.alert);
  }
}

/** Returns who sees to an alert; empty: nobody yet. */
export function seenToWords(alert, ctx, people) {
  const { lang } = ctx;
  if (alert.state === "resolved") return "";
  if (alert.assignee !== null) return lang.t("alerts.assigned", { user: alert.assignee });
  if (alert.state !== "acknowledged") return "";
  if (alert.changed_by === ctx.session.key_id) return lang.t("alert_page.yours");
  const name = people.get(alert.changed_by);
  return name === undefined ? lang.t("alerts.acknowledged") : lang.t("alerts.assigned", { user: name });
}

/** Whether an alert is this person's to see to. */
export function isMine(alert, { session }) {
  if (alert.assignee !== null) return session.name !== null && alert.assignee === session.name;
  return alert.state === "acknowledged" && alert.changed_by === session.key_id;
}

/** Inside of a link a paragraph becomes a span. */
function inline(paragraph) {
  return el("span", { class: paragraph.className }, ...paragraph.childNodes);
}
