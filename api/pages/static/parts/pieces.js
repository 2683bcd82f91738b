// The single pieces of an article: where each was read last, how long ago, how sure it is and why.

import { el, setText, svg } from "../dom.js";
import { itemReason, percent } from "./item-reason.js";
import { zoneName, zoneNames } from "./names.js";

const PAGE = 12;
const TAIL = 6; // digits by which a tag is told from its neighbours

export class Pieces {
  constructor(ctx) {
    this.ctx = ctx;
    this.shown = PAGE;
    this.list = el("ol", { class: "pieces" });
    this.nothing = el("p", { class: "nothing" }, ctx.lang.t("explained.no_items"));
    this.button = el("button", { type: "button", class: "quiet", on: { click: () => { this.shown += PAGE; this.render(this.found); } } });
    this.left = el("p", { class: "explanation" });
    this.element = el("div", {}, this.list, this.nothing, this.button, this.left);
  }

  /** Shows the items of an explanation. */
  render(found) {
    this.found = found;
    this.names = zoneNames(this.ctx.model);
    const { lang } = this.ctx;
    const sights = new Map(found.zones.map((sight) => [sight.zone, sight]));
    const nowMs = Date.parse(found.at);
    this.list.replaceChildren(...found.items.slice(0, this.shown).map((item) => this.row(item, itemReason(item, sights, nowMs), nowMs)));
    this.list.hidden = found.items.length === 0;
    this.nothing.hidden = found.items.length > 0;
    const rest = Math.max(0, found.items.length - this.shown);
    this.button.hidden = rest === 0;
    setText(this.button, lang.t("explained.more_items", { n: Math.min(PAGE, rest) }));
    this.left.hidden = found.more_items === 0;
    setText(this.left, lang.t("explained.items_left_off", { n: found.more_items }));
  }

  /** Draws the items anew where zones have other names: they may come after the items. */
  rename() {
    if (this.found !== undefined && this.names !== zoneNames(this.ctx.model)) this.render(this.found);
  }

  row(item, reason, nowMs) {
    const { lang, model } = this.ctx;
    const p = item.p_zone ?? item.p_present;
    const seen = item.last_seen_at === null ? lang.t("freshness.never") : ago(nowMs - Date.parse(item.last_seen_at), lang);
    return el("li", { class: `piece is-${reason}` },
      gauge(p), p === null ? null : el("b", { class: "piece-p" }, percent(p, lang)),
      el("span", { class: "piece-zone" }, item.zone === null ? lang.t("explained.in_no_zone") : zoneName(item.zone, model, lang)),
      el("span", { class: "piece-age" }, seen),
      el("span", { class: "piece-why" }, lang.word("item_reason", reason)),
      el("code", { class: "piece-epc", title: item.epc }, el("span", { class: "unseen" }, lang.t("explained.tag")), ` …${item.epc.slice(-TAIL)}`));
  }
}

/** Returns how long ago something was, in words. */
export function ago(ms, lang) {
  return ms < 10_000 ? lang.t("freshness.just_now") : lang.t("freshness.ago", { age: lang.age(ms) });
}

/** Returns a ring that is full where a piece is sure. */
function gauge(p) {
  const share = Math.round((p ?? 0) * 1000) / 10;
  return svg("svg", { class: "gauge", viewBox: "0 0 36 36", "aria-hidden": "true" },
    svg("circle", { class: "gauge-track", cx: 18, cy: 18, r: 15.9 }),
    p === null ? null : svg("circle", { class: p < 0.9 ? "gauge-fill is-unsure" : "gauge-fill", cx: 18, cy: 18, r: 15.9, "stroke-dasharray": `${share} 100`, pathLength: 100, transform: "rotate(-90 18 18)" }));
}
