// Which key figures are shown, how each is read from an answer, and how it is worded. Pure.

const MINUTE_S = 60;
const HOUR_MIN = 60;

/** Returns how values of a unit are worded: {share, minutes, pieces, count, seconds}. */
export function formats(lang) {
  const share = new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 1 });
  const one = new Intl.NumberFormat(lang.locale, { maximumFractionDigits: 1 });
  const unit = (name, unitDisplay = "short") => new Intl.NumberFormat(lang.locale, { style: "unit", unit: name, unitDisplay, maximumFractionDigits: 1 });
  const [minute, hour] = [unit("minute"), unit("hour")];
  const [minuteNarrow, hourNarrow] = [unit("minute", "narrow"), unit("hour", "narrow")];
  const minutes = (value) => (value < 2 * HOUR_MIN ? minute.format(Math.round(value)) : hour.format(value / HOUR_MIN));
  return {
    share: (value) => share.format(value),
    minutes,
    seconds: (value) => minutes(value / MINUTE_S),
    pieces: (value) => one.format(value),
    count: (value) => one.format(value),
    // An axis ends here at least: finer ones would say "0" at each of its lines.
    least: { share: 0.1, minutes: 2, pieces: 1, count: 2 },
    // All of an axis in one unit, as short as can be.
    axis: { minutes: (top) => (value) => (top < 2 * HOUR_MIN ? minuteNarrow.format(value) : hourNarrow.format(value / HOUR_MIN)) },
  };
}

const inMinutes = (seconds) => (seconds === null ? null : seconds / MINUTE_S);

/** The figures over days: id (its words: `report.<id>`), unit, and series of [words, kind, reader of an item]. */
export const FIGURES = [
  { id: "on_shelf", unit: "share", isShare: true, series: [["report.on_shelf", "line", (item) => item.shelf.on_shelf]] },
  { id: "nosbos", unit: "share", series: [["report.nosbos", "bar", (item) => item.shelf.nosbos], ["report.gone", "bar", (item) => item.shelf.gone]] },
  { id: "stock_out", unit: "minutes", series: [["report.stock_out", "bar", (item) => item.stock_out.minutes]] },
  { id: "lost_sales", unit: "pieces", series: [
    ["report.lost_pieces", "bar", (item) => item.lost_sales?.pieces ?? null],
    ["report.lost_high", "line", (item) => item.lost_sales?.high ?? null],
  ] },
  { id: "reservations", unit: "count", series: [
    ["report.collected", "bar", (item) => item.reservations.collected],
    ["report.released", "bar", (item) => item.reservations.released],
    ["report.expired", "bar", (item) => item.reservations.expired],
    ["report.short", "bar", (item) => item.reservations.short],
  ] },
  { id: "refills", unit: "minutes", series: [
    ["report.median", "line", (item) => inMinutes(item.refills.median_s)],
    ["report.nine", "line", (item) => inMinutes(item.refills.p90_s)],
  ] },
  { id: "counts", unit: "share", isShare: true, series: [["report.exact", "line", (item) => item.counts.exact]] },
];

/** The figures of the whole time, as large numbers: [id, unit, reader]. */
export const TOTALS = [
  ["on_shelf", "share", (item) => item.shelf.on_shelf],
  ["nosbos", "share", (item) => item.shelf.nosbos],
  ["stock_out", "minutes", (item) => item.stock_out.minutes],
  ["lost_sales", "pieces", (item) => item.lost_sales?.pieces ?? null],
  ["refills", "seconds", (item) => item.refills.median_s],
  ["ready", "seconds", (item) => item.reservations.ready_median_s],
];

const LEAST_SPAN = 0.1;

/** Returns the range of shares that is worth drawing: from a whole tenth below the least to 1. */
export function shareRange(series) {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const least = known.length === 0 ? 0 : Math.min(...known);
  return { low: Math.max(0, Math.min(1 - LEAST_SPAN, Math.floor(least * 10) / 10)), high: 1 };
}

/** Returns all days from the first to the last, as the API names them. */
export function daysBetween(first, last) {
  const days = [];
  for (let ms = Date.parse(`${first}T00:00:00Z`); ms <= Date.parse(`${last}T00:00:00Z`); ms += 86_400_000) days.push(new Date(ms).toISOString().slice(0, 10));
  return days;
}
