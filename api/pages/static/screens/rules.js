// The screen "rules": by which rules alerts are judged, of each type the one that applies first on top; and trying them.

import { arrange, el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { ICONS } from "../parts/alert-list.js";
import { pathOf, RuleCard, subjectOf } from "../parts/rule-card.js";
import { RuleForm } from "../parts/rule-form.js";
import { GROUPS, TYPES, isOfStore, specificity } from "../parts/rule-terms.js";
import { saysWords, whereWords } from "../parts/rule-words.js";

const NARROW = "(max-width: 1079px)";

export default class RulesScreen {
  static texts = ["alerts", "reports", "rules"];
  static styles = ["alerts", "reports", "sheet", "rules"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.rules");
    this.rules = [];
    this.scores = new Map();
    this.cards = new Map();
    this.rows = new Map(TYPES.map((type) => [type, new TypeRow(ctx, type)]));
    this.state = el("p", { class: "explanation", role: "status" });
    this.list = el("section", { class: "rule-types panel", "aria-labelledby": "rules-title" },
      el("header", { class: "panel-head" }, el("h2", { id: "rules-title", tabindex: -1 }, lang.t("rules.title"))),
      el("p", { class: "explanation" }, lang.t("rules.what")), this.state,
      Object.entries(GROUPS).map(([group, types]) => el("div", { class: "rule-group" },
        el("h3", {}, lang.word("rule_group", group)), el("ul", {}, types.map((type) => this.rows.get(type).element)))));
    this.heading = el("h2", { id: "rule-type", tabindex: -1 });
    this.about = el("p", { class: "explanation" });
    this.add = el("button", { type: "button", class: "primary rule-add", on: { click: () => this.openForm() } }, icon("plus"), lang.t("rules.add"));
    this.formPlace = el("div", {});
    this.here = el("ol", { class: "rules-of" });
    this.elsewhere = el("div", { class: "rules-elsewhere" }, el("h3", {}, lang.t("rules.elsewhere")));
    this.others = el("ul", { class: "rules-of" });
    this.elsewhere.append(this.others);
    this.details = el("section", { class: "rule-details", "aria-labelledby": "rule-type" },
      el("a", { class: "quiet alarm-back", href: ctx.path("rules") }, lang.t("rules.all")),
      el("header", { class: "panel rule-type-head" }, el("div", {}, this.heading, this.about), this.add, this.formPlace),
      this.here, this.elsewhere);
    this.blank = el("section", { class: "panel alarm-blank", "aria-label": lang.t("rules.details") }, icon("rules"), el("p", {}, lang.t("rules.choose")));
    this.element = el("div", { class: "rule-screen" }, this.list, this.blank);
    this.stopHearing = ctx.work.onChange(() => this.outboxChanged());
    this.choose(place.rest[0]);
    this.render();
  }

  dispose() {
    this.stopHearing();
  }

  focus() {
    (this.type === null ? this.element.querySelector("h2") : this.heading).focus({ preventScroll: true });
  }

  // -- where one looks ---------------------------------------------------------------------------------

  navigate(place) {
    const before = this.type;
    this.choose(place.rest[0]);
    this.render();
    if (this.type !== null) this.heading.focus({ preventScroll: true });
    else this.rows.get(before)?.link.focus({ preventScroll: false });
    if (this.type !== null && matchMedia(NARROW).matches) scrollTo(0, 0);
    return true;
  }

  choose(type) {
    this.type = TYPES.includes(type) ? type : null;
    this.closeForm();
    this.cards.clear();
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    if (!this.isLoaded && this.ctx.model.store !== null) {
      this.isLoaded = true;
      this.load();
    } else if (changes.articleSet) this.render();
  }

  refresh() {
    this.load();
  }

  scanned(code) {
    const found = [...this.ctx.model.articles.values()].find(({ sku }) => sku === code);
    if (found !== undefined) this.form?.scanned(found.sku);
  }

  async load() {
    const { ctx: { lang }, ctx } = this;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const [{ items }, { items: scores }] = await Promise.all([
        ctx.ask("/v1/alert-rules"),
        ctx.ask("/v1/alert-precision").catch(() => ({ items: [] })),
      ]);
      if (turn !== this.turn) return;
      this.rules = items;
      this.scores = new Map(scores.map((score) => [score.rule, score]));
      setText(this.state, "");
      this.render();
    } catch (error) {
      if (error.status === undefined) throw error;
      setText(this.state, lang.t("rules.failed"));
    }
  }

  outboxChanged() {
    const waiting = this.ctx.outbox.waiting.filter(({ subject }) => subject.startsWith("rule ")).length;
    if (waiting < (this.waiting ?? 0)) this.load(); // what was kept is sent by now
    this.waiting = waiting;
    this.render();
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render() {
    const { ctx: { storeId } } = this;
    const ofType = Map.groupBy(this.rules, ({ type }) => type);
    for (const [type, row] of this.rows) {
      const found = ofType.get(type) ?? [];
      row.update(found.filter((rule) => isOfStore(rule, storeId) && rule.problem === null).toSorted(first), type === this.type);
    }
    if (this.type !== null) this.renderDetails(ofType.get(this.type) ?? []);
    arrange(this.element, [this.list, this.type === null ? this.blank : this.details]);
    this.element.classList.toggle("has-one", this.type !== null);
  }

  renderDetails(rules) {
    const { lang, storeId } = this.ctx;
    setText(this.heading, lang.word("alert_kind", this.type));
    const here = rules.filter((rule) => isOfStore(rule, storeId)).toSorted(first);
    const others = rules.filter((rule) => !isOfStore(rule, storeId)).toSorted(first);
    setText(this.about, rules.length === 0 ? "" : here.length > 1 ? lang.t("rules.first_counts") : lang.t("rules.one_counts"));
    this.usual = rules.find(({ origin }) => origin === "default")?.in_force.thresholds ?? {};
    this.add.hidden = !this.mayAny || this.form !== undefined || rules.length === 0;
    for (const id of this.cards.keys()) if (!rules.some((rule) => rule.id === id)) this.cards.delete(id);
    arrange(this.here, here.map((rule) => this.card(rule, here.length === 1)));
    arrange(this.others, others.map((rule) => this.card(rule)));
    this.elsewhere.hidden = others.length === 0;
  }

  card(rule, isOnly = false) {
    if (!this.cards.has(rule.id)) this.cards.set(rule.id, new RuleCard(this.ctx, this, rule.type));
    const card = this.cards.get(rule.id);
    card.update(rule, this.scores.get(rule.id), this.usual, isOnly);
    return card.element;
  }

  // -- acts --------------------------------------------------------------------------------------------

  /** Whether changes are offered at all: who is not signed in is led to signing in by the first one. */
  get mayAny() {
    const { session } = this.ctx;
    return session.via === "open" || session.may("alerts:rules");
  }

  /** Whether this rule may be changed: who is of some stores alone changes rules of those alone. */
  mayChange({ stores }) {
    const own = this.ctx.session.stores ?? [];
    return this.mayAny && (own.length === 0 || (stores.length > 0 && stores.every((id) => own.includes(id))));
  }

  change(rule, body, label) {
    return this.send(rule, { method: "PATCH", body }, label);
  }

  remove(rule) {
    return this.send(rule, { method: "DELETE", body: null }, "rules.deleted");
  }

  /** Sends a change of a rule as it is known here; what somebody else changed meanwhile is shown, and not undone. */
  send(rule, { method, body }, label) {
    return this.do({ method, path: pathOf(rule), body, subject: subjectOf(rule), headers: { "If-Match": `"${rule.version}"` } }, label, rule);
  }

  openForm() {
    const { type, usual, ctx } = this;
    const send = (fields) => {
      const rule = { id: newId(fields), type, ...fields };
      return this.do({ method: "POST", path: "/v1/alert-rules", body: rule, subject: subjectOf(rule) }, "rules.made", { ...rule, origin: "api" });
    };
    this.form = new RuleForm(ctx, { type, rule: null, usual, send, close: () => { this.closeForm(); this.render(); this.heading.focus({ preventScroll: true }); } });
    this.formPlace.replaceChildren(this.form.element);
    this.add.hidden = true;
    this.form.focus();
  }

  closeForm() {
    this.form = undefined;
    this.formPlace.replaceChildren();
    setAttribute(this.add, "hidden", this.mayAny ? null : true);
  }

  async do(act, label, rule) {
    const { ctx, ctx: { lang } } = this;
    const words = lang.t(label, { type: lang.word("alert_kind", rule.type), where: whereWords(rule, ctx) });
    const outcome = await ctx.do({ ...act, label: words });
    if (outcome.state === "refused") await this.load(); // whoever is refused sees how it is by now
    if (outcome.state === "done") {
      ctx.tell(words, "good");
      this.take(rule, outcome.body);
    }
    return outcome;
  }

  /** Shows at once what the gateway answered: the rule as it is now, or null where it is no more. */
  take({ id }, body) {
    const others = this.rules.filter((rule) => rule.id !== id);
    this.rules = body === null ? others : [...others, body];
    this.render();
    this.load();
  }
}

/** The line of a type in the overview: what it says of the whole store, and how many rules say more. */
class TypeRow {
  constructor(ctx, type) {
    Object.assign(this, { ctx, type });
    this.name = el("span", { class: "rule-type-name" }, ctx.lang.word("alert_kind", type));
    this.says = el("span", { class: "rule-type-says" });
    this.more = el("span", { class: "badge" });
    this.off = el("span", { class: "badge is-off" }, ctx.lang.t("rules.is_off"));
    this.link = el("a", { class: "rule-type-link", href: ctx.path("rules", type) },
      icon(ICONS[type] ?? "alert", "icon alert-icon"), el("span", { class: "rule-type-body" }, el("span", { class: "rule-type-line" }, this.name, this.more, this.off), this.says));
    this.element = el("li", {}, this.link);
  }

  update(rules, isChosen) {
    const { lang } = this.ctx;
    const general = rules.find(({ zones, departments, skus }) => zones.length + departments.length + skus.length === 0);
    const more = rules.length - (general === undefined ? 0 : 1);
    setText(this.says, general === undefined ? "" : saysWords(general, lang));
    setText(this.more, lang.t("rules.more", { n: more }));
    this.more.hidden = more === 0;
    this.off.hidden = general === undefined || general.enabled;
    setAttribute(this.link, "aria-current", isChosen ? "true" : null);
  }
}

/** Puts the rule that applies first on top; the built-in one is the last. */
const first = (a, b) => specificity(b) - specificity(a) || Number(a.origin === "default") - Number(b.origin === "default") || (a.id < b.id ? -1 : 1);

/** Returns an id that no other rule has, and that still says what the rule is for. */
function newId({ stores, zones, departments, skus }) {
  const [name] = [...skus, ...departments, ...zones, ...stores];
  const slug = name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 18);
  const rest = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `own-${slug}-${rest}`.replace("--", "-");
}
