// The screen "now": floor, things to do, readers, stock, of one store, as they are at this moment.

import { el, onceAFrame } from "../dom.js";
import { Changes } from "../model.js";
import { AlertList } from "../parts/alert-list.js";
import { DeviceList } from "../parts/device-list.js";
import { FloorMap } from "../parts/floor-map.js";
import { Header } from "../parts/header.js";
import { Notices } from "../parts/notices.js";
import { Proof } from "../parts/proof.js";
import { StockList } from "../parts/stock-list.js";

const CLOCK_MS = 1_000;
const AGE_MS = 5_000;

export class NowScreen {
  /** `acts` has language(code), store(id), retry() and signOut (or null). */
  constructor(lang, model, clock, view, stores, acts) {
    Object.assign(this, { lang, model, clock, view });
    this.state = "connecting";
    this.changes = new Changes();
    const onZone = (zone) => this.chooseZone(zone);
    this.header = new Header(lang, model, stores, acts);
    this.notices = new Notices(lang, model, acts.retry);
    this.map = new FloorMap(lang, model, view, onZone);
    this.alerts = new AlertList(lang, model, view);
    this.devices = new DeviceList(lang, model, view);
    this.proof = new Proof(lang, model);
    this.stock = new StockList(lang, model, view, onZone);
    this.main = el("main", {},
      el("div", { class: "side" }, this.map.element, this.alerts.element, this.devices.element, this.proof.element),
      this.stock.element);
    this.element = el("div", { class: "screen" },
      el("a", { class: "skip", href: "#stock" }, lang.t("page.skip")),
      this.header.element, this.notices.element, this.main);
    this.draw = onceAFrame(() => this.render());
    this.timers = [setInterval(() => this.tick(), CLOCK_MS), setInterval(() => this.letAge(), AGE_MS)];
    this.showState("connecting");
  }

  dispose() {
    this.timers.forEach(clearInterval);
    this.map.dispose();
  }

  /** Shows what changed, with the next frame. */
  show(changes) {
    this.changes.add(changes);
    this.draw();
  }

  /** Shows whether the numbers are live. Where they are not, they are marked, and they age. */
  showState(state) {
    this.state = state;
    this.header.showState(state);
    this.element.classList.toggle("is-stale", state === "lost");
    this.element.classList.toggle("is-empty", this.model.store === null);
    this.notices.render(state, this.clock.now());
    if (this.model.store !== null) this.alerts.render(this.knownMs(), state !== "lost");
    this.letAge();
  }

  /** Returns the time that ages are told by: of the last overview while live, else now. */
  knownMs() {
    return this.state === "live" || this.clock.now() === null ? this.model.asOfMs : this.clock.now();
  }

  render() {
    if (this.model.store === null) return;
    const { changes } = this;
    this.changes = new Changes();
    const nowMs = this.knownMs();
    this.element.classList.remove("is-empty");
    this.header.render();
    this.notices.render(this.state, this.clock.now());
    this.tick();
    if (changes.zones || changes.devices) this.map.render();
    if (changes.alerts || changes.zones) this.alerts.render(nowMs, this.state !== "lost");
    if (changes.devices) this.devices.render(nowMs);
    if (changes.articleSet) this.stock.render(nowMs);
    else this.stock.update(changes.skus, nowMs);
  }

  tick() {
    this.header.tick(this.clock.now());
  }

  letAge() {
    if (this.state === "live" || this.model.store === null) return;
    const nowMs = this.knownMs();
    this.stock.age(nowMs);
    this.devices.render(nowMs);
  }

  /** Filters the stock by a zone; the same zone again, or null, shows all. */
  chooseZone(zone) {
    this.view.zone = zone === this.view.zone ? null : zone;
    this.map.render();
    this.stock.change({});
    const isInSight = this.stock.element.getBoundingClientRect().top < innerHeight * 0.6;
    if (this.view.zone !== null && !isInSight) this.stock.element.scrollIntoView({ block: "start" });
  }
}
