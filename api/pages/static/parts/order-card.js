// One order: whose, until when, its pieces and where they are, what is picked, and the next step. Touches what changed.

import { arrange, el, flash, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { articleName } from "./names.js";
import { orderDue, orderName, pickedLines, riskWords, whereabouts } from "./order-words.js";
import { articleFacts, pieceWords } from "./task-words.js";

const SHOWN_PIECES = 3;

export class OrderCard {
  /** `acts` has start, tick(order, sku), ready, collect, missing, more and release, each of an order. */
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    const { lang } = ctx;
    const button = (key, className, act, sign = null) => el("button", { type: "button", class: className, on: { click: () => act(this.order) } }, sign && icon(sign), el("span", {}, lang.t(key)));
    this.name = el("h4", { class: "order-name" });
    this.how = el("p", { class: "task-facts" });
    this.badge = el("span", { class: "badge order-state" });
    this.due = el("span", { class: "order-due" });
    this.pending = el("span", { class: "badge is-pending" }, lang.t("collect.pending"));
    this.risks = el("ul", { class: "order-risks" });
    this.lines = el("ul", { class: "order-lines" });
    this.rows = new Map();
    this.start = button("collect.start", "primary order-start", acts.start, "scanner");
    this.ready = button("collect.make_ready", "primary order-ready", acts.ready, "check");
    this.collect = button("collect.hand_over", "primary order-collect", acts.collect, "in_hand");
    this.missing = button("collect.missing", "chip order-missing", acts.missing);
    this.more = button("collect.more", "chip order-more", acts.more);
    this.release = button("collect.release", "chip order-release", acts.release);
    this.buttons = el("div", { class: "task-acts" }, this.start, this.ready, this.collect, this.missing, this.more, this.release);
    this.element = el("li", { class: "order", tabindex: -1 },
      el("div", { class: "order-head" }, el("div", { class: "task-what" }, this.name, this.how), this.badge),
      el("p", { class: "task-meta" }, this.due, this.pending), this.risks, this.lines, this.buttons);
  }

  /** Shows an order. `how`: {nowMs, mayAct, isActive, waiting, checked}. */
  update(order, how) {
    const { lang } = this.ctx;
    this.order = order;
    const steps = how.waiting.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
    const state = steps.includes("ready") ? "ready" : order.state;
    setAttribute(this.element, "data-id", order.id);
    setAttribute(this.element, "data-state", state);
    setText(this.name, orderName(order, lang));
    setText(this.how, [lang.word("fulfilment", order.fulfilment), order.channel].join(" · "));
    setText(this.badge, lang.word("order_state", state));
    const due = orderDue(order, this.ctx, how.nowMs);
    setText(this.due, due.text);
    setAttribute(this.due, "class", `order-due is-${due.tone}`);
    this.pending.hidden = how.waiting.length === 0;
    this.showRisks(order);
    const lines = pickedLines(order, how.waiting, how.checked);
    this.showLines(order, lines, how);
    this.showActs(state, lines, how, steps);
    this.element.classList.toggle("is-active", how.isActive);
    this.element.classList.toggle("is-at-risk", order.at_risk);
  }

  showRisks(order) {
    const words = riskWords(order, this.ctx);
    this.risks.hidden = words.length === 0;
    if (this.risks.dataset.words === words.join()) return;
    this.risks.dataset.words = words.join();
    this.risks.replaceChildren(...words.map((text) => el("li", {}, icon("alert"), el("span", {}, text))));
  }

  showLines(order, lines, how) {
    const skus = new Set(lines.map(({ line }) => line.sku));
    for (const sku of this.rows.keys()) if (!skus.has(sku)) this.rows.delete(sku);
    arrange(this.lines, lines.map((found) => {
      const { sku } = found.line;
      if (!this.rows.has(sku)) this.rows.set(sku, this.row(sku));
      this.updateRow(this.rows.get(sku), order, found, how);
      return this.rows.get(sku).element;
    }));
  }

  row(sku) {
    const { lang, model } = this.ctx;
    const count = el("span", { class: "line-count" });
    const name = el("span", { class: "line-name" });
    const facts = el("span", { class: "line-facts" });
    const where = el("ul", { class: "line-where" });
    const tick = el("button", { type: "button", class: "chip line-tick", on: { click: () => this.acts.tick(this.order, sku) } },
      icon("check"), el("span", {}, lang.t("collect.tick")), el("span", { class: "unseen" }, ` ${articleName(sku, model, lang)}`));
    const element = el("li", { class: "line", "data-sku": sku }, count, el("div", { class: "line-what" }, name, facts, where), tick);
    return { element, count, name, facts, where, tick };
  }

  updateRow(row, order, { line, tags, picked, checked, isDone }, { mayAct }) {
    const { lang, model } = this.ctx;
    const isPicking = order.state === "confirmed" || order.state === "picking";
    const before = row.picked;
    row.picked = picked + checked;
    setText(row.name, articleName(line.sku, model, lang));
    const short = line.secured < line.requested ? lang.t("collect.fewer", { secured: line.secured, n: line.requested }) : null;
    setText(row.facts, [...articleFacts(line.sku, model, lang), short].filter(Boolean).join(" · "));
    const changed = setText(row.count, lang.t("collect.count", { picked: row.picked, n: line.secured }));
    setAttribute(row.count, "title", lang.t("collect.count_why", { picked: row.picked, n: line.secured }));
    if (changed && before !== undefined && before < row.picked) flash(row.count);
    row.element.classList.toggle("is-picked", isDone);
    row.tick.hidden = !mayAct || !isPicking || isDone;
    row.where.hidden = !isPicking || isDone;
    if (!row.where.hidden) this.showWhere(row.where, order, line.sku, tags);
  }

  showWhere(list, order, sku, tags) {
    const { lang, model } = this.ctx;
    const { items, zones } = whereabouts(order, sku, this.ctx);
    const pieces = items.filter(({ epc }) => !tags.has(epc)).slice(0, SHOWN_PIECES).map((item) => pieceWords(item, model, lang));
    const words = pieces.length > 0
      ? pieces.map(({ tag, place }) => [place, tag])
      : zones.map(({ name, pieces: n }) => [name, lang.t("collect.pieces", { n })]);
    if (words.length === 0) words.push([lang.t("collect.nowhere"), ""]);
    if (list.dataset.words === words.join()) return;
    list.dataset.words = words.join();
    list.replaceChildren(...words.map(([place, what]) => el("li", {}, el("b", {}, place), " ", what)));
  }

  showActs(state, lines, { mayAct, isActive }, steps) {
    const isPicking = state === "confirmed" || state === "picking";
    const isOver = ["collect", "short", "release", "transfer"].some((step) => steps.includes(step));
    const isAll = lines.every(({ isDone }) => isDone);
    this.buttons.hidden = !mayAct || isOver;
    this.start.hidden = !isPicking || isActive || isAll;
    this.ready.hidden = !isPicking || !(isActive || isAll);
    setAttribute(this.ready, "class", isAll ? "primary order-ready" : "chip order-ready");
    this.collect.hidden = state !== "ready";
    this.missing.hidden = !isPicking || isAll;
    this.more.hidden = state === "held";
    this.release.hidden = state !== "held";
  }

  /** Draws the eye and the keyboard to this card. */
  reveal() {
    this.element.scrollIntoView({ block: "nearest" });
    this.element.focus({ preventScroll: true });
  }
}
