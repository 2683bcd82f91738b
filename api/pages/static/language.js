// Words, numbers and times in the reader's language. Texts stand in messages/<code>.json alone.

import { remember, remembered } from "./preferences.js";

/** The languages that the gateway has texts of, English first: it names them in the page (api/pages/mount.py). */
export const LANGUAGES = (document.documentElement.dataset.languages ?? "en").split(" ");
const PLAIN_REGION = { en: "en-GB", fr: "fr-FR" }; // others stand for themselves
const SECOND = 1_000;
const AGE_UNITS = [
  // [up to this age, unit, its length]: the unit below it would be more exact than anybody needs
  [60 * SECOND, "second", SECOND],
  [60 * 60 * SECOND, "minute", 60 * SECOND],
  [48 * 60 * 60 * SECOND, "hour", 60 * 60 * SECOND],
  [Infinity, "day", 24 * 60 * 60 * SECOND],
];

/** Returns the language to begin with: what was chosen here before, else the browser's, else English. */
export function chosenLanguage() {
  const asked = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return remembered("language", LANGUAGES) ?? asked.find((code) => LANGUAGES.includes(code)) ?? LANGUAGES[0];
}

/** Returns the language, with its texts loaded; remembers it where a person chose it. */
export async function loadLanguage(code, { isChosen = false } = {}) {
  const response = await fetch(`/static/messages/${code}.json`);
  if (!response.ok) throw new Error(`no messages for ${code}`);
  if (isChosen) remember("language", code);
  return new Language(code, await response.json());
}

/** Texts that could not be loaded: there is no line. */
export class PartMissing extends Error {}

export class Language {
  constructor(code, messages) {
    this.code = code;
    this.messages = messages;
    this.parts = new Map();
    const own = navigator.languages.find((tag) => tag.length > 2 && tag.slice(0, 2).toLowerCase() === code);
    this.locale = own ?? PLAIN_REGION[code] ?? code;
    this.collator = new Intl.Collator(this.locale, { numeric: true, sensitivity: "base" });
    this.plurals = new Intl.PluralRules(this.locale);
    this.numbers = new Intl.NumberFormat(this.locale);
    this.ages = new Map(); // these are dear to make, and the first view needs few
    this.times = new Map();
  }

  /** Loads the texts of parts of the page, messages/<code>/<part>.json, where they are not there yet. */
  async need(parts) {
    await Promise.all(parts.map((part) => {
      if (!this.parts.has(part)) this.parts.set(part, this.load(part));
      return this.parts.get(part);
    }));
  }

  async load(part) {
    const response = await fetch(`/static/messages/${this.code}/${part}.json`).catch(() => null);
    if (!response?.ok) {
      this.parts.delete(part); // asked for again with the next need
      throw new PartMissing(part);
    }
    for (const [section, texts] of Object.entries(await response.json())) {
      this.messages[section] = { ...this.messages[section], ...texts };
    }
  }

  /** Returns the text of `key` with `values` filled in; `values.n` chooses the plural form. */
  t(key, values = {}) {
    const found = this.find(key);
    if (found === undefined) return key;
    const text =
      typeof found === "string" ? found : (found[this.plurals.select(values.n)] ?? found.other);
    return text.replace(/\{(\w+)\}/g, (whole, name) => this.show(values[name] ?? whole));
  }

  /** Returns the text of `section.code`, or of `section.other` for a code that has none. */
  word(section, code, values = {}) {
    const isKnown = Object.hasOwn(this.messages[section] ?? {}, code);
    return this.t(`${section}.${isKnown ? code : "other"}`, { code, ...values });
  }

  find(key) {
    const [section, name] = key.split(/\.(.*)/s);
    return this.messages[section]?.[name];
  }

  show(value) {
    return typeof value === "number" ? this.number(value) : String(value);
  }

  number(value) {
    return this.numbers.format(value);
  }

  /** Returns a share (0 to 1) in per cent, as exact as is of use. */
  percent(share) {
    this.percents ??= new Intl.NumberFormat(this.locale, { style: "percent", maximumFractionDigits: 0 });
    return this.percents.format(share);
  }

  list(items) {
    this.lists ??= new Intl.ListFormat(this.locale, { style: "long", type: "conjunction" });
    return this.lists.format(items);
  }

  /** Returns a length of time in one unit, as coarse as it is long: 12 s, 5 min, 3 h, 2 days. */
  age(ms) {
    const [, unit, length] = AGE_UNITS.find(([limit]) => ms < limit);
    if (!this.ages.has(unit)) this.ages.set(unit, new Intl.NumberFormat(this.locale, { style: "unit", unit, unitDisplay: "short" }));
    return this.ages.get(unit).format(Math.max(0, Math.floor(ms / length)));
  }

  /** Returns the time of day in the store; with the weekday where it is another day than `today`. */
  time(ms, timeZone, { seconds = false, today = null } = {}) {
    const isToday = today === null || this.format("day", timeZone, ms) === this.format("day", timeZone, today);
    return this.format(`${isToday ? "" : "weekday-"}${seconds ? "seconds" : "minutes"}`, timeZone, ms);
  }

  /** Returns the day in the store, written out. */
  date(ms, timeZone) {
    return this.format("date", timeZone, ms);
  }

  format(style, timeZone, ms) {
    const key = `${style} ${timeZone}`;
    if (!this.times.has(key)) this.times.set(key, new Intl.DateTimeFormat(this.locale, { timeZone, ...STYLES[style] }));
    return this.times.get(key).format(ms);
  }

  /** Returns a name by language: this one's, else English, else any, else `fallback`. */
  nameOf(names, fallback) {
    return names?.[this.code] || names?.en || Object.values(names ?? {}).find(Boolean) || fallback;
  }
}

const CLOCK = { hour: "numeric", minute: "2-digit" };
const STYLES = {
  date: { dateStyle: "long" },
  day: { dateStyle: "short" },
  minutes: CLOCK,
  seconds: { ...CLOCK, second: "2-digit" },
  "weekday-minutes": { weekday: "short", ...CLOCK },
  "weekday-seconds": { weekday: "short", ...CLOCK, second: "2-digit" },
};
