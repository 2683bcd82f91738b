// The top line: which store, what time it is there, whether the page is live, what waits.

import { el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { LANGUAGES } from "../language.js";
import { screenOf } from "../screens.js";

export class Header {
  /** `acts` has language(code), store(id), signOut (null where nobody signed in) and signIn (null where somebody did). */
  constructor(ctx, acts) {
    const { lang, model, stores, session } = ctx;
    Object.assign(this, { lang, model });
    this.clock = el("time", { class: "clock", title: lang.t("header.clock") });
    this.speed = el("span", { class: "speed" });
    this.live = el("span", { class: "live-text" });
    this.liveSign = el("span", { class: "pill live", role: "status" }, el("span", { class: "dot", "aria-hidden": "true" }), this.live);
    this.alerts = el("a", { class: "pill to-alerts", href: placeOfAlerts() });
    this.devices = el("a", { class: "pill to-readers", href: placeOfDevices() });
    this.name = el("h1", {});
    const leave = session.name === null ? lang.t("header.sign_out") : lang.t("header.sign_out_of", { name: session.name });
    const signOut = acts.signOut && el("button", {
      type: "button", class: "icon-button", "aria-label": leave, title: leave, on: { click: acts.signOut },
    }, icon("sign_out"));
    const signIn = acts.signIn && el("button", { type: "button", class: "chip to-sign-in", on: { click: acts.signIn } },
      icon("key"), el("span", { class: "to-sign-in-text" }, lang.t("header.sign_in")));
    this.element = el("header", { class: "top" },
      el("div", { class: "who" }, mark(), stores.length > 1 ? this.storeChoice(stores, acts.store) : this.name),
      el("div", { class: "when" }, this.clock, this.speed),
      el("div", { class: "signs" }, this.liveSign, this.alerts, this.devices),
      el("div", { class: "acts" }, languageChoice(lang, acts.language), signOut, signIn));
  }

  storeChoice(stores, onStore) {
    this.stores = el("select", {
      class: "store-choice", "aria-label": this.lang.t("page.store"), on: { change: () => onStore(this.stores.value) },
    }, stores.map(({ id, name }) => el("option", { value: id }, name)));
    return el("h1", {}, this.stores);
  }

  /** Shows what is known of the store. */
  render() {
    const { lang, model } = this;
    const { active } = model.alertLists();
    const devices = [...model.devices.values()];
    const online = devices.filter((device) => device.state === "online").length;
    setText(this.name, model.store.name);
    if (this.stores) this.stores.value = model.store.id;
    this.pill(this.alerts, "alert", active.length, lang.t("header.alerts", { n: active.length }), active.length > 0);
    this.pill(this.devices, "rfid", `${lang.number(online)}/${lang.number(devices.length)}`,
      lang.t("header.devices", { online, n: devices.length }), online < devices.length);
    this.speed.hidden = model.speed === 1;
    setText(this.speed, `×${lang.number(model.speed)}`);
    setAttribute(this.speed, "title", lang.t("header.speed", { n: model.speed }));
  }

  pill(link, name, shown, label, isPressing) {
    const text = typeof shown === "number" ? this.lang.number(shown) : shown;
    if (!link.hasChildNodes()) link.append(icon(name), el("span", {}));
    setText(link.lastChild, text);
    setAttribute(link, "aria-label", label);
    setAttribute(link, "title", label);
    link.classList.toggle("is-pressing", isPressing);
  }

  /** Shows the shop's time. */
  tick(nowMs) {
    if (nowMs === null || this.model.store === null) return;
    setText(this.clock, this.lang.time(nowMs, this.model.store.timezone));
    setAttribute(this.clock, "datetime", new Date(nowMs).toISOString().slice(0, 16));
  }

  /** Shows whether the page is live. */
  showState(state) {
    setText(this.live, this.lang.word("connection", state));
    setAttribute(this.liveSign, "data-state", state);
  }
}

/** Returns where alerts and devices are shown: on screens of their own where there are such, else on the first. */
const placeOfAlerts = () => (screenOf("alerts") ? "/alerts" : "/now#alerts");
const placeOfDevices = () => (screenOf("health") ? "/health" : "/now#readers");

/** Returns the choice of language; each is named in its own words. */
export function languageChoice(lang, onLanguage) {
  const own = (code) => {
    const name = new Intl.DisplayNames([code], { type: "language" }).of(code);
    return name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  };
  return el("div", { class: "languages", role: "group", "aria-label": lang.t("page.language") },
    LANGUAGES.map((code) => el("button", {
      type: "button", lang: code, title: own(code), "aria-label": own(code), "aria-pressed": String(code === lang.code),
      on: { click: () => onLanguage(code) },
    }, code.toUpperCase())));
}

/** Returns the product's mark: a shelf with a tag's waves. */
export function mark() {
  return svg("svg", { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "mark-back", width: 32, height: 32, rx: 8 }),
    svg("path", { class: "mark-lines", d: "M8 23.5h16M8 16.5h7M11.5 16.5v7M20.5 23.5v-7" }),
    svg("path", { class: "mark-waves", d: "M16.5 10.5a6 6 0 0 1 8 0M18.7 13.3a2.6 2.6 0 0 1 3.6 0M13.8 7.4a10 10 0 0 1 13.4 0" }));
}
