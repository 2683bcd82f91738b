// All about one article: what it is, how many there are and where, its pieces, its sisters, and what can be done.

import { el, flash, onceAFrame, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ArticleActs } from "./article-acts.js";
import { picture } from "./article-picture.js";
import { lookUp } from "./codes.js";
import { Elsewhere } from "./elsewhere.js";
import { ago, Pieces } from "./pieces.js";
import { LevelHistory } from "./level-history.js";
import { Variants } from "./variants.js";
import { Where } from "./where.js";

const AGAIN_MS = 1_500; // after a change, the pieces are asked for anew: tags come in handfuls
const MAX_PAIRS = 100;

export class ArticlePage {
  /** `acts` has back(). */
  constructor(ctx, sku, acts) {
    Object.assign(this, { ctx, sku });
    const { lang } = ctx;
    this.own = null; // the answer of the gateway, where the page's own list lacks the article
    this.known = null; // what the catalogue says of it
    this.isUnknown = false; // the catalogue was asked and says nothing
    this.numbers = new Map();
    this.heading = el("h2", { class: "article-title", tabindex: -1 });
    this.kind = el("p", { class: "article-kind" });
    this.picture = el("div", { class: "article-picture" });
    this.badge = el("span", { class: "badge" });
    this.available = el("b", { class: "article-number" });
    this.unit = el("span", { class: "article-unit" });
    this.onHand = el("span", { class: "explanation" });
    this.likely = el("span", { class: "explanation" });
    this.fresh = el("span", { class: "explanation" });
    this.sum = el("p", { class: "article-numbers" }, this.badge, " ", this.available, " ", this.unit, " ", this.onHand, " ", this.likely, " ", this.fresh);
    this.head = el("section", { class: "panel article-head" },
      el("button", { type: "button", class: "chip article-back", on: { click: acts.back } }, icon("back"), lang.t("find.back")),
      this.picture,
      el("div", { class: "article-what" }, this.heading, this.kind, el("p", { class: "article-sku" }, sku)),
      this.sum);
    this.doing = new ArticleActs(ctx, sku, () => this.heading.textContent);
    this.head.append(this.doing.element);
    this.where = new Where(ctx);
    this.variants = new Variants(ctx, { path: (other) => ctx.path("find", other), numbersOf: (other) => this.numbersOf(other) });
    this.pieces = new Pieces(ctx);
    this.history = new LevelHistory(ctx, sku);
    this.elsewhere = new Elsewhere(ctx, (store) => this.doing.holdOne(store));
    this.sisters = section("variants", lang.t("find.variants"), this.variants.element);
    this.stores = section("stores", lang.t("find.elsewhere"), this.elsewhere.element);
    this.items = section("pieces", lang.t("find.items"), this.pieces.element);
    this.says = el("p", { class: "nothing", role: "status" }, lang.t("find.asking"));
    this.details = el("div", { class: "article-panels" }, this.sisters, section("where", lang.t("find.where"), this.where.element), this.stores, section("history", lang.t("find.history"), this.history.element), this.items);
    this.element = el("div", { class: "article-page" }, this.head, this.says, this.details);
    this.draw = onceAFrame(() => this.render());
    this.sisters.hidden = this.stores.hidden = true;
    this.forget = ctx.work.onChange(this.draw); // what waited was sent
    this.load();
    this.render();
  }

  dispose() {
    this.isOver = true;
    this.forget();
    clearTimeout(this.timer);
  }

  // -- what is asked -----------------------------------------------------------------------------------

  async load() {
    const { ctx, sku } = this;
    try {
      const found = await lookUp(ctx, sku);
      if (this.isOver) return;
      this.known = found.article;
      this.isUnknown = found.article === null;
      if (this.known !== null && this.known.sku !== sku) return ctx.go(ctx.path("find", this.known.sku), { replace: true }); // another code of it
      this.render();
      if (this.known === null) return setText(this.says, ctx.lang.t("find.not_known", { code: sku }));
      await this.loadNumbers([found.article, ...found.variants]);
      if (this.isOver) return;
      this.says.hidden = true;
      this.sisters.hidden = found.variants.length === 0;
      this.variants.render([found.article, ...found.variants], sku);
      this.render();
      await Promise.all([this.explain(), this.history.load(), this.loadElsewhere()]);
    } catch (error) {
      if (error.status === undefined) throw error;
      if (!this.isOver) setText(this.says, ctx.problem(error));
    }
  }

  /** Asks for the numbers of articles that the page's own list lacks. */
  async loadNumbers(articles) {
    const { ctx } = this;
    const lacking = articles.map(({ sku }) => sku).filter((sku) => !ctx.model.articles.has(sku)).slice(0, MAX_PAIRS);
    if (lacking.length === 0) return;
    const query = lacking.map((sku) => `sku=${encodeURIComponent(sku)}`).join("&");
    const { items } = await ctx.ask(`/v1/availability?store=${encodeURIComponent(ctx.store.id)}&${query}`, { cache: "no-cache" });
    for (const answer of items) this.numbers.set(answer.sku, answer);
  }

  async explain() {
    const { ctx, sku } = this;
    const found = await ctx.ask(`/v1/stores/${encodeURIComponent(ctx.store.id)}/availability/${encodeURIComponent(sku)}/explain`);
    if (!this.isOver) this.pieces.render(found);
  }

  async loadElsewhere() {
    if (this.ctx.stores.length > 1 || (this.numbersOf(this.sku)?.available ?? 0) === 0) await this.elsewhere.load(this.sku);
    this.stores.hidden = this.elsewhere.element.hidden;
  }

  refresh() {
    this.load();
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    if (changes.articleSet || changes.zones || changes.skus.has(this.sku)) this.draw();
    if ([...changes.skus].some((sku) => this.variants.cells.has(sku))) this.variants.update();
    if (changes.skus.has(this.sku) && !changes.articleSet) this.explainSoon();
    if (changes.zones) this.pieces.rename();
  }

  /** An article that the page's own list lacks is kept up to date by its own events. */
  event(type, data) {
    if (type !== "availability" || !this.numbers.has(data.sku)) return;
    this.numbers.set(data.sku, { ...this.numbers.get(data.sku), ...data });
    this.variants.update();
    this.draw();
    if (data.sku === this.sku) this.explainSoon();
  }

  showState() {
    this.draw();
  }

  explainSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.explain().catch((error) => { if (error.status === undefined) throw error; }), AGAIN_MS);
  }

  // -- drawing -----------------------------------------------------------------------------------------

  numbersOf(sku) {
    const found = this.ctx.model.articles.get(sku) ?? this.numbers.get(sku);
    return found === undefined ? null : { status: found.status, available: found.quantities?.available };
  }

  render() {
    const { ctx, sku, known } = this;
    const { lang } = ctx;
    const found = ctx.model.articles.get(sku) ?? this.numbers.get(sku) ?? null;
    setText(this.heading, lang.nameOf((known ?? found)?.name, sku));
    const words = [known?.size && lang.t("find.size", { size: known.size }), known?.colour, known?.department, known?.gtins[0]];
    setText(this.kind, words.filter(Boolean).join(" · "));
    const shape = JSON.stringify([known?.size, known?.colour, known?.model]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.picture.replaceChildren(picture(known ?? { sku }));
    }
    this.details.hidden = found === null;
    this.doing.element.hidden = this.sum.hidden = found === null && this.isUnknown; // nothing to hold, to count or to explain
    if (found !== null) this.renderNumbers(found);
  }

  renderNumbers(found) {
    const { lang } = this.ctx;
    const { quantities, status, interval_90: interval } = found;
    setAttribute(this.head, "data-status", status);
    setText(this.badge, lang.word("status", status));
    if (setText(this.available, lang.number(quantities.available)) && this.isDrawn) flash(this.available);
    setText(this.unit, lang.t(status === "UNKNOWN" ? "stock.last_known" : "find.available")); // a number that nobody can see now promises nothing
    this.onHand.hidden = quantities.on_hand === quantities.available;
    setText(this.onHand, `· ${lang.t("stock.of_on_hand", { n: quantities.on_hand })}`);
    const [low, high] = interval ?? found.belief?.interval_90 ?? [0, 0];
    this.likely.hidden = low === high;
    setText(this.likely, `· ${lang.t("stock.likely", { low, high })}`);
    const seenMs = found.seenMs ?? (found.evidence?.last_seen_at ? Date.parse(found.evidence.last_seen_at) : null);
    const nowMs = this.ctx.knownMs();
    setText(this.fresh, `· ${seenMs === null || nowMs === null ? lang.t(found.tracked_by === "count" ? "freshness.by_scan" : "freshness.never") : ago(Math.max(0, nowMs - seenMs), lang)}`);
    this.where.render(found.zones, status === "UNKNOWN");
    this.doing.render(quantities.available);
    this.isDrawn = true;
  }
}

function section(id, title, ...body) {
  return el("section", { class: `panel of-${id}`, "aria-labelledby": `article-${id}` },
    el("header", { class: "panel-head" }, el("h3", { id: `article-${id}` }, title)), body);
}
