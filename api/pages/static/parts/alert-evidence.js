// What an alert rests on, as labelled facts in words. Pure.

import { zoneName } from "./names.js";

const SHARES = new Set(["probability", "p_gone_before_delivery", "coverage"]);
const ZONES = new Set(["from_zone", "to_zone"]);
const MOST = 20; // facts of one alert; what a rule tells beyond is for programs

/** Returns [label, value] of each fact of an alert, in its order; `timeOf(ms)` words a time. */
export function evidenceFacts({ evidence }, model, lang, timeOf) {
  return Object.entries(evidence).filter(([, value]) => value !== null && value !== "").slice(0, MOST)
    .map(([name, value]) => [lang.word("evidence", name), valueWords(name, value, model, lang, timeOf)]);
}

function valueWords(name, value, model, lang, timeOf) {
  const ms = name.endsWith("_at") ? Date.parse(value) : NaN;
  if (!Number.isNaN(ms)) return timeOf(ms);
  if (SHARES.has(name) && typeof value === "number") return percent(value, lang);
  if (ZONES.has(name)) return zoneName(value, model, lang);
  if (name === "zones") return lang.list(String(value).split(", ").map((id) => zoneName(id, model, lang)));
  if (name === "state") return lang.word("device_state", value);
  if (name === "offset_s") return lang.age(Math.abs(value) * 1000);
  return lang.show(value);
}

/** Returns a share as a whole number of percent. */
export const percent = (share, lang) => new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 0 }).format(share);
