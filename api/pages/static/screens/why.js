// The screen "why": one number taken apart, with all that it rests on, in words.

import { el, onceAFrame, setText } from "../dom.js";
import { icon } from "../icons.js";
import { equation, zoneTerms } from "../parts/equation.js";
import { eventsOf, ignoredOf } from "../parts/evidence-events.js";
import { percent } from "../parts/item-reason.js";
import { zoneName, zoneNames } from "../parts/names.js";
import { ago, Pieces } from "../parts/pieces.js";
import { timeline } from "../parts/timeline.js";

const AGAIN_MS = 1_000; // after a change: tags come in handfuls
const MOST_SURE = 12; // bars of "at least n"
const SURE = 0.9995; // as good as certain: not worth a line of its own

export default class WhyScreen {
  static texts = ["why", "explained"];
  static styles = ["why", "evidence"];

  constructor(ctx, place) {
    this.ctx = ctx;
    this.title = ctx.lang.t("nav.why");
    this.heading = el("h2", { class: "why-title", tabindex: -1 });
    this.asOf = el("p", { class: "explanation" });
    this.backText = el("span", {});
    this.back = el("a", { class: "chip why-back" }, icon("back"), this.backText);
    this.says = el("p", { class: "nothing", role: "status" });
    this.body = el("div", { class: "why-panels" });
    this.pieces = new Pieces(ctx);
    this.element = el("div", { class: "why" },
      el("header", { class: "panel why-head" }, this.back, this.heading, this.asOf), this.says, this.body);
    this.draw = onceAFrame(() => this.render());
    this.open(place);
  }

  dispose() {
    this.isOver = true;
    clearTimeout(this.timer);
  }

  focus() {
    this.heading.focus({ preventScroll: true });
  }

  navigate(place) {
    this.open(place);
    return true;
  }

  open(place) {
    const { ctx } = this;
    [this.sku = null] = place.rest;
    const asked = ["channel", "fulfilment"].filter((name) => place.query.has(name)).map((name) => [name, place.query.get(name)]);
    this.query = asked.length > 0 ? `?${new URLSearchParams(asked)}` : "";
    this.found = null;
    this.body.replaceChildren();
    setText(this.backText, ctx.lang.t(this.sku === null ? "why.to_articles" : "why.to_article"));
    this.back.href = this.sku === null ? ctx.path("find") : ctx.path("find", this.sku);
    this.renderHead();
    if (this.sku === null) setText(this.says, ctx.lang.t("why.which"));
    else this.load();
  }

  // -- what is asked -----------------------------------------------------------------------------------

  async load() {
    const { ctx, sku } = this;
    const path = `/v1/stores/${encodeURIComponent(ctx.store.id)}/availability/${encodeURIComponent(sku)}`;
    if (this.found === null) setText(this.says, ctx.lang.t("why.asking"));
    try {
      const [found, answer] = await Promise.all([ctx.ask(`${path}/explain${this.query}`), ctx.ask(`${path}${this.query}`, { cache: "no-cache" })]);
      if (this.isOver || sku !== this.sku) return;
      Object.assign(this, { found, answer });
      setText(this.says, "");
      this.render();
    } catch (error) {
      if (error.status === undefined) throw error;
      if (!this.isOver) setText(this.says, error.code === "unknown_sku" ? ctx.lang.t("why.unknown", { sku }) : ctx.problem(error));
    }
  }

  loadSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.load(), AGAIN_MS);
  }

  refresh() {
    if (this.sku !== null) this.load();
  }

  show(changes) {
    this.renderHead();
    const isAbout = this.sku !== null && this.found !== null && changes.skus.has(this.sku);
    if (isAbout && (!changes.articleSet || this.isOther())) this.loadSoon();
    else if (changes.zones && (!changes.articleSet || this.names !== zoneNames(this.ctx.model))) this.draw(); // names may come after the answer
  }

  /** Returns whether the page knows another number than the one that is explained: an overview tells of all articles. */
  isOther() {
    const { quantities, status } = this.ctx.model.articles.get(this.sku);
    const terms = ["on_hand", "not_pickable", "reserved"];
    return this.query === "" && (status !== this.answer.status || terms.some((term) => quantities[term] !== this.found[term]));
  }

  showState() {
    this.renderHead();
  }

  scanned(code) {
    this.ctx.go(this.ctx.path("find", code));
  }

  // -- drawing -----------------------------------------------------------------------------------------

  renderHead() {
    const { ctx, sku, found } = this;
    const { lang, model } = ctx;
    const name = sku === null ? "" : lang.nameOf(model.articles.get(sku)?.name, sku);
    setText(this.heading, sku === null ? this.title : lang.t("why.title", { article: name }));
    const at = found === null ? null : Date.parse(found.at);
    setText(this.asOf, at === null || ctx.store === undefined ? "" : lang.t("why.as_of", { time: lang.time(at, ctx.store.timezone, { seconds: true, today: ctx.knownMs() ?? at }) }));
  }

  render() {
    const { found } = this;
    this.renderHead();
    if (found === null) return;
    this.names = zoneNames(this.ctx.model);
    this.pieces.render(found);
    if (this.body.contains(document.activeElement)) return this.renderAround(); // what has the focus stays where it is
    this.body.replaceChildren(...this.panels());
  }

  /** Draws all but the panel in which somebody is. */
  renderAround() {
    const fresh = this.panels();
    const held = [...this.body.children].find((panel) => panel.contains(document.activeElement));
    for (const panel of fresh) {
      const before = this.body.querySelector(`:scope > .${panel.classList[1]}`);
      if (before !== held) before?.replaceWith(panel);
    }
  }

  panels() {
    const { found } = this;
    return [this.sum(), this.doubts(), this.certainty(), this.times(), this.items(), this.ignored(), this.sight(), this.lasting()]
      .filter((panel) => panel !== null && found !== null);
  }

  sum() {
    const { lang } = this.ctx;
    const { found } = this;
    const lacking = found.on_hand - found.not_pickable - found.reserved - found.safety_stock;
    const notes = [
      lacking < 0 && lang.t("why.clamped", { n: -lacking }),
      found.reserved > 0 && found.holds.length > 0 && lang.t("why.held", { holds: lang.list(found.holds.slice(0, 5).map((hold) => this.hold(hold))) }),
      found.safety_stock > 0 && found.safety_rule && lang.word("safety_source", found.safety_rule.source),
      found.quota && lang.t("why.quota", { limit: found.quota.pieces, left: found.quota.left }),
      found.channel && lang.t("why.for_channel", { channel: found.channel }),
      found.book && lang.t("why.book", { n: found.book.pieces, moved: found.book.moved }),
    ].filter(Boolean);
    return panel("sum", lang.t("why.of_sum"), equation(found, lang), el("h4", {}, lang.t("why.of_zones")),
      found.terms.length > 0 ? zoneTerms(found.terms, (zone) => this.zone(zone), lang) : el("p", { class: "explanation" }, lang.t("stock.nowhere")),
      notes.length > 0 && el("ul", { class: "notes" }, notes.map((note) => el("li", {}, note))));
  }

  hold({ pieces, state, until }) {
    const { lang } = this.ctx;
    return lang.t("why.hold", { n: pieces, state: lang.word("hold_state", state), time: this.time(until) });
  }

  doubts() {
    const { lang } = this.ctx;
    const { reasons } = this.found;
    if (reasons.length === 0) return null;
    return panel("reasons", lang.t("why.of_reasons"), el("ul", { class: "notes is-strong" }, reasons.map((reason) => {
      const [code, zone = ""] = reason.split(":");
      return el("li", {}, lang.word("why_reason", code, { zone: this.zone(zone) }));
    })));
  }

  certainty() {
    const { lang } = this.ctx;
    const { found } = this;
    if (found.p_at_least.length === 0) return panel("sure", lang.t("why.of_sure"), el("p", { class: "explanation" }, lang.t("why.not_computed")));
    const sure = found.p_at_least.filter((p) => p >= SURE).length;
    const first = Math.max(0, sure - 1); // what is sure of many is sure of fewer
    const shown = found.p_at_least.slice(first, first + MOST_SURE).map((p, place) => [first + place + 1, p]);
    return panel("sure", lang.t("why.of_sure"), el("ul", { class: "at-least" }, shown.map(([n, p]) => {
      const bar = el("i", { "aria-hidden": "true" });
      bar.style.setProperty("--share", String(p));
      return el("li", { class: p < 0.9 ? "is-unsure" : "" }, el("span", {}, lang.t("why.at_least", { n })), el("span", { class: "share" }, bar), el("b", {}, percent(p, lang)));
    })));
  }

  times() {
    const { lang } = this.ctx;
    const nowMs = Date.parse(this.found.at);
    const points = eventsOf(this.found);
    if (points.length === 0) return panel("times", lang.t("why.of_times"), el("p", { class: "explanation" }, lang.t("why.no_times")));
    const say = (point) => this.point(point, nowMs);
    const words = lang.t("why.timeline", { n: points.length, last: say(points.findLast(({ ms }) => ms <= nowMs) ?? points[0]) });
    return panel("times", lang.t("why.of_times"), timeline(points, nowMs, { words, say, lang }),
      el("details", { class: "in-words" }, el("summary", {}, lang.t("why.in_words")), el("ul", { class: "notes" }, points.toReversed().map((point) => el("li", {}, say(point))))));
  }

  point({ code, ms, zone, n }, nowMs) {
    const { lang } = this.ctx;
    const when = ms <= nowMs ? ago(nowMs - ms, lang) : lang.t("why.in_time", { age: lang.age(ms - nowMs) });
    const where = zone === null ? "" : lang.t("why.in_zone", { zone: this.zone(zone) });
    return [lang.word("evidence_event", code, { n }), where, when].filter(Boolean).join(" · ");
  }

  items() {
    return panel("items", this.ctx.lang.t("why.of_items"), this.pieces.element);
  }

  ignored() {
    const { lang } = this.ctx;
    const found = ignoredOf(this.found);
    return panel("ignored", lang.t("why.of_ignored"), found.length === 0
      ? el("p", { class: "explanation" }, lang.t("why.nothing_ignored"))
      : el("ul", { class: "notes" }, found.map(({ code, n, zone }) => el("li", {}, lang.word("ignored", code, { n, zone: zone === null ? "" : this.zone(zone) })))));
  }

  sight() {
    const { lang } = this.ctx;
    return panel("sight", lang.t("why.of_sight"), el("ul", { class: "sights" }, this.found.zones.map(({ zone, coverage, phase }) =>
      el("li", {}, el("span", { class: "zone-name" }, this.zone(zone)), el("b", {}, percent(coverage, lang)),
        el("span", { class: "explanation" }, coverage === 0 ? lang.t("why.not_seen") : phase === null ? "" : lang.word("phase", phase))))));
  }

  lasting() {
    const { lang } = this.ctx;
    const until = this.answer.valid_until;
    return panel("lasting", lang.t("why.of_lasting"), el("p", {}, lang.t("why.valid_until", { time: this.time(until) })),
      el("p", { class: "explanation" }, lang.t("why.model", { model: this.found.model })));
  }

  zone(id) {
    return id === "" ? "" : zoneName(id, this.ctx.model, this.ctx.lang);
  }

  time(at) {
    return this.ctx.lang.time(Date.parse(at), this.ctx.store.timezone, { today: Date.parse(this.found.at) });
  }
}

function panel(id, title, ...body) {
  return el("section", { class: `panel why-${id}`, "aria-labelledby": `why-${id}` },
    el("header", { class: "panel-head" }, el("h3", { id: `why-${id}` }, title)), body);
}
