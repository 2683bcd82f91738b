// A count in words: where it is, and what came of it. Pure.

import { zoneName } from "./names.js";

/** Returns where a count is: its zones, as far as they are few. */
export function countPlace({ zones }, model, lang) {
  const isWhole = zones.length > 1 && zones.length >= [...model.zones.values()].filter(({ role }) => role !== "in_hand").length - 1;
  return isWhole ? lang.t("count.whole_store") : lang.list(zones.map((id) => zoneName(id, model, lang)));
}

/** Returns what came of a count, as far as it is told; empty: it runs. */
export function countOutcome({ state, totals, auto }, lang) {
  if (state === "open") return "";
  if (totals === null) return lang.word("count_state", state);
  const off = totals.off === 0 ? lang.t("count.all_right", { n: totals.lines }) : lang.t("count.off", { n: totals.off, lines: totals.lines - totals.right });
  return [lang.word("count_state", auto ? "auto" : state), off].join(" · ");
}

/** Returns how a line stands: "todo", "missing", "extra", "right", or "seen" where nothing is told of what is expected. */
export function lineState(line, isBlind) {
  if (line.to_recount) return "todo";
  if (line.seen === null) return "todo";
  if (isBlind || line.missing === null) return "seen";
  if (line.missing > 0) return "missing";
  return line.extra > 0 ? "extra" : "right";
}
