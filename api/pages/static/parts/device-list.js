// How the readers, scanners and shelves are: those that need a look first, the details one tap away.

import { arrange, el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { zoneName } from "./names.js";

const STATES = ["offline", "silent", "never", "online"]; // in this order; a state not known here comes first
const CLOCKS_TO_TELL = new Set(["offset", "drifting", "stepped"]); // a clock that is right is no news
const ICONS = { rfid: "rfid", weight: "weight" };

export class DeviceList {
  constructor(lang, model, view) {
    Object.assign(this, { lang, model, view });
    this.cards = new Map();
    this.summary = el("span", { class: "section-note" });
    this.list = el("ul", { class: "devices" });
    this.toggle = el("button", { // seen where it is narrow: a page of working readers would hide the stock
      type: "button",
      class: "quiet fold",
      on: { click: () => { view.allDevices = !view.allDevices; this.fold(); } },
    });
    this.none = el("p", { class: "nothing" }, lang.t("devices.none"));
    this.element = el("section", { class: "panel readers", id: "readers", "aria-labelledby": "readers-title", tabindex: -1 },
      el("header", { class: "panel-head" }, el("h2", { id: "readers-title" }, lang.t("devices.title")), this.summary),
      this.list, this.none, this.toggle);
  }

  /** Draws the devices; `nowMs` is the shop's time of what is known of them. */
  render(nowMs) {
    const { lang } = this;
    const devices = [...this.model.devices.values()];
    const rank = ({ state }) => STATES.indexOf(state);
    const sorted = devices.map((device, place) => ({ device, place }))
      .sort((a, b) => rank(a.device) - rank(b.device) || a.place - b.place).map(({ device }) => device);
    for (const id of this.cards.keys()) if (!this.model.devices.has(id)) this.cards.delete(id);
    arrange(this.list, sorted.map((device) => this.card(device, nowMs)));
    this.none.hidden = devices.length > 0;
    this.fold();
    const down = devices.filter((device) => device.state !== "online").length;
    setText(this.summary, devices.length === 0 ? ""
      : lang.t(down === 0 ? "devices.all_well" : "devices.need_a_look", { n: down === 0 ? devices.length : down }));
  }

  /** Shows all devices, or those that need a look alone. */
  fold() {
    const { lang, model, view } = this;
    this.list.classList.toggle("is-folded", !view.allDevices);
    this.toggle.hidden = ![...model.devices.values()].some((device) => device.state === "online");
    setText(this.toggle, view.allDevices ? lang.t("devices.fewer") : lang.t("devices.all", { n: model.devices.size }));
    setAttribute(this.toggle, "aria-expanded", String(view.allDevices));
  }

  card(device, nowMs) {
    let card = this.cards.get(device.id);
    if (card === undefined) {
      card = new DeviceCard(this.lang, this.model, device);
      this.cards.set(device.id, card);
    }
    card.update(device, nowMs);
    return card.element;
  }
}

class DeviceCard {
  constructor(lang, model, device) {
    Object.assign(this, { lang, model });
    this.state = el("span", { class: "device-state" });
    this.age = el("span", { class: "device-age" });
    this.facts = el("dl", { class: "facts" });
    this.element = el("li", { class: "device" }, el("details", {},
      el("summary", {},
        icon(ICONS[device.role] ?? "scanner", "icon device-icon"),
        el("span", { class: "device-name" }, device.id, el("span", { class: "device-what" }, lang.word("device_role", device.role))),
        el("span", { class: "device-life" }, this.state, this.age)),
      this.facts));
  }

  update(device, nowMs) {
    const { lang } = this;
    setAttribute(this.element, "class", `device is-${device.state}`);
    setText(this.state, lang.word("device_state", device.state));
    const age = device.last_seen_at === null ? "" : this.ago(Math.max(0, nowMs - Date.parse(device.last_seen_at)));
    setText(this.age, age);
    const facts = this.factsOf(device, age);
    const key = JSON.stringify(facts);
    if (key === this.key) return;
    this.key = key;
    this.facts.replaceChildren(...facts.flatMap(([name, value]) => [
      el("dt", {}, name),
      el("dd", {}, Array.isArray(value) ? el("ul", {}, value.map((line) => el("li", {}, line))) : value),
    ]));
  }

  ago(ms) {
    const { lang } = this;
    return ms < 10_000 ? lang.t("freshness.just_now") : lang.t("freshness.ago", { age: lang.age(ms) });
  }

  clockWords({ state, offset_s: offset }) {
    const { lang } = this;
    if (state !== "offset") return lang.word("clock", state);
    return lang.word("clock", offset > 0 ? "ahead" : "behind", { age: lang.age(Math.abs(offset) * 1000) });
  }

  factsOf(device, age) {
    const { lang, model } = this;
    const t = (name, values) => lang.t(`devices.${name}`, values);
    const dropped = Object.entries(device.dropped).sort(([, a], [, b]) => b - a)
      .map(([reason, n]) => `${lang.number(n)} × ${lang.word("drop", reason)}`);
    const taken = device.role in ICONS ? device.role : "other";
    return [
      [t("last_sign"), age || lang.word("device_state", "never")],
      [t("where"), lang.list(device.zones.map((id) => zoneName(id, model, lang)))],
      [t("says"), [lang.word("device_kind", device.kind), device.detail].filter(Boolean).join(" · ")],
      [t("taken"), lang.t(`taken.${taken}`, { n: device.observations })],
      [t("messages"), t("messages_value", { received: device.received, passed: device.passed })],
      device.held > 0 && [t("waiting"), lang.number(device.held)],
      CLOCKS_TO_TELL.has(device.clock?.state) && [t("clock"), this.clockWords(device.clock)],
      device.reconnects > 0 && [t("reconnects"), t("reconnects_value", { n: device.reconnects })],
      [t("set_aside"), dropped.length === 0 ? t("set_aside_none") : dropped],
    ].filter(Boolean);
  }
}
