// Why a single tag counts as it does, as a code that the texts have words for. Pure.

export const ITEM_REASONS = ["copied", "not_counted", "never_read", "unwatched", "read_now", "fading", "at_rest"];

const NOW_MS = 60_000; // a reader that sees a zone reads each of its tags some times a minute
const SURE = 0.9;

/** Returns the code of an explained item; `sights` are the explained zones by id, `nowMs` the time of the answer. */
export function itemReason(item, sights, nowMs) {
  if (item.is_cloned) return "copied";
  if (item.zone === null) return "not_counted";
  if (item.last_seen_at === null) return "never_read";
  if (sights.get(item.zone)?.coverage === 0) return "unwatched";
  if (nowMs - Date.parse(item.last_seen_at) < NOW_MS) return "read_now";
  return (item.p_present ?? 1) < SURE ? "fading" : "at_rest";
}

/** Returns a probability as people read it: never 100 % where it is not quite sure, never 0 % where it may be. */
export function percent(p, lang) {
  const whole = Math.floor(p * 100);
  const text = new Intl.NumberFormat(lang.locale, { style: "percent" });
  if (p < 1 && whole >= 99) return `> ${text.format(0.99)}`;
  return p > 0 && whole === 0 ? `< ${text.format(0.01)}` : text.format(whole / 100);
}
