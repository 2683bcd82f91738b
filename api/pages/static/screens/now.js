// The screen "now": floor, things to do, readers, stock, of one store, as they are at this moment.

import { el, onceAFrame } from "../dom.js";
import { Changes } from "../model.js";
import { AlertList } from "../parts/alert-list.js";
import { DeviceList } from "../parts/device-list.js";
import { FloorMap } from "../parts/floor-map.js";
import { Proof } from "../parts/proof.js";
import { StockList } from "../parts/stock-list.js";
import { SORTS } from "../parts/stock-order.js";
import { Summary } from "../parts/summary.js";
import { remembered } from "../preferences.js";

const AGE_MS = 5_000;

export default class NowScreen {
  constructor(ctx) {
    this.ctx = ctx;
    const { lang, model } = ctx;
    this.view = ctx.view("now", {
      zone: null, query: "", sort: remembered("sort", SORTS) ?? SORTS[0], allAlerts: false, allDevices: false,
    });
    this.title = lang.t("nav.now");
    this.changes = new Changes();
    const onZone = (zone) => this.chooseZone(zone);
    this.map = new FloorMap(lang, model, this.view, onZone);
    this.alerts = new AlertList(lang, model, this.view);
    this.devices = new DeviceList(lang, model, this.view);
    this.proof = new Proof(lang, model);
    this.summary = new Summary(ctx);
    this.stock = new StockList(lang, model, this.view, onZone);
    this.element = el("div", { class: "now" },
      el("div", { class: "side" }, this.summary.element, this.map.element, this.alerts.element, this.devices.element, this.proof.element),
      this.stock.element);
    this.draw = onceAFrame(() => this.render());
    this.timer = setInterval(() => this.letAge(), AGE_MS);
  }

  dispose() {
    clearInterval(this.timer);
    this.map.dispose();
    this.summary.dispose();
  }

  /** Shows what changed, with the next frame. */
  show(changes) {
    this.changes.add(changes);
    this.draw();
  }

  /** Where the numbers are not live, they age. */
  showState(state) {
    if (this.ctx.model.store !== null) this.alerts.render(this.ctx.knownMs(), state !== "lost");
    this.letAge();
  }

  render() {
    const { ctx, changes } = this;
    if (ctx.model.store === null) return;
    this.changes = new Changes();
    const nowMs = ctx.knownMs();
    if (changes.alerts) this.summary.render();
    if (changes.zones || changes.devices) this.map.render();
    if (changes.alerts || changes.zones) this.alerts.render(nowMs, ctx.state !== "lost");
    if (changes.devices) this.devices.render(nowMs);
    if (changes.articleSet) this.stock.render(nowMs);
    else this.stock.update(changes.skus, nowMs);
  }

  letAge() {
    if (this.ctx.state === "live" || this.ctx.model.store === null) return;
    const nowMs = this.ctx.knownMs();
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
