// A field that finds an article by its name or number, with what fits below it to tap.

import { el, setAttribute } from "../dom.js";
import { articleFacts } from "./task-words.js";
import { articleName } from "./names.js";

const SHOWN = 6;

export class ArticleChoice {
  /** `label` and `hint` are the field's words; `onChoice(sku)` is told what was chosen. */
  constructor({ model, lang }, label, hint, onChoice = () => null) {
    Object.assign(this, { model, lang, onChoice });
    this.sku = null;
    this.input = el("input", {
      type: "search", autocomplete: "off", spellcheck: "false", enterkeyhint: "search", placeholder: hint,
      on: { input: () => this.typed() },
    });
    this.list = el("ul", { class: "found-articles" });
    this.element = el("div", { class: "article-choice" }, el("label", {}, label, this.input), this.list);
  }

  /** Chooses an article; null: none yet. */
  choose(sku) {
    this.sku = sku;
    this.input.value = sku === null ? "" : articleName(sku, this.model, this.lang);
    setAttribute(this.input, "aria-invalid", null);
    this.list.replaceChildren();
    if (sku !== null) this.onChoice(sku);
  }

  typed() {
    this.sku = null;
    const wanted = this.input.value.trim().toLocaleLowerCase(this.lang.locale);
    this.list.replaceChildren(...(wanted === "" ? [] : this.found(wanted)).map((sku) => this.row(sku)));
  }

  found(wanted) {
    const fits = [];
    for (const { sku } of this.model.articles.values()) {
      const words = `${sku} ${articleName(sku, this.model, this.lang)}`.toLocaleLowerCase(this.lang.locale);
      if (words.includes(wanted)) fits.push(sku);
      if (fits.length === SHOWN) break;
    }
    return fits;
  }

  row(sku) {
    const choose = () => { this.choose(sku); this.input.focus(); };
    return el("li", {}, el("button", { type: "button", class: "choice", on: { click: choose } },
      el("span", { class: "choice-text" }, articleName(sku, this.model, this.lang)),
      el("span", { class: "choice-note" }, articleFacts(sku, this.model, this.lang).join(" · "))));
  }

  /** Says that an article must be chosen. */
  refuse() {
    setAttribute(this.input, "aria-invalid", "true");
    this.input.focus();
  }
}
