// What a rule of each type of alert may say: its thresholds with unit and bounds, and what it may be narrowed to. Pure.

const DAY_S = 86_400;
const P = ["probability", 0, 1];
const PIECES = ["pieces", 0, 10_000];
const SHARE = ["share", 0, 1];
const TAGS = ["tags_per_h", 1, 100_000];
const HOLDS = { hold_s: ["s", 0, 7 * DAY_S], clear_hold_s: ["s", 0, DAY_S] };

/** Types of alerts as they are looked for, most of use first. */
export const GROUPS = {
  stock: [
    "low_stock", "predicted_stock_out", "stock_out", "shelf_empty_backroom_has_stock", "phantom_inventory", "misplaced_item",
    "gate_exit_unpaid",
  ],
  orders: ["reservation_at_risk", "reservation_unpicked", "collect_overdue", "delivery_not_seen", "count_variance"],
  devices: ["reader_down", "coverage_low", "stray_reads", "clock_skew"],
};
export const TYPES = Object.values(GROUPS).flat();

/** Types whose rules can be tried on what is stored. */
export const TRIED = new Set(["low_stock", "predicted_stock_out", "stock_out", "shelf_empty_backroom_has_stock"]);

const OWN = {
  low_stock: { fire_at: PIECES, clear_at: ["pieces", 1, 10_000], risk_above: P, risk_clear_below: P },
  stock_out: { fire_at: P, clear_at: P },
  shelf_empty_backroom_has_stock: { fire_at: ["expected_pieces", 0, 10], clear_at: ["expected_pieces", 0, 10], behind_above: P },
  predicted_stock_out: { fire_at: P, clear_at: P, horizon_s: ["s", 3_600, 14 * DAY_S] },
  coverage_low: { fire_at: SHARE, clear_at: SHARE },
  clock_skew: { fire_at: ["s", 2, DAY_S], clear_at: ["s", 1, DAY_S] },
  phantom_inventory: { fire_at: P, clear_at: P, unsold_below: P },
  stray_reads: { fire_at: TAGS, clear_at: TAGS },
  delivery_not_seen: { late_s: ["s", 0, 30 * DAY_S] },
  reservation_unpicked: { before_s: ["s", 0, DAY_S] },
  collect_overdue: { before_s: ["s", 0, 30 * DAY_S] },
};

/** [lower, upper] thresholds of a type: the first must be less than the second. */
export const APART = {
  low_stock: [["fire_at", "clear_at"], ["risk_clear_below", "risk_above"]],
  stock_out: [["fire_at", "clear_at"]],
  shelf_empty_backroom_has_stock: [["fire_at", "clear_at"]],
  predicted_stock_out: [["clear_at", "fire_at"]],
  coverage_low: [["fire_at", "clear_at"]],
  clock_skew: [["clear_at", "fire_at"]],
  phantom_inventory: [["fire_at", "clear_at"]],
  stray_reads: [["clear_at", "fire_at"]],
};

const EVERY = ["stores", "zones", "departments", "skus"];
const NARROWED = {
  ...Object.fromEntries(["reader_down", "coverage_low", "clock_skew", "stray_reads"].map((type) => [type, EVERY.slice(0, 2)])),
  ...Object.fromEntries(["delivery_not_seen", "count_variance", "reservation_unpicked", "collect_overdue"].map((type) => [type, EVERY.slice(0, 1)])),
};

/** Returns all that a rule of a type may set: [{name, unit, low, high}]. */
export const termsOf = (type) => Object.entries({ ...OWN[type], ...HOLDS }).map(([name, [unit, low, high]]) => ({ name, unit, low, high }));

/** Returns what a rule of a type may be narrowed to. */
export const filtersOf = (type) => NARROWED[type] ?? EVERY;

/** Returns how specific a rule is: of those that fit, the greatest applies. */
export const specificity = (rule) => EVERY.reduce((sum, name, place) => sum + (rule[name].length > 0 ? 2 ** place : 0), 0);

/** Returns whether a rule says something of a store. */
export const isOfStore = (rule, store) => rule.stores.length === 0 || rule.stores.includes(store);

/** Returns what is wrong with thresholds: {name, code, …} or null. `own`: those given; `usual`: of the type's built-in rule. */
export function faultOf(type, own, usual) {
  for (const term of termsOf(type)) {
    const value = own[term.name];
    if (value === undefined) continue;
    if (!(value >= term.low && value <= term.high)) return { code: "bounds", ...term };
    if (term.unit === "pieces" && !Number.isInteger(value)) return { code: "whole", ...term };
  }
  const whole = { ...usual, ...own };
  const tangled = (APART[type] ?? []).find(([lower, upper]) => whole[lower] >= whole[upper]);
  return tangled === undefined ? null : { code: "apart", name: tangled[0] in own ? tangled[0] : tangled[1], lower: tangled[0], upper: tangled[1] };
}
