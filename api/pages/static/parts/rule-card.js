// One rule of alerts: for what, when it fires, how useful it was, and what can be done about it.

import { el, setAttribute, setText } from "../dom.js";
import { percent } from "./alert-evidence.js";
import { RuleForm } from "./rule-form.js";
import { isOfStore } from "./rule-terms.js";
import { RuleTrial } from "./rule-trial.js";
import { saysWords, termFacts, whereWords } from "./rule-words.js";
import { choice, Sheet } from "./sheet.js";

export class RuleCard {
  /** `acts` has mayChange(rule), change(rule, fields, label) and remove(rule, label), which return outcomes. */
  constructor(ctx, acts, type) {
    Object.assign(this, { ctx, acts, type });
    const { lang } = ctx;
    const button = (key, act) => el("button", { type: "button", class: "chip", on: { click: act } }, lang.t(key));
    this.heading = el("h3", { tabindex: -1 });
    this.badges = el("p", { class: "rule-badges" });
    this.says = el("p", { class: "rule-says" });
    this.problem = el("p", { class: "rule-problem" });
    this.note = el("p", { class: "rule-note" });
    this.facts = el("dl", { class: "facts" });
    this.rest = el("dl", { class: "facts" });
    this.restFold = el("details", { class: "rule-rest" }, el("summary", {}, lang.t("rules.rest")), this.rest);
    this.useful = el("p", { class: "explanation" });
    this.why = el("p", { class: "explanation" });
    this.switch = button("rules.off", () => this.turn());
    this.edit = button("rules.change", () => this.open());
    this.drop = button("rules.delete", () => this.askDelete());
    this.acting = el("div", { class: "rule-acts" }, this.switch, this.edit, this.drop);
    this.place = el("div", {});
    this.trial = new RuleTrial(ctx, type, () => [`${pathOf(this.rule)}/test`, { stores: [ctx.storeId] }]);
    this.tryFold = el("details", { class: "rule-try" }, el("summary", {}, lang.t("rules.try")), this.trial.element);
    this.element = el("li", { class: "panel rule" },
      el("header", { class: "rule-head" }, this.heading, this.badges),
      this.says, this.problem, this.note, this.facts, this.restFold, this.useful, this.why, this.acting, this.place, this.tryFold);
  }

  /** Shows a rule as it is; `score`: how useful it was, undefined where nobody said; `isOnly`: no other stands beside it. */
  update(rule, score, usual, isOnly) {
    const { ctx, ctx: { lang } } = this;
    const mayChange = this.acts.mayChange(rule);
    const isPending = ctx.outbox.isPending(subjectOf(rule));
    const key = JSON.stringify([rule, score, mayChange, isPending, isOnly]);
    if (key === this.key) return;
    if (this.rule !== undefined && JSON.stringify(this.rule.in_force) !== JSON.stringify(rule.in_force)) this.trial.clear();
    Object.assign(this, { key, rule, usual });
    const where = this.where = isOnly && rule.origin === "default" ? lang.t("rules.everything") : whereWords(rule, ctx);
    setText(this.heading, where);
    setAttribute(this.element, "class", `panel rule${rule.enabled ? "" : " is-off"}`);
    this.badges.replaceChildren(...[
      el("span", { class: "badge" }, lang.word("rule_origin", rule.origin)),
      el("span", { class: `badge is-${rule.in_force.severity}` }, lang.word("severity", rule.in_force.severity)),
      !rule.enabled && el("span", { class: "badge is-off" }, lang.t("rules.is_off")),
      isPending && el("span", { class: "badge is-waiting" }, lang.t("alert_page.pending")),
    ].filter(Boolean));
    setText(this.says, saysWords(rule, lang));
    this.told(this.problem, rule.problem === null ? "" : lang.t("rules.unfit", { problem: rule.problem }));
    this.told(this.note, rule.note);
    const isDefault = rule.origin === "default";
    this.fill(this.facts, termFacts(rule, (name) => isDefault || name in rule.thresholds, lang));
    const rest = isDefault ? [] : termFacts(rule, (name) => !(name in rule.thresholds), lang);
    this.fill(this.rest, rest);
    this.restFold.hidden = rest.length === 0;
    setText(this.useful, this.usefulWords(score));
    this.told(this.why, this.whyWords(rule, mayChange));
    setText(this.switch, lang.t(rule.enabled ? "rules.off" : "rules.on"));
    const isMine = rule.origin === "api";
    this.switch.hidden = !mayChange || rule.problem !== null;
    this.edit.hidden = this.drop.hidden = !mayChange || !isMine;
    this.acting.hidden = !mayChange;
    for (const button of [this.switch, this.edit, this.drop]) {
      button.disabled = isPending;
      setAttribute(button, "aria-label", lang.t("alert_page.named", { act: button.textContent, what: where }));
    }
    this.tryFold.hidden = rule.problem !== null || !isOfStore(rule, ctx.storeId);
  }

  told(node, text) {
    node.hidden = text === "";
    setText(node, text);
  }

  fill(list, facts) {
    list.hidden = facts.length === 0;
    list.replaceChildren(...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  }

  usefulWords(score) {
    const { lang } = this.ctx;
    if (score === undefined || score.precision === null) return lang.t("rules.no_word");
    const [low, high] = score.interval_90.map((share) => percent(share, lang));
    return lang.t("rules.useful", { useful: score.useful, n: score.useful + score.false_alerts, low, high });
  }

  /** Says why it cannot be changed here, as far as it cannot. */
  whyWords(rule, mayChange) {
    const { lang } = this.ctx;
    if (!this.acts.mayAny) return "";
    if (!mayChange) return lang.t("rules.of_others");
    return rule.origin === "api" ? "" : lang.word("rule_fixed", rule.origin);
  }

  // -- acts --------------------------------------------------------------------------------------------

  open() {
    const { ctx, type, usual } = this;
    if (this.form === undefined) {
      const send = (fields) => this.acts.change(this.rule, { thresholds: fields.thresholds, note: fields.note }, "rules.saved");
      this.form = new RuleForm(ctx, { type, rule: this.rule, usual, send, close: () => this.close() });
      this.place.replaceChildren(this.form.element);
      this.tryFold.classList.add("is-away"); // the form has its own
    }
    this.form.focus();
  }

  close() {
    this.form = undefined;
    this.place.replaceChildren();
    this.tryFold.classList.remove("is-away");
    this.heading.focus({ preventScroll: true });
  }

  turn() {
    const { rule, ctx: { lang } } = this;
    if (!rule.enabled) return this.acts.change(rule, { enabled: true }, "rules.turned_on");
    return this.ask(lang.t("rules.off_title"), rule.stores.length === 0 ? lang.t("rules.off_everywhere") : lang.t("rules.off_note"),
      lang.t("rules.off"), () => this.acts.change(rule, { enabled: false }, "rules.turned_off"));
  }

  askDelete() {
    const { rule, ctx: { lang } } = this;
    return this.ask(lang.t("rules.delete_title"), lang.t("rules.delete_note"), lang.t("rules.delete"), () => this.acts.remove(rule));
  }

  ask(title, note, yes, act) {
    const { lang } = this.ctx;
    const go = () => {
      sheet.close();
      act();
    };
    const sheet = new Sheet(lang, title, el("p", {}, `${lang.word("alert_kind", this.type)} · ${this.where}`), el("div", { class: "choices" },
      choice(yes, note, go), choice(lang.t("rules.keep"), null, () => sheet.close(), "choice is-main")));
    return sheet.open();
  }
}

export const pathOf = ({ id }) => `/v1/alert-rules/${encodeURIComponent(id)}`;
export const subjectOf = ({ id }) => `rule ${id}`;
