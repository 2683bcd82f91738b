// One count: what was seen so far, by readers, scanners and hands; and what people do with it.

import { arrange, el, onceAFrame, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { remember, remembered } from "../preferences.js";
import { ArticleChoice } from "./article-choice.js";
import { resolveCode } from "./codes.js";
import { countOutcome, countPlace, lineState } from "./count-words.js";
import { articleName, zoneName } from "./names.js";
import { openCamera } from "./scan-dialog.js";
import { choice, Sheet } from "./sheet.js";

const LOOKS_MS = { open: 3_000, submitted: 15_000 }; // readers see more and more of a zone while it is counted; then somebody decides
const LOOK_SHARE = 10; // a look that takes t is not taken again within 10 t
const PAGE = 200;
const MAX_PAGES = 25; // 5,000 lines: a large shop's articles in one zone
const SHOWN = 60;
const MAX_QTY = 100_000;
const FILTERS = ["all", "todo", "missing", "extra"];
const STEPS = { open: ["submit", "cancel"], submitted: ["approve", "recount", "reject"] };
const URGENCY = ["missing", "extra", "todo", "seen", "right"];

export class CountSession {
  /** `path` is the count's address; `known` is what is known of it already, or null. */
  constructor(ctx, path, known) {
    Object.assign(this, { ctx, path, count: known });
    const { lang } = ctx;
    this.lines = null;
    this.rows = new Map();
    this.shown = SHOWN;
    this.filter = "all";
    this.counter = counterOfDevice();
    this.heading = el("h2", { tabindex: -1 });
    this.about = el("p", { class: "count-about" });
    this.figures = new Map();
    this.tally = el("dl", { class: "count-tally" }, ["seen", "expected", "missing", "extra"].map((name) => this.figure(name)));
    this.voice = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.entry = el("div", { class: "count-entry" },
      el("button", { type: "button", class: "primary", on: { click: () => this.camera() } }, icon("scanner"), lang.t("count.scan")),
      el("button", { type: "button", class: "chip", on: { click: () => this.other() } }, icon("plus"), lang.t("count.other_article")));
    this.chips = el("div", { class: "chips", role: "group", "aria-label": lang.t("count.filter") });
    this.list = el("ul", { class: "count-lines" });
    this.nothing = el("p", { class: "nothing" });
    this.more = el("button", { type: "button", class: "quiet", on: { click: () => { this.shown += SHOWN; this.draw(); } } });
    this.steps = el("div", { class: "count-steps" });
    this.element = el("section", { class: "count-session", "aria-live": "off" },
      el("a", { class: "back-link", href: ctx.path("count") }, icon("back"), lang.t("count.back")),
      el("header", { class: "screen-head" }, this.heading, this.about),
      el("div", { class: "panel" }, this.tally, this.entry),
      el("div", { class: "panel" }, this.chips, this.list, this.nothing, this.more), this.steps, this.voice);
    this.draw = onceAFrame(() => this.render());
    this.wake = () => document.visibilityState === "visible" && this.load();
    document.addEventListener("visibilitychange", this.wake);
    this.load();
  }

  dispose() {
    this.isDisposed = true;
    clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.wake);
    this.sheet?.close();
  }

  figure(name) {
    const number = el("dd", {});
    const element = el("div", { "data-figure": name }, el("dt", {}, this.ctx.lang.t(`count_figure.${name}`)), number);
    this.figures.set(name, { element, number });
    return element;
  }

  // -- what is known -----------------------------------------------------------------------------------

  /** Asks how it stands, and again while people and readers count. */
  async load() {
    clearTimeout(this.timer);
    if (this.isLoading || this.isDisposed) return;
    this.isLoading = true;
    const askedMs = performance.now();
    try {
      this.count = await this.ctx.ask(this.path);
      this.lines = await this.allLines();
      this.problem = null;
    } catch (error) {
      if (error.status === undefined) throw error;
      this.problem = error;
    } finally {
      this.isLoading = false;
    }
    if (this.isDisposed) return;
    this.draw();
    const lookMs = LOOKS_MS[this.count?.state];
    if (lookMs !== undefined && document.visibilityState === "visible") this.timer = setTimeout(() => this.load(), Math.max(lookMs, LOOK_SHARE * (performance.now() - askedMs)));
  }

  async allLines() {
    const lines = [];
    let cursor = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.ctx.ask(`${this.path}/lines?limit=${PAGE}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
      lines.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return lines;
  }

  /** Whether what is expected is kept from who counts: until all of it is counted. */
  get isBlind() {
    return this.count.blind && this.count.state === "open";
  }

  get isOpen() {
    return this.count?.state === "open" && (this.ctx.session.may("counts:write") || this.ctx.session.via === "open");
  }

  // -- what is shown -----------------------------------------------------------------------------------

  render() {
    const { ctx, count } = this;
    const { lang, model } = ctx;
    if (this.isDisposed || model.store === null) return;
    if (count === null) {
      setText(this.heading, lang.t("count.title"));
      setText(this.about, this.problem ? ctx.problem(this.problem) : lang.t("count.loading"));
      return;
    }
    setText(this.heading, countPlace(count, model, lang));
    const time = lang.time(Date.parse(count.started_at), model.store.timezone, { today: ctx.knownMs() });
    setText(this.about, [lang.t("count.begun", { time }), lang.t(count.blind ? "count.blind" : "count.open"), countOutcome(count, lang)].filter(Boolean).join(" · "));
    this.entry.hidden = !this.isOpen;
    const lines = this.lines ?? [];
    this.renderTally(lines);
    this.renderChips(lines);
    const listed = this.listed(lines);
    arrange(this.list, listed.slice(0, this.shown).map((line) => this.row(line)));
    this.forget(new Set(lines.map(keyOf)));
    this.nothing.hidden = listed.length > 0;
    setText(this.nothing, lang.t(this.lines === null ? "count.loading" : count.state === "open" ? "count.nothing_yet" : "count.nothing_off"));
    this.more.hidden = listed.length <= this.shown;
    setText(this.more, lang.t("count.more", { n: Math.min(SHOWN, listed.length - this.shown) }));
    this.renderSteps();
  }

  renderTally(lines) {
    const { lang } = this.ctx;
    const { totals, state } = this.count;
    const isOver = state !== "open" && state !== "submitted"; // of its lines only those that were off are kept
    const told = isOver && totals !== null ? { seen: totals.counted, expected: totals.expected } : {};
    // What nobody has come to yet is not missing.
    const figured = lines.filter((line) => lineState(line, this.isBlind) !== "todo");
    const sum = (name) => told[name] ?? (name === "missing" ? figured : lines).reduce((total, line) => total + (line[name] ?? 0), 0);
    for (const [name, { element, number }] of this.figures) {
      element.hidden = name !== "seen" && (this.isBlind || lines.some((line) => line.expected === null));
      setText(number, lang.number(sum(name)));
      if (name === "missing" || name === "extra") element.classList.toggle("is-off", sum(name) > 0);
    }
    const seen = sum("seen");
    if (this.saidSeen !== undefined && seen !== this.saidSeen) setText(this.voice, lang.t("count.said", { n: seen }));
    this.saidSeen = seen;
  }

  renderChips(lines) {
    const { lang } = this.ctx;
    const filters = this.isBlind ? ["all"] : FILTERS;
    if (!filters.includes(this.filter)) this.filter = "all";
    this.chips.hidden = filters.length === 1 || lines.length === 0;
    this.chips.replaceChildren(...filters.map((filter) => el("button", {
      type: "button", class: "chip", "aria-pressed": String(filter === this.filter), "data-filter": filter,
      on: { click: () => { this.filter = filter; this.shown = SHOWN; this.draw(); this.refocus = filter; } },
    }, lang.t(`count_filter.${filter}`), el("b", {}, lang.number(filter === "all" ? lines.length : lines.filter((line) => lineState(line, this.isBlind) === filter).length)))));
    if (this.refocus) this.chips.querySelector(`[data-filter="${this.refocus}"]`)?.focus();
    this.refocus = null;
  }

  /** Returns the lines to show: those that are off first, then by name. */
  listed(lines) {
    const { lang, model } = this.ctx;
    const state = (line) => lineState(line, this.isBlind);
    const fits = lines.filter((line) => this.filter === "all" || state(line) === this.filter);
    const rank = (line) => (this.count.state === "open" ? 0 : URGENCY.indexOf(state(line)));
    return fits.sort((a, b) => rank(a) - rank(b) || lang.collator.compare(articleName(a.sku, model, lang), articleName(b.sku, model, lang)) || (a.zone < b.zone ? -1 : 1));
  }

  row(line) {
    const key = keyOf(line);
    if (!this.rows.has(key)) this.rows.set(key, this.makeRow(line));
    const row = this.rows.get(key);
    this.updateRow(row, line);
    return row.element;
  }

  makeRow(line) {
    const row = { line, name: el("span", { class: "line-name" }), facts: el("span", { class: "line-facts" }), number: el("b", { class: "line-seen" }), badge: el("span", { class: "badge line-badge" }) };
    row.button = el("button", { type: "button", class: "count-line", on: { click: () => this.openLine(row.line) } },
      el("span", { class: "line-what" }, row.name, row.facts), row.badge, row.number);
    row.element = el("li", {}, row.button);
    return row;
  }

  updateRow(row, line) {
    const { lang, model, outbox } = this.ctx;
    row.line = line;
    const state = lineState(line, this.isBlind);
    setText(row.name, articleName(line.sku, model, lang));
    const zone = this.count.zones.length > 1 ? zoneName(line.zone, model, lang) : null;
    const expected = this.isBlind || line.expected === null ? null : lang.t("count.of", { n: line.expected });
    setText(row.facts, [line.sku, zone, expected].filter(Boolean).join(" · "));
    setText(row.number, line.seen === null ? "–" : lang.number(line.seen));
    const isPending = outbox.isPending(this.subject(line));
    const words = isPending ? lang.t("count.sending") : state === "missing" ? lang.t("count.n_missing", { n: line.missing }) : state === "extra" ? lang.t("count.n_extra", { n: line.extra })
      : line.to_recount ? lang.t("count.to_recount") : "";
    row.badge.hidden = words === "";
    setText(row.badge, words);
    setAttribute(row.button, "data-state", isPending ? "pending" : state);
    setAttribute(row.button, "disabled", this.isOpen ? null : true);
  }

  forget(living) {
    for (const key of this.rows.keys()) if (!living.has(key)) this.rows.delete(key);
  }

  renderSteps() {
    const { lang, session } = this.ctx;
    const may = (step) => (step === "approve" || step === "reject" ? session.may("counts:approve") : session.may("counts:write") || session.via === "open");
    const isOff = (this.lines ?? []).some((line) => ["missing", "extra"].includes(lineState(line, false)));
    const steps = (STEPS[this.count.state] ?? []).filter((step) => may(step) && (step !== "recount" || isOff));
    const shown = `${steps.join()} ${this.isBusy ?? false}`;
    if (shown === this.shownSteps) return;
    this.shownSteps = shown;
    this.steps.replaceChildren(...steps.map((step, index) => el("button", {
      type: "button", class: index === 0 ? "primary" : "chip", disabled: this.isBusy, on: { click: () => this.ask(step) },
    }, lang.t(`count_step.${step}`))));
  }

  // -- what was seen -----------------------------------------------------------------------------------

  subject({ zone, sku }) {
    return `count ${this.count.id} ${zone} ${sku}`;
  }

  /** A scanned code is one piece more, where a person stands: in the zone that is counted, or the one chosen last. */
  async scanned(code) {
    const { ctx } = this;
    if (!this.isOpen) return;
    const found = await resolveCode(ctx, code).catch((error) => ctx.tell(ctx.problem(error), "bad"));
    if (this.isDisposed || found === undefined) return;
    if (found === null || found.sku === null) return ctx.tell(ctx.lang.t("count.unknown_code"), "bad");
    if (this.sheet?.element.open && this.sheet.take) return this.sheet.take(found.sku);
    const piece = found.epc === null ? { sku: found.sku, qty: 1 } : { epc: found.epc };
    await this.enter({ ...piece, mode: "add" }, found.sku, await this.zone());
  }

  /** Returns the zone that is meant: asked for where several are counted. */
  async zone() {
    const { lang, model } = this.ctx;
    const { zones } = this.count;
    if (zones.length === 1 || zones.includes(this.lastZone)) return this.lastZone ?? zones[0];
    return new Promise((resolve) => {
      const choose = (id) => { this.lastZone = id; sheet.close(); resolve(id); };
      const sheet = new Sheet(lang, lang.t("count.which_zone"), el("div", { class: "choices" }, zones.map((id) => choice(zoneName(id, model, lang), null, () => choose(id)))));
      sheet.open();
    });
  }

  async enter(seen, sku, zone) {
    const { ctx } = this;
    const article = articleName(sku, ctx.model, ctx.lang);
    const label = seen.mode === "set" ? ctx.lang.t("count.act_set", { article, n: seen.qty }) : ctx.lang.t("count.act_add", { article });
    const entry = { entry_id: `${this.counter}:${newId()}`, zone, counter: this.counter, ...seen };
    const outcome = ctx.do({ path: `${this.path}/lines`, body: { entries: [entry] }, subject: this.subject({ zone, sku }), label });
    this.draw();
    const told = await outcome;
    if (told.state !== "done") return this.draw();
    const [result] = told.body.results;
    if (result.outcome === "refused") ctx.tell(ctx.lang.word("count_refused", result.code, { article }), "bad");
    else ctx.tell(label, "good");
    return this.load();
  }

  async camera() {
    const code = await openCamera(this.ctx);
    if (code !== null) await this.scanned(code);
  }

  /** Asks how many there are of an article that is listed. */
  openLine(line) {
    const { ctx } = this;
    const own = line.counters.find(({ counter }) => counter === this.counter)?.qty ?? 0;
    this.howMany(articleName(line.sku, ctx.model, ctx.lang), own, (qty) => this.enter({ sku: line.sku, qty, mode: "set" }, line.sku, line.zone));
  }

  howMany(title, begin, done) {
    const { lang } = this.ctx;
    const field = el("input", { type: "number", inputmode: "numeric", min: 0, max: MAX_QTY, value: begin, "aria-label": lang.t("count.pieces") });
    const step = (by) => { field.value = Math.min(MAX_QTY, Math.max(0, (Math.trunc(Number(field.value)) || 0) + by)); };
    const form = el("form", { class: "how-many", novalidate: true },
      el("p", { class: "explanation" }, lang.t("count.how_many_note")),
      el("div", { class: "stepper" },
        el("button", { type: "button", class: "step", "aria-label": lang.t("count.one_less"), on: { click: () => step(-1) } }, "−"), field,
        el("button", { type: "button", class: "step", "aria-label": lang.t("count.one_more"), on: { click: () => step(1) } }, "+")),
      el("button", { class: "primary" }, lang.t("count.take")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.sheet.close();
      done(Math.min(MAX_QTY, Math.max(0, Math.trunc(Number(field.value)) || 0)));
    });
    this.sheet = new Sheet(lang, title, form).open();
    field.select();
  }

  /** An article that nobody listed: found by name or scan, then counted. */
  async other() {
    const { ctx } = this;
    const { lang, model } = ctx;
    const zone = await this.zone();
    const count = (sku) => {
      this.sheet.close();
      this.howMany(articleName(sku, model, lang), 1, (qty) => this.enter({ sku, qty, mode: "set" }, sku, zone));
    };
    const article = new ArticleChoice(ctx, lang.t("count.article"), lang.t("count.article_hint"), count);
    this.sheet = new Sheet(lang, lang.t("count.other_article"), el("div", { class: "sheet-form" }, article.element)).open();
    this.sheet.take = (sku) => article.choose(sku);
    article.input.focus();
  }

  // -- its steps ---------------------------------------------------------------------------------------

  /** Asks once more before a step that others will see. */
  ask(step) {
    const { lang } = this.ctx;
    const body = [el("p", {}, lang.t(`count_step_note.${step}`))];
    const partly = new Set();
    if (step === "submit") {
      body.push(el("fieldset", { class: "ways" }, el("legend", {}, lang.t("count.incomplete")), this.count.zones.map((id) => el("label", { class: "tick" },
        el("input", { type: "checkbox", on: { change: (event) => (event.target.checked ? partly.add(id) : partly.delete(id)) } }), zoneName(id, this.ctx.model, lang)))));
    }
    const go = el("button", { type: "button", class: "primary", on: { click: () => { this.sheet.close(); this.take(step, [...partly]); } } }, lang.t(`count_step.${step}`));
    this.sheet = new Sheet(lang, lang.t(`count_step.${step}`), ...body, go).open();
    go.focus();
  }

  async take(step, partly) {
    const { ctx, count } = this;
    const off = (this.lines ?? []).filter((line) => ["missing", "extra"].includes(lineState(line, false)));
    const body = { submit: { incomplete: partly }, recount: { lines: off.map(({ zone, sku }) => ({ zone, sku })) } }[step] ?? {};
    if (step === "recount" && off.length === 0) return ctx.tell(ctx.lang.t("count.nothing_off"));
    this.isBusy = true;
    this.draw();
    const label = ctx.lang.t(`count_act.${step}`, { place: countPlace(count, ctx.model, ctx.lang) });
    const outcome = await ctx.do({ path: `${this.path}/${step}`, body, subject: `count ${count.id}`, label, headers: { "If-Match": `"${count.version}"` } });
    this.isBusy = false;
    if (outcome.state === "done") {
      this.count = outcome.body;
      ctx.tell(ctx.lang.word("count_state", outcome.body.auto ? "auto" : outcome.body.state), "good");
    }
    return this.load();
  }
}

const keyOf = ({ zone, sku }) => `${zone} ${sku}`;

/** Returns the name by which this device counts: each device's figure is its own, and they add up. */
function counterOfDevice() {
  const known = remembered("counter");
  if (known !== null && /^[a-z0-9]{6}$/.test(known)) return known;
  const made = newId().slice(0, 6);
  remember("counter", made);
  return made;
}

function newId() {
  return [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(36).padStart(2, "0")).join("");
}
