// What asks for a person: few, clear sentences, the gravest first.

import { arrange, el, setText } from "../dom.js";
import { icon } from "../icons.js";
import { alertWords, holdWords } from "./alert-words.js";

const FEW = 3; // shown at first; the rest is one tap away, unless it is a single one
const MOST = 200;
export const ICONS = {
  low_stock: "low",
  stock_out: "out",
  shelf_empty_backroom_has_stock: "empty",
  reader_down: "unplugged",
  reservation_at_risk: "low",
  count_variance: "low",
  delivery_not_seen: "low",
  reservation_unpicked: "low",
  collect_overdue: "low",
  predicted_stock_out: "low",
  coverage_low: "unplugged",
  clock_skew: "unplugged",
  phantom_inventory: "low",
  gate_exit_unpaid: "low",
  misplaced_item: "low",
  stray_reads: "unplugged",
};

/** Whether nobody is told of an alert now. */
export const isOnHold = (alert) => alert.suppressed_by !== null || alert.state === "snoozed";

export class AlertList {
  constructor(lang, model, view) {
    Object.assign(this, { lang, model, view });
    this.cards = new Map();
    this.said = null; // titles by id, as last told to screen readers
    this.list = el("ul", { class: "alerts" });
    this.calmTitle = el("p", { class: "calm-title" });
    this.calmText = el("p", {});
    this.calm = el("div", {}, icon("calm", "icon calm-icon"), el("div", {}, this.calmTitle, this.calmText));
    this.toggle = el("button", {
      type: "button",
      class: "quiet",
      on: { click: () => { view.allAlerts = !view.allAlerts; this.render(); } },
    });
    this.heldTitle = el("summary", {});
    this.heldList = el("ul", { class: "alerts" });
    this.held = el("details", { class: "on-hold" }, this.heldTitle, this.heldList);
    this.voice = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.element = el(
      "section",
      { class: "panel todo", id: "alerts", "aria-labelledby": "alerts-title", tabindex: -1 },
      el("header", { class: "panel-head" }, el("h2", { id: "alerts-title" }, lang.t("alerts.title"))),
      this.calm, this.list, this.toggle, this.held, this.voice,
    );
  }

  /** Draws the alerts; `nowMs` is the shop's time, `isLive` false when they may be out of date. */
  render(nowMs = this.nowMs, isLive = this.isLive) {
    const { lang, model, view } = this;
    Object.assign(this, { nowMs, isLive });
    const { active, onHold } = model.alertLists();
    const few = active.length <= FEW + 1 ? FEW + 1 : FEW;
    const shown = active.slice(0, view.allAlerts ? MOST : few);
    this.forget(new Set([...active, ...onHold].map((alert) => alert.id)));
    arrange(this.list, shown.map((alert) => this.card(alert)));
    arrange(this.heldList, onHold.slice(0, MOST).map((alert) => this.card(alert)));
    this.held.hidden = onHold.length === 0;
    setText(this.heldTitle, lang.t("alerts.on_hold", { n: onHold.length }));
    const rest = active.length - few;
    this.toggle.hidden = rest <= 0;
    setText(this.toggle, view.allAlerts ? lang.t("alerts.fewer") : lang.t("alerts.more", { n: rest }));
    this.list.hidden = active.length === 0;
    this.calm.hidden = active.length > 0;
    if (active.length === 0) this.renderCalm();
    this.say(active, onHold);
  }

  /** Says that nothing is to do, as far as that is known. */
  renderCalm() {
    const { lang, model } = this;
    const blind = [...model.zones.values()].filter((zone) => model.coverage(zone) === "unwatched");
    const isKnown = this.isLive && blind.length === 0;
    this.calm.className = isKnown ? "calm" : "calm is-unsure";
    setText(this.calmTitle, lang.t(isKnown ? "alerts.calm" : "alerts.unsure"));
    if (!this.isLive) {
      const time = lang.time(model.asOfMs, model.store.timezone, { today: this.nowMs });
      setText(this.calmText, lang.t("alerts.unsure_stale", { time }));
    } else if (blind.length > 0) {
      setText(this.calmText, lang.t("alerts.unsure_blind", { n: blind.length }));
    } else {
      setText(this.calmText, lang.t("alerts.calm_more"));
    }
  }

  card(alert) {
    const { lang, model } = this;
    const words = alertWords(alert, model, lang);
    const sinceMs = Date.parse(alert.since);
    const since = lang.t("alerts.since", {
      time: lang.time(sinceMs, model.store.timezone, { today: this.nowMs }),
      age: lang.age(this.nowMs - sinceMs),
    });
    const lines = isOnHold(alert) ? [this.holdLine(alert)] : words.lines;
    const text = JSON.stringify([words, lines, alert.severity, alert.state, alert.assignee]);
    let card = this.cards.get(alert.id);
    if (card?.text !== text) {
      const fresh = this.draw(alert, words, lines);
      card?.element.replaceWith(fresh.element);
      card = { ...fresh, text };
      this.cards.set(alert.id, card);
    }
    setText(card.since, since);
    return card.element;
  }

  /** Returns why nobody is told of an alert now. */
  holdLine(alert) {
    const { lang, model } = this;
    if (alert.suppressed_by !== null) return holdWords(alert, model, lang);
    const time = lang.time(Date.parse(alert.snoozed_until), model.store.timezone, { today: this.nowMs });
    return lang.t("alerts.snoozed", { time });
  }

  /** Returns who sees to an alert; empty: nobody yet. */
  seenTo(alert) {
    const { lang } = this;
    if (alert.assignee !== null) return lang.t("alerts.assigned", { user: alert.assignee });
    return alert.state === "acknowledged" ? lang.t("alerts.acknowledged") : "";
  }

  draw(alert, words, lines) {
    const { lang } = this;
    const since = el("span", {});
    const seenTo = this.seenTo(alert);
    const element = el("li", { class: `alert is-${alert.severity}${isOnHold(alert) ? " is-held" : ""}` },
      icon(ICONS[alert.type] ?? "alert", "icon alert-icon"),
      el("div", { class: "alert-body" },
        el("h3", {}, words.title),
        words.route && route(words.route, lang),
        el("p", {}, lines.join(" ")),
        el("p", { class: "alert-meta" },
          el("span", { class: "severity" }, lang.word("severity", alert.severity)), " · ", since,
          seenTo && ` · ${seenTo}`)));
    return { element, since };
  }

  forget(living) {
    for (const id of this.cards.keys()) {
      if (!living.has(id)) this.cards.delete(id);
    }
  }

  /** Tells screen readers what is new and what is done, once each; not what was there at the start. */
  say(active, onHold) {
    const title = (alert) => alertWords(alert, this.model, this.lang).title;
    const titles = new Map([...active, ...onHold].map((alert) => [alert.id, title(alert)]));
    if (this.said !== null) {
      const fired = active.filter(({ id }) => !this.said.has(id));
      const resolved = [...this.said].filter(([id]) => !titles.has(id));
      const news = [
        ...fired.map(({ id }) => this.lang.t("alerts.fired", { alert: titles.get(id) })),
        ...resolved.map(([, alert]) => this.lang.t("alerts.resolved", { alert })),
      ];
      if (news.length > 0) setText(this.voice, news.join(". "));
    }
    this.said = titles;
  }
}

/** Returns the way of pieces, from one zone to another. */
export function route({ from, to }, lang) {
  return el("p", { class: "route" },
    el("span", { class: "unseen" }, lang.t("alerts.route", { from, to })),
    el("span", { class: "place", "aria-hidden": "true" }, from),
    icon("arrow"),
    el("span", { class: "place", "aria-hidden": "true" }, to));
}
