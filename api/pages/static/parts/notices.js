// What must be known before a number is believed: a lost connection, a gateway that is not ready.

import { el, setText } from "../dom.js";
import { icon } from "../icons.js";

export class Notices {
  constructor(lang, model, onRetry) {
    Object.assign(this, { lang, model });
    this.lostText = el("span", {});
    this.lost = el("div", { class: "notice is-lost" }, icon("unplugged"), this.lostText,
      el("button", { type: "button", class: "quiet", on: { click: onRetry } }, lang.t("notice.retry")));
    this.unreadyText = el("span", {});
    this.unready = el("div", { class: "notice" }, icon("alert"), this.unreadyText);
    this.lost.hidden = this.unready.hidden = true;
    this.element = el("div", { class: "notices", role: "status", "aria-live": "polite" }, this.lost, this.unready);
  }

  /** Shows what is to be said now. */
  render(state, nowMs) {
    const { lang, model } = this;
    this.lost.hidden = state !== "lost";
    if (state === "lost") {
      setText(this.lostText, model.store === null ? lang.t("notice.lost_empty") : lang.t("notice.lost", {
        time: lang.time(model.asOfMs, model.store.timezone, { seconds: true, today: nowMs }),
      }));
    }
    this.unready.hidden = model.readiness.ready;
    setText(this.unreadyText, model.readiness.reasons.map((reason) => readinessWords(reason, lang)).join(" "));
  }
}

function readinessWords(reason, lang) {
  const [code] = reason.split(":");
  return lang.word("readiness", code, { code: reason });
}
