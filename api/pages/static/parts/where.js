// Where the pieces of an article are: a bar per zone, and the floor with those zones in colour.

import { el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { layOut } from "./floor-plan.js";
import { zoneName } from "./names.js";

const PLAN_WIDTH = 320;

export class Where {
  constructor(ctx) {
    this.ctx = ctx;
    this.rows = el("ul", { class: "where-rows" });
    this.empty = el("p", { class: "nothing" }, ctx.lang.t("stock.nowhere"));
    this.plan = el("div", { class: "where-plan", "aria-hidden": "true" });
    this.element = el("div", { class: "where" }, this.plan, this.rows, this.empty);
  }

  /** Shows pieces by zone id; `isUnknown`: they are the last known ones. */
  render(levels, isUnknown) {
    const { model, lang } = this.ctx;
    const ids = new Set([...model.zones.keys(), ...Object.keys(levels)]);
    const held = [...ids].filter((id) => levels[id] > 0);
    const most = Math.max(1, ...held.map((id) => levels[id]));
    this.empty.hidden = held.length > 0;
    this.rows.hidden = held.length === 0;
    this.rows.replaceChildren(...held.map((id) => {
      const zone = model.zones.get(id);
      const bar = svg("svg", { class: "where-bar", viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" },
        svg("rect", { class: "where-track", width: 100, height: 8, rx: 2 }), svg("rect", { class: "where-fill", width: (100 * levels[id]) / most, height: 8, rx: 2 }));
      return el("li", { class: `where-row role-${zone?.role ?? "exit"}${isUnknown ? " is-last-known" : ""}` },
        icon(zone?.role ?? "map"), el("span", { class: "where-name" }, zoneName(id, model, lang)),
        el("b", { class: "where-number", "aria-hidden": "true" }, lang.number(levels[id])), el("span", { class: "unseen" }, lang.t("find.pieces", { n: levels[id] })), bar);
    }));
    this.renderPlan(levels, held, most);
  }

  renderPlan(levels, held, most) {
    const zones = [...this.ctx.model.zones.values()].filter(({ role, rect }) => role !== "in_hand" && rect !== null);
    this.plan.hidden = zones.length === 0;
    if (zones.length === 0) return;
    const key = JSON.stringify(zones.map(({ id, rect }) => [id, rect]));
    if (key !== this.key) this.drawPlan(zones, key);
    for (const [id, { box, number }] of this.tiles) {
      const pieces = held.includes(id) ? levels[id] : 0;
      setAttribute(box, "class", pieces > 0 ? "mini-tile has-pieces" : "mini-tile");
      setAttribute(box, "fill-opacity", pieces > 0 ? Math.round((0.35 + (0.65 * pieces) / most) * 100) / 100 : null);
      setText(number, pieces > 0 ? this.ctx.lang.number(pieces) : "");
    }
  }

  drawPlan(zones, key) {
    this.key = key;
    const plan = layOut(zones, PLAN_WIDTH);
    this.tiles = new Map();
    const tiles = zones.map((zone) => {
      const { x, y, width, height } = plan.tiles.get(zone.id);
      const box = svg("rect", { class: "mini-tile", x, y, width, height, rx: 6 });
      const number = svg("text", { class: "mini-number", x: x + width / 2, y: y + height / 2 + 7, "text-anchor": "middle" });
      this.tiles.set(zone.id, { box, number });
      return svg("g", { class: `role-${zone.role}` }, box, number);
    });
    this.plan.replaceChildren(svg("svg", { class: "mini-plan", viewBox: `0 0 ${plan.width} ${plan.height}` }, tiles));
  }
}
