// The form of one rule of alerts: for what it is (where it is new), and its thresholds in the units that people use.

import { el, setAttribute, setText } from "../dom.js";
import { ArticleChoice } from "./article-choice.js";
import { zoneName } from "./names.js";
import { RuleTrial } from "./rule-trial.js";
import { TRIED, faultOf, filtersOf, termsOf } from "./rule-terms.js";
import { termWords, valueWords } from "./rule-words.js";

const UNITS = { second: 1, minute: 60, hour: 3_600, day: 86_400 };
const MAX_NOTE = 500;
const PAGE = 200;
const MOST_PAGES = 50; // 10,000 articles: a large shop has no more, nor a department that the first ones lack
const EXACT = 10; // digits: 0.07 is 7 %, not 7.000000000000001 %
let made = 0;

export class RuleForm {
  /** `rule`: the one to change, null: a new one. `usual`: the thresholds of the type's built-in rule. `send(fields)`
   *  saves and returns an outcome as ctx.do does; `close()` puts the form away. */
  constructor(ctx, { type, rule, usual, send, close }) {
    Object.assign(this, { ctx, type, rule, usual, send, close });
    const { lang } = ctx;
    this.id = `rule-form-${(made += 1)}`;
    this.fields = new Map(termsOf(type).map((term) => [term.name, this.field(term)]));
    const note = el("input", { id: `${this.id}-note`, maxlength: MAX_NOTE, autocomplete: "off", value: rule?.note ?? "" });
    this.note = note;
    this.problem = el("p", { class: "rule-problem", role: "alert", hidden: true });
    this.save = el("button", { type: "submit", class: "primary" }, lang.t(rule === null ? "rules.make" : "rules.save"));
    this.trial = new RuleTrial(ctx, type, () => this.question());
    this.element = el("form", { class: "rule-form", method: "post", novalidate: true, on: { submit: (event) => this.submit(event) } },
      el("h4", { tabindex: -1 }, lang.t(rule === null ? "rules.new" : "rules.change_title")),
      rule === null && this.scopeFields(),
      el("p", { class: "explanation" }, lang.t("rules.empty_usual")),
      el("div", { class: "rule-fields" }, [...this.fields.values()].map(({ row }) => row)),
      el("div", { class: "field" }, el("label", { for: note.id }, lang.t("rules.note")), note),
      this.problem,
      el("div", { class: "rule-acts" }, this.save, el("button", { type: "button", class: "chip", on: { click: () => close() } }, lang.t("rules.cancel"))),
      TRIED.has(type) && el("div", { class: "rule-try" }, el("h4", {}, lang.t("rules.try_first")), this.trial.element));
  }

  focus() {
    this.element.querySelector("h4").focus({ preventScroll: true });
    this.element.scrollIntoView({ block: "nearest" });
  }

  // -- for what ----------------------------------------------------------------------------------------

  scopeFields() {
    const { ctx: { lang, model }, ctx } = this;
    const allowed = filtersOf(this.type);
    const option = (value, text) => el("option", { value }, text);
    const select = (name, label, options) => {
      const chosen = el("select", { id: `${this.id}-${name}` }, options);
      return { chosen, row: el("div", { class: "field" }, el("label", { for: chosen.id }, label), chosen) };
    };
    const zones = [...model.zones.values()].filter(({ role }) => role !== "in_hand");
    this.article = new ArticleChoice(ctx, lang.t("rules.article"), lang.t("rules.article_hint"));
    this.zone = select("zone", lang.t("rules.zone"), zones.map(({ id }) => option(id, zoneName(id, model, lang))));
    this.department = select("department", lang.t("rules.department"), []);
    this.scope = select("scope", lang.t("rules.for"), [
      option("stores", lang.t("rules.whole_store", { store: ctx.store.name })),
      allowed.includes("zones") && zones.length > 0 && option("zones", lang.t("rules.one_zone")),
      allowed.includes("departments") && option("departments", lang.t("rules.one_department")),
      allowed.includes("skus") && option("skus", lang.t("rules.one_article")),
    ].filter(Boolean));
    const rows = { zones: this.zone.row, departments: this.department.row, skus: this.article.element };
    const show = () => {
      for (const [name, row] of Object.entries(rows)) row.hidden = this.scope.chosen.value !== name;
      this.trial.clear();
      if (!rows.departments.hidden) this.loadDepartments();
    };
    this.scope.chosen.addEventListener("change", show);
    const element = el("div", { class: "rule-scope" }, this.scope.row, ...Object.values(rows));
    for (const [name, row] of Object.entries(rows)) row.hidden = name !== "stores";
    return element;
  }

  /** Asks which departments the catalogue has; once there was an answer, not again. */
  async loadDepartments() {
    const { ctx: { lang }, department: { chosen } } = this;
    if (chosen.childElementCount > 0) return;
    try {
      const names = await departmentsOf(this.ctx);
      if (chosen.childElementCount > 0) return;
      chosen.replaceChildren(...names.sort(lang.collator.compare).map((name) => el("option", { value: name }, name)));
      this.fail(names.length === 0 ? lang.t("rules.no_departments") : null);
    } catch (error) {
      if (error.status === undefined) throw error;
      this.fail(this.ctx.problem(error));
    }
  }

  /** Takes a scanned article. */
  scanned(sku) {
    if (this.rule !== null || !filtersOf(this.type).includes("skus")) return;
    this.scope.chosen.value = "skus";
    this.scope.chosen.dispatchEvent(new Event("change"));
    this.article.choose(sku);
  }

  /** Returns what the rule is narrowed to; null where an article is to be chosen first. */
  narrowed() {
    if (this.rule !== null) {
      const { stores, zones, departments, skus } = this.rule;
      return { stores, zones, departments, skus };
    }
    const plain = { stores: [this.ctx.storeId], zones: [], departments: [], skus: [] };
    const scope = this.scope.chosen.value;
    if (scope === "zones") return { ...plain, zones: [this.zone.chosen.value] };
    if (scope === "stores") return plain;
    const name = scope === "departments" ? this.department.chosen.value : (this.article.sku ?? "");
    return name === "" ? null : { ...plain, [scope]: [name] };
  }

  // -- thresholds --------------------------------------------------------------------------------------

  field(term) {
    const { lang } = this.ctx;
    const id = `${this.id}-${term.name}`;
    const own = this.rule?.thresholds[term.name];
    const known = own ?? this.usual[term.name];
    const isTime = term.unit === "s";
    const units = isTime && el("select", { id: `${id}-unit`, "aria-label": lang.t("rules.unit_of", { name: termWords(this.type, term.name, lang) }) },
      Object.keys(UNITS).map((unit) => el("option", { value: unit }, lang.word("rule_unit", unit))));
    if (isTime) units.value = unitFor(known);
    const input = el("input", {
      id, type: "number", inputmode: term.unit === "pieces" ? "numeric" : "decimal", step: term.unit === "pieces" ? 1 : "any", min: 0,
      autocomplete: "off", "aria-describedby": `${id}-usual`, value: own === undefined ? null : this.shown(own, term, units),
      on: { input: () => { setAttribute(input, "aria-invalid", null); this.trial.clear(); } },
    });
    const usual = lang.t("rules.usual", { value: valueWords(this.usual[term.name], term.unit, lang) });
    const row = el("div", { class: "field rule-field" },
      el("label", { for: id }, termWords(this.type, term.name, lang)),
      el("div", { class: "rule-line" }, input, units || el("span", { class: "rule-unit" }, lang.word("rule_unit", term.unit))),
      el("p", { class: "explanation", id: `${id}-usual` }, usual));
    return { row, input, units, term };
  }

  shown(value, { unit }, units) {
    const factor = unit === "probability" || unit === "share" ? 100 : unit === "s" ? 1 / UNITS[units.value] : 1;
    return Number((value * factor).toPrecision(EXACT));
  }

  /** Returns the thresholds that were given, by name, in the units of the API. */
  given() {
    const own = {};
    for (const [name, { input, units, term }] of this.fields) {
      if (input.value.trim() === "" && input.validity.valid) continue;
      const factor = term.unit === "s" ? UNITS[units.value] : term.unit === "probability" || term.unit === "share" ? 0.01 : 1;
      own[name] = input.validity.badInput ? NaN : Number((input.valueAsNumber * factor).toPrecision(EXACT));
    }
    return own;
  }

  /** Returns all that was given; null where something of it cannot be, which is said. */
  checked() {
    const { lang } = this.ctx;
    const narrowed = this.narrowed();
    if (narrowed === null) {
      if (this.scope.chosen.value === "departments") return this.fail(lang.t("rules.no_department"));
      this.article.refuse();
      return this.fail(lang.t("rules.no_article"));
    }
    const thresholds = this.given();
    const fault = faultOf(this.type, thresholds, this.usual);
    if (fault !== null) {
      const { input } = this.fields.get(fault.name);
      setAttribute(input, "aria-invalid", "true");
      input.focus();
      return this.fail(this.faultWords(fault));
    }
    this.fail(null);
    return { ...narrowed, thresholds, note: this.note.value.trim() };
  }

  faultWords(fault) {
    const { lang } = this.ctx;
    const term = (name) => termWords(this.type, name, lang);
    if (fault.code === "apart") return lang.t("rules.apart", { lower: term(fault.lower), upper: term(fault.upper) });
    if (fault.code === "whole") return lang.t("rules.whole", { name: term(fault.name) });
    const limit = (value) => (fault.unit === "s" && value === 0 ? "0" : valueWords(value, fault.unit, lang));
    return lang.t("rules.bounds", { name: term(fault.name), low: limit(fault.low), high: limit(fault.high) });
  }

  /** Says why it cannot be; null: nothing is wrong. */
  fail(text) {
    this.problem.hidden = text === null;
    setText(this.problem, text ?? "");
    return null;
  }

  // -- acts --------------------------------------------------------------------------------------------

  question() {
    const fields = this.checked();
    if (fields === null) return null;
    const { zones, departments, skus, thresholds } = fields;
    return ["/v1/alert-rules/test", { type: this.type, stores: [this.ctx.storeId], zones, departments, skus, thresholds }];
  }

  async submit(event) {
    event.preventDefault();
    const fields = this.checked();
    if (fields === null || this.isSending) return;
    this.isSending = true;
    const outcome = await this.send(fields);
    this.isSending = false;
    if (outcome.state === "refused") return this.fail(this.refusedWords(outcome.problem));
    this.close();
  }

  refusedWords(problem) {
    const said = this.ctx.problem(problem);
    return problem.code === "rule_changed" ? `${said} ${this.ctx.lang.t("rules.changed_kept")}` : said;
  }
}

/** Returns the names of all departments of the catalogue. */
async function departmentsOf(ctx) {
  const found = new Set();
  let cursor = null;
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const query = new URLSearchParams({ limit: PAGE, ...(cursor === null ? {} : { cursor }) });
    const { items, next_cursor: next } = await ctx.ask(`/v1/articles?${query}`);
    for (const { department } of items) if (department) found.add(department);
    if (!next) break;
    cursor = next;
  }
  return [...found];
}

/** Returns the largest unit that a time is whole in. */
function unitFor(seconds) {
  if (seconds === 0) return "minute";
  return Object.keys(UNITS).findLast((unit) => seconds >= UNITS[unit] && seconds % UNITS[unit] === 0) ?? "second";
}
