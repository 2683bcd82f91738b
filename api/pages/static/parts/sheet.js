// A question in front of the screen: a sheet from below on a phone, a card in the middle of a tablet.

import { el } from "../dom.js";
import { icon } from "../icons.js";

export class Sheet {
  /** `title` says what is asked; `body` are its elements. Escape and the cross close it. */
  constructor(lang, title, ...body) {
    const close = el("button", { type: "button", class: "icon-button", "aria-label": lang.t("page.close"), on: { click: () => this.close() } }, icon("close"));
    this.problem = el("p", { class: "sheet-problem", role: "alert", hidden: true });
    this.body = el("div", { class: "sheet-body" }, body);
    this.element = el("dialog", { class: "sheet", "aria-labelledby": "sheet-title" },
      el("header", { class: "sheet-head" }, el("h2", { id: "sheet-title" }, title), close),
      this.body, this.problem);
    this.element.addEventListener("close", () => this.element.remove());
    this.element.addEventListener("click", (event) => event.target === this.element && this.close());
  }

  open() {
    document.body.append(this.element);
    this.element.showModal();
    return this;
  }

  close() {
    this.element.close();
  }

  /** Says why what was asked for cannot be; null: nothing is wrong. */
  fail(text) {
    this.problem.hidden = text === null;
    this.problem.textContent = text ?? "";
  }
}

/** Returns a large button of a sheet: what it does, and in smaller words what that means. */
export function choice(text, note, onClick, className = "choice") {
  return el("button", { type: "button", class: className, on: { click: onClick } },
    el("span", { class: "choice-text" }, text), note && el("span", { class: "choice-note" }, note));
}

/** Asks why something cannot be done: `reasons` to tap, or words of one's own. Calls `done(reason)` once. */
export function askReason(lang, { title, reasons, other, send }, done) {
  const own = el("input", { type: "text", maxlength: 200, autocomplete: "off", "aria-label": other, placeholder: other });
  const finish = (reason) => {
    if (reason === "") return own.focus();
    sheet.close();
    done(reason);
  };
  const sheet = new Sheet(lang, title,
    el("div", { class: "choices" }, reasons.map((reason) => choice(reason, null, () => finish(reason)))),
    el("form", { class: "own-words", on: { submit: (event) => { event.preventDefault(); finish(own.value.trim()); } } },
      own, el("button", { class: "primary" }, send)));
  return sheet.open();
}
