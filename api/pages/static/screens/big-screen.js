// The big screen for the back room: read from afar, touched by nobody. It turns its pages by itself, calmly.

import { arrange, el, onceAFrame, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { bigPages } from "../parts/big-pages.js";
import { FloorMap } from "../parts/floor-map.js";
import { localDay } from "../parts/opening.js";

const PAGE_MS = 15_000; // long enough to walk up and read five lines
const CLOCK_MS = 1_000;
const ASK_EVERY_MS = 120_000;
const ROWS = 5;
const RADIUS = 44;
const ROUND = 2 * Math.PI * RADIUS;
const LEVELS = [[0.97, "good"], [0.9, "fair"], [0, "poor"]];

export default class BigScreen {
  static texts = ["refill", "screen"];
  static styles = ["screen"];

  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.screen");
    this.page = 0;
    this.share = null;
    this.isPaused = false;
    this.name = el("h1", { class: "big-store" });
    this.live = el("span", { class: "big-live" }, el("span", { class: "dot", "aria-hidden": "true" }), el("span", {}));
    this.clock = el("p", { class: "big-clock" });
    this.pause = el("button", { type: "button", class: "icon-button", on: { click: () => this.hold() } });
    this.arc = svg("circle", { class: "arc", r: RADIUS, cx: 50, cy: 50, transform: "rotate(-90 50 50)" });
    this.number = el("b", { class: "big-number" });
    this.counts = new Map(["orders", "tasks", "alerts"].map((id) => [id, { number: el("b", {}), label: el("span", {}) }]));
    this.heading = el("h2", {});
    this.rest = el("p", { class: "big-rest" });
    this.list = el("ul", { class: "big-rows" });
    this.map = new FloorMap(lang, ctx.model, { zone: null }, () => {});
    this.map.element.inert = true; // to look at: its zones filter nothing here
    this.floor = el("div", { class: "big-floor" }, this.map.element);
    this.calm = el("div", { class: "big-calm" }, icon("calm"), el("p", {}));
    this.dots = el("ol", { class: "big-dots", "aria-hidden": "true" });
    this.element = el("div", { class: "big" },
      el("header", { class: "big-top" }, this.name, this.live, this.clock, this.pause,
        ctx.session.role !== "screen" && el("a", { class: "icon-button", href: ctx.path("now"), "aria-label": lang.t("screen.leave"), title: lang.t("screen.leave") }, icon("close"))),
      el("section", { class: "big-side", "aria-label": lang.t("screen.shelf") },
        el("div", { class: "big-ring" },
          svg("svg", { viewBox: "0 0 100 100", "aria-hidden": "true" }, svg("circle", { class: "back", r: RADIUS, cx: 50, cy: 50 }), this.arc), this.number),
        el("p", { class: "big-label" }, lang.t("screen.shelf")),
        el("ul", { class: "big-counts" }, [...this.counts.values()].map(({ number, label }) => el("li", {}, number, label)))),
      el("section", { class: "big-main", "aria-live": "off" },
        el("header", { class: "big-head" }, this.heading, this.rest), this.list, this.floor, this.calm, this.dots));
    this.draw = onceAFrame(() => this.render());
    this.stopHearing = ctx.work.onChange(() => this.draw());
    this.onKey = (event) => this.key(event);
    document.addEventListener("keydown", this.onKey);
    this.timers = [
      setInterval(() => this.turn(), PAGE_MS),
      setInterval(() => this.tick(), CLOCK_MS),
      setInterval(() => this.ask(), ASK_EVERY_MS),
    ];
    this.showPause();
  }

  dispose() {
    this.timers.forEach(clearInterval);
    this.stopHearing();
    document.removeEventListener("keydown", this.onKey);
    this.map.dispose();
  }

  focus() {
    this.pause.focus({ preventScroll: true });
  }

  show() {
    if (!this.isAsked && this.ctx.model.store !== null) {
      this.isAsked = true;
      this.ask();
    }
    this.draw();
  }

  showState(state) {
    setAttribute(this.live, "data-state", state);
    setText(this.live.lastChild, this.ctx.lang.word("connection", state));
    if (this.ctx.model.store !== null) this.draw();
  }

  refresh() {
    this.ask();
  }

  // -- time --------------------------------------------------------------------------------------------

  tick() {
    const { clock, lang, model } = this.ctx;
    if (clock.now() !== null && model.store !== null) setText(this.clock, lang.time(clock.now(), model.store.timezone));
  }

  turn() {
    if (!this.isPaused) this.turnBy(1);
  }

  turnBy(pages) {
    if (this.ctx.model.store === null) return;
    this.page = Math.max(0, this.page + pages);
    this.render();
  }

  /** The arrow keys turn pages too, those of a presenter's remote control among them. */
  key({ key }) {
    if (key === "ArrowRight" || key === "PageDown") this.turnBy(1);
    if (key === "ArrowLeft" || key === "PageUp") this.turnBy(-1);
  }

  /** Stops the turning, or lets it go on: nobody must read faster than they can. */
  hold() {
    this.isPaused = !this.isPaused;
    this.showPause();
  }

  showPause() {
    this.pause.replaceChildren(icon(this.isPaused ? "play" : "pause"));
    setAttribute(this.pause, "aria-label", this.ctx.lang.t(this.isPaused ? "screen.go_on" : "screen.pause"));
    setAttribute(this.pause, "aria-pressed", String(this.isPaused));
  }

  /** Asks for today's on-shelf availability. */
  async ask() {
    const { ctx } = this;
    if (ctx.model.store === null) return;
    const today = localDay(ctx.knownMs(), ctx.model.store.timezone);
    const query = new URLSearchParams({ store: ctx.storeId, by: "day", from: today, to: today });
    const { items } = await ctx.ask(`/v1/kpis?${query}`).catch(() => ({ items: [] }));
    if (items.length > 0) this.share = items.at(-1).shelf.on_shelf;
    this.draw();
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render() {
    const { ctx: { lang, model, work }, ctx } = this;
    if (model.store === null) return;
    const nowMs = ctx.knownMs();
    setText(this.name, model.store.name);
    this.tick();
    this.renderSide({ orders: work.toPick.length, tasks: work.openTasks.length, alerts: model.alertLists().active.length });
    const pages = [...bigPages(ctx, nowMs), { id: "floor", title: lang.t("map.title"), rows: [] }];
    const page = pages[this.page % pages.length];
    const isFloor = page.id === "floor";
    const isCalm = pages.length === 1 && this.page % 2 === 0;
    setAttribute(this.element, "data-page", isCalm ? "calm" : page.id);
    setText(this.heading, isCalm ? "" : page.title);
    const rest = page.rows.length - ROWS;
    setText(this.rest, rest > 0 ? lang.t("screen.rest", { n: rest }) : "");
    this.list.hidden = isFloor;
    this.floor.hidden = !isFloor || isCalm;
    this.calm.hidden = !isCalm;
    const isSure = ctx.state === "live" && ![...model.zones.values()].some((zone) => model.coverage(zone) === "unwatched");
    setText(this.calm.lastChild, lang.t(isSure ? "alerts.calm" : "alerts.unsure"));
    this.calm.classList.toggle("is-unsure", !isSure);
    if (!this.floor.hidden) this.map.render();
    arrange(this.list, page.rows.slice(0, ROWS).map((row) => this.row(row)));
    this.dots.replaceChildren(...pages.map((_, place) => el("li", { class: place === this.page % pages.length ? "is-here" : "" })));
  }

  renderSide(counts) {
    const { lang } = this.ctx;
    setText(this.number, this.share === null ? "–" : new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 0 }).format(this.share));
    setAttribute(this.arc, "visibility", this.share > 0 ? null : "hidden"); // its round end would be a dot
    setAttribute(this.arc, "stroke-dasharray", `${(this.share ?? 0) * ROUND} ${ROUND}`);
    setAttribute(this.arc, "data-level", this.share === null ? "none" : LEVELS.find(([least]) => this.share >= least)[1]);
    for (const [id, { number, label }] of this.counts) {
      setText(number, lang.number(counts[id]));
      setText(label, lang.word("screen_count", id, { n: counts[id] }));
    }
  }

  row({ icon: sign, title, more, note, tone }) {
    return el("li", { class: `big-row is-${tone}` }, icon(sign),
      el("div", { class: "big-what" }, el("p", { class: "big-title" }, title), more && el("p", { class: "big-more" }, more)),
      el("p", { class: "big-note" }, note));
  }
}
