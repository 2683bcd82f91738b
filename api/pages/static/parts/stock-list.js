// The stock, article by article: search, sorting, zone filter; as many rows as a person will look at.

import { arrange, el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { remember } from "../preferences.js";
import { zoneName } from "./names.js";
import { SORTS, order, select } from "./stock-order.js";
import { StockRow } from "./stock-row.js";

const PAGE = 60; // rows drawn at first and with each "more": a tablet draws them in some 10 ms

export class StockList {
  constructor(lang, model, view, onZone) {
    Object.assign(this, { lang, model, view, onZone });
    this.rows = new Map();
    this.shown = PAGE;
    this.count = el("span", { class: "section-note" });
    this.rowsOfCatalogue = el("ul", { class: "articles" });
    this.rowsUnknown = el("ul", { class: "articles" });
    this.unknown = el("section", { class: "unknown", "aria-labelledby": "unknown-title" },
      el("h3", { id: "unknown-title" }, lang.t("stock.unknown_title")),
      el("p", { class: "explanation" }, lang.t("stock.unknown_text")),
      this.rowsUnknown);
    this.nothing = el("p", { class: "nothing" });
    this.leftOff = el("p", { class: "explanation" });
    this.more = el("button", { type: "button", class: "quiet", on: { click: () => this.showMore() } });
    this.element = el("section", { class: "panel stock", id: "stock", "aria-labelledby": "stock-title", tabindex: -1 },
      el("header", { class: "panel-head" }, el("h2", { id: "stock-title" }, lang.t("stock.title")), this.count),
      this.tools(),
      this.heads(),
      this.rowsOfCatalogue, this.nothing, this.unknown, this.more, this.leftOff);
  }

  tools() {
    const { lang, view } = this;
    this.search = el("input", {
      type: "search", autocomplete: "off", spellcheck: "false", enterkeyhint: "search",
      placeholder: lang.t("stock.search"), "aria-label": lang.t("stock.search"),
      on: { input: () => this.change({ query: this.search.value }) },
    });
    this.search.value = view.query;
    const options = SORTS.map((sort) => el("option", { value: sort }, lang.word("sort", sort)));
    const sort = el("select", {
      "aria-label": lang.t("stock.sort"),
      on: { change: () => { remember("sort", sort.value); this.change({ sort: sort.value }); } },
    }, options);
    sort.value = view.sort;
    this.zoneText = el("span", {});
    this.zoneChip = el("button", {
      type: "button", class: "chip", "aria-pressed": "true", title: lang.t("stock.clear_zone"),
      on: { click: () => this.onZone(null) },
    }, this.zoneText, icon("close"), el("span", { class: "unseen" }, lang.t("stock.clear_zone")));
    return el("div", { class: "tools", role: "search" },
      el("label", { class: "search" }, icon("search"), this.search),
      el("label", { class: "sort" }, el("span", {}, lang.t("stock.sort")), sort),
      this.zoneChip);
  }

  heads() {
    const heads = ["stock.article", "stock.status", "stock.available", "stock.where", "stock.freshness"];
    return el("div", { class: "heads", "aria-hidden": "true" }, heads.map((head) => el("span", {}, this.lang.t(head))));
  }

  /** Takes a new search, sorting or zone, and starts from the top again. */
  change(wanted) {
    Object.assign(this.view, wanted);
    this.shown = PAGE;
    this.render();
  }

  showMore() {
    this.shown += PAGE;
    this.render();
  }

  /** Draws the list anew: who is in it, in which order. `nowMs` is the shop's time of the numbers. */
  render(nowMs = this.nowMs) {
    this.nowMs = nowMs;
    const { lang, model, view } = this;
    const all = [...model.articles.values()];
    const found = order(select(all, view, lang), view.sort, lang);
    const catalogue = found.filter((article) => article.known);
    const unknown = found.filter((article) => !article.known);
    const listed = [...catalogue, ...unknown].slice(0, this.shown);
    const names = new Set(listed.map((article) => article.sku));
    for (const sku of this.rows.keys()) if (!names.has(sku)) this.rows.delete(sku);
    this.fill(this.rowsOfCatalogue, listed.filter((article) => article.known));
    this.fill(this.rowsUnknown, listed.filter((article) => !article.known));
    this.unknown.hidden = unknown.length === 0 || !this.rowsUnknown.hasChildNodes();
    this.tell(all, found, listed);
  }

  fill(list, articles) {
    arrange(list, articles.map((article) => {
      if (!this.rows.has(article.sku)) this.rows.set(article.sku, new StockRow(this.lang, this.model));
      const row = this.rows.get(article.sku);
      row.update(article, this.nowMs, this.view.zone);
      return row.element;
    }));
    list.hidden = articles.length === 0;
  }

  tell(all, found, listed) {
    const { lang, model, view } = this;
    const isFiltered = found.length < all.length;
    setText(this.count, isFiltered
      ? lang.t("stock.of_articles", { shown: found.length, n: all.length })
      : lang.t("stock.articles", { n: all.length }));
    this.zoneChip.hidden = view.zone === null;
    if (view.zone !== null) setText(this.zoneText, lang.t("stock.in_zone", { zone: zoneName(view.zone, model, lang) }));
    this.nothing.hidden = found.length > 0;
    setText(this.nothing, lang.t(all.length === 0 ? "stock.none" : "stock.none_found"));
    const rest = found.length - listed.length;
    this.more.hidden = rest === 0;
    setText(this.more, lang.t("stock.more", { n: Math.min(PAGE, rest) }));
    this.leftOff.hidden = model.moreArticles === 0;
    setText(this.leftOff, lang.t("stock.left_off", { n: model.moreArticles }));
    setAttribute(this.element, "data-rows", listed.length);
  }

  /** Shows new numbers of some articles, where they are on the page; the order stays as it is. */
  update(skus, nowMs) {
    this.nowMs = nowMs;
    for (const sku of skus) {
      const article = this.model.articles.get(sku);
      if (article !== undefined) this.rows.get(sku)?.update(article, nowMs, this.view.zone);
    }
  }

  /** Lets the ages of all rows grow. */
  age(nowMs) {
    this.nowMs = nowMs;
    for (const [sku, row] of this.rows) {
      const article = this.model.articles.get(sku);
      if (article !== undefined) row.updateFreshness(article, nowMs);
    }
  }
}
