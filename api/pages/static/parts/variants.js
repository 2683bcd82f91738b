// The sizes and colours of one model side by side, each with its status: a row of sizes per colour.

import { el, setAttribute, setText } from "../dom.js";
import { plain } from "./stock-order.js";

const LETTERS = ["xxxs", "xxs", "xs", "s", "m", "l", "xl", "xxl", "xxxl"];

export class Variants {
  /** `path(sku)`: where a variant leads to; `numbersOf(sku)`: {status, available} or null; `wordOf(status)`: how it is said. */
  constructor(ctx, { path, numbersOf, wordOf = (status) => ctx.lang.word("status", status), heading = "h4" }) {
    Object.assign(this, { ctx, path, numbersOf, wordOf, heading });
    this.cells = new Map();
    this.element = el("div", { class: "variants" });
  }

  /** Shows the articles of a model; `sku` is the one that is looked at. */
  render(articles, sku) {
    const { lang } = this.ctx;
    this.cells.clear();
    const colours = new Map();
    for (const article of articles) {
      const colour = article.colour ?? "";
      colours.set(colour, [...(colours.get(colour) ?? []), article]);
    }
    const hasNames = colours.size > 1 || !colours.has("");
    this.element.replaceChildren(...[...colours].sort(([a], [b]) => lang.collator.compare(a, b)).map(([colour, found]) =>
      el("section", { class: "variant-row" },
        hasNames && el(this.heading, {}, colour || lang.t("find.no_colour")),
        el("ul", { class: "variant-sizes" }, inOrder(found, lang).map((article) => this.cell(article, sku))))));
    this.update();
  }

  cell(article, sku) {
    const { lang } = this.ctx;
    const number = el("b", { class: "variant-number" });
    const status = el("span", { class: "badge" });
    const name = article.size ?? lang.nameOf(article.name, article.sku);
    const link = el("a", { class: "variant", href: this.path(article.sku), "aria-current": article.sku === sku ? "true" : null },
      el("span", { class: "variant-size" }, name), number, status);
    this.cells.set(article.sku, { link, number, status });
    return el("li", {}, link);
  }

  /** Shows the numbers as they are now. */
  update() {
    const { lang } = this.ctx;
    for (const [sku, { link, number, status }] of this.cells) {
      const found = this.numbersOf(sku);
      setAttribute(link, "data-status", found?.status ?? null);
      status.hidden = !found;
      if (found) setText(status, this.wordOf(found.status));
      setText(number, found?.available === undefined ? "" : lang.number(found.available));
    }
  }
}

/** Returns articles by size: letters as people say them, numbers by their value. */
function inOrder(articles, lang) {
  const rank = ({ size }) => {
    const place = LETTERS.indexOf(plain(size ?? ""));
    return place < 0 ? LETTERS.length : place;
  };
  return [...articles].sort((a, b) => rank(a) - rank(b) || lang.collator.compare(a.size ?? a.sku, b.size ?? b.sku));
}
