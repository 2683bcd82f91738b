// Readers with their rates, zones with what is seen of them, and what was set aside: the facts under the findings.

import { arrange, el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { familyOf } from "./health-findings.js";
import { zoneName } from "./names.js";
import { ago } from "./pieces.js";

const ICONS = { rfid: "rfid", weight: "weight" };
const MINUTE_MS = 60_000;
const LEAST_MS = 2_000; // between two looks: a reader's rounds are shorter
const WIDTH = 100;
const MOST_REASONS = 30;
const MOST_SAMPLE = 120;

/** How many observations a minute each device makes, between two looks. */
export class Rates {
  constructor() {
    this.before = new Map();
    this.rates = new Map();
  }

  /** Takes a look at the devices at a time of the shop, which runs at `speed`; one that is too close to the last tells nothing. */
  look(devices, nowMs, speed = 1) {
    for (const { id, observations } of devices) {
      const before = this.before.get(id);
      const isGoingOn = before !== undefined && observations >= before.observations; // else the gateway began anew
      if (isGoingOn && nowMs - before.ms < LEAST_MS * speed) continue;
      if (isGoingOn) this.rates.set(id, ((observations - before.observations) * MINUTE_MS) / (nowMs - before.ms));
      this.before.set(id, { observations, ms: nowMs });
    }
  }

  /** Returns observations a minute; null: not known yet. */
  of(id) {
    return this.rates.get(id) ?? null;
  }
}

/** The devices, one line each. */
export class ReaderTable {
  constructor({ lang, model }, rates) {
    Object.assign(this, { lang, model, rates });
    this.rows = new Map();
    this.element = el("ul", { class: "health-rows" });
  }

  render(nowMs) {
    const isWell = ({ state }) => Number(state === "online");
    const devices = [...this.model.devices.values()].sort((a, b) => isWell(a) - isWell(b));
    for (const id of this.rows.keys()) if (!this.model.devices.has(id)) this.rows.delete(id);
    arrange(this.element, devices.map((device) => this.row(device, nowMs)));
  }

  row(device, nowMs) {
    const { lang, model } = this;
    if (!this.rows.has(device.id)) {
      const parts = { state: el("span", { class: "device-state" }), rate: el("b", {}), facts: el("span", { class: "alert-meta" }) };
      const element = el("li", {}, icon(ICONS[device.role] ?? "scanner", "icon device-icon"),
        el("span", { class: "health-name" }, device.id, parts.facts),
        el("span", { class: "health-rate" }, parts.rate), parts.state);
      this.rows.set(device.id, { ...parts, element });
    }
    const row = this.rows.get(device.id);
    setAttribute(row.element, "class", `device health-row is-${device.state}`);
    setText(row.state, lang.word("device_state", device.state));
    const rate = this.rates.of(device.id);
    setText(row.rate, rate === null ? "" : lang.t("health.rate", { n: Math.round(rate) }));
    const seen = device.last_seen_at === null ? lang.t("freshness.never") : ago(Math.max(0, nowMs - Date.parse(device.last_seen_at)), lang);
    const dropped = Object.values(device.dropped).reduce((sum, n) => sum + n, 0);
    setText(row.facts, [
      lang.word("device_role", device.role), lang.list(device.zones.map((id) => zoneName(id, model, lang))), seen,
      clockWords(device.clock, lang), dropped > 0 && lang.t("health.set_aside", { n: dropped }),
    ].filter(Boolean).join(" · "));
    return row.element;
  }
}

function clockWords(clock, lang) {
  if (!clock || clock.state === "ok" || clock.state === "no_clock") return "";
  if (clock.state !== "offset") return lang.t("health.clock_is", { what: lang.word("clock", clock.state) });
  const what = lang.word("clock", clock.offset_s > 0 ? "ahead" : "behind", { age: lang.age(Math.abs(clock.offset_s) * 1000) });
  return lang.t("health.clock_is", { what });
}

/** Returns the zones that readers watch, each with the share that is seen of it. */
export function zoneRows(model, lang) {
  const percent = new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 0 });
  return [...model.zones.values()].filter((zone) => zone.role !== "in_hand").map((zone) => {
    const state = model.coverage(zone);
    const share = zone.phase === null || zone.phase === undefined ? null : zone.coverage;
    return el("li", { class: `zone-row is-${state}` },
      el("span", { class: "health-name" }, zoneName(zone.id, model, lang), el("span", { class: "alert-meta" }, zoneWords(zone, state, lang))),
      share === null ? el("span", {}) : svg("svg", { class: "share-bar", viewBox: `0 0 ${WIDTH} 10`, preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "back", width: WIDTH, height: 10 }), svg("rect", { class: "share", width: Math.round(share * WIDTH), height: 10 })),
      el("b", { class: "zone-share" }, share === null ? "–" : percent.format(share)));
  });
}

function zoneWords(zone, state, lang) {
  const phase = zone.phase ? lang.word("health_phase", zone.phase) : "";
  return [lang.word("coverage", state), phase].filter(Boolean).join(" · ");
}

/** Returns what was set aside since the start, by reason, with who sent it and what to do. */
export function dropRows(devices, lang) {
  const reasons = new Map();
  for (const { id, dropped } of devices) {
    for (const [reason, n] of Object.entries(dropped)) {
      const found = reasons.get(reason) ?? { n: 0, from: [] };
      found.n += n;
      found.from.push(id);
      reasons.set(reason, found);
    }
  }
  return [...reasons].sort(([, a], [, b]) => b.n - a.n).slice(0, MOST_REASONS).map(([reason, { n, from }]) =>
    el("li", { class: "drop-row" }, el("b", {}, lang.number(n)),
      el("span", { class: "health-name" }, lang.word("drop", reason), el("span", { class: "alert-meta" }, [lang.list(from), lang.word("drop_act", familyOf(reason))].filter(Boolean).join(" · ")))));
}

/** Returns what could not be read of late, with a sample of it. */
export function letterRows(letters, lang, timeOf) {
  return letters.map(({ device, reason, detail, sample, at }) => sampleRow(lang.word("drop", reason), [device, timeOf(Date.parse(at)), detail], sample));
}

/** Returns topics at the broker that belong to no device. */
export function topicRows(topics, lang, timeOf) {
  return topics.map(({ topic, count, sample, last_at: at }) => sampleRow(topic, [lang.t("health.messages", { n: count }), timeOf(Date.parse(at))], sample));
}

const sampleRow = (title, facts, sample) => el("li", { class: "letter-row" },
  el("span", { class: "health-name" }, title, el("span", { class: "alert-meta" }, facts.filter(Boolean).join(" · "))),
  el("code", {}, (sample.text ?? sample.hex).slice(0, MOST_SAMPLE)));
