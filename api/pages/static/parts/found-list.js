// Articles that match what is typed: from the store's own list, and beyond it from the catalogue of the gateway.

import { arrange, el, setAttribute, setText } from "../dom.js";
import { picture } from "./article-picture.js";
import { plain } from "./stock-order.js";

const PAGE = 40; // rows drawn at first and with each "more"
const ASK_AFTER_MS = 250; // of quiet, where the gateway is asked
const MAX_ASKED = 40;

export class FoundList {
  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.rows = new Map();
    this.index = { of: null, entries: [] };
    this.more = new Map(); // articles that the page's own list lacks, by SKU
    this.found = [];
    this.shown = PAGE;
    this.query = null;
    this.note = el("p", { class: "section-note", role: "status" });
    this.list = el("ul", { class: "found" });
    this.button = el("button", { type: "button", class: "quiet", on: { click: () => { this.shown += PAGE; this.fill(); } } });
    this.nothing = el("p", { class: "nothing" });
    this.element = el("section", { class: "panel found-panel", "aria-label": lang.t("find.results") }, this.note, this.list, this.nothing, this.button);
  }

  dispose() {
    clearTimeout(this.timer);
  }

  get count() {
    return this.found.length;
  }

  /** Returns the SKU of the only article that matches some words; null: there is none, or there are more. */
  only(query) {
    const found = this.select(query);
    return found.length === 1 ? found[0].sku : null;
  }

  /** Shows what matches `query`; nothing typed: all, by name. */
  render(query) {
    if (query !== this.query) this.shown = PAGE;
    this.query = query;
    if (this.ctx.model.moreArticles > 0) this.askSoon(query);
    this.fill();
  }

  /** Shows new numbers of some articles. */
  update(skus) {
    for (const sku of skus) {
      const row = this.rows.get(sku);
      if (row !== undefined) this.updateRow(row, this.ctx.model.articles.get(sku));
    }
  }

  fill() {
    const { lang, model } = this.ctx;
    this.found = this.select(this.query ?? "");
    const listed = this.found.slice(0, this.shown);
    const names = new Set(listed.map(({ sku }) => sku));
    for (const sku of this.rows.keys()) if (!names.has(sku)) this.rows.delete(sku);
    arrange(this.list, listed.map((article) => this.row(article).element));
    const total = model.articles.size + model.moreArticles;
    setText(this.note, this.query ? lang.t("find.found", { n: this.found.length }) : lang.t("stock.articles", { n: total }));
    this.nothing.hidden = this.found.length > 0;
    setText(this.nothing, lang.t(total === 0 ? "stock.none" : "stock.none_found"));
    const rest = this.found.length - listed.length;
    this.button.hidden = rest === 0;
    setText(this.button, lang.t("stock.more", { n: Math.min(PAGE, rest) }));
  }

  // -- what matches --------------------------------------------------------------------------------------

  select(query) {
    const words = plain(query).split(/\s+/).filter(Boolean);
    const entries = this.entries();
    if (words.length === 0) return entries.map(({ article }) => article);
    const found = entries.filter(({ text }) => words.every((word) => text.includes(word)));
    const begins = ({ text, sku }) => Number(!(text.startsWith(words[0]) || sku.startsWith(words[0])));
    return found.sort((a, b) => begins(a) - begins(b)).map(({ article }) => article); // stable: by name otherwise
  }

  /** Returns the articles by name, with their texts as they are compared: made once, not at each letter. */
  entries() {
    const { lang, model } = this.ctx;
    const known = model.articles.size + this.more.size;
    if (this.index.of !== model.articles || this.index.known !== known) {
      const all = [...model.articles.values(), ...[...this.more.values()].filter(({ sku }) => !model.articles.has(sku))];
      const entries = all.map((article) => {
        const name = lang.nameOf(article.name, article.sku);
        return { article, name, sku: plain(article.sku), text: plain(`${name} ${article.sku} ${(article.gtins ?? []).join(" ")}`) };
      });
      entries.sort((a, b) => lang.collator.compare(a.name, b.name) || lang.collator.compare(a.sku, b.sku));
      this.index = { of: model.articles, known, entries };
    }
    return this.index.entries;
  }

  askSoon(query) {
    clearTimeout(this.timer);
    if (query.trim() === "") return;
    this.timer = setTimeout(() => this.ask(query.trim()), ASK_AFTER_MS);
  }

  /** Asks the gateway for articles that the page's own list lacks, with their numbers. */
  async ask(query) {
    const { ctx } = this;
    try {
      const { items } = await ctx.ask(`/v1/articles?q=${encodeURIComponent(query.slice(0, 64))}&limit=${MAX_ASKED}`);
      const fresh = items.filter(({ sku }) => !ctx.model.articles.has(sku));
      if (fresh.length > 0) {
        const skus = fresh.map(({ sku }) => `sku=${encodeURIComponent(sku)}`).join("&");
        const answers = await ctx.ask(`/v1/availability?store=${encodeURIComponent(ctx.store.id)}&${skus}`, { cache: "no-cache" });
        const bySku = new Map(answers.items.map((answer) => [answer.sku, answer]));
        for (const article of fresh) this.more.set(article.sku, { ...article, ...bySku.get(article.sku) });
      }
      if (query === this.query?.trim()) this.fill();
    } catch (error) {
      if (error.status === undefined) throw error; // no answer: what the page knows is shown
    }
  }

  // -- rows ------------------------------------------------------------------------------------------------

  row(article) {
    let row = this.rows.get(article.sku);
    if (row === undefined) {
      row = this.draw(article);
      this.rows.set(article.sku, row);
    }
    this.updateRow(row, article);
    return row;
  }

  draw(article) {
    const { lang } = this.ctx;
    const name = lang.nameOf(article.name, article.sku);
    const badge = el("span", { class: "badge" });
    const available = el("b", { class: "found-number" });
    const element = el("li", { class: "found-row" },
      el("a", { class: "found-link", href: this.ctx.path("find", article.sku) },
        picture(article, "is-small"),
        el("span", { class: "found-name" }, el("span", { class: "name" }, name), el("span", { class: "sku" }, name === article.sku ? "" : article.sku)),
        badge, available, el("span", { class: "unseen" }, lang.t("find.available"))));
    return { element, badge, available };
  }

  updateRow({ element, badge, available }, article) {
    const { lang } = this.ctx;
    const status = article?.status ?? null;
    setAttribute(element, "data-status", status);
    badge.hidden = status === null;
    if (status !== null) setText(badge, lang.word("status", status));
    setText(available, article?.quantities ? lang.number(article.quantities.available) : "");
  }
}
