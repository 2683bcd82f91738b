// The screen "find": one field for whatever is scanned or typed, what matches it, and all about one article.

import { el, onceAFrame, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ArticlePage } from "../parts/article-page.js";
import { lookUp } from "../parts/codes.js";
import { FoundList } from "../parts/found-list.js";
import { openCamera } from "../parts/scan-dialog.js";

export default class FindScreen {
  static texts = ["find", "explained"];
  static styles = ["find", "evidence"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.view = ctx.view("find", { query: "" });
    this.title = lang.t("nav.find");
    this.article = null;
    this.field = el("input", {
      type: "search", name: "query", maxlength: 512, autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search",
      placeholder: lang.t("find.hint"), "aria-label": lang.t("find.field"), "aria-describedby": "find-says",
      on: { input: () => this.typed() },
    });
    this.field.value = this.view.query;
    const camera = el("button", { type: "button", class: "find-camera", "aria-label": lang.t("find.camera"), title: lang.t("find.camera"), on: { click: () => this.photograph() } }, icon("camera"));
    this.says = el("p", { class: "find-says", id: "find-says", role: "status" });
    this.list = new FoundList(ctx);
    this.body = el("div", { class: "find-body" });
    this.element = el("div", { class: "find" },
      el("h2", { class: "unseen" }, this.title),
      el("form", { class: "find-head", role: "search", on: { submit: (event) => this.submitted(event) } },
        el("label", { class: "search find-field" }, icon("search"), this.field), camera),
      this.says, this.body);
    this.draw = onceAFrame(() => this.renderList());
    this.open(place);
  }

  dispose() {
    this.article?.dispose();
    this.list.dispose();
  }

  /** The keyboard begins in the field; on a tablet that would cover half of an article. */
  focus() {
    (this.article?.heading ?? this.field).focus({ preventScroll: true });
  }

  // -- places ------------------------------------------------------------------------------------------

  navigate(place) {
    this.open(place);
    this.focus();
    return true;
  }

  /** Shows what an address stands for: nothing yet, an article by its SKU, or what a label's QR says. */
  open(place) {
    const [first] = place.rest;
    if (first === undefined) this.showList();
    else if (first === "01") this.take(location.origin + place.path, { replace: true });
    else this.showArticle(first);
  }

  showList() {
    this.article?.dispose();
    this.article = null;
    this.body.replaceChildren(this.list.element);
    this.renderList();
  }

  showArticle(sku) {
    this.say("");
    if (this.article?.sku === sku) return;
    this.article?.dispose();
    this.article = new ArticlePage(this.ctx, sku, { back: () => this.ctx.go("/find") });
    this.body.replaceChildren(this.article.element);
  }

  // -- what is looked for -------------------------------------------------------------------------------

  typed() {
    this.view.query = this.field.value;
    this.say("");
    if (this.article !== null) this.ctx.go("/find", { replace: true });
    this.draw();
  }

  submitted(event) {
    event.preventDefault();
    const code = this.field.value.trim();
    if (code !== "") this.take(code);
  }

  scanned(code) {
    this.take(code);
  }

  async photograph() {
    const code = await openCamera(this.ctx);
    if (code !== null) this.take(code);
  }

  /** Opens the article that a code names; of words that are none, the only one that matches them. */
  async take(code, { replace = false } = {}) {
    const { ctx } = this;
    this.say(ctx.lang.t("find.asking"));
    try {
      const found = await lookUp(ctx, code);
      const sku = found.article?.sku ?? (found.kind === "other" && found.fault === null ? this.list.only(code) : null);
      if (sku === null) return this.nothingFor(code, found);
      this.field.value = this.view.query = "";
      ctx.go(ctx.path("find", sku), { replace });
    } catch (error) {
      if (error.status === undefined) throw error;
      this.say(ctx.problem(error));
      if (this.body.firstChild === null) this.showList();
    }
  }

  /** Says that a code names no article, and why; what matches it as words stays below. */
  nothingFor(code, { kind, fault, gtin }) {
    const { lang } = this.ctx;
    if (fault !== null) this.say(lang.word("code_fault", fault));
    else if (kind === "other" && this.list.count > 0) this.say("");
    else this.say(lang.t(gtin === null ? "find.not_known" : "find.not_in_catalogue", { code: gtin ?? code }));
    if (this.body.firstChild === null) this.showList();
  }

  say(text) {
    setText(this.says, text);
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    if (this.article !== null) this.article.show(changes);
    else if (changes.articleSet) this.draw();
    else this.list.update(changes.skus);
  }

  showState(state) {
    this.article?.showState(state);
  }

  refresh() {
    this.article?.refresh();
  }

  event(type, data) {
    this.article?.event(type, data);
  }

  renderList() {
    if (this.article === null) this.list.render(this.view.query);
  }
}
