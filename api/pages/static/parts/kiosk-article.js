// One article as a customer may know it: is it here, in which size, and where else. Never how many.

import { el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { picture } from "./article-picture.js";
import { lookUp } from "./codes.js";
import { Variants } from "./variants.js";

const AGAIN_MS = 20_000; // what a customer reads is never older
const MAX_PAIRS = 100;
const FRESH = { cache: "no-cache" }; // an answer may be kept for minutes: not where somebody looks at it
const SIGNS = { IN_STOCK: "calm", LIMITED: "low", BACK_ROOM_ONLY: "back_room", INCOMING: "receiving", OUT_OF_STOCK: "out", UNKNOWN: "why" };

export class KioskArticle {
  constructor(ctx, sku) {
    Object.assign(this, { ctx, sku });
    const { lang } = ctx;
    this.statuses = new Map();
    this.heading = el("h1", { class: "kiosk-name", tabindex: -1 });
    this.kind = el("p", { class: "kiosk-kind" });
    this.picture = el("div", { class: "kiosk-picture" });
    this.sign = el("span", { class: "kiosk-sign", "aria-hidden": "true" });
    this.answer = el("p", { class: "kiosk-answer", role: "status" }, lang.t("kiosk.asking"));
    this.here = el("section", { class: "kiosk-here" }, this.sign, this.answer);
    this.variants = new Variants(ctx, {
      path: (other) => ctx.path("kiosk", other),
      numbersOf: (other) => (this.statuses.has(other) ? { status: this.statuses.get(other) } : null),
      wordOf: (status) => lang.word("kiosk_short", status), heading: "h3",
    });
    this.sizes = panel(lang.t("kiosk.sizes"), this.variants.element);
    this.stores = el("ul", { class: "kiosk-stores" });
    this.elsewhere = panel(lang.t("kiosk.elsewhere"), this.stores);
    this.sizes.hidden = this.elsewhere.hidden = true;
    this.element = el("div", { class: "kiosk-article" },
      el("section", { class: "kiosk-head" }, this.picture, el("div", {}, this.heading, this.kind)), this.here, this.sizes, this.elsewhere);
    this.load();
    this.timer = setInterval(() => this.loadNumbers().catch((error) => this.fail(error)), AGAIN_MS);
  }

  dispose() {
    this.isOver = true;
    clearInterval(this.timer);
  }

  async load() {
    try {
      const found = await lookUp(this.ctx, this.sku);
      if (this.isOver) return;
      if (found.article === null || !found.article.known) return this.say("UNKNOWN", this.ctx.lang.t("kiosk.not_known"));
      this.articles = [found.article, ...found.variants.filter(({ known }) => known)];
      this.render();
      await this.loadNumbers();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Asks what may be promised here, of each size, and where else. Of an answer with quantities none is kept. */
  async loadNumbers() {
    const { ctx, sku } = this;
    if (!this.articles) return;
    const skus = this.articles.slice(0, MAX_PAIRS).map((article) => `sku=${encodeURIComponent(article.sku)}`).join("&");
    const [here, everywhere] = await Promise.all([
      ctx.ask(`/v1/availability?store=${encodeURIComponent(ctx.store.id)}&${skus}`, FRESH),
      ctx.stores.length > 1 ? ctx.ask(`/v1/availability?sku=${encodeURIComponent(sku)}`, FRESH) : { items: [] },
    ]);
    if (this.isOver) return;
    this.statuses = new Map(here.items.map((answer) => [answer.sku, answer.status]));
    const status = this.statuses.get(sku) ?? "UNKNOWN";
    this.say(status, ctx.lang.word("kiosk_status", status));
    this.variants.update();
    this.renderStores(everywhere.items.filter(({ store }) => store !== ctx.store.id));
  }

  fail(error) {
    if (error.status === undefined) throw error;
    if (!this.isOver) this.say("UNKNOWN", this.ctx.lang.t("kiosk.no_answer"));
  }

  // -- drawing -----------------------------------------------------------------------------------------

  say(status, text) {
    setAttribute(this.here, "data-status", status);
    this.sign.replaceChildren(icon(SIGNS[status] ?? "why"));
    setText(this.answer, text);
  }

  render() {
    const { lang } = this.ctx;
    const [article] = this.articles;
    setText(this.heading, lang.nameOf(article.name, lang.t("kiosk.unnamed")));
    setText(this.kind, [article.size && lang.t("kiosk.size", { size: article.size }), article.colour].filter(Boolean).join(" · "));
    this.picture.replaceChildren(picture(article));
    this.sizes.hidden = this.articles.length < 2;
    this.variants.render(this.articles, this.sku);
  }

  /** Shows the other stores, those that have it first. */
  renderStores(answers) {
    const { lang, stores } = this.ctx;
    this.elsewhere.hidden = answers.length === 0;
    const isThere = ({ promise }) => promise.pickup === "yes";
    const sorted = answers.toSorted((a, b) => Number(isThere(b)) - Number(isThere(a)));
    this.stores.replaceChildren(...sorted.map(({ store, promise }) => {
      const coverable = isThere({ promise });
      const readyBy = promise.ready_by;
      const known = stores.find(({ id }) => id === store);
      const time = readyBy && lang.time(Date.parse(readyBy), known?.timezone, { today: Date.now() });
      const said = coverable ? (time ? lang.t("kiosk.there_by", { time }) : lang.t("kiosk.there")) : lang.t("kiosk.not_there");
      return el("li", { class: coverable ? "is-there" : "is-not-there" }, icon(coverable ? "calm" : "out"),
        el("span", { class: "kiosk-store" }, el("b", {}, known?.name ?? store), known?.place?.address ? el("span", {}, known.place.address) : null),
        el("span", { class: "kiosk-said" }, said));
    }));
  }
}

function panel(title, ...body) {
  return el("section", { class: "kiosk-panel" }, el("h2", {}, title), body);
}
