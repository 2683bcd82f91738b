// One expected delivery: when and from where, how much of it is here, line by line; and what may be said of it.

import { el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { articleName } from "./names.js";
import { choice, Sheet } from "./sheet.js";

const WIDTH = 100;
const HEIGHT = 8;
const FAR_MS = 6 * 86_400_000; // a weekday says no more which one

export class DeliveryCard {
  /** `screen` has mayAct, and act(delivery, verb, label). */
  constructor(ctx, screen) {
    Object.assign(this, { ctx, screen });
    const { lang } = ctx;
    const button = (key, act, kind) => el("button", { type: "button", class: kind, on: { click: act } }, lang.t(key));
    this.heading = el("h3", {});
    this.when = el("p", { class: "delivery-when" });
    this.badge = el("span", { class: "badge" });
    this.share = svg("rect", { class: "share", height: HEIGHT });
    this.bar = svg("svg", { class: "delivery-bar", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
      svg("rect", { class: "back", width: WIDTH, height: HEIGHT }), this.share);
    this.pieces = el("p", { class: "delivery-pieces" });
    this.lines = el("ul", { class: "delivery-lines" });
    this.receive = button("deliveries.receive", () => this.askReceive(), "quiet");
    this.close = button("deliveries.close", () => this.askClose(), "chip");
    this.acts = el("div", { class: "delivery-acts" }, this.receive, this.close);
    this.element = el("li", { class: "panel delivery" },
      el("header", { class: "delivery-head" }, el("span", { class: "task-sign" }, icon("receiving")), el("div", { class: "task-what" }, this.heading, this.when), this.badge),
      this.bar, this.pieces,
      el("details", { class: "delivery-what" }, el("summary", {}, lang.t("deliveries.lines")), this.lines),
      this.acts);
  }

  /** Shows a delivery as it is. */
  update(delivery) {
    const { ctx: { lang, outbox }, screen } = this;
    const isPending = outbox.isPending(`delivery ${delivery.id}`);
    const key = JSON.stringify([delivery, isPending]);
    if (key === this.key) return;
    Object.assign(this, { key, delivery });
    setText(this.heading, this.name());
    setText(this.when, this.whenWords());
    const state = isPending ? "pending" : delivery.is_late ? "late" : delivery.state;
    setAttribute(this.badge, "class", `badge is-${state.replace("_", "-")}`);
    setText(this.badge, lang.word("delivery_state", state));
    setAttribute(this.share, "width", (delivery.arrived / delivery.pieces) * WIDTH);
    setText(this.pieces, lang.t("deliveries.pieces", { arrived: delivery.arrived, n: delivery.pieces }));
    this.drawLines();
    this.acts.hidden = !screen.mayAct;
    for (const button of [this.receive, this.close]) {
      button.disabled = isPending;
      setAttribute(button, "aria-label", lang.t("deliveries.named", { act: button.textContent, what: this.name() }));
    }
  }

  name() {
    const { reference, from } = this.delivery;
    const { lang } = this.ctx;
    if (reference === null && from === null) return lang.t("deliveries.unnamed");
    return from === null ? reference : lang.t("deliveries.from", { what: reference ?? lang.t("deliveries.unnamed"), from });
  }

  whenWords() {
    const { lang, model: { store: { timezone } } } = this.ctx;
    const [begin, end] = [Date.parse(this.delivery.expected_from), Date.parse(this.delivery.expected_to)];
    const nowMs = this.ctx.knownMs();
    const moment = (ms) => {
      const isFar = Math.abs(ms - nowMs) > FAR_MS;
      return isFar ? lang.t("deliveries.day_time", { day: lang.date(ms, timezone), time: lang.time(ms, timezone) }) : lang.time(ms, timezone, { today: nowMs });
    };
    if (begin === end) return lang.t("deliveries.at", { time: moment(end) });
    const isOneDay = lang.date(begin, timezone) === lang.date(end, timezone);
    return lang.t("deliveries.between", { from: moment(begin), to: isOneDay ? lang.time(end, timezone) : moment(end) });
  }

  /** What is missing stands on top. */
  drawLines() {
    const { ctx, ctx: { lang, model } } = this;
    const sorted = this.delivery.lines.toSorted((a, b) => b.missing - a.missing);
    this.lines.replaceChildren(...sorted.map(({ sku, qty, arrived, missing }) => el("li", { class: missing > 0 ? "is-missing" : "" },
      el("a", { href: ctx.path("find", sku) }, articleName(sku, model, lang)),
      el("span", { class: "delivery-count" }, lang.t("deliveries.line", { arrived, n: qty })),
      el("span", { class: "explanation" }, missing > 0 ? lang.t("deliveries.missing", { n: missing }) : lang.t("deliveries.complete")))));
  }

  // -- acts --------------------------------------------------------------------------------------------

  askReceive() {
    this.ask("deliveries.receive_title", "deliveries.receive", "deliveries.receive_note", "receive", "deliveries.received");
  }

  askClose() {
    this.ask("deliveries.close_title", "deliveries.close", "deliveries.close_note", "close", "deliveries.closed");
  }

  ask(title, act, note, verb, done) {
    const { lang } = this.ctx;
    const { delivery } = this;
    const go = () => {
      sheet.close();
      this.screen.act(delivery, verb, lang.t(done, { what: this.name() }));
    };
    const sheet = new Sheet(lang, lang.t(title), el("p", {}, this.name()), el("div", { class: "choices" },
      choice(lang.t(act), lang.t(note, { n: delivery.missing }), go), choice(lang.t("deliveries.wait"), null, () => sheet.close(), "choice is-main")));
    sheet.open();
  }
}
