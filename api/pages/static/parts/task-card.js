// One task: what is to be done, from where to where, how far it is, who does it. Touches only what changed.

import { arrange, el, flash, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { onSwipe } from "./swipe.js";
import { articleFacts, pieceWords, TASK_ICONS, taskDue, taskEnd, taskRoute, taskTitle } from "./task-words.js";

export class TaskCard {
  /** `acts` has finish(task), undo(task), claim(task), unclaim(task) and fail(task). */
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    const { lang } = ctx;
    const button = (key, className, sign, act) => el("button", { type: "button", class: className, on: { click: () => act(this.task) } }, sign && icon(sign), el("span", {}, lang.t(key)));
    this.sign = el("span", { class: "task-sign", "aria-hidden": "true" });
    this.title = el("h4", { class: "task-title" });
    this.facts = el("p", { class: "task-facts" });
    this.from = el("span", { class: "place" });
    this.to = el("span", { class: "place" });
    this.arrow = icon("arrow");
    this.routeText = el("span", { class: "unseen" });
    this.route = el("p", { class: "route" }, this.routeText, el("span", { class: "route-shown", "aria-hidden": "true" }, this.from, this.arrow, this.to));
    this.fill = el("span", { class: "progress-fill" });
    this.count = el("span", { class: "progress-text" });
    this.progress = el("div", { class: "progress", "aria-hidden": "true" }, this.fill);
    this.note = el("p", { class: "task-note" });
    this.urgent = el("span", { class: "badge is-urgent" }, lang.t("refill.urgent"));
    this.due = el("span", { class: "task-due" });
    this.doer = el("span", { class: "task-doer" });
    this.pending = el("span", { class: "badge is-pending" }, lang.t("refill.pending"));
    this.meta = el("p", { class: "task-meta" }, this.urgent, this.count, this.due, this.doer, this.pending);
    this.piecesTitle = el("summary", {});
    this.piecesList = el("ul", { class: "task-pieces" });
    this.pieces = el("details", { class: "pieces" }, this.piecesTitle, this.piecesList);
    this.done = button("refill.done", "primary task-done", "check", acts.finish);
    this.claim = button("refill.claim", "chip task-claim", null, acts.claim);
    this.unclaim = button("refill.unclaim", "chip task-unclaim", null, acts.unclaim);
    this.fail = button("refill.fail", "chip task-fail", null, acts.fail);
    this.link = el("a", { class: "primary task-link" });
    this.buttons = el("div", { class: "task-acts" }, this.done, this.link, this.claim, this.unclaim, this.fail);
    this.endText = el("span", {});
    this.undo = button("refill.undo", "chip task-undo", null, acts.undo);
    this.end = el("div", { class: "task-end" }, icon("calm", "icon task-check"), this.endText, this.undo);
    this.face = el("div", { class: "task-face" },
      el("div", { class: "task-head" }, this.sign, el("div", { class: "task-what" }, this.title, this.facts)),
      this.route, this.progress, this.note, this.meta, this.pieces, this.buttons, this.end);
    this.element = el("li", { class: "task", tabindex: -1 }, el("div", { class: "task-under", "aria-hidden": "true" }, icon("check"), lang.t("refill.done")), this.face);
    onSwipe(this.face, () => !this.done.hidden && !this.buttons.hidden, () => acts.finish(this.task));
  }

  /** Shows a task. `how`: {nowMs, mayAct, isFinishing, pending: null | "complete" | "claim" …}. */
  update(task, how) {
    const { lang, model } = this.ctx;
    const before = this.task;
    this.task = task;
    const isOver = how.isFinishing || how.pending === "complete" || !(task.state === "open" || task.state === "claimed");
    setAttribute(this.element, "data-id", task.id);
    setAttribute(this.element, "data-kind", task.kind);
    this.showSign(task);
    setText(this.title, taskTitle(task, model, lang));
    this.showFacts(articleFacts(task.sku, model, lang));
    this.showRoute(task);
    this.showProgress(task, before);
    setText(this.note, task.note);
    this.note.hidden = task.note === "";
    this.showMeta(task, how, isOver);
    this.showPieces(task, isOver);
    this.showActs(task, how, isOver);
    this.showEnd(task, how, isOver);
    this.element.classList.toggle("is-over", isOver);
    this.element.classList.toggle("is-seen", task.verified_by === "rfid");
    this.element.classList.toggle("is-given-up", task.state === "failed" || task.state === "withdrawn");
  }

  showSign({ kind }) {
    if (this.sign.dataset.kind === kind) return;
    this.sign.dataset.kind = kind;
    this.sign.replaceChildren(icon(TASK_ICONS[kind] ?? "calm"));
  }

  showFacts(facts) {
    const text = facts.join(" · ");
    this.facts.hidden = text === "";
    setText(this.facts, text);
  }

  showRoute(task) {
    const { lang, model } = this.ctx;
    const { from, to } = taskRoute(task, model, lang);
    this.route.hidden = from === null && to === null;
    this.from.hidden = from === null;
    this.to.hidden = to === null;
    setAttribute(this.arrow, "class", from === null || to === null ? "icon is-gone" : "icon");
    setText(this.from, from ?? "");
    setText(this.to, to ?? "");
    setText(this.routeText, from !== null && to !== null ? lang.t("refill.route", { from, to }) : (from ?? to ?? ""));
  }

  showProgress(task, before) {
    const { lang } = this.ctx;
    const isCounted = task.kind !== "count" && (task.qty > 1 || task.done > 0);
    this.progress.hidden = this.count.hidden = !isCounted;
    const key = task.kind === "replenish" ? "refill.progress_replenish" : "refill.progress_other";
    this.fill.style.setProperty("width", `${Math.round((100 * task.done) / task.qty)}%`);
    const changed = setText(this.count, lang.t(key, { done: task.done, n: task.qty }));
    if (changed && before !== undefined && before.done < task.done) flash(this.count);
  }

  showMeta(task, { nowMs, pending }, isOver) {
    const { lang, work } = this.ctx;
    this.urgent.hidden = task.priority !== "high" || isOver;
    const { text, isLate } = taskDue(task, this.ctx, nowMs);
    setText(this.due, text);
    this.due.classList.toggle("is-late", isLate);
    this.due.hidden = isOver;
    const doer = pending === "claim" ? { isOwn: true } : pending === "unclaim" ? null : work.doer(task);
    this.doer.hidden = doer === null || isOver;
    if (doer !== null) setText(this.doer, doer.isOwn ? lang.t("refill.claimed_you") : lang.t("refill.claimed_by", { name: doer.name }));
    this.element.classList.toggle("is-own", doer?.isOwn === true);
    this.element.classList.toggle("is-others", doer?.isOwn === false);
    this.pending.hidden = pending === null;
    this.meta.hidden = [...this.meta.children].every((part) => part.hidden);
  }

  showPieces(task, isOver) {
    const { lang, model } = this.ctx;
    this.pieces.hidden = task.items.length === 0 || isOver;
    if (this.pieces.hidden) return;
    setText(this.piecesTitle, lang.t("refill.items", { n: task.items.length }));
    const rows = new Map([...this.piecesList.children].map((row) => [row.dataset.epc, row]));
    arrange(this.piecesList, task.items.map((item) => {
      const row = rows.get(item.epc) ?? el("li", { "data-epc": item.epc }, el("b", {}), " ", el("span", {}));
      const { tag, place } = pieceWords(item, model, lang);
      setText(row.children[0], tag);
      setText(row.children[1], place);
      return row;
    }));
  }

  showActs(task, { mayAct, pending }, isOver) {
    const { lang, work } = this.ctx;
    this.buttons.hidden = isOver || !mayAct;
    const link = linkOf(task, this.ctx);
    this.link.hidden = link === null;
    if (link !== null) {
      setAttribute(this.link, "href", link.path);
      setText(this.link, lang.t(link.text));
    }
    const doer = work.doer(task);
    this.done.hidden = link !== null;
    this.claim.hidden = doer !== null || pending === "claim";
    this.unclaim.hidden = !(doer?.isOwn === true || pending === "claim") || pending === "unclaim";
    this.fail.hidden = false;
  }

  showEnd(task, { isFinishing, pending }, isOver) {
    const { lang } = this.ctx;
    this.end.hidden = !isOver;
    if (!isOver) return;
    setText(this.endText, isFinishing || pending !== null ? lang.t("refill.said_done") : taskEnd(task, lang));
    this.undo.hidden = !isFinishing;
  }

  /** Draws the eye and the keyboard to this card. */
  reveal() {
    this.element.scrollIntoView({ block: "center" });
    this.element.focus({ preventScroll: true });
    this.pieces.open = !this.pieces.hidden;
    flash(this.face);
  }
}

/** Returns where a task is done, where that is another screen: its order, its count; null: right here. */
function linkOf(task, ctx) {
  const cause = (type) => task.causes.find((found) => found.type === type)?.ref;
  const order = task.kind === "pick" ? cause("reservation") : undefined;
  if (order !== undefined) return { path: ctx.path("collect", order), text: "refill.to_order" };
  const count = task.kind === "count" ? cause("count") : undefined;
  return count === undefined ? null : { path: ctx.path("count", count), text: "refill.to_count" };
}
