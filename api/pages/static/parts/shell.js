// What stands around every screen: the top line, the navigation, what must be said first, and the place for one screen.

import { el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { pathTo } from "../router.js";
import { SCREENS } from "../screens.js";
import { Header } from "./header.js";
import { Notices } from "./notices.js";
import { Toasts } from "./toasts.js";
import { Waiting } from "./waiting.js";

const CLOCK_MS = 1_000;

export class Shell {
  /** `acts` has language(code), store(id), retry() and signOut (or null). */
  constructor(ctx, acts) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.screen = null;
    this.header = new Header(ctx, acts);
    this.notices = new Notices(lang, ctx.model, acts.retry);
    this.waiting = new Waiting(ctx);
    this.toasts = new Toasts(lang);
    this.links = new Map();
    this.outlet = el("main", { class: "outlet", id: "main", tabindex: -1 });
    this.element = el("div", { class: "shell" },
      el("a", { class: "skip", href: "#main" }, lang.t("page.skip")),
      this.header.element,
      el("div", { class: "notices-frame" }, this.notices.element, this.waiting.element),
      this.navigation(),
      this.outlet,
      this.toasts.element);
    this.timer = setInterval(() => this.tick(), CLOCK_MS);
  }

  dispose() {
    clearInterval(this.timer);
    this.screen?.dispose();
  }

  // -- navigation --------------------------------------------------------------------------------------

  navigation() {
    const { lang, session } = this.ctx;
    const shown = SCREENS.filter(({ place, needs }) => place !== null && session.may(needs));
    const link = (screen) => {
      const badge = el("span", { class: "nav-badge", hidden: true });
      const element = el("a", { class: "nav-link", href: pathTo(screen.id) },
        el("span", { class: "nav-icon" }, icon(screen.icon), badge), el("span", { class: "nav-name" }, lang.t(`nav.${screen.id}`)));
      this.links.set(screen.id, { element, badge });
      return element;
    };
    const [first, behind] = ["bar", "more"].map((where) => shown.filter(({ place }) => place === where).map(link));
    this.more = el("button", { type: "button", class: "nav-link nav-more", "aria-expanded": "false", "aria-controls": "nav-behind", on: { click: () => this.open(!this.isOpen) } },
      el("span", { class: "nav-icon" }, icon("more")), el("span", { class: "nav-name" }, lang.t("nav.more")));
    this.isOpen = false;
    this.nav = el("nav", { class: "nav", id: "nav", "aria-label": lang.t("nav.title"), on: { keydown: (event) => event.key === "Escape" && this.open(false) } },
      first, behind.length > 0 ? [el("div", { class: "nav-behind", id: "nav-behind" }, behind), this.more] : null);
    return this.nav;
  }

  /** On a phone: shows or hides what is behind "more". */
  open(isOpen) {
    this.isOpen = isOpen;
    this.nav.classList.toggle("is-open", isOpen);
    setAttribute(this.more, "aria-expanded", String(isOpen));
  }

  /** Shows how many things wait on a screen. */
  badge(id, n) {
    const link = this.links.get(id);
    if (link === undefined) return;
    link.badge.hidden = n === 0;
    setText(link.badge, n > 99 ? "99+" : this.ctx.lang.number(n));
    setAttribute(link.element, "aria-label", n === 0 ? null : this.ctx.lang.t("nav.waiting", { screen: this.ctx.lang.t(`nav.${id}`), n }));
  }

  // -- screens -----------------------------------------------------------------------------------------

  /** Shows a screen in the place of the one before. */
  present(screen, place) {
    this.screen?.dispose();
    this.screen = screen;
    this.place = place;
    this.open(false);
    this.outlet.replaceChildren(screen.element);
    this.element.classList.toggle("is-bare", place.screen.isBare === true);
    for (const [id, { element }] of this.links) setAttribute(element, "aria-current", id === place.screen.id ? "page" : null);
    this.title();
  }

  /** Brings the keyboard and the screen reader to the new screen; not when the page was just opened. */
  enter() {
    scrollTo(0, 0);
    if (this.screen.focus) this.screen.focus();
    else this.outlet.focus({ preventScroll: true });
  }

  /** Says in words that a screen could not be loaded: there is no line, and it was never opened here before. */
  presentMissing(place) {
    const { lang } = this.ctx;
    const element = el("div", { class: "panel missing" }, icon("unplugged"), el("p", {}, lang.t("page.missing")),
      el("button", { type: "button", class: "primary", on: { click: () => this.ctx.go(place.path, { replace: true }) } }, lang.t("notice.retry")));
    this.present({ element, title: lang.t(`nav.${place.screen.id}`), dispose() {} }, place);
  }

  title() {
    const { lang, model } = this.ctx;
    const name = this.screen?.title ?? "";
    const active = model.store === null ? 0 : model.alertLists().active.length;
    document.title = [active > 0 && `(${lang.number(active)})`, [name, model.store?.name].filter(Boolean).join(" · ")].filter(Boolean).join(" ");
  }

  // -- what comes in -----------------------------------------------------------------------------------

  show(changes) {
    const { ctx } = this;
    this.element.classList.remove("is-empty");
    this.header.render();
    this.notices.render(ctx.state, ctx.clock.now());
    this.badge("alerts", ctx.model.alertLists().active.length);
    this.title();
    this.screen?.show?.(changes);
    this.tick();
  }

  /** Shows whether the numbers are live. Where they are not, they are marked, and they age. */
  showState(state) {
    this.header.showState(state);
    this.element.classList.toggle("is-stale", state === "lost");
    this.element.classList.toggle("is-empty", this.ctx.model.store === null);
    this.notices.render(state, this.ctx.clock.now());
    this.screen?.showState?.(state);
  }

  tick() {
    this.header.tick(this.ctx.clock.now());
  }
}
