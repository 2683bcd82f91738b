// The shop in four numbers, each a way to where it can be acted on: shelves served today, tasks, orders, alerts.

import { el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";

const ASK_EVERY_MS = 120_000;
const RADIUS = 17;
const ROUND = 2 * Math.PI * RADIUS;
const GOOD = 0.97; // what a shop that is looked after has on its shelves
const POOR = 0.9;

export class Summary {
  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.arc = svg("circle", { class: "ring-arc", r: RADIUS, cx: 20, cy: 20, transform: "rotate(-90 20 20)" });
    this.ring = svg("svg", { class: "ring", viewBox: "0 0 40 40", "aria-hidden": "true", focusable: "false" },
      svg("circle", { class: "ring-back", r: RADIUS, cx: 20, cy: 20 }), this.arc);
    this.tiles = new Map();
    this.element = el("section", { class: "panel summary", "aria-label": lang.t("summary.title") },
      this.tile("shelf", "reports", this.ring), this.tile("refill", "refill", icon("refill")),
      this.tile("collect", "collect", icon("collect")), this.tile("alerts", "alerts", icon("alert")));
    this.stopHearing = ctx.work.onChange(() => this.render());
    this.timer = setInterval(() => document.visibilityState === "visible" && this.ask(), ASK_EVERY_MS);
    this.share = undefined;
    this.ask();
    this.render();
  }

  dispose() {
    clearInterval(this.timer);
    this.stopHearing();
  }

  tile(name, screen, sign) {
    const number = el("b", {});
    const label = el("span", { class: "summary-label" });
    const element = el("a", { class: "summary-tile", href: this.ctx.path(screen) }, sign, el("span", { class: "summary-text" }, number, label));
    this.tiles.set(name, { element, number, label });
    return element;
  }

  async ask() {
    const { ctx } = this;
    if (ctx.storeId === null) return;
    try {
      const { items } = await ctx.ask(`/v1/kpis?store=${encodeURIComponent(ctx.storeId)}&by=day${this.today()}`);
      this.share = items.at(-1)?.shelf.on_shelf ?? null;
    } catch (error) {
      if (error.status === undefined) throw error;
    }
    this.render();
  }

  /** Returns the part of the question that asks for the store's day of today, where its time is known. */
  today() {
    const { clock, store } = this.ctx;
    const nowMs = clock.now();
    if (nowMs === null || !store?.timezone) return "";
    const day = new Intl.DateTimeFormat("sv-SE", { timeZone: store.timezone }).format(nowMs); // 2026-11-21
    return `&from=${day}&to=${day}`;
  }

  render() {
    const { ctx, share } = this;
    const { lang, model, work } = ctx;
    const percent = share === null || share === undefined ? "–" : lang.percent(share);
    setAttribute(this.arc, "stroke-dasharray", `${(share ?? 0) * ROUND} ${ROUND}`);
    setAttribute(this.ring, "data-level", share == null ? "none" : share >= GOOD ? "good" : share >= POOR ? "fair" : "poor");
    this.say("shelf", percent, lang.t("summary.shelf"));
    const { length: tasks } = work.openTasks;
    const { length: orders } = work.toPick;
    const alerts = model.store === null ? 0 : model.alertLists().active.length;
    const counted = (n, known) => (known ? lang.number(n) : "–");
    this.say("refill", counted(tasks, work.state === "ready"), lang.t("summary.refill", { n: tasks }));
    this.say("collect", counted(orders, work.state === "ready"), lang.t("summary.collect", { n: orders }));
    this.say("alerts", counted(alerts, model.store !== null), lang.t("summary.alerts", { n: alerts }));
  }

  say(name, number, label) {
    const tile = this.tiles.get(name);
    setText(tile.number, number);
    setText(tile.label, label);
  }
}
