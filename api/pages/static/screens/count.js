// The screen "count": begin a count of a zone, go on with one, and see what came of those before.

import { arrange, el, setText } from "../dom.js";
import { icon } from "../icons.js";
import { CountSession } from "../parts/count-session.js";
import { countOutcome, countPlace } from "../parts/count-words.js";
import { zoneName } from "../parts/names.js";
import { choice } from "../parts/sheet.js";

const LISTED = 30;
const LOOK_MS = 15_000;
const WAYS = ["mixed", "scanner", "hand"];

export default class CountScreen {
  static texts = ["count"];
  static styles = ["count", "sheet", "scan"];

  constructor(ctx, place) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.count");
    this.view = ctx.view("count", { zones: [], blind: true, by: "mixed" });
    this.counts = null;
    this.session = null;
    this.element = el("div", { class: "count" });
    this.timer = setInterval(() => document.visibilityState === "visible" && this.session === null && this.load(), LOOK_MS);
    const zone = place.query.get("zone");
    if (zone !== null) this.view.zones = [zone];
    this.open(place);
  }

  dispose() {
    this.isDisposed = true;
    clearInterval(this.timer);
    this.session?.dispose();
  }

  get base() {
    return `/v1/stores/${encodeURIComponent(this.ctx.storeId)}/counts`;
  }

  get mayCount() {
    return this.ctx.session.may("counts:write") || this.ctx.session.via === "open";
  }

  // -- which of the two is shown -----------------------------------------------------------------------

  open(place) {
    const [id] = place.rest;
    this.session?.dispose();
    this.session = null;
    if (id === undefined) {
      this.drawHome();
      this.load();
    } else {
      this.session = new CountSession(this.ctx, `${this.base}/${encodeURIComponent(id)}`, this.counts?.find((count) => count.id === id) ?? null);
      this.element.replaceChildren(this.session.element);
    }
  }

  navigate(place) {
    this.open(place);
    this.focus();
    return true;
  }

  focus() {
    this.element.querySelector("h2")?.focus({ preventScroll: true });
  }

  scanned(code) {
    this.session?.scanned(code);
  }

  show() {
    if (this.session) this.session.draw();
    else this.render();
  }

  showState() {
    this.show();
  }

  refresh() {
    if (this.session) this.session.load();
    else this.load();
  }

  // -- the beginning -----------------------------------------------------------------------------------

  drawHome() {
    const { lang } = this.ctx;
    this.zones = el("div", { class: "zone-choice" });
    const where = el("div", { role: "group", "aria-labelledby": "zones-title" }, el("p", { class: "ways-title", id: "zones-title" }, lang.t("count.where")), this.zones);
    this.zoneButtons = new Map();
    const ways = el("fieldset", { class: "ways" }, el("legend", {}, lang.t("count.how")),
      WAYS.map((way) => this.radio("by", way, lang.word("count_by", way), lang.word("count_by_note", way), this.view.by === way, () => { this.view.by = way; })));
    const sight = el("fieldset", { class: "ways" }, el("legend", {}, lang.t("count.sight")),
      [true, false].map((blind) => this.radio("blind", String(blind), lang.t(blind ? "count.blind" : "count.open"),
        lang.t(blind ? "count.blind_note" : "count.open_note"), this.view.blind === blind, () => { this.view.blind = blind; })));
    this.begin = el("button", { type: "submit", class: "primary" }, icon("count"), el("span", {}));
    this.form = el("form", { class: "panel begin-count", "aria-labelledby": "begin-title", on: { submit: (event) => this.start(event) } },
      el("header", { class: "panel-head" }, el("h3", { id: "begin-title" }, lang.t("count.begin_title"))), where, ways, sight, this.begin);
    this.waiting = el("div", { class: "count-lists" });
    this.list = el("div", { class: "count-lists" });
    this.shownLists = null;
    this.element.replaceChildren(
      el("header", { class: "screen-head" }, el("h2", { tabindex: -1 }, lang.t("count.title"))), this.waiting, this.form, this.list);
    this.render();
  }

  radio(name, value, text, note, isChosen, choose) {
    const input = el("input", { type: "radio", name, value, checked: isChosen, on: { change: choose } });
    return el("label", { class: "way" }, input, el("span", { class: "choice-text" }, text), el("span", { class: "choice-note" }, note));
  }

  render() {
    const { lang, model } = this.ctx;
    if (this.isDisposed || this.session !== null || model.store === null) return;
    this.form.hidden = !this.mayCount;
    const zones = [...model.zones.values()].filter(({ role }) => role !== "in_hand" && role !== "exit");
    arrange(this.zones, zones.map((zone) => this.zoneButton(zone)));
    const { zones: chosen } = this.view;
    for (const [id, button] of this.zoneButtons) button.setAttribute("aria-pressed", String(chosen.includes(id)));
    setText(this.begin.lastChild, chosen.length === 0 ? lang.t("count.begin_all") : lang.t("count.begin", { zones: lang.list(chosen.map((id) => zoneName(id, model, lang))) }));
    this.renderLists();
  }

  zoneButton(zone) {
    if (!this.zoneButtons.has(zone.id)) {
      const flip = () => {
        const { zones } = this.view;
        this.view.zones = zones.includes(zone.id) ? zones.filter((id) => id !== zone.id) : [...zones, zone.id];
        this.render();
      };
      this.zoneButtons.set(zone.id, el("button", { type: "button", class: "chip", "aria-pressed": "false", on: { click: flip } },
        icon(zone.role), zoneName(zone.id, this.ctx.model, this.ctx.lang)));
    }
    return this.zoneButtons.get(zone.id);
  }

  async start(event) {
    event.preventDefault();
    const { ctx } = this;
    const { zones, blind, by } = this.view;
    this.begin.disabled = true;
    const label = ctx.lang.t("count.act_begin");
    const outcome = await ctx.do({ path: this.base, body: { zones, blind, by }, subject: "count new", label });
    if (this.isDisposed) return;
    this.begin.disabled = false;
    if (outcome.state === "done") ctx.go(ctx.path("count", outcome.body.id));
  }

  // -- those that there are ----------------------------------------------------------------------------

  async load() {
    try {
      const { items } = await this.ctx.ask(`${this.base}?limit=${LISTED}`);
      this.counts = items;
    } catch (error) {
      if (error.status === undefined) throw error;
      this.counts ??= [];
    }
    this.render();
  }

  renderLists() {
    const { lang } = this.ctx;
    if (this.counts === null) return;
    const groups = [
      ["running", this.counts.filter(({ state }) => state === "open")],
      ["to_approve", this.counts.filter(({ state }) => state === "submitted")],
      ["over", this.counts.filter(({ state }) => state !== "open" && state !== "submitted")],
    ];
    const shown = JSON.stringify([groups, this.ctx.state]);
    if (shown === this.shownLists) return;
    this.shownLists = shown;
    const [running, toApprove, over] = groups.map(([name, counts]) => counts.length > 0 && this.group(name, counts));
    this.waiting.replaceChildren(...[running, toApprove].filter(Boolean)); // before a new one is begun
    this.list.replaceChildren(...[over].filter(Boolean));
  }

  group(name, counts) {
    const { lang } = this.ctx;
    return (
      el("section", { class: "panel", "aria-labelledby": `counts-${name}` },
        el("header", { class: "panel-head" }, el("h3", { id: `counts-${name}` }, lang.t(`count_group.${name}`)), el("span", { class: "section-note" }, lang.number(counts.length))),
        el("ul", { class: "choices" }, counts.map((count) => this.row(count))))
    );
  }

  row(count) {
    const { ctx } = this;
    const { lang, model } = ctx;
    const time = lang.time(Date.parse(count.started_at), ctx.store.timezone, { today: ctx.knownMs() ?? Date.now() });
    const note = [lang.t("count.begun", { time }), countOutcome(count, lang)].filter(Boolean).join(" · ");
    return el("li", {}, choice(countPlace(count, model, lang), note, () => ctx.go(ctx.path("count", count.id))));
  }
}
