// A number as the sum that it is: on hand, less what cannot be sold, is what is available.

import { el } from "../dom.js";

const MINUS = "−";
const EQUALS = "=";
const PARTS = { tags: "why.part_tags", scanned: "why.part_scanned", weighed: "why.part_weighed", announced: "why.part_announced", sold: "why.part_sold" };

/** Returns the drawn sum of an explanation; said as one sentence to screen readers. */
export function equation(found, lang) {
  const { on_hand: onHand, not_pickable: notPickable, reserved, safety_stock: safety, available } = found;
  const terms = [
    ["", lang.t("why.on_hand"), onHand, "is-start"],
    [MINUS, lang.t("why.not_pickable"), notPickable, ""],
    [MINUS, lang.t("why.reserved"), reserved, ""],
    [MINUS, lang.t("why.safety"), safety, ""],
    [EQUALS, lang.t("why.available"), available, "is-result"],
  ];
  const sentence = lang.t("why.sum", { onHand, notPickable, reserved, safety, available });
  return el("div", { class: "equation" },
    el("p", { class: "unseen" }, sentence),
    el("ul", { class: "sum", "aria-hidden": "true" }, terms.map(([sign, name, pieces, kind]) =>
      el("li", { class: `term ${kind}${pieces === 0 && kind === "" ? " is-none" : ""}` },
        sign && el("span", { class: "sign" }, sign), el("span", { class: "term-box" }, el("b", {}, lang.number(pieces)), el("span", {}, name))))));
}

/** Returns the rows of the zones: what each level is made of. */
export function zoneTerms(terms, nameOf, lang) {
  return el("ul", { class: "zone-terms" }, terms.map((zone) => {
    const said = Object.keys(PARTS).filter((part) => zone[part] > 0).map((part) => lang.t(PARTS[part], { n: zone[part] }));
    return el("li", {}, el("span", { class: "zone-name" }, nameOf(zone.zone)), el("b", {}, lang.number(zone.level)),
      el("span", { class: "explanation" }, said.length > 0 ? lang.list(said) : lang.t("why.part_none")));
  }));
}
