// Departments side by side: how much of the time each had its articles on the shelf, and what it lacked.

import { el, svg } from "../dom.js";

const WIDTH = 100;
const HEIGHT = 10;

/** Returns a table of rows of GET /v1/kpis by department; worst on-shelf availability first. */
export function departmentTable(items, format, lang) {
  const sorted = items.toSorted((a, b) => (a.shelf.on_shelf ?? 2) - (b.shelf.on_shelf ?? 2));
  const value = (found, unit) => (found === null ? "–" : format[unit](found));
  const heads = ["report.department", "report.on_shelf", "report.nosbos", "report.stock_out", "report.lost_sales"];
  const cell = (column, ...content) => el("td", { "data-name": lang.t(heads[column]) }, ...content); // on a phone each says what it is
  return el("div", { class: "table-frame", tabindex: 0, role: "group", "aria-label": lang.t("report.departments") },
    el("table", { class: "departments" },
      el("thead", {}, el("tr", {}, heads.map((key) => el("th", { scope: "col" }, lang.t(key))))),
      el("tbody", {}, sorted.map((item) => el("tr", {},
        el("th", { scope: "row" }, item.department || lang.t("report.no_department")),
        cell(1, bar(item.shelf.on_shelf), value(item.shelf.on_shelf, "share")),
        cell(2, value(item.shelf.nosbos, "share")),
        cell(3, value(item.stock_out.minutes, "minutes")),
        cell(4, value(item.lost_sales?.pieces ?? null, "pieces")))))));
}

function bar(share) {
  if (share === null) return null;
  return svg("svg", { class: "share-bar", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "back", width: WIDTH, height: HEIGHT, rx: 2 }), svg("rect", { class: "share", width: share * WIDTH, height: HEIGHT, rx: 2 }));
}
