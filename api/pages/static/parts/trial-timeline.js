// The alerts of a tried rule on a line of time, one row an article; and the same as a list.

import { el, svg } from "../dom.js";
import { articleName } from "./names.js";

const WIDTH = 1_000;
const HEIGHT = 24;
const BAR = 10;
const LEAST = 5; // a shorter bar nobody sees
const MOST_ROWS = 8;
const MOST_LISTED = 100;

/** Returns the timeline of an answer of a trial; `format(seconds)` words a lead. */
export function trialTimeline(answer, ctx, format) {
  const { lang, model: { store: { timezone } } } = ctx;
  const [from, to] = [Date.parse(answer.from), Date.parse(answer.to)];
  const x = (ms) => Math.round(((Math.min(Math.max(ms, from), to) - from) / Math.max(1, to - from)) * WIDTH);
  const date = (ms) => lang.date(ms, timezone);
  const rows = [...Map.groupBy(answer.episodes, ({ sku }) => sku)].sort(([, a], [, b]) => b.length - a.length).slice(0, MOST_ROWS);
  const kinds = ["stock_out", "none", "open"].filter((kind) => answer.episodes.some(({ outcome }) => outcome === kind));
  return el("div", { class: "trial-timeline" },
    el("h5", {}, lang.t("trial.timeline")),
    el("ul", { class: "trial-rows" }, rows.map(([sku, episodes]) => el("li", {},
      el("span", { class: "trial-name" }, articleName(sku, ctx.model, lang)),
      el("span", { class: "trial-count" }, lang.t("trial.n_alerts", { n: episodes.length })),
      svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "track", y: HEIGHT / 2 - 1, width: WIDTH, height: 2 }),
        episodes.flatMap((episode) => marks(episode, x, to)))))),
    el("p", { class: "trial-ends" }, el("span", {}, date(from)), el("span", {}, date(to))),
    el("ul", { class: "trial-legend" }, kinds.map((kind) => el("li", {}, sample(kind), lang.word("trial_outcome", kind)))),
    list(answer, ctx, format));
}

function marks({ fired_at, cleared_at, outcome, lead_s: lead }, x, to) {
  const at = Date.parse(fired_at);
  const begin = x(at);
  const end = x(cleared_at === null ? to : Date.parse(cleared_at));
  return [
    svg("rect", { class: `trial-bar is-${outcome}`, x: begin, y: (HEIGHT - BAR) / 2, width: Math.max(LEAST, end - begin), height: BAR, rx: 2 }),
    lead !== null && svg("rect", { class: "trial-out", x: x(at + lead * 1000) - 2, width: 4, height: HEIGHT }),
  ];
}

function sample(kind) {
  return svg("svg", { viewBox: `0 0 28 ${HEIGHT}`, "aria-hidden": "true" },
    svg("rect", { class: `trial-bar is-${kind}`, x: 2, y: (HEIGHT - BAR) / 2, width: kind === "stock_out" ? 20 : 24, height: BAR, rx: 2 }),
    kind === "stock_out" && svg("rect", { class: "trial-out", x: 22, width: 4, height: HEIGHT }));
}

/** The same to read: each alert with what came of it. */
function list(answer, ctx, format) {
  const { lang, model } = ctx;
  const fill = () => {
    if (!details.open || details.childElementCount > 1) return;
    const shown = answer.episodes.slice(0, MOST_LISTED);
    const left = answer.alerts.n - shown.length;
    details.append(el("ul", { class: "trial-list" }, shown.map((one) => el("li", {},
      el("span", { class: "trial-when" }, momentWords(Date.parse(one.fired_at), model.store.timezone, lang)),
      el("span", {}, articleName(one.sku, model, lang)),
      el("span", { class: "explanation" }, outcomeWords(one, lang, format))))));
    if (left > 0) details.append(el("p", { class: "explanation" }, lang.t("trial.left_off", { n: left })));
  };
  const details = el("details", { class: "chart-table", on: { toggle: () => fill() } }, el("summary", {}, lang.t("trial.as_list")));
  return details;
}

function outcomeWords({ outcome, lead_s: lead }, lang, format) {
  if (lead === null) return lang.word("trial_outcome", outcome);
  return lead < 0 ? lang.t("trial.told_late", { span: format(-lead) }) : lang.t("trial.told_before", { span: format(lead) });
}

function momentWords(ms, timeZone, lang) {
  return new Intl.DateTimeFormat(lang.locale, { timeZone, day: "numeric", month: "short", hour: "numeric", minute: "2-digit" }).format(ms);
}
