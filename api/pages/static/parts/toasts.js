// Short words about what was just done: seen for a few seconds, read out to screen readers.

import { el } from "../dom.js";
import { icon } from "../icons.js";

const SHOWN_MS = 6_000;
const MAX_SHOWN = 3;

export class Toasts {
  constructor(lang) {
    this.lang = lang;
    this.element = el("div", { class: "toasts", role: "status", "aria-live": "polite" });
  }

  /** Says something. `tone`: "good", "bad" or "plain"; bad ones stay until they are closed. */
  tell(text, tone = "plain") {
    const close = el("button", { type: "button", class: "toast-close", "aria-label": this.lang.t("page.close") }, icon("close"));
    const toast = el("div", { class: `toast is-${tone}` }, el("span", {}, text), close);
    const end = () => toast.remove();
    close.addEventListener("click", end);
    if (tone !== "bad") setTimeout(end, SHOWN_MS);
    this.element.append(toast);
    while (this.element.childElementCount > MAX_SHOWN) this.element.firstChild.remove();
  }
}
