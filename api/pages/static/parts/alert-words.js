// An alert as sentences: what to do, why, and what holds it back. Pure.

import { articleName, zoneName } from "./names.js";

const OF_DEVICES = ["reader_down", "coverage_low"];

/** Returns {title, lines, route} of an alert; `route` is null or {from, to}, names of zones. */
export function alertWords(alert, model, lang) {
  const zone = (id) => zoneName(id, model, lang);
  const { evidence } = alert;
  const values = {
    article: articleName(alert.sku, model, lang),
    device: alert.device ?? "",
    subject: articleName(alert.sku, model, lang) || alert.device || (alert.zone === null ? "" : zone(alert.zone)),
    zones: lang.list(model.zonesOf(alert).map(zone)),
    n: count(alert),
  };
  const down = alert.type === "reader_down" ? lang.word("down", evidence.state) : "";
  const lines = [down, lang.word("alert_text", alert.type, values), lang.word("alert_action", alert.type, values)];
  const isRefill = alert.type === "shelf_empty_backroom_has_stock";
  return {
    title: lang.word("alert_title", alert.type, values),
    lines: lines.filter(Boolean),
    route: isRefill ? { from: from(evidence, zone, lang), to: to(evidence, zone, lang) } : null,
  };
}

/** Returns why an alert is on hold, in words. */
export function holdWords(alert, model, lang) {
  const [reason, ...rest] = alert.suppressed_by.split(/[|:]/);
  const id = rest.findLast(Boolean) ?? "";
  const subject = OF_DEVICES.includes(reason) ? id : zoneName(id, model, lang);
  return lang.word("hold", reason, { subject });
}

function count({ type, evidence }) {
  const counted = {
    shelf_empty_backroom_has_stock: "back_room",
    predicted_stock_out: "on_hand",
    clock_skew: "offset_s",
    phantom_inventory: "ledger",
    gate_exit_unpaid: "pieces",
    misplaced_item: "pieces",
    stray_reads: "tags_per_h",
    reservation_at_risk: "reservations",
    reservation_unpicked: "reservations",
    collect_overdue: "reservations",
    count_variance: "pieces",
    delivery_not_seen: "pieces",
  };
  return Math.abs(Number(evidence[counted[type] ?? "available"] ?? 0));
}

const from = (evidence, zone, lang) => (evidence.from_zone ? zone(evidence.from_zone) : lang.word("role", "back_room"));
const to = (evidence, zone, lang) => (evidence.to_zone ? zone(evidence.to_zone) : lang.word("role", "floor"));
