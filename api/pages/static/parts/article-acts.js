// What a person can do about an article: hold a piece here or elsewhere, have it counted, have it looked for.

import { el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";

const HOLD_HERE_S = 1_800; // to fetch it and come to the till
const HOLD_THERE_S = 7_200; // to go to the other store
const ANY_CHANNEL = "store"; // where the site names no channels, a channel is the caller's own word

export class ArticleActs {
  constructor(ctx, sku, nameOf) {
    Object.assign(this, { ctx, sku, nameOf });
    const { lang, session } = ctx;
    this.hold = this.button("hand", lang.t("find.hold"), () => this.holdOne(ctx.store.id), "primary act");
    this.count = this.button("count", lang.t("find.count_it"), () => this.task("count"));
    this.look = this.button("search", lang.t("find.look_for_it"), () => this.task("find"));
    this.hold.hidden = !session.may("reservations:write");
    this.count.hidden = this.look.hidden = !session.may("tasks:write");
    if (session.via === "open") this.hold.hidden = this.count.hidden = this.look.hidden = false; // it leads to signing in
    this.note = el("p", { class: "explanation act-note", role: "status" });
    const why = el("a", { class: "chip act", href: ctx.path("why", sku) }, icon("why"), lang.t("find.why"));
    this.element = el("div", { class: "acts-of" }, this.hold, this.look, this.count, why, this.note);
  }

  button(sign, text, act, className = "chip act") {
    return el("button", { type: "button", class: className, on: { click: act } }, icon(sign), el("span", {}, text));
  }

  /** Shows what may be done now: nothing can be held where nothing is available. */
  render(available) {
    const isPending = this.ctx.outbox.isPending(`hold ${this.sku}`);
    setAttribute(this.hold, "disabled", available === 0 || isPending);
    const waits = this.ctx.lang.t("find.hold_waits");
    if (isPending && this.ctx.state !== "live") setText(this.note, waits);
    else if (!isPending && this.note.textContent === waits) setText(this.note, ""); // it was sent: the numbers tell
  }

  /** Holds one piece in a store, for as long as it takes to come for it. */
  async holdOne(store) {
    const { ctx, sku } = this;
    const { lang } = ctx;
    const isHere = store === ctx.store.id;
    const storeName = ctx.stores.find(({ id }) => id === store)?.name ?? store;
    const label = lang.t(isHere ? "find.act_hold" : "find.act_hold_there", isHere ? { article: this.nameOf() } : { article: this.nameOf(), store: storeName });
    setAttribute(this.hold, "disabled", true);
    const channel = await this.channelOf(store);
    const body = { store, lines: [{ sku, qty: 1 }], channel, ttl_s: isHere ? HOLD_HERE_S : HOLD_THERE_S };
    const outcome = await ctx.do({ path: "/v1/reservations", body, subject: `hold ${sku}`, label });
    if (outcome.state === "done") {
      const at = Date.parse(outcome.body.expires_at);
      const until = lang.time(at, ctx.stores.find(({ id }) => id === store)?.timezone ?? ctx.store.timezone);
      ctx.tell(lang.t("find.held", { article: this.nameOf(), store: storeName, time: until }), "good");
      setText(this.note, lang.t("find.held_note", { store: storeName, time: until }));
    }
    if (outcome.state === "waiting") setText(this.note, lang.t("find.hold_waits"));
    setAttribute(this.hold, "disabled", outcome.state === "waiting");
  }

  /** Returns the channel in whose name pieces are held: the first that sells from that store. */
  async channelOf(store) {
    try {
      const { items } = await this.ctx.ask("/v1/channels");
      const able = items.filter(({ stores, fulfilment }) => (stores.length === 0 || stores.includes(store)) && fulfilment.includes("pickup"));
      return (able[0] ?? items[0])?.id ?? ANY_CHANNEL;
    } catch (error) {
      if (error.status === undefined) throw error;
      return ANY_CHANNEL; // no answer: the hold waits too, and the gateway judges it
    }
  }

  /** Makes a task for whoever has a moment. */
  async task(kind) {
    const { ctx, sku } = this;
    const label = ctx.lang.t(kind === "count" ? "find.act_count" : "find.act_find", { article: this.nameOf() });
    const outcome = await ctx.do({ path: "/v1/tasks", body: { store: ctx.store.id, kind, sku }, subject: `${kind} ${sku}`, label });
    if (outcome.state === "done") ctx.tell(ctx.lang.t("find.task_made", { task: label }), "good");
  }
}
