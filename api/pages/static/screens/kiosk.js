// The screen "kiosk": for customers. Is it here, in which size, where else; never how many, and nothing of the staff.

import { el, setText } from "../dom.js";
import { icon } from "../icons.js";
import { lockKiosk } from "../kiosk-lock.js";
import { picture } from "../parts/article-picture.js";
import { lookUp } from "../parts/codes.js";
import { languageChoice, mark } from "../parts/header.js";
import { Idle } from "../parts/idle.js";
import { KioskArticle } from "../parts/kiosk-article.js";
import { openCamera } from "../parts/scan-dialog.js";

const SILENCE_MS = 60_000;
const WARN_MS = 12_000;
const ASK_AFTER_MS = 250; // of quiet, where the gateway is asked
const MOST = 24;
const LEAST_LETTERS = 2;

export default class KioskScreen {
  static texts = ["kiosk"];
  static styles = ["find", "kiosk"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    lockKiosk(ctx.session);
    this.view = ctx.view("kiosk", { home: lang.code });
    this.title = lang.t("kiosk.title");
    this.article = null;
    this.field = el("input", {
      type: "search", name: "wanted", maxlength: 64, autocomplete: "off", autocapitalize: "off", spellcheck: "false", enterkeyhint: "search",
      placeholder: lang.t("kiosk.field"), "aria-label": lang.t("kiosk.field"), on: { input: () => this.typed() },
    });
    this.says = el("p", { class: "kiosk-says", role: "status" });
    this.cards = el("ul", { class: "kiosk-cards" });
    this.form = el("form", { class: "kiosk-form", role: "search", on: { submit: (event) => this.submitted(event) } },
      el("label", { class: "search kiosk-field" }, icon("search"), this.field),
      el("button", { type: "button", class: "primary kiosk-camera", on: { click: () => this.photograph() } }, icon("camera"), lang.t("kiosk.camera")));
    this.heading = el("h1", { class: "kiosk-title", tabindex: -1 }, lang.t("kiosk.title"));
    this.start = el("section", { class: "kiosk-start" }, this.heading, el("p", { class: "kiosk-hint" }, lang.t("kiosk.hint")), this.form, this.says, this.cards);
    this.again = el("button", { type: "button", class: "chip kiosk-again", on: { click: () => this.home() } }, icon("back"), lang.t("kiosk.again"));
    this.body = el("div", { class: "kiosk-body" });
    this.still = el("div", { class: "kiosk-still", role: "alert", hidden: true },
      el("span", {}, lang.t("kiosk.still")), el("button", { type: "button", class: "primary" }, lang.t("kiosk.yes")));
    this.element = el("div", { class: "kiosk" },
      el("header", { class: "kiosk-top" },
        el("span", { class: "kiosk-brand" }, mark(), el("span", {}, ctx.store?.name ?? "")), this.again,
        languageChoice(lang, (code) => this.speak(code))),
      this.body,
      el("footer", { class: "kiosk-foot" },
        el("button", { type: "button", class: "kiosk-exit", on: { click: () => ctx.app.leaveKiosk() } }, icon("key"), lang.t("kiosk.staff"))),
      this.still);
    this.idle = new Idle(SILENCE_MS, WARN_MS, { warn: (isDue) => this.warn(isDue), over: () => this.reset() });
    this.open(place);
    if (this.view.isChoosing) requestAnimationFrame(() => this.element.querySelector(".languages [aria-pressed=true]").focus()); // where it was
    this.view.isChoosing = false;
  }

  dispose() {
    this.idle.dispose();
    this.article?.dispose();
    clearTimeout(this.timer);
  }

  focus() {
    (this.article?.heading ?? this.heading).focus({ preventScroll: true });
  }

  // -- places ------------------------------------------------------------------------------------------

  navigate(place) {
    this.open(place);
    this.focus();
    return true;
  }

  open(place) {
    const [sku] = place.rest;
    this.say("");
    this.article?.dispose();
    this.article = sku === undefined ? null : new KioskArticle(this.ctx, sku);
    this.again.hidden = this.article === null;
    this.body.replaceChildren(this.article?.element ?? this.start);
    scrollTo(0, 0);
  }

  /** Begins anew, as the next customer finds it. */
  home() {
    this.field.value = "";
    this.found = null;
    this.cards.replaceChildren();
    if (this.article !== null) this.ctx.go("/kiosk");
    else this.say("");
  }

  /** Nobody is there any more: the start again, in the language that the shop chose. */
  reset() {
    this.warn(false);
    for (const dialog of document.querySelectorAll("dialog[open]")) dialog.dispatchEvent(new Event("cancel", { cancelable: true }));
    this.home();
    if (this.ctx.lang.code !== this.view.home) this.ctx.app.speak(this.view.home);
  }

  speak(code) {
    this.view.isChoosing = true; // the screen is made anew in that language
    this.ctx.app.speak(code);
  }

  warn(isDue) {
    this.still.hidden = !isDue || (this.article === null && this.field.value === "" && this.ctx.lang.code === this.view.home);
  }

  // -- what is looked for -------------------------------------------------------------------------------

  typed() {
    clearTimeout(this.timer);
    this.say("");
    this.timer = setTimeout(() => this.search(), ASK_AFTER_MS);
  }

  async search() {
    const { ctx } = this;
    const query = this.field.value.trim();
    if (query.length < LEAST_LETTERS) return this.cards.replaceChildren();
    try {
      const { items } = await ctx.ask(`/v1/articles?q=${encodeURIComponent(query)}&limit=${MOST}`);
      if (query !== this.field.value.trim()) return; // somebody types on
      const known = items.filter((article) => article.known);
      this.say(known.length === 0 ? ctx.lang.t("kiosk.none") : "");
      this.cards.replaceChildren(...known.map((article) => this.card(article)));
    } catch (error) {
      this.fail(error);
    }
  }

  card(article) {
    const { ctx } = this;
    const kind = [article.size && ctx.lang.t("kiosk.size", { size: article.size }), article.colour].filter(Boolean).join(" · ");
    return el("li", {}, el("a", { class: "kiosk-card", href: ctx.path("kiosk", article.sku) },
      picture(article), el("span", { class: "name" }, ctx.lang.nameOf(article.name, ctx.lang.t("kiosk.unnamed"))), el("span", { class: "sku" }, kind)));
  }

  submitted(event) {
    event.preventDefault();
    const code = this.field.value.trim();
    if (code !== "") this.take(code);
  }

  scanned(code) {
    this.idle.begin();
    this.take(code);
  }

  async photograph() {
    const code = await openCamera(this.ctx);
    this.idle.begin();
    if (code !== null) this.take(code);
  }

  /** Opens the article that a code names; words that are no code are searched for. */
  async take(code) {
    const { ctx } = this;
    try {
      const { article, kind } = await lookUp(ctx, code);
      if (article?.known) return ctx.go(ctx.path("kiosk", article.sku));
      if (kind === "other" && this.article === null && this.field.value !== "") return this.search();
      if (this.article !== null) ctx.go("/kiosk");
      this.say(ctx.lang.t("kiosk.not_known"));
    } catch (error) {
      this.fail(error);
    }
  }

  fail(error) {
    if (error.status === undefined) throw error;
    this.say(this.ctx.lang.t("kiosk.no_answer"));
  }

  say(text) {
    setText(this.says, text);
  }
}
