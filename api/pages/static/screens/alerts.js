// The screen "alerts": what asks for a person, gravest first; one of them whole; silences; how useful each rule was.

import { arrange, el, onceAFrame, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { AlarmCard, isMine } from "../parts/alarm-card.js";
import { AlarmDetails } from "../parts/alarm-details.js";
import { AlertActs } from "../parts/alert-acts.js";
import { alertWords } from "../parts/alert-words.js";
import { zoneName } from "../parts/names.js";
import { localDay } from "../parts/opening.js";
import { peopleOf } from "../parts/people.js";
import { Precision } from "../parts/precision.js";
import { Silences } from "../parts/silences.js";

const FILTERS = ["all", "mine", "held", "over"];
const MANY = 12; // from here on they stand by zone
const AGE_MS = 15_000;
const MOST_OVER = 200; // of those that are over today: the newest
const MINUTE_MS = 60_000;

export default class AlertsScreen {
  static texts = ["alerts"];
  static styles = ["alerts"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.alerts");
    this.view = ctx.view("alerts", { filter: "all" });
    this.people = new Map();
    this.cards = new Map();
    this.drawn = new Map(); // lists by zone
    this.over = new Map(); // what is over today, by id; asked for when it is looked at
    this.acts = new AlertActs(ctx);
    this.acts.took = (alert) => this.take(alert);
    this.acts.stale = (id) => this.askFor(id);
    this.details = new AlarmDetails(ctx, this.acts);
    this.silences = new Silences(ctx, this.acts);
    this.precision = new Precision(ctx);
    this.chips = new Map(FILTERS.map((filter) => [filter, el("button", { type: "button", class: "chip", on: { click: () => this.filter(filter) } })]));
    this.note = el("span", { class: "section-note" });
    this.groups = el("div", { class: "alarm-groups" });
    this.nothing = el("p", { class: "nothing" });
    this.voice = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.list = el("section", { class: "alarm-list", "aria-labelledby": "alarms-title" },
      el("div", { class: "panel" },
        el("header", { class: "panel-head" }, el("h2", { id: "alarms-title", tabindex: -1 }, lang.t("nav.alerts")), this.note),
        el("div", { class: "chips", role: "group", "aria-label": lang.t("alert_page.filter") }, [...this.chips.values()]),
        this.groups, this.nothing),
      this.silences.element, this.precision.element, ctx.session.may("alerts:rules") && this.toRules(), this.voice);
    this.blank = el("section", { class: "panel alarm-blank", "aria-label": lang.t("alert_page.details") }, icon("alert"), el("p", {}, lang.t("alert_page.choose")));
    this.element = el("div", { class: "alarm-screen" }, this.list, this.blank);
    this.draw = onceAFrame(() => this.render());
    this.timer = setInterval(() => this.letAge(), AGE_MS);
    this.stopHearing = ctx.work.onChange(() => this.draw()); // also told when what waits to be sent is another
    peopleOf(ctx).then((people) => { this.people = people; this.draw(); });
    this.choose(place.rest[0] ?? null);
    if (this.view.filter === "over") this.askForOver();
  }

  dispose() {
    clearInterval(this.timer);
    this.stopHearing();
  }

  toRules() {
    const { lang } = this.ctx;
    return el("a", { class: "quiet alarm-rules", href: this.ctx.path("rules") }, icon("rules"), lang.t("alert_page.rules"));
  }

  focus() {
    if (this.chosen === null) this.element.querySelector("h2").focus({ preventScroll: true });
    else this.details.focus();
  }

  // -- where one looks ---------------------------------------------------------------------------------

  navigate(place) {
    const before = this.chosen;
    this.choose(place.rest[0] ?? null);
    this.render();
    if (this.chosen === null) this.cards.get(before)?.link.focus({ preventScroll: false });
    else this.details.focus();
    if (this.chosen !== null && matchMedia("(max-width: 1079px)").matches) scrollTo(0, 0);
    return true;
  }

  choose(id) {
    this.chosen = id;
    this.shown = null;
    if (id !== null && !this.ctx.model.alerts.has(id) && !this.over.has(id)) this.askFor(id);
  }

  filter(filter) {
    this.view.filter = filter;
    if (filter === "over") this.askForOver();
    this.render();
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    if (changes.alerts || changes.articleSet || changes.zones) this.draw();
  }

  showState() {
    if (this.ctx.model.store !== null) this.draw();
  }

  refresh() {
    this.over.clear();
    if (this.view.filter === "over") this.askForOver();
    if (this.chosen !== null) this.askFor(this.chosen);
    this.silences.refresh();
    this.precision.refresh();
  }

  event(type, alert) {
    if (type !== "alert" || alert.store !== this.ctx.storeId) return;
    const { ctx: { lang, model } } = this;
    const isKnown = this.cards.has(alert.id);
    if (alert.state === "firing" && !isKnown) setText(this.voice, lang.t("alerts.fired", { alert: alertWords(alert, model, lang).title }));
    if (alert.state === "resolved") setText(this.voice, lang.t("alerts.resolved", { alert: alertWords(alert, model, lang).title }));
    this.keep(alert);
    this.draw();
  }

  /** Takes in what the gateway answered to an act. */
  take(alert) {
    this.ctx.model.applyEvent("alert", alert);
    this.keep(alert);
    this.precision.refresh();
    this.draw();
  }

  keep(alert) {
    if (alert.state === "resolved") this.over.set(alert.id, alert);
    else this.over.delete(alert.id);
    if (alert.id === this.chosen) this.shown = alert;
  }

  async askFor(id) {
    try {
      const alert = await this.ctx.ask(`/v1/alerts/${encodeURIComponent(id)}`);
      if (alert.store !== this.ctx.storeId) throw new RangeError(id);
      this.take(alert);
    } catch {
      if (id === this.chosen && this.shown === null && !this.ctx.model.alerts.has(id)) this.isMissing = id;
      this.draw();
    }
  }

  async askForOver() {
    const query = new URLSearchParams({ store: this.ctx.storeId, state: "resolved", limit: MOST_OVER });
    const { items } = await this.ctx.ask(`/v1/alerts?${query}`).catch(() => ({ items: [] }));
    for (const alert of items) this.over.set(alert.id, alert);
    this.draw();
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render() {
    const { ctx: { lang, model }, view } = this;
    if (model.store === null) return;
    const nowMs = this.ctx.knownMs();
    const lists = this.lists(nowMs);
    for (const [filter, chip] of this.chips) {
      setText(chip, lang.word("alert_filter", filter, { n: lists[filter]?.length ?? 0 }));
      setAttribute(chip, "aria-pressed", String(filter === view.filter));
    }
    const shown = lists[view.filter];
    setText(this.note, lang.t("header.alerts", { n: shown.length }));
    this.forget(new Set([...model.alerts.keys(), ...this.over.keys()]));
    this.renderGroups(shown, nowMs);
    this.nothing.hidden = shown.length > 0;
    setText(this.nothing, this.nothingWords());
    this.renderDetails(nowMs);
    this.silences.render(nowMs);
  }

  /** Says that there is nothing, as far as that is known. */
  nothingWords() {
    const { lang, model } = this.ctx;
    const blind = [...model.zones.values()].filter((zone) => model.coverage(zone) === "unwatched").length;
    const isUnsure = this.view.filter === "all" && blind > 0;
    return isUnsure ? lang.t("alerts.unsure_blind", { n: blind }) : lang.word("alert_none", this.view.filter);
  }

  lists(nowMs) {
    const { active, onHold } = this.ctx.model.alertLists();
    const { timezone } = this.ctx.model.store;
    const today = localDay(nowMs, timezone);
    const over = [...this.over.values()].filter(({ resolved_at: at }) => localDay(Date.parse(at), timezone) === today)
      .sort((a, b) => (a.resolved_at < b.resolved_at ? 1 : -1));
    return { all: active, mine: [...active, ...onHold].filter((alert) => isMine(alert, this.ctx)), held: onHold, over };
  }

  renderGroups(alerts, nowMs) {
    const card = (alert) => this.card(alert, nowMs);
    if (alerts.length < MANY || this.view.filter === "over") {
      arrange(this.groups, alerts.length === 0 ? [] : [this.group("", "", alerts.map(card))]);
      return;
    }
    const { model, lang } = this.ctx;
    const byZone = Map.groupBy(alerts, (alert) => model.zonesOf(alert)[0] ?? "");
    arrange(this.groups, [...byZone].map(([zone, found]) => {
      const name = zone === "" ? lang.t("alert_page.nowhere") : zoneName(zone, model, lang);
      return this.group(zone, lang.t("alert_page.group", { zone: name, n: found.length }), found.map(card));
    }));
  }

  /** Returns the list of a zone; the same element each time, so that nothing moves that stays. */
  group(zone, title, cards) {
    const key = `${title === "" ? "-" : "="}${zone}`;
    if (!this.drawn.has(key)) {
      const heading = el("h3", {});
      const list = el("ul", { class: "alarms" });
      this.drawn.set(key, { heading, list, element: el("div", { class: "alarm-group" }, heading, list) });
    }
    const group = this.drawn.get(key);
    setText(group.heading, title);
    group.heading.hidden = title === "";
    arrange(group.list, cards);
    return group.element;
  }

  card(alert, nowMs) {
    if (!this.cards.has(alert.id)) this.cards.set(alert.id, new AlarmCard(this.ctx, this.acts));
    const card = this.cards.get(alert.id);
    card.update(alert, nowMs, this.people, alert.id === this.chosen);
    return card.element;
  }

  renderDetails(nowMs) {
    const alert = this.chosen === null ? undefined : (this.ctx.model.alerts.get(this.chosen) ?? this.shown ?? this.over.get(this.chosen));
    const isShown = alert !== undefined && alert !== null;
    if (isShown) {
      this.shown = alert;
      this.details.update(alert, nowMs, this.people);
    }
    const isMissing = this.chosen !== null && this.isMissing === this.chosen;
    setText(this.blank.lastChild, this.ctx.lang.t(isMissing ? "alert_page.missing" : "alert_page.choose"));
    arrange(this.element, [this.list, isShown ? this.details.element : this.blank]);
    this.element.classList.toggle("has-one", isShown || isMissing);
  }

  forget(living) {
    for (const id of this.cards.keys()) if (!living.has(id)) this.cards.delete(id);
  }

  letAge() {
    if (this.ctx.model.store === null) return;
    const nowMs = this.ctx.knownMs();
    for (const card of this.cards.values()) card.age(nowMs);
    if (Math.floor(nowMs / MINUTE_MS) % 5 === 0) this.draw(); // a day may have ended
  }
}
