// The screen "deliveries": what is on its way to the store, when, what of it was seen, and what is missing.

import { arrange, el, onceAFrame, setText } from "../dom.js";
import { icon } from "../icons.js";
import { DeliveryCard } from "../parts/delivery-card.js";

const PAGE = 200; // open ones of a store: more than it unpacks in a month
const SOON_MS = 1_500; // pieces come in crowds
const AGAIN_MS = 60_000; // and a delivery becomes late by itself

export default class DeliveriesScreen {
  static texts = ["deliveries"];
  static styles = ["refill", "sheet", "deliveries"];

  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.deliveries");
    this.found = null;
    this.acted = 0;
    this.cards = new Map();
    this.note = el("span", { class: "section-note" });
    this.state = el("p", { class: "explanation", role: "status" });
    this.list = el("ul", { class: "deliveries-list" });
    this.calm = el("div", { class: "panel calm-panel", hidden: true }, el("p", { class: "calm" }, icon("calm"), lang.t("deliveries.none")));
    this.element = el("section", { class: "deliveries", "aria-labelledby": "deliveries-title" },
      el("header", { class: "screen-head" }, el("h2", { id: "deliveries-title", tabindex: -1 }, lang.t("deliveries.title")), this.note),
      this.state, this.list, this.calm);
    this.draw = onceAFrame(() => this.render());
    this.stopHearing = ctx.work.onChange(() => this.outboxChanged());
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }

  dispose() {
    clearInterval(this.timer);
    clearTimeout(this.soon);
    this.stopHearing();
  }

  focus() {
    this.element.querySelector("h2").focus({ preventScroll: true });
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    if (this.ctx.model.store === null) return;
    if (!this.isAsked) this.load();
    else if (changes.articleSet) this.draw();
  }

  refresh() {
    this.load();
  }

  /** Stock that changes may be a delivery that comes: asked for again, once for many. */
  event(type, event) {
    if (type !== "availability" || event.store !== this.ctx.storeId || this.soon !== undefined) return;
    this.soon = setTimeout(() => { this.soon = undefined; this.load(); }, SOON_MS);
  }

  outboxChanged() {
    const waiting = this.ctx.outbox.waiting.filter(({ subject }) => subject.startsWith("delivery ")).length;
    if (waiting < (this.waiting ?? 0)) this.load(); // what was kept is sent by now
    this.waiting = waiting;
    this.draw();
  }

  /** Asks anew; once more after a look that is under way: a slow gateway is not asked twice at a time, and each answer is shown. */
  load() {
    if (this.isAsking) {
      this.isDue = true;
      return;
    }
    this.isAsked = this.isAsking = true;
    this.ask().finally(() => {
      this.isAsking = false;
      if (this.isDue) this.load();
    });
  }

  async ask() {
    const { ctx, ctx: { lang } } = this;
    this.isDue = false;
    const { acted } = this;
    const query = new URLSearchParams([["store", ctx.storeId], ["state", "expected"], ["state", "partly_received"], ["limit", PAGE]]);
    try {
      const { items } = await ctx.ask(`/v1/deliveries?${query}`);
      if (acted === this.acted) this.found = items; // else it may be of before the act
      setText(this.state, "");
      this.draw();
    } catch (error) {
      if (error.status === undefined) throw error;
      setText(this.state, lang.t("deliveries.failed"));
    }
  }

  /** Shows at once what the gateway answered. */
  take(delivery) {
    this.acted += 1;
    this.found = this.found.map((one) => (one.id === delivery.id ? delivery : one)).filter(({ state }) => OPEN.has(state));
    this.render();
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render() {
    if (this.found === null || this.ctx.model.store === null) return;
    const { lang } = this.ctx;
    setText(this.note, this.found.length === 0 ? "" : lang.t("deliveries.missing_in_all", { n: this.found.reduce((sum, { missing }) => sum + missing, 0) }));
    for (const id of this.cards.keys()) if (!this.found.some((one) => one.id === id)) this.cards.delete(id);
    arrange(this.list, this.found.map((delivery) => {
      if (!this.cards.has(delivery.id)) this.cards.set(delivery.id, new DeliveryCard(this.ctx, this));
      const card = this.cards.get(delivery.id);
      card.update(delivery);
      return card.element;
    }));
    this.calm.hidden = this.found.length > 0;
  }

  // -- acts --------------------------------------------------------------------------------------------

  /** Whether acts are offered: who is not signed in is led to signing in by the first one. */
  get mayAct() {
    const { session } = this.ctx;
    return session.via === "open" || session.may("deliveries:receive") || session.may("ingest:write");
  }

  /** Receives or closes a delivery; what the gateway takes in steps is asked for until nothing is missing. */
  async act(delivery, verb, label) {
    const { ctx } = this;
    const act = { method: "POST", path: `/v1/deliveries/${encodeURIComponent(delivery.id)}/${verb}`, body: {}, subject: subjectOf(delivery), label };
    let outcome = await ctx.do(act);
    for (let before = delivery.missing; isGoingOn(verb, outcome, before); ) {
      before = outcome.body.missing;
      outcome = await ctx.do(act);
    }
    if (outcome.state === "done") {
      ctx.tell(label, "good");
      this.take(outcome.body);
    }
    this.load();
    this.focus();
  }
}

const OPEN = new Set(["expected", "partly_received"]);

const isGoingOn = (verb, { state, body }, before) => verb === "receive" && state === "done" && body.missing > 0 && body.missing < before;

export const subjectOf = ({ id }) => `delivery ${id}`;
