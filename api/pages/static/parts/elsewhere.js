// Where else an article is: every store with its number, and what comes close to it.

import { el } from "../dom.js";
import { icon } from "../icons.js";

const FRESH = { cache: "no-cache" }; // an answer may be kept for minutes: not where somebody looks at it

export class Elsewhere {
  /** `hold(store)` holds one there. */
  constructor(ctx, hold) {
    Object.assign(this, { ctx, hold });
    this.list = el("ul", { class: "stores" });
    this.instead = el("ul", { class: "instead" });
    this.insteadTitle = el("h4", {}, ctx.lang.t("find.instead"));
    this.says = el("p", { class: "nothing" });
    this.element = el("div", {}, this.list, this.says, this.insteadTitle, this.instead);
    this.element.hidden = true;
  }

  /** Asks for all stores that this person sees, and for what could stand in where none can promise it. */
  async load(sku) {
    const { ctx } = this;
    const asked = { lines: [{ sku, qty: 1 }], limit: 50, alternatives: true };
    const headers = { "Content-Type": "application/json" };
    const isOpen = ctx.session.via === "open"; // who is not signed in may only GET
    const [numbers, options] = await Promise.all([
      ctx.ask(`/v1/availability?sku=${encodeURIComponent(sku)}`, FRESH),
      isOpen ? { items: [], variants: [] } : ctx.ask("/v1/pickup-options", { method: "POST", body: JSON.stringify(asked), headers }),
    ]);
    this.render(numbers.items, options);
  }

  render(answers, { items, variants }) {
    const others = answers.filter(({ store }) => store !== this.ctx.store.id);
    const place = new Map(items.map(({ store }, index) => [store, index])); // best first
    others.sort((a, b) => (place.get(a.store) ?? items.length) - (place.get(b.store) ?? items.length));
    this.list.replaceChildren(...others.map((answer) => this.row(answer, items.find(({ store }) => store === answer.store))));
    this.list.hidden = others.length === 0;
    this.says.hidden = true;
    const near = variants.filter(({ stores }) => stores.length > 0);
    this.insteadTitle.hidden = this.instead.hidden = near.length === 0;
    this.instead.replaceChildren(...near.map((variant) => this.variant(variant)));
    this.element.hidden = others.length === 0 && near.length === 0;
  }

  row(answer, option) {
    const { lang, session } = this.ctx;
    const { store, status, quantities, promise } = answer;
    const name = this.storeName(store);
    const byMs = Date.parse(option?.ready_by ?? promise.ready_by ?? "");
    const zone = this.ctx.stores.find(({ id }) => id === store)?.timezone;
    const mayHold = promise.pickup === "yes" && (session.may("reservations:write") || session.via === "open");
    return el("li", { class: "store-row", "data-status": status },
      el("span", { class: "store-name" }, icon("store"), name),
      el("span", { class: "badge" }, lang.word("status", status)),
      el("b", { class: "store-number" }, quantities ? lang.number(quantities.available) : ""),
      el("span", { class: "unseen" }, lang.t("find.available")),
      Number.isNaN(byMs) ? null : el("span", { class: "store-ready" }, lang.t("find.ready_by", { time: lang.time(byMs, zone, { today: this.ctx.knownMs() }) })),
      mayHold && el("button", { type: "button", class: "chip", "aria-label": lang.t("find.hold_there_in", { store: name }), on: { click: () => this.hold(store) } }, icon("hand"), lang.t("find.hold_there")));
  }

  variant({ sku, size, colour, stores }) {
    const { ctx } = this;
    const name = ctx.lang.nameOf(ctx.model.articles.get(sku)?.name, sku);
    const kind = [size, colour].filter(Boolean).join(" · ");
    return el("li", {}, el("a", { class: "instead-link", href: ctx.path("find", sku) },
      el("span", { class: "name" }, name), el("span", { class: "sku" }, kind),
      el("span", { class: "instead-stores" }, ctx.lang.t("find.instead_in", { stores: ctx.lang.list(stores.map((store) => this.storeName(store))) }))));
  }

  storeName(id) {
    return this.ctx.stores.find((store) => store.id === id)?.name ?? id;
  }
}
