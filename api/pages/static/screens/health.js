// The screen "health": what is wrong and what to do about it, then the facts: readers, zones, what was set aside, the gateway.

import { el, onceAFrame, setText } from "../dom.js";
import { icon } from "../icons.js";
import { findings } from "../parts/health-findings.js";
import { Rates, ReaderTable, dropRows, letterRows, topicRows, zoneRows } from "../parts/health-tables.js";
import { readMetrics } from "../parts/metrics.js";

const ASK_EVERY_MS = 10_000;
const SECOND_LOOK_MS = 3_000; // a rate takes two looks: the first one is told soon
const SLOWLY = 6; // what changes seldom is asked for with every so manieth look
const MOST_LETTERS = 20;
const UNITS = [["gigabyte", 1e9], ["megabyte", 1e6], ["kilobyte", 1e3], ["byte", 1]];

export default class HealthScreen {
  static texts = ["health"];
  static styles = ["reports", "health"];

  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.health");
    this.metrics = null;
    this.targets = null;
    this.shown = new Map(); // what each list shows
    this.looks = 0;
    this.rates = new Rates();
    this.readers = new ReaderTable(ctx, this.rates);
    this.verdict = el("p", { class: "health-verdict" });
    this.found = el("ul", { class: "findings" });
    this.zones = el("ul", { class: "health-rows" });
    this.drops = el("ul", { class: "health-rows" });
    this.letters = el("ul", { class: "health-rows" });
    this.topics = el("ul", { class: "health-rows" });
    this.gateway = el("dl", { class: "facts" });
    this.told = el("dl", { class: "facts" });
    const note = (key) => el("p", { class: "explanation" }, lang.t(key));
    this.panels = {
      topics: this.panel("health.topics", note("health.topics_what"), this.topics),
      told: this.panel("health.told", note("health.told_what"), this.told),
    };
    this.element = el("div", { class: "health" },
      el("section", { class: "panel health-head", "aria-labelledby": "health-title" },
        el("header", { class: "panel-head" }, el("h2", { id: "health-title" }, lang.t("nav.health"))), this.verdict, this.found),
      el("div", { class: "health-columns" },
        el("div", { class: "health-column" }, this.panel("devices.title", this.readers.element), this.panel("health.zones", note("health.zones_what"), this.zones), this.panel("health.gateway", this.gateway)),
        el("div", { class: "health-column" }, this.panel("devices.set_aside", note("health.drops_what"), this.drops),
          this.panel("health.letters", note("health.letters_what"), this.letters), this.panels.topics, this.panels.told)));
    this.panels.topics.hidden = this.panels.told.hidden = true;
    this.draw = onceAFrame(() => this.render());
    this.timer = setInterval(() => document.visibilityState === "visible" && this.look(), ASK_EVERY_MS);
  }

  dispose() {
    clearInterval(this.timer);
    clearTimeout(this.second);
  }

  panel(key, ...content) {
    return el("section", { class: "panel", "aria-label": this.ctx.lang.t(key) }, el("header", { class: "panel-head" }, el("h3", {}, this.ctx.lang.t(key))), ...content);
  }

  show() {
    if (this.looks === 0 && this.ctx.model.store !== null) {
      for (const { devices, ms } of this.ctx.model.looks) this.rates.look(devices, ms, this.ctx.model.speed); // what other screens saw
      this.look();
      this.second = setTimeout(() => this.look(), SECOND_LOOK_MS);
    }
    this.draw();
  }

  showState() {
    if (this.ctx.model.store !== null) this.draw();
  }

  refresh() {
    this.looks = 0;
    this.look();
  }

  // -- asking ------------------------------------------------------------------------------------------

  /** Looks at all that changes; what cannot be had stays as it was. */
  async look() {
    const { ctx } = this;
    if (ctx.model.store === null || this.isLooking) return;
    this.isLooking = true;
    const isSlowTurn = this.looks++ % SLOWLY === 0;
    const store = encodeURIComponent(ctx.storeId);
    const [devices, metrics] = await Promise.all([ctx.ask(`/v1/devices?store=${store}`).catch(() => null), askForMetrics()]);
    if (devices !== null) {
      for (const device of devices.items) ctx.model.devices.set(device.id, device);
      this.rates.look(devices.items, ctx.clock.now(), ctx.model.speed);
    }
    this.metrics = metrics ?? this.metrics;
    if (isSlowTurn) await this.lookSlowly(store);
    this.isLooking = false;
    this.draw();
  }

  async lookSlowly(store) {
    const { ctx } = this;
    const may = (scope, path) => (ctx.session.may(scope) ? ctx.ask(path).catch(() => null) : null);
    const [stores, letters, topics, targets] = await Promise.all([
      ctx.ask("/v1/stores").catch(() => null),
      ctx.ask(`/v1/dead-letters?store=${store}&limit=${MOST_LETTERS}`).catch(() => null),
      ctx.session.stores?.length > 0 ? null : ctx.ask("/v1/unmatched-topics").catch(() => null), // they belong to no store
      may("alerts:rules", "/v1/notify-targets"),
    ]);
    for (const zone of stores?.items.find(({ id }) => id === ctx.storeId)?.zones ?? []) Object.assign(ctx.model.zones.get(zone.id) ?? {}, { coverage: zone.coverage, phase: zone.phase });
    this.lettersFound = letters?.items ?? this.lettersFound;
    this.topicsFound = topics?.items ?? this.topicsFound;
    this.targets = targets?.items ?? this.targets;
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render() {
    const { ctx: { lang, model }, metrics } = this;
    if (model.store === null) return;
    const nowMs = this.ctx.knownMs();
    const timeOf = (ms) => lang.time(ms, model.store.timezone, { today: nowMs });
    const found = findings({ model, metrics, errors: errorsOf(this.targets) }, lang);
    setText(this.verdict, found.length === 0 ? lang.t("health.well") : lang.t("health.ill", { n: found.length }));
    this.keep(this.found, found, () => found.map((one) => findingCard(one, lang)));
    this.readers.render(nowMs);
    this.keep(this.zones, [...model.zones.values()].map((zone) => [zone.id, zone.coverage, zone.phase, model.coverage(zone)]), () => zoneRows(model, lang));
    const devices = [...model.devices.values()];
    this.keep(this.drops, devices.map(({ id, dropped }) => [id, dropped]), () => orNone(dropRows(devices, lang), lang.t("health.no_drops")));
    const letters = this.lettersFound ?? [];
    this.keep(this.letters, letters, () => orNone(letterRows(letters, lang, timeOf), lang.t("health.no_letters")));
    const topics = this.topicsFound ?? [];
    this.panels.topics.hidden = topics.length === 0;
    this.keep(this.topics, topics, () => topicRows(topics, lang, timeOf));
    this.keep(this.gateway, gatewayFacts(metrics, lang, timeOf), (facts) => factList(facts));
    const told = toldFacts(metrics, this.targets, lang);
    this.panels.told.hidden = told.length === 0;
    this.keep(this.told, told, () => factList(told));
  }

  /** Draws a list anew where what it shows is another. */
  keep(list, about, draw) {
    const key = JSON.stringify(about);
    if (this.shown.get(list) === key) return;
    this.shown.set(list, key);
    list.replaceChildren(...draw(about));
  }
}

/** The metrics are for programs, and say what no other answer does: the disk, the broker, InfluxDB, who is told. */
async function askForMetrics() {
  try {
    const response = await fetch("/metrics");
    return response.ok ? readMetrics(await response.text()) : null;
  } catch {
    return null;
  }
}

const findingCard = ({ level, title, text, act }, lang) => el("li", { class: `finding is-${level}` }, icon(level === "bad" ? "alert" : "low"),
  el("div", {}, el("p", { class: "finding-title" }, el("span", { class: "unseen" }, lang.t(level === "bad" ? "health.bad" : "health.warn")), title), text && el("p", {}, text),
    act && el("p", { class: "finding-act" }, act)));

const orNone = (rows, text) => (rows.length > 0 ? rows : [el("li", { class: "explanation" }, text)]);
const factList = (facts) => facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);

function gatewayFacts(metrics, lang, timeOf) {
  if (metrics === null) return [];
  const t = (key, values) => lang.t(`health.${key}`, values);
  const value = (name) => metrics.value(`storefloor_${name}`);
  const checked = value("store_checked_timestamp_seconds");
  const upTo = (name) => (value(name) === 1 ? t("yes") : t("no"));
  return [
    value("mqtt_up") !== null && [t("broker"), upTo("mqtt_up")],
    value("store_file_bytes") !== null && [t("store"), t("store_value", { file: bytes(value("store_file_bytes"), lang), free: bytes(value("store_free_bytes") ?? 0, lang) })],
    checked !== null && [t("checked"), timeOf(checked * 1000)],
    value("held_observations") !== null && [t("held"), lang.number(value("held_observations"))],
    value("clock_ahead_seconds") !== null && [t("ahead"), lang.age(value("clock_ahead_seconds") * 1000)],
    value("influxdb_up") !== null && [t("influx"), upTo("influxdb_up")],
    value("outbox_points") !== null && [t("outbox"), t("outbox_value", { n: value("outbox_points"), age: lang.age((value("outbox_age_seconds") ?? 0) * 1000) })],
    value("http_streams_open") !== null && [t("streams"), lang.number(value("http_streams_open"))],
  ].filter(Boolean);
}

/** Returns why each target failed last, for who may know. */
const errorsOf = (targets) => new Map((targets ?? []).map(({ id, last_error: error }) => [id, error]));

function toldFacts(metrics, targets, lang) {
  if (metrics === null) return [];
  const words = (waiting, failing, error) => [
    failing > 0 ? lang.t("health.failing", { n: failing }) : lang.t("health.working"),
    waiting > 0 && lang.t("health.waiting", { n: waiting }), error,
  ].filter(Boolean).join(" · ");
  const failing = metrics.by("storefloor_notify_target_failing", "target");
  const waiting = metrics.by("storefloor_notices_waiting", "target");
  const errors = errorsOf(targets);
  const hooks = metrics.value("storefloor_webhook_endpoints");
  return [
    ...[...failing].map(([target, n]) => [target, words(waiting.get(target) ?? 0, n, errors.get(target))]),
    ...(hooks > 0 ? [[lang.t("health.hooks"), lang.t("health.hooks_value", {
      n: hooks, disabled: metrics.value("storefloor_webhook_endpoints_disabled") ?? 0, failed: metrics.value("storefloor_webhook_tries_failed_total") ?? 0,
    })]] : []),
  ];
}

function bytes(value, lang) {
  const [unit, size] = UNITS.find(([, least]) => value >= least) ?? UNITS.at(-1);
  return new Intl.NumberFormat(lang.locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 }).format(value / size);
}
