// Silences: alerts of which nobody is told for a time; those that hold, ending one, and making one.

import { el, setText } from "../dom.js";
import { rfc3339 } from "./alert-acts.js";
import { zoneName } from "./names.js";

const HOUR_MS = 3_600_000;
const LENGTHS = { hour: HOUR_MS, four_hours: 4 * HOUR_MS, day: 24 * HOUR_MS, week: 7 * 24 * HOUR_MS, month: 30 * 24 * HOUR_MS };
const TYPES = [
  "shelf_empty_backroom_has_stock", "low_stock", "predicted_stock_out", "stock_out", "misplaced_item", "phantom_inventory",
  "gate_exit_unpaid", "reservation_at_risk", "reservation_unpicked", "collect_overdue", "delivery_not_seen", "count_variance",
  "reader_down", "coverage_low", "clock_skew", "stray_reads",
];
const MAX_WORDS = 500;

export class Silences {
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    const { lang } = ctx;
    this.found = null;
    this.list = el("ul", { class: "silences" });
    this.state = el("p", { class: "explanation", role: "status" });
    this.body = el("div", { class: "folded" }, el("p", { class: "explanation" }, lang.t("silence.what")), this.state, this.list);
    this.summary = el("h3", {}, lang.t("silence.title"));
    this.details = el("details", { on: { toggle: () => { if (this.details.open) this.open(); } } }, el("summary", {}, this.summary), this.body);
    this.element = el("div", { class: "panel fold-panel" }, this.details);
  }

  open() {
    if (this.acts.mayManage && this.form === undefined) {
      this.form = this.drawForm();
      this.body.append(this.form);
    }
    return this.refresh();
  }

  /** Asks anew which silences hold, where somebody looks. */
  async refresh() {
    if (!this.details.open) return;
    try {
      this.found = (await this.ctx.ask("/v1/silences")).items.filter(({ store }) => store === null || store === this.ctx.storeId);
    } catch {
      setText(this.state, this.ctx.lang.t("proof.failed"));
      return;
    }
    this.key = null;
    this.render(this.ctx.knownMs());
  }

  /** Shows what holds at this time. */
  render(nowMs) {
    const { lang } = this.ctx;
    if (this.found === null) return;
    const shown = this.found.filter(({ until }) => Date.parse(until) > nowMs);
    const key = JSON.stringify(shown);
    if (key === this.key) return;
    this.key = key;
    setText(this.state, shown.length === 0 ? lang.t("silence.none") : "");
    setText(this.summary, shown.length === 0 ? lang.t("silence.title") : lang.t("silence.count", { n: shown.length }));
    this.list.replaceChildren(...shown.map((silence) => this.row(silence, nowMs)));
  }

  row(silence, nowMs) {
    const { lang, model } = this.ctx;
    const time = lang.time(Date.parse(silence.until), model.store.timezone, { today: nowMs });
    const date = Date.parse(silence.until) - nowMs > 6 * 24 * HOUR_MS ? lang.date(Date.parse(silence.until), model.store.timezone) : time;
    const what = this.matched(silence);
    const mayEnd = this.acts.mayManage && silence.store !== null;
    return el("li", { class: "silence" },
      el("div", {}, el("p", { class: "silence-what" }, what), el("p", {}, silence.reason), el("p", { class: "alert-meta" }, lang.t("silence.until", { time: date }))),
      mayEnd && el("button", { type: "button", class: "chip", "aria-label": lang.t("alert_page.named", { act: lang.t("silence.end"), what }), on: { click: () => this.end(silence, what) } }, lang.t("silence.end")));
  }

  matched(silence) {
    const { lang, model } = this.ctx;
    const parts = [
      silence.type === null ? lang.t("silence.all_types") : lang.word("alert_kind", silence.type),
      silence.zone !== null && zoneName(silence.zone, model, lang),
      silence.sku,
      silence.department,
      silence.store === null && lang.t("silence.all_stores"),
    ];
    return parts.filter(Boolean).join(" · ");
  }

  drawForm() {
    const { lang, model } = this.ctx;
    const choice = (id, label, options) => {
      const select = el("select", { id }, options.map(([value, text]) => el("option", { value }, text)));
      return { select, row: el("div", { class: "field" }, el("label", { for: id }, lang.t(label)), select) };
    };
    const text = (id, label, attributes) => {
      const input = el("input", { id, autocomplete: "off", ...attributes });
      return { input, row: el("div", { class: "field" }, el("label", { for: id }, lang.t(label)), input) };
    };
    const type = choice("silence-type", "silence.type", [["", lang.t("silence.all_types")], ...TYPES.map((code) => [code, lang.word("alert_kind", code)])]);
    const zones = [...model.zones.values()].filter(({ role }) => role !== "in_hand");
    const zone = choice("silence-zone", "silence.zone", [["", lang.t("silence.all_zones")], ...zones.map(({ id }) => [id, zoneName(id, model, lang)])]);
    const sku = text("silence-sku", "silence.sku", { maxlength: 64, placeholder: lang.t("silence.any_sku") });
    const until = choice("silence-until", "silence.how_long", Object.keys(LENGTHS).map((code) => [code, lang.word("silence_length", code)]));
    const reason = text("silence-reason", "silence.reason", { maxlength: MAX_WORDS, required: true });
    const submit = async (event) => {
      event.preventDefault();
      const words = reason.input.value.trim();
      if (words === "") return;
      const asked = { store: this.ctx.storeId, until: rfc3339(this.ctx.knownMs() + LENGTHS[until.select.value]), reason: words };
      for (const [name, value] of [["type", type.select.value], ["zone", zone.select.value], ["sku", sku.input.value.trim()]]) if (value) asked[name] = value;
      const label = lang.t("silence.made", { what: this.matched({ type: null, zone: null, sku: null, department: null, ...asked }) });
      const { state } = await this.ctx.do({ method: "POST", path: "/v1/silences", body: asked, subject: "silences", label });
      if (state === "refused") return;
      sku.input.value = reason.input.value = "";
      if (state === "done") this.ctx.tell(label, "good");
      await this.refresh();
    };
    return el("form", { class: "silence-form", method: "post", on: { submit } },
      el("h4", {}, lang.t("silence.make")), type.row, zone.row, sku.row, until.row, reason.row,
      el("button", { type: "submit", class: "primary" }, lang.t("silence.button")));
  }

  async end(silence, what) {
    const label = this.ctx.lang.t("silence.ended", { what });
    const outcome = await this.ctx.do({ method: "DELETE", path: `/v1/silences/${encodeURIComponent(silence.id)}`, subject: `silence ${silence.id}`, label });
    if (outcome.state === "done") this.ctx.tell(label, "good");
    await this.refresh();
  }
}
