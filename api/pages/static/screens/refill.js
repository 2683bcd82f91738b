// The screen "refill": what to bring, fetch, look for and count, in walking order; it ticks itself off with the tags.

import { arrange, el, onceAFrame, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { resolveCode } from "../parts/codes.js";
import { articleName, zoneName } from "../parts/names.js";
import { localDay } from "../parts/opening.js";
import { askReason } from "../parts/sheet.js";
import { TaskCard } from "../parts/task-card.js";
import { openTaskForm } from "../parts/task-form.js";
import { keptInPlace, pendingOf } from "../parts/task-places.js";
import { taskEnd, taskTitle } from "../parts/task-words.js";

const UNDO_MS = 5_000; // a done task is done: so long it can be taken back
const SHOWN_ENDED_MS = 10_000;
const AGE_MS = 30_000;
const ASK_TODAY_MS = 120_000;
const PAGE = 60;
const KINDS = ["replenish", "find", "put_back", "pick", "count"];

export default class RefillScreen {
  static texts = ["refill"];
  static styles = ["refill", "sheet"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.refill");
    this.view = ctx.view("refill", { kind: null });
    this.shown = PAGE;
    this.cards = new Map();
    this.groups = new Map();
    this.finishing = new Map();
    this.places = [];
    this.said = null;
    this.note = el("span", { class: "section-note" });
    this.chips = el("div", { class: "chips", role: "group", "aria-label": lang.t("refill.filter") });
    this.make = el("button", { type: "button", class: "chip make", on: { click: () => this.openForm(null) } }, icon("plus"), lang.t("refill.new"));
    this.list = el("div", { class: "task-groups" });
    this.more = el("button", { type: "button", class: "quiet", on: { click: () => { this.shown += PAGE; this.render(); } } });
    this.calmTitle = el("p", { class: "calm-title" });
    this.calmText = el("p", {});
    this.calm = el("div", { class: "calm" }, icon("calm", "icon calm-icon"), el("div", {}, this.calmTitle, this.calmText));
    this.hint = el("p", { class: "explanation" }, lang.t("refill.swipe"));
    this.voice = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.element = el("section", { class: "refill", "aria-labelledby": "refill-title" },
      el("header", { class: "screen-head" }, el("h2", { id: "refill-title", tabindex: -1 }, lang.t("refill.title")), this.note, this.make),
      this.chips, this.hint, el("div", { class: "panel calm-panel" }, this.calm), this.list, this.more, this.voice);
    this.draw = onceAFrame(() => this.render());
    this.unhear = ctx.work.onChange(() => this.draw());
    ctx.work.freshen();
    this.timer = setInterval(() => this.age(), AGE_MS);
    this.todayTimer = setInterval(() => document.visibilityState === "visible" && this.askToday(), ASK_TODAY_MS);
    this.leave = () => document.visibilityState === "hidden" && this.finishAll();
    document.addEventListener("visibilitychange", this.leave);
    this.wanted = place.rest[0] ?? null;
  }

  dispose() {
    this.isDisposed = true;
    this.finishAll();
    this.unhear();
    clearInterval(this.timer);
    clearInterval(this.todayTimer);
    clearTimeout(this.endTimer);
    document.removeEventListener("visibilitychange", this.leave);
    this.form?.close();
  }

  show() {
    if (this.filled === undefined) this.askToday();
    this.draw();
  }

  age() {
    if (document.visibilityState === "visible") this.ctx.work.freshen();
    this.draw();
  }

  /** Asks how often an empty place was filled today, as the readers saw it. Without an answer nothing is said of it. */
  async askToday() {
    const { ctx } = this;
    const nowMs = ctx.clock.now();
    if (nowMs === null || ctx.model.store === null) return;
    this.filled ??= 0;
    const day = localDay(nowMs, ctx.model.store.timezone);
    try {
      const { items } = await ctx.ask(`/v1/kpis?store=${encodeURIComponent(ctx.storeId)}&by=day&from=${day}&to=${day}`);
      this.filled = items.at(-1)?.refills.n ?? 0;
    } catch (error) {
      if (error.status === undefined) throw error; // ours, not the gateway's
    }
    this.draw();
  }

  showState() {
    this.draw();
  }

  focus() {
    this.element.querySelector("#refill-title").focus({ preventScroll: true });
  }

  // -- what is shown -----------------------------------------------------------------------------------

  get mayAct() {
    return this.ctx.session.may("tasks:write") || this.ctx.session.via === "open";
  }

  render() {
    const { ctx } = this;
    if (this.isDisposed || ctx.model.store === null) return;
    const open = ctx.work.openTasks;
    const ended = ctx.work.endedTasks(SHOWN_ENDED_MS);
    this.showChips(open);
    const fits = ({ kind }) => this.view.kind === null || this.view.kind === kind;
    const tasks = keptInPlace(this.places, open.filter(fits), ended.filter(fits));
    this.places = tasks;
    const listed = tasks.slice(0, this.shown);
    this.forget(new Set(tasks.map(({ id }) => id)));
    const nowMs = ctx.knownMs();
    this.keepFocus(() => this.showGroups(listed, nowMs));
    this.more.hidden = tasks.length <= this.shown;
    setText(this.more, ctx.lang.t("refill.more", { n: Math.min(PAGE, tasks.length - this.shown) }));
    this.make.hidden = !this.mayAct;
    this.hint.hidden = !this.mayAct || tasks.length === 0;
    const today = this.filled > 0 && ctx.lang.t("refill.today", { n: this.filled });
    setText(this.note, [ctx.lang.t("refill.open", { n: open.length }), today].filter(Boolean).join(" · "));
    this.showCalm(open.length, tasks.length);
    this.say(open, ended);
    clearTimeout(this.endTimer);
    if (ended.length > 0) this.endTimer = setTimeout(() => this.draw(), SHOWN_ENDED_MS / 4);
    this.goToWanted();
  }

  showChips(open) {
    const { lang } = this.ctx;
    const count = (kind) => open.filter((task) => kind === null || task.kind === kind).length;
    const kinds = [null, ...KINDS.filter((kind) => count(kind) > 0 || kind === this.view.kind)];
    this.chipByKind ??= new Map();
    arrange(this.chips, kinds.map((kind) => {
      if (!this.chipByKind.has(kind)) this.chipByKind.set(kind, this.chip(kind));
      const chip = this.chipByKind.get(kind);
      setAttribute(chip, "aria-pressed", String(kind === this.view.kind));
      setText(chip.lastChild, lang.number(count(kind)));
      return chip;
    }));
    this.chips.hidden = kinds.length < 3;
  }

  chip(kind) {
    const { lang } = this.ctx;
    const choose = () => { this.view.kind = kind; this.shown = PAGE; this.places = []; this.render(); };
    return el("button", { type: "button", class: "chip", on: { click: choose } }, kind === null ? lang.t("refill.all") : lang.word("task_kind", kind), el("b", {}));
  }

  showGroups(tasks, nowMs) {
    const byZone = new Map();
    for (const task of tasks) byZone.set(task.zone, [...(byZone.get(task.zone) ?? []), task]);
    for (const zone of this.groups.keys()) if (!byZone.has(zone)) this.groups.delete(zone);
    arrange(this.list, [...byZone].map(([zone, group], index) => {
      if (!this.groups.has(zone)) this.groups.set(zone, this.group(zone));
      const { element, step, list } = this.groups.get(zone);
      setText(step, this.ctx.lang.number(index + 1));
      arrange(list, group.map((task) => this.card(task, nowMs)));
      return element;
    }));
  }

  group(zone) {
    const { lang, model } = this.ctx;
    const name = zone === null ? lang.t("refill.nowhere") : zoneName(zone, model, lang);
    const step = el("span", { class: "walk-step", "aria-hidden": "true" });
    const list = el("ul", { class: "tasks" });
    const element = el("section", { class: "task-group", "aria-label": name }, el("h3", {}, step, name), list);
    return { element, step, list };
  }

  card(task, nowMs) {
    if (!this.cards.has(task.id)) {
      const { claim, unclaim } = { claim: (found) => this.claim(found), unclaim: (found) => this.unclaim(found) };
      this.cards.set(task.id, new TaskCard(this.ctx, {
        finish: (found) => this.finish(found), undo: (found) => this.undo(found), fail: (found) => this.fail(found), claim, unclaim,
      }));
    }
    const card = this.cards.get(task.id);
    card.update(task, { nowMs, mayAct: this.mayAct, isFinishing: this.finishing.has(task.id), pending: pendingOf(task, this.ctx.outbox) });
    return card.element;
  }

  forget(living) {
    for (const id of this.cards.keys()) if (!living.has(id)) this.cards.delete(id);
  }

  /** Draws; whoever stood with the keyboard on something that is gone then stands on what took its place. */
  keepFocus(draw) {
    const before = document.activeElement;
    const card = before?.closest?.(".task");
    const index = card ? [...this.element.querySelectorAll(".task")].indexOf(card) : -1;
    draw();
    if (index < 0 || (before.isConnected && before.offsetParent !== null)) return;
    const cards = [...this.element.querySelectorAll(".task")];
    const next = card.isConnected ? card : (cards[Math.min(index, cards.length - 1)] ?? this.element.querySelector("#refill-title"));
    (card.isConnected ? (card.querySelector(".task-undo:not([hidden])") ?? next) : next).focus({ preventScroll: true });
  }

  /** Says that nothing is to do, as far as that is known. */
  showCalm(open, listed) {
    const { lang, model, work, state } = this.ctx;
    this.calm.parentElement.hidden = listed > 0;
    if (listed > 0) return;
    const blind = [...model.zones.values()].filter((zone) => model.coverage(zone) === "unwatched");
    const isKnown = work.state === "ready" && state !== "lost" && blind.length === 0;
    this.calm.className = isKnown ? "calm" : "calm is-unsure";
    const time = lang.time(model.asOfMs, model.store.timezone, { today: this.ctx.knownMs() });
    if (work.state !== "ready") {
      setText(this.calmTitle, lang.t(work.state === "loading" ? "refill.loading" : "refill.unavailable"));
      setText(this.calmText, "");
    } else {
      setText(this.calmTitle, lang.t(open > 0 ? "refill.none_of_kind" : "refill.calm"));
      const unsure = state === "lost" ? lang.t("refill.unsure_stale", { time }) : lang.t("refill.unsure_blind", { n: blind.length });
      setText(this.calmText, open > 0 ? "" : isKnown ? lang.t("refill.calm_more") : unsure);
    }
  }

  /** Tells screen readers what is new and what is done, once each; not what was there at the start. */
  say(open, ended) {
    if (this.ctx.work.state !== "ready") return;
    const { lang, model } = this.ctx;
    const titles = new Map(open.map((task) => [task.id, taskTitle(task, model, lang)]));
    if (this.said !== null) {
      const news = [
        ...open.filter(({ id }) => !this.said.has(id)).map((task) => lang.t("refill.new_task", { task: titles.get(task.id) })),
        ...ended.filter(({ id }) => this.said.has(id)).map((task) => lang.t("refill.ended", { task: this.said.get(task.id), how: taskEnd(task, lang) })),
      ];
      if (news.length > 0) setText(this.voice, news.join(". "));
    }
    this.said = titles;
  }

  // -- what people do ----------------------------------------------------------------------------------

  /** Takes a task as done: for some seconds it can be taken back, then the gateway is told. */
  finish(task) {
    if (this.ctx.session.via === "open") return this.send(task, "complete", "refill.act_done");
    if (this.finishing.has(task.id)) return;
    this.finishing.set(task.id, { task, timer: setTimeout(() => this.finishNow(task.id), UNDO_MS) });
    this.render();
  }

  undo(task) {
    clearTimeout(this.finishing.get(task.id)?.timer);
    this.finishing.delete(task.id);
    this.render();
    this.cards.get(task.id)?.done.focus();
  }

  finishNow(id) {
    const { task, timer } = this.finishing.get(id);
    clearTimeout(timer);
    this.finishing.delete(id);
    return this.send(task, "complete", "refill.act_done");
  }

  finishAll() {
    for (const id of [...this.finishing.keys()]) this.finishNow(id);
  }

  claim(task) {
    return this.send(task, "claim", "refill.act_claim", { by: this.ctx.session.key_id });
  }

  unclaim(task) {
    return this.send(task, "unclaim", "refill.act_unclaim");
  }

  fail(task) {
    const { lang } = this.ctx;
    const reasons = ["fail.not_found", "fail.no_room", "fail.damaged"].map((key) => lang.t(key));
    const words = { title: lang.t("fail.title"), reasons, other: lang.t("fail.other"), send: lang.t("fail.send") };
    askReason(lang, words, (reason) => this.send(task, "fail", "refill.act_fail", { reason }));
  }

  async send(task, verb, label, body = null) {
    const { ctx } = this;
    const act = { path: `/v1/tasks/${task.id}/${verb}`, body, subject: `task ${task.id}`, label: ctx.lang.t(label, { task: taskTitle(task, ctx.model, ctx.lang) }) };
    const outcome = ctx.do(act);
    this.draw();
    const told = await outcome;
    ctx.work.takeOutcome(told);
    if (told.state === "refused" && told.problem.status !== 401) ctx.work.refreshSoon(); // somebody was quicker: see what it is now
  }

  openForm(sku) {
    const { ctx } = this;
    this.form = openTaskForm(ctx, sku, async (task) => {
      const title = taskTitle({ ...task, done: 0 }, ctx.model, ctx.lang);
      const outcome = await ctx.do({ path: "/v1/tasks", body: task, subject: "task new", label: ctx.lang.t("refill.act_new", { task: title }) });
      ctx.work.takeOutcome(outcome);
      if (outcome.state === "done") {
        ctx.tell(ctx.lang.t("refill.made"), "good");
        ctx.work.refreshSoon(); // it says where on the walk it stands
      }
    });
    return this.form;
  }

  // -- scans and places --------------------------------------------------------------------------------

  /** A code leads to the task of its article; of a piece that is wanted it is said so. */
  async scanned(code) {
    const { ctx } = this;
    const found = await resolveCode(ctx, code).catch((error) => ctx.tell(ctx.problem(error), "bad"));
    if (this.isDisposed || found === undefined) return;
    if (found === null || found.sku === null) return ctx.tell(ctx.lang.t("refill.scan_unknown"), "bad");
    if (this.form?.element.open) return this.form.scanned(found.sku);
    const tasks = ctx.work.openTasks.filter(({ sku }) => sku === found.sku);
    const task = tasks.find(({ items }) => items.some(({ epc }) => epc === found.epc)) ?? tasks[0];
    const article = articleName(found.sku, ctx.model, ctx.lang);
    if (task === undefined) {
      ctx.tell(ctx.lang.t("refill.scan_none", { article }));
      return;
    }
    const isWanted = found.epc !== null && task.items.some(({ epc }) => epc === found.epc);
    ctx.tell(isWanted ? ctx.lang.t("refill.scan_right", { task: taskTitle(task, ctx.model, ctx.lang) }) : ctx.lang.t("refill.scan_article", { article }), isWanted ? "good" : "plain");
    this.reveal(task);
  }

  /** Comes to a task's card, whatever is filtered. */
  reveal(task) {
    if (this.view.kind !== null && this.view.kind !== task.kind) this.view.kind = null;
    this.shown = Math.max(this.shown, this.ctx.work.openTasks.findIndex(({ id }) => id === task.id) + PAGE);
    this.render();
    this.cards.get(task.id)?.reveal();
  }

  navigate(place) {
    this.wanted = place.rest[0] ?? null;
    this.render();
    return true;
  }

  goToWanted() {
    const task = this.wanted === null ? undefined : this.ctx.work.tasks.get(this.wanted);
    if (task === undefined) return;
    this.wanted = null;
    this.reveal(task);
  }
}
