// A rule of alerts in words: what it is for, what it says, and its thresholds with their units. Pure.

import { articleName, zoneName } from "./names.js";
import { termsOf } from "./rule-terms.js";

const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60], ["second", 1]];
const MOST_NAMES = 3;

/** Returns a length of time in the largest unit that it is whole in: 10 minutes, 1 day. */
export function spanWords(seconds, lang) {
  const [unit, length] = UNITS.find(([, length]) => seconds >= length && seconds % length === 0) ?? UNITS.at(-1);
  return new Intl.NumberFormat(lang.locale, { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 1 }).format(seconds / length);
}

/** Returns a threshold's value with its unit. */
export function valueWords(value, unit, lang) {
  if (unit === "s") return value === 0 ? lang.t("rules.at_once") : spanWords(value, lang);
  if (unit === "probability" || unit === "share") return new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 2 }).format(value);
  return lang.word("rule_value", unit, { n: value });
}

/** Returns a threshold's name: what it is of rules of this type. */
export function termWords(type, name, lang) {
  const own = `${type}_${name}`;
  return lang.find(`rule_term.${own}`) === undefined ? lang.word("rule_term", name) : lang.word("rule_term", own);
}

/** Returns [name, value] of the thresholds that `isShown(name)`. */
export function termFacts(rule, isShown, lang) {
  const { type, in_force: { thresholds } } = rule;
  return termsOf(type).filter(({ name }) => name in thresholds && isShown(name))
    .map(({ name, unit }) => [termWords(type, name, lang), valueWords(thresholds[name], unit, lang)]);
}

/** Returns in one line when a rule fires. */
export function saysWords(rule, lang) {
  const { type, in_force: { thresholds } } = rule;
  const values = Object.fromEntries(termsOf(type).map(({ name, unit }) => [name, valueWords(thresholds[name] ?? 0, unit, lang)]));
  const says = lang.word("rule_says", type, { ...values, n: thresholds.fire_at ?? 0 });
  return thresholds.hold_s > 0 ? lang.t("rules.held", { says, hold: values.hold_s }) : says;
}

/** Returns what a rule is for: "Denim · Lyon". */
export function whereWords(rule, { lang, model, stores }) {
  if (rule.origin === "default") return lang.t("rules.everywhere");
  const few = (names) => (names.length > MOST_NAMES ? lang.t("rules.and_more", { names: names.slice(0, MOST_NAMES).join(", "), n: names.length - MOST_NAMES }) : lang.list(names));
  const parts = [
    rule.skus.map((sku) => articleName(sku, model, lang)),
    rule.departments,
    rule.zones.map((zone) => zoneName(zone, model, lang)),
    rule.stores.length === 0 ? [lang.t("rules.all_stores")] : rule.stores.map((id) => stores.find((store) => store.id === id)?.name ?? id),
  ];
  return parts.filter((names) => names.length > 0).map(few).join(" · ");
}
