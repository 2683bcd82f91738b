// What is wrong, in a doctor's words: what it means, and what to do. Pure: one question, one finding.

import { zoneName } from "./names.js";

const LATE_CLOCKS = new Set(["offset", "drifting"]);
const MUCH_DROPPED = 0.05; // of what came: from one in twenty on reads are lost all the time (docs/doctor.md)
const LEAST_RECEIVED = 200;
const NOT_LOST = new Set(["duplicate", "repeat", "echo", "late_or_repeated", "older_than_last_change"]); // told twice: nothing is missing
const AHEAD_S = 2;
const WAITING_S = 300;

/** What the metrics say may be wrong: [code, level, whether it is so, of their values]. */
const OF_METRICS = [
  ["store_failing", "bad", (m) => m.value("storefloor_store_failing") === 1],
  ["mqtt_down", "bad", (m) => m.value("storefloor_mqtt_up") === 0],
  ["influx_denied", "bad", (m) => m.value("storefloor_influxdb_denied") === 1],
  ["influx_late", "warn", (m) => m.value("storefloor_influxdb_up") === 0 && m.value("storefloor_outbox_age_seconds") > WAITING_S],
  ["outbox_let_go", "bad", (m) => m.value("storefloor_outbox_let_go_total") > 0],
  ["clock_ahead", "warn", (m) => m.value("storefloor_clock_ahead_seconds") > AHEAD_S],
  ["store_held", "warn", (m) => m.value("storefloor_store_held") === 1],
  ["upkeep_failed", "warn", (m) => m.value("storefloor_store_upkeep_failures_total") > 0],
  ["imbalance", "warn", (m) => m.value("storefloor_ledger_imbalance") > 0],
  ["clones", "warn", (m) => m.value("storefloor_cloned_epcs") > 0],
  ["hooks_disabled", "warn", (m) => m.value("storefloor_webhook_endpoints_disabled") > 0],
];

/** Returns the findings, the gravest first: {level: "bad" | "warn", title, text, act}. `metrics` null: they are not known.
 *  `errors`: why targets of notices failed, by target, as far as it may be told. */
export function findings({ model, metrics, errors = new Map() }, lang) {
  const found = [
    ...model.readiness.reasons.map((reason) => finding("bad", lang.word("readiness", reason.split(":")[0], { code: reason }), "", lang.t("health.not_ready_act"))),
    ...[...model.devices.values()].flatMap((device) => [...ofDevice(device, model, lang)]),
    ...ofZones(model, lang),
    ...(metrics === null ? [] : ofMetrics(metrics, errors, lang)),
  ];
  return [...found.filter(({ level }) => level === "bad"), ...found.filter(({ level }) => level === "warn")];
}

const finding = (level, title, text, act) => ({ level, title, text, act });

function* ofDevice(device, model, lang) {
  const zones = lang.list(device.zones.map((id) => zoneName(id, model, lang)));
  if (device.state !== "online") {
    const level = device.state === "never" ? "warn" : "bad";
    yield finding(level, lang.t("health.down", { device: device.id, zones }), lang.word("down", device.state), lang.word("down_act", device.state));
  }
  if (LATE_CLOCKS.has(device.clock?.state)) {
    const age = lang.age(Math.abs(device.clock.offset_s ?? 0) * 1000);
    yield finding("warn", lang.t("health.clock", { device: device.id }), lang.t("health.clock_text", { age }), lang.word("alert_action", "clock_skew"));
  }
  const worst = worstDrop(device);
  if (worst !== null) {
    yield finding("warn", lang.t("health.drops", { device: device.id }), lang.t("health.drops_text", { reason: lang.word("drop", worst) }), lang.word("drop_act", familyOf(worst)));
  }
}

function* ofZones(model, lang) {
  for (const zone of model.zones.values()) {
    if (model.coverage(zone) !== "unwatched") continue;
    yield finding("warn", lang.t("health.unwatched", { zone: zoneName(zone.id, model, lang) }), lang.t("health.unwatched_text"), lang.t("health.unwatched_act"));
  }
}

function* ofMetrics(metrics, errors, lang) {
  for (const [code, level, isSo] of OF_METRICS) {
    if (isSo(metrics)) yield finding(level, lang.word("health_title", code), lang.word("health_text", code), lang.word("health_act", code));
  }
  for (const [target, failing] of metrics.by("storefloor_notify_target_failing", "target")) {
    if (failing > 0) yield finding("warn", lang.t("health.target", { target }), [lang.t("health.target_text", { n: failing }), errors.get(target)].filter(Boolean).join(" · "), lang.t("health.target_act"));
  }
}

/** Returns the main reason for which much of what a device sent was lost; null: little was. */
export function worstDrop({ received, dropped }) {
  const lost = Object.entries(dropped).filter(([reason]) => !NOT_LOST.has(reason)).sort(([, a], [, b]) => b - a);
  const [reason, n] = lost.find(([code]) => code !== "garbage") ?? [null, 0]; // counted in bytes, not in messages
  return received >= LEAST_RECEIVED && n / received > MUCH_DROPPED ? reason : null;
}

const FAMILIES = {
  line: ["checksum", "length", "end", "frame", "too_long", "reopened", "stale", "garbage", "missing"],
  air: ["epc_crc", "epc_length", "rssi"],
  tags: ["epc_header", "epc_tid", "epc_unprogrammed", "epc_serial", "epc_partition", "epc_range", "not_a_tag"],
  site: ["unknown_antenna", "unknown_device", "no_device", "other_device", "address", "topic", "antenna"],
  time: ["late"],
  codes: ["barcode", "check_digit", "not_a_product", "gs1_elements", "digital_link", "not_numeric", "prefix", "empty"],
};

/** Returns which kind of fault a reason to set something aside is. */
export function familyOf(reason) {
  return Object.keys(FAMILIES).find((family) => FAMILIES[family].includes(reason)) ?? "other";
}
