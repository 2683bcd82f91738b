// When a store opens next, by its own wall clock. Pure.

const WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_MS = 86_400_000;
const MOST_DAYS = 14; // a shop that is closed for longer: nobody puts an alert off until then
const clocks = new Map();

/** Returns the time (ms) of the next opening after `nowMs`; null where the hours are not known, or none comes soon. */
export function nextOpening({ hours, special_hours: special = {}, timezone }, nowMs) {
  if (!hours) return null;
  const [year, month, today] = wallParts(nowMs, timezone);
  for (let day = 0; day <= MOST_DAYS; day += 1) {
    const { date, weekday, parts } = dayOf(new Date(Date.UTC(year, month - 1, today + day)), "UTC"); // by the calendar: a day may have 23 hours
    const starts = (special[date] ?? hours[weekday] ?? []).map((span) => atWall(parts, span.split("-")[0], timezone));
    const later = starts.filter((ms) => ms > nowMs);
    if (later.length > 0) return Math.min(...later);
  }
  return null;
}

/** Returns the store's own day of a time, as 2026-11-21. */
export const localDay = (ms, timezone) => dayOf(ms, timezone).date;

function dayOf(ms, timezone) {
  const [year, month, day] = wallParts(ms, timezone);
  const date = [year, String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
  return { date, weekday: WEEKDAYS[new Date(Date.UTC(year, month - 1, day)).getUTCDay()], parts: [year, month, day] };
}

function atWall([year, month, day], time, timezone) {
  const [hour, minute] = time.split(":").map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  const first = wall - offsetOf(wall - DAY_MS / 2, timezone); // by the clock of before: of two such times the first one
  const second = wall - offsetOf(first, timezone);
  const isOfNewClock = first !== second && offsetOf(second, timezone) === offsetOf(first, timezone);
  return isOfNewClock ? second : first; // a time that the clock leaps over is told by the old one
}

function offsetOf(ms, timezone) {
  const [year, month, day, hour, minute, second] = wallParts(ms, timezone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

function wallParts(ms, timeZone) {
  if (!clocks.has(timeZone)) {
    const digits = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" };
    clocks.set(timeZone, new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", ...digits }));
  }
  const found = Object.fromEntries(clocks.get(timeZone).formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  return [found.year, found.month, found.day, found.hour, found.minute, found.second];
}
