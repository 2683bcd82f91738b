// What people did and the gateway has not taken yet: how much waits for a line, and what was refused, with its reason.

import { el, setText } from "../dom.js";
import { icon } from "../icons.js";

export class Waiting {
  constructor(ctx) {
    this.ctx = ctx;
    this.text = el("span", {});
    this.waits = el("div", { class: "notice is-waiting" }, icon("outbox"), this.text);
    this.refusals = el("div", {});
    this.element = el("div", { class: "notices", role: "status", "aria-live": "polite" }, this.waits, this.refusals);
    this.render();
  }

  /** Shows what the outbox holds now. */
  render() {
    const { lang, outbox, state } = this.ctx;
    const { waiting, refused } = outbox;
    const mine = waiting.filter(({ who }) => who === outbox.who);
    const isOld = mine.length > 0 && state !== "live"; // with a line it takes a blink: nothing to tell
    const others = waiting.length - mine.length;
    this.waits.hidden = !isOld && others === 0;
    setText(this.text, [
      isOld && lang.t("outbox.waiting", { n: mine.length, what: lang.list(labels(mine)) }),
      others > 0 && lang.t("outbox.others", { n: others }),
    ].filter(Boolean).join(" "));
    this.refusals.replaceChildren(...refused.map((item) => this.refusal(item)));
  }

  refusal(item) {
    const { lang, outbox } = this.ctx;
    return el("div", { class: "notice is-lost" }, icon("alert"),
      el("span", {}, lang.t("outbox.refused", { what: item.label, why: this.ctx.problem(item.problem) })),
      el("button", { type: "button", class: "quiet", on: { click: () => outbox.forget(item.key) } }, lang.t("outbox.understood")));
  }
}

const MAX_LABELS = 3;

function labels(items) {
  const told = items.slice(0, MAX_LABELS).map(({ label }) => label);
  return items.length > MAX_LABELS ? [...told, "…"] : told;
}
