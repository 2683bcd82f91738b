// The screen "collect": orders to pick, with each scan checked, to make ready and to hand over; what is at risk on top.

import { arrange, el, onceAFrame, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { resolveCode } from "../parts/codes.js";
import { articleName } from "../parts/names.js";
import { askHandOver, askMissing, askMore, askReady } from "../parts/order-acts.js";
import { OrderCard } from "../parts/order-card.js";
import { orderName, pickedLines } from "../parts/order-words.js";

const AGE_MS = 15_000;
const PAGE = 40;
const SHOWN_GOOD_MS = 6_000;
const BUZZ = { good: 40, bad: [90, 70, 90] };
const SECTIONS = ["risk", "pick", "ready", "held"];

export default class CollectScreen {
  static texts = ["refill", "collect"];
  static styles = ["refill", "collect", "sheet"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.collect");
    this.view = ctx.view("collect", { checked: {} });
    this.active = place.rest[0] ?? null;
    this.isNew = this.active !== null;
    this.shown = PAGE;
    this.cards = new Map();
    this.said = null;
    this.note = el("span", { class: "section-note" });
    this.scanText = el("span", {});
    this.scan = el("div", { class: "scan-result", role: "alert", hidden: true }, icon("scanner"), this.scanText,
      el("button", { type: "button", class: "toast-close", "aria-label": lang.t("page.close"), on: { click: () => { this.scan.hidden = true; } } }, icon("close")));
    this.hint = el("p", { class: "explanation" }, lang.t("collect.hint"));
    this.sections = new Map(SECTIONS.map((name) => [name, this.section(name)]));
    this.more = el("button", { type: "button", class: "quiet", on: { click: () => { this.shown += PAGE; this.render(); } } });
    this.calmTitle = el("p", { class: "calm-title" });
    this.calmText = el("p", {});
    this.calm = el("div", { class: "calm" }, icon("calm", "icon calm-icon"), el("div", {}, this.calmTitle, this.calmText));
    this.voice = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.element = el("section", { class: "collect", "aria-labelledby": "collect-title" },
      el("header", { class: "screen-head" }, el("h2", { id: "collect-title", tabindex: -1 }, lang.t("collect.title")), this.note),
      this.hint, el("div", { class: "panel calm-panel" }, this.calm),
      [...this.sections.values()].map(({ element }) => element), this.more, this.scan, this.voice);
    this.draw = onceAFrame(() => this.render());
    this.unhear = ctx.work.onChange(() => this.draw());
    ctx.work.freshen();
    this.timer = setInterval(() => this.age(), AGE_MS);
  }

  section(name) {
    const count = el("span", { class: "walk-step" });
    const list = el("ul", { class: "orders" });
    const title = this.ctx.lang.word("order_section", name);
    const isFolded = name === "held"; // carts of the web shop: nothing for staff to do yet
    const element = isFolded
      ? el("details", { class: "order-section on-hold" }, el("summary", {}, title, count), list)
      : el("section", { class: "order-section task-group", "aria-label": title }, el("h3", {}, count, title), list);
    return { element, list, count };
  }

  dispose() {
    this.isDisposed = true;
    this.unhear();
    clearInterval(this.timer);
    clearTimeout(this.scanTimer);
    this.sheet?.close();
  }

  show() {
    this.draw();
  }

  showState() {
    this.draw();
  }

  focus() {
    this.element.querySelector("#collect-title").focus({ preventScroll: true });
  }

  navigate(place) {
    this.active = place.rest[0] ?? null;
    this.isNew = this.active !== null;
    this.render();
    return true;
  }

  age() {
    if (document.visibilityState === "visible") this.ctx.work.freshen();
    this.draw();
  }

  // -- what is shown -----------------------------------------------------------------------------------

  get mayAct() {
    return this.ctx.session.may("reservations:write") || this.ctx.session.via === "open";
  }

  render() {
    const { ctx } = this;
    if (this.isDisposed || ctx.model.store === null) return;
    const orders = ctx.work.openReservations;
    const bySection = new Map(SECTIONS.map((name) => [name, []]));
    for (const order of orders) bySection.get(sectionOf(order)).push(order);
    const listed = new Set(SECTIONS.flatMap((name) => bySection.get(name)).slice(0, this.shown));
    for (const id of this.cards.keys()) if (!ctx.work.reservations.has(id)) this.cards.delete(id);
    for (const id of Object.keys(this.view.checked)) if (ctx.work.state === "ready" && !ctx.work.reservations.has(id)) delete this.view.checked[id];
    const nowMs = ctx.knownMs();
    this.keepFocus(() => {
      for (const [name, { element, list, count }] of this.sections) {
        const found = bySection.get(name);
        element.hidden = found.length === 0;
        setText(count, ctx.lang.number(found.length));
        arrange(list, found.filter((order) => listed.has(order)).map((order) => this.card(order, nowMs)));
      }
    });
    this.more.hidden = orders.length <= this.shown;
    setText(this.more, ctx.lang.t("collect.show_more", { n: Math.min(PAGE, orders.length - this.shown) }));
    const toPick = ctx.work.toPick.length;
    setText(this.note, ctx.lang.t("collect.to_pick", { n: toPick }));
    this.hint.hidden = !this.mayAct || toPick === 0;
    this.showCalm(orders);
    this.say(orders);
    this.comeToActive();
  }

  card(order, nowMs) {
    if (!this.cards.has(order.id)) {
      this.cards.set(order.id, new OrderCard(this.ctx, {
        start: (found) => this.ctx.go(this.ctx.path("collect", found.id)),
        tick: (found, sku) => this.tick(found, sku),
        ready: (found) => this.ready(found),
        collect: (found) => { this.sheet = askHandOver(this.ctx, found, this.step(found)); },
        missing: (found) => { this.sheet = askMissing(this.ctx, found, this.linesOf(found), this.step(found), this.amend(found)); },
        more: (found) => { this.sheet = askMore(this.ctx, found, this.step(found), this.amend(found)); },
        release: (found) => this.step(found)("release", null, "collect.act_release"),
      }));
    }
    const card = this.cards.get(order.id);
    const checked = this.view.checked[order.id] ?? {};
    card.update(order, { nowMs, mayAct: this.mayAct, isActive: order.id === this.active, waiting: this.waitingFor(order), checked });
    return card.element;
  }

  /** Draws; whoever stood with the keyboard on something that is gone then stands on the card, or on the title. */
  keepFocus(draw) {
    const before = document.activeElement;
    const card = before?.closest?.(".order");
    draw();
    if (!card || (before.isConnected && before.offsetParent !== null)) return;
    (card.isConnected ? card : this.element.querySelector("#collect-title")).focus({ preventScroll: true });
  }

  showCalm(orders) {
    const { lang, model, work, state } = this.ctx;
    const isKnown = work.state === "ready" && state !== "lost";
    this.calm.parentElement.hidden = orders.length > 0;
    this.calm.className = isKnown ? "calm" : "calm is-unsure";
    const time = lang.time(model.asOfMs, model.store.timezone, { today: this.ctx.knownMs() });
    setText(this.calmTitle, lang.t(work.state === "ready" ? "collect.calm" : work.state === "loading" ? "collect.loading" : "collect.unavailable"));
    setText(this.calmText, work.state !== "ready" ? "" : isKnown ? lang.t("collect.calm_more") : lang.t("collect.unsure_stale", { time }));
  }

  /** Tells screen readers what came and what went, once each; not what was there at the start. */
  say(orders) {
    const { lang, work } = this.ctx;
    if (work.state !== "ready") return;
    const names = new Map(orders.filter(({ state }) => state !== "held").map((order) => [order.id, orderName(order, lang)]));
    if (this.said !== null) {
      const came = [...names].filter(([id]) => !this.said.has(id)).map(([, name]) => lang.t("collect.came", { name }));
      const went = [...this.said].filter(([id]) => !names.has(id)).map(([, name]) => lang.t("collect.went", { name }));
      if (came.length + went.length > 0) setText(this.voice, [...came, ...went].join(". "));
    }
    this.said = names;
  }

  comeToActive() {
    if (!this.isNew || this.active === null || this.ctx.work.state !== "ready") return;
    this.isNew = false;
    const card = this.cards.get(this.active);
    if (card === undefined) this.ctx.tell(this.ctx.lang.t("collect.gone"));
    else card.reveal();
  }

  // -- what people do ----------------------------------------------------------------------------------

  waitingFor(order) {
    return this.ctx.outbox.waiting.filter(({ subject }) => subject === subjectOf(order));
  }

  linesOf(order) {
    return pickedLines(order, this.waitingFor(order), this.view.checked[order.id] ?? {});
  }

  /** Returns what does a step of an order: (verb, body, label) => done. */
  step(order) {
    return (verb, body, label, more = {}) => this.send(order, { path: `/v1/reservations/${order.id}/${verb}`, body, ...more }, label);
  }

  /** Returns what changes an order as it is known here: (patch, label) => done. */
  amend(order) {
    return (patch, label) => this.send(order, { method: "PATCH", path: `/v1/reservations/${order.id}`, body: patch, headers: { "If-Match": `"${order.version}"` } }, label);
  }

  async send(order, act, label) {
    const { ctx } = this;
    const done = ctx.do({ ...act, subject: subjectOf(order), label: ctx.lang.t(label, { name: orderName(order, ctx.lang) }) });
    this.draw();
    const told = await done;
    ctx.work.takeOutcome(told);
    if (told.state === "refused" && told.problem.status !== 401) ctx.work.refreshSoon(); // see what it is by now
    return told;
  }

  ready(order) {
    const left = this.linesOf(order).reduce((sum, { line, picked, checked }) => sum + line.secured - picked - checked, 0);
    if (left > 0) this.sheet = askReady(this.ctx, left, this.step(order));
    else this.step(order)("ready", null, "collect.act_ready");
  }

  /** A person has a piece in hand, whose code was not read or bears no tag. */
  tick(order, sku) {
    const found = this.linesOf(order).find(({ line }) => line.sku === sku);
    if (found === undefined || found.isDone) return;
    if (this.ctx.model.articles.get(sku)?.tracked_by === "tag") this.check(order, sku);
    else this.step(order)("pick", { lines: [{ sku, qty: found.picked + 1 }] }, "collect.act_pick");
  }

  /** Takes a piece that bears a tag as checked: which tag it was, the gateway learns when the customer leaves with it. */
  check(order, sku) {
    const checked = (this.view.checked[order.id] ??= {});
    checked[sku] = (checked[sku] ?? 0) + 1;
    this.render();
  }

  // -- scans -------------------------------------------------------------------------------------------

  async scanned(code) {
    const { ctx } = this;
    if (this.sheet?.element.open || !this.mayAct) return;
    const found = await resolveCode(ctx, code).catch((error) => ctx.tell(ctx.problem(error), "bad"));
    if (this.isDisposed || found === undefined) return;
    if (found === null || found.sku === null) return this.answer("bad", ctx.lang.t("collect.scan_unknown"));
    this.match(found, articleName(found.sku, ctx.model, ctx.lang));
  }

  /** Holds a scanned piece against the order that is being picked, else against the next one that wants it. */
  match(found, article) {
    const { ctx } = this;
    const { lang } = ctx;
    const orders = ctx.work.toPick;
    const wants = (order) => this.linesOf(order).some(({ line, isDone }) => line.sku === found.sku && !isDone);
    const active = orders.find(({ id }) => id === this.active);
    const other = orders.find((order) => order !== active && wants(order));
    const picked = orders.find((order) => found.epc !== null && order.lines.some(({ epcs }) => epcs.includes(found.epc)));
    if (picked !== undefined) return this.answer("bad", lang.t("collect.scan_again", { article, name: orderName(picked, lang) }));
    if (active !== undefined && wants(active)) return this.pick(active, found, article);
    if (active === undefined && other !== undefined) {
      ctx.go(ctx.path("collect", other.id));
      return this.pick(other, found, article);
    }
    if (active === undefined) return this.answer("bad", lang.t("collect.scan_nobody", { article }));
    const name = orderName(active, lang);
    const isOfIt = active.lines.some(({ sku }) => sku === found.sku);
    if (isOfIt) return this.answer("bad", lang.t("collect.scan_enough", { article, name }));
    const hint = other === undefined ? "" : ` ${lang.t("collect.scan_other", { name: orderName(other, lang) })}`;
    return this.answer("bad", lang.t("collect.scan_wrong", { article, name }) + hint);
  }

  async pick(order, { sku, epc }, article) {
    const { lang, model } = this.ctx;
    const name = orderName(order, lang);
    this.answer("good", lang.t("collect.scan_right", { article, name }));
    if (epc === null) return model.articles.get(sku)?.tracked_by === "tag" ? this.check(order, sku) : this.tick(order, sku);
    const told = await this.step(order)("pick", { epcs: [epc] }, "collect.act_pick", { about: { [epc]: sku } });
    if (told.state === "refused") this.answer("bad", this.ctx.problem(told.problem));
  }

  /** Says what a scan was: seen from a distance, read out, and felt where the device can. */
  answer(tone, text) {
    this.scan.hidden = false;
    setAttribute(this.scan, "class", `scan-result is-${tone}`);
    setText(this.scanText, text);
    clearTimeout(this.scanTimer);
    if (tone === "good") this.scanTimer = setTimeout(() => { this.scan.hidden = true; }, SHOWN_GOOD_MS); // a bad one stays until it is read
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(BUZZ[tone]);
  }
}

const subjectOf = ({ id }) => `reservation ${id}`;

function sectionOf({ state, at_risk: isAtRisk }) {
  if (state === "held") return "held";
  if (isAtRisk) return "risk";
  return state === "ready" ? "ready" : "pick";
}
