// How often the alerts of each rule were of use, as staff said, and how much so many words prove.

import { el, setText, svg } from "../dom.js";
import { percent } from "./alert-evidence.js";

const WIDTH = 200;
const HEIGHT = 16;

export class Precision {
  constructor(ctx, { isOpen = false } = {}) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.state = el("p", { class: "explanation", role: "status" });
    this.list = el("ul", { class: "precisions" });
    this.body = el("div", { class: "folded" }, el("p", { class: "explanation" }, lang.t("precision.what")), this.list, this.state);
    this.details = el("details", { open: isOpen, on: { toggle: () => this.refresh() } },
      el("summary", {}, el("h3", {}, lang.t("precision.title"))), this.body);
    this.element = el("div", { class: "panel fold-panel" }, this.details);
  }

  /** Asks anew, where somebody looks. */
  async refresh() {
    if (!this.details.open) return;
    const { lang } = this.ctx;
    try {
      const { items } = await this.ctx.ask("/v1/alert-precision");
      setText(this.state, items.length === 0 ? lang.t("precision.none") : "");
      this.list.replaceChildren(...items.map((item) => precisionRow(item, lang)));
    } catch {
      setText(this.state, lang.t("proof.failed"));
    }
  }
}

/** Returns a rule's precision as words and a bar: the share, and where it lies with 90 % certainty. */
export function precisionRow({ rule, useful, false_alerts: useless, precision, interval_90: [low, high] }, lang) {
  const x = (share) => Math.round(share * WIDTH * 10) / 10;
  const words = lang.t("precision.words", { useful, n: useful + useless, low: percent(low, lang), high: percent(high, lang) });
  const code = rule.replace(/^default-/, "").replaceAll("-", "_"); // the built-in rule of a type bears its name
  return el("li", { class: "precision" },
    el("span", { class: "precision-rule" }, lang.word("alert_kind", code, { code: rule })),
    el("span", { class: "precision-share" }, precision === null ? "–" : percent(precision, lang)),
    svg("svg", { class: "precision-bar", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "back", width: WIDTH, height: HEIGHT, rx: 4 }),
      svg("rect", { class: "range", x: x(low), width: Math.max(2, x(high - low)), height: HEIGHT, rx: 4 }),
      precision !== null && svg("rect", { class: "share", x: Math.max(0, x(precision) - 2), width: 4, height: HEIGHT })),
    el("span", { class: "explanation" }, words));
}
