// How right past numbers were, where a count or a till proved them. Asked for when somebody opens it.

import { el, setText } from "../dom.js";
import { calibration } from "../requests.js";
import { drawReliability } from "./reliability.js";

export class Proof {
  constructor(lang, model) {
    Object.assign(this, { lang, model });
    this.body = el("div", { class: "proof-body" });
    this.details = el("details", { on: { toggle: () => { if (this.details.open) this.ask(); } } },
      el("summary", {}, el("h2", {}, lang.t("proof.title"))),
      this.body);
    this.element = el("section", { class: "panel proof", id: "proof" }, this.details);
  }

  /** Asks how right the numbers of this store were, and shows it. */
  async ask() {
    const { lang } = this;
    if (!this.body.hasChildNodes()) this.body.append(el("p", { class: "explanation" }, lang.t("proof.asking")));
    try {
      const answer = await calibration(this.model.store.id);
      this.body.replaceChildren(...this.tell(answer));
    } catch {
      this.body.replaceChildren(el("p", { class: "explanation" }, lang.t("proof.failed")));
    }
  }

  tell(answer) {
    const { lang, model } = this;
    if (answer.since === null) return [el("p", { class: "explanation" }, lang.t("proof.nothing"))];
    const { counts, reliability, sales } = answer;
    const { exact } = counts;
    const outOfStock = sales.answered_out_of_stock;
    const date = lang.date(Date.parse(answer.since), model.store.timezone);
    const lines = [
      exact.n > 0 && lang.t("proof.exact", { yes: exact.yes, n: exact.n }),
      outOfStock.n > 0 && lang.t("proof.sales", { yes: outOfStock.yes, n: outOfStock.n }),
    ].filter(Boolean);
    return [
      ...lines.map((line) => el("p", {}, line)),
      ...this.picture(reliability, answer.min_n),
      el("p", { class: "explanation" }, lang.t("proof.since", { date })),
    ];
  }

  picture(reliability, needed) {
    const { lang } = this;
    const drawn = reliability.bins.filter((bin) => bin.came_true.n >= needed);
    if (drawn.length === 0) {
      const n = reliability.brier.n;
      return [el("p", { class: "explanation" }, lang.t("proof.few", { needed, n }))];
    }
    const caption = el("figcaption", { class: "explanation" });
    setText(caption, lang.t("proof.picture"));
    return [el("figure", { class: "reliability" }, drawReliability(drawn, lang), caption)];
  }
}
