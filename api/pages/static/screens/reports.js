// The screen "reports": key figures over days as charts, departments side by side, and how right we were; all as CSV too.

import { el, setAttribute, setText } from "../dom.js";
import { Chart } from "../parts/charts.js";
import { departmentTable } from "../parts/departments.js";
import { FIGURES, TOTALS, daysBetween, formats, shareRange } from "../parts/kpi-figures.js";
import { localDay } from "../parts/opening.js";
import { Precision } from "../parts/precision.js";
import { Proof } from "../parts/proof.js";
import { drawReliability } from "../parts/reliability.js";

const SPANS = [7, 28, 91];
const DAY_MS = 86_400_000;
const AGAIN_MS = 300_000; // today's figures grow: asked for anew now and then

export default class ReportsScreen {
  static texts = ["alerts", "reports"];
  static styles = ["alerts", "reports"];

  constructor(ctx) {
    this.ctx = ctx;
    const { lang } = ctx;
    this.title = lang.t("nav.reports");
    this.view = ctx.view("reports", { days: 28, department: null });
    this.format = formats(lang);
    this.spans = SPANS.map((days) => el("button", { type: "button", class: "chip", on: { click: () => this.change({ days }) } }, lang.t("report.days", { n: days })));
    this.departments = el("select", { id: "report-department", on: { change: ({ target }) => this.change({ department: target.value || null }) } });
    this.choice = el("div", { class: "field report-department" }, el("label", { for: "report-department" }, lang.t("report.department")), this.departments);
    this.csv = el("a", { class: "chip", download: "kpis.csv" }, lang.t("report.csv"));
    this.note = el("p", { class: "explanation", role: "status" });
    this.totals = el("dl", { class: "report-totals" });
    this.charts = el("div", { class: "report-charts" });
    this.table = el("div", {});
    this.forecast = el("section", { class: "panel", "aria-labelledby": "report-forecast" });
    this.precision = new Precision(ctx, { isOpen: true });
    this.proof = el("div", {});
    this.element = el("div", { class: "reports" },
      el("section", { class: "panel report-head", "aria-labelledby": "reports-title" },
        el("header", { class: "panel-head" }, el("h2", { id: "reports-title" }, lang.t("nav.reports")), this.csv),
        el("div", { class: "report-tools" }, el("div", { class: "chips", role: "group", "aria-label": lang.t("report.span") }, this.spans), this.choice),
        this.totals, this.note),
      this.charts,
      this.table,
      el("div", { class: "report-proofs" }, this.precision.element, this.proof, this.forecast));
    this.forecast.hidden = true;
    this.timer = setInterval(() => this.load(), AGAIN_MS);
  }

  dispose() {
    clearInterval(this.timer);
  }

  show() {
    if (this.isLoaded || this.ctx.model.store === null) return;
    this.isLoaded = true;
    const proof = new Proof(this.ctx.lang, this.ctx.model);
    proof.details.open = true;
    this.proof.replaceChildren(proof.element);
    this.precision.refresh();
    this.load();
    this.loadDepartments();
    this.loadForecast();
  }

  refresh() {
    this.load();
    this.precision.refresh();
  }

  change(changes) {
    Object.assign(this.view, changes);
    this.load();
    if (changes.days !== undefined) this.loadDepartments();
  }

  // -- asking ------------------------------------------------------------------------------------------

  query(by, { department = null, format = null } = {}) {
    const nowMs = this.ctx.knownMs();
    const { timezone } = this.ctx.model.store;
    const query = new URLSearchParams({
      store: this.ctx.storeId, by, from: localDay(nowMs - (this.view.days - 1) * DAY_MS, timezone), to: localDay(nowMs, timezone),
    });
    if (department !== null) query.set("department", department);
    if (format !== null) query.set("format", format);
    return `/v1/kpis?${query}`;
  }

  async load() {
    const { view, ctx: { lang } } = this;
    this.spans.forEach((chip, place) => setAttribute(chip, "aria-pressed", String(SPANS[place] === view.days)));
    const { department } = view;
    setAttribute(this.csv, "href", this.query("day", { department, format: "csv" }));
    const turn = (this.turn = (this.turn ?? 0) + 1);
    try {
      const [days, whole] = await Promise.all([
        this.ctx.ask(this.query("day", { department })),
        this.ctx.ask(this.query(department === null ? "store" : "department", { department })),
      ]);
      if (turn !== this.turn) return;
      this.render(days, whole);
    } catch (error) {
      if (error.status === undefined) throw error;
      setText(this.note, lang.t("report.failed"));
    }
  }

  async loadDepartments() {
    const { lang } = this.ctx;
    const { items } = await this.ctx.ask(this.query("department")).catch(() => ({ items: [] }));
    const names = items.map(({ department }) => department).filter(Boolean);
    this.choice.hidden = names.length < 2;
    this.departments.replaceChildren(el("option", { value: "" }, lang.t("report.all")), ...names.map((name) => el("option", { value: name }, name)));
    this.departments.value = this.view.department ?? "";
    this.table.replaceChildren(...(items.length === 0 ? [] : [
      el("section", { class: "panel", "aria-labelledby": "report-departments" },
        el("header", { class: "panel-head" }, el("h2", { id: "report-departments" }, lang.t("report.departments"))),
        departmentTable(items, this.format, lang)),
    ]));
  }

  /** How right the forecasts were, where they are known. */
  async loadForecast() {
    const { lang } = this.ctx;
    const answer = await this.ctx.ask(`/v1/forecast-accuracy?store=${encodeURIComponent(this.ctx.storeId)}`).catch(() => null);
    const found = answer?.items?.[0];
    if (!found || !found.since) return;
    const drawn = found.bins.filter((bin) => bin.came_true.n >= found.min_n);
    const facts = [
      [lang.t("report.hours"), lang.number(found.log_loss.n)],
      [lang.t("report.log_loss"), this.format.pieces(found.log_loss.mean)],
      [lang.t("report.sold"), lang.number(found.sold_pieces)],
    ];
    this.forecast.replaceChildren(
      el("header", { class: "panel-head" }, el("h2", { id: "report-forecast" }, lang.t("report.forecast"))),
      el("p", { class: "explanation" }, lang.t("report.forecast_what")),
      drawn.length > 0 ? el("figure", { class: "reliability" }, drawReliability(drawn, lang)) : "",
      el("dl", { class: "facts" }, facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])));
    this.forecast.hidden = false;
  }

  // -- drawing -----------------------------------------------------------------------------------------

  render(days, whole) {
    const { lang } = this.ctx;
    const total = whole.items[0];
    const store = days.stores[0];
    this.totals.replaceChildren(...TOTALS.map(([id, unit, read]) => {
      const value = total === undefined ? null : read(total);
      return el("div", { class: "total" }, el("dt", {}, lang.word("report_total", id)), el("dd", {}, value === null ? "–" : this.format[unit](value)));
    }));
    setText(this.note, this.noteOf(total, store));
    const names = daysBetween(days.from, days.to);
    const byDay = new Map(days.items.map((item) => [item.day, item]));
    const words = names.map((name) => this.dayWords(name));
    this.charts.replaceChildren(...FIGURES.map((figure) => this.figure(figure, names, words, byDay)));
  }

  noteOf(total, store) {
    const { lang, model } = this.ctx;
    if (total === undefined || total.open_minutes === 0) return lang.t("report.nothing");
    return [
      store?.since && lang.t("report.since", { date: lang.date(Date.parse(store.since), model.store.timezone) }),
      total.shelf.unknown > 0 && lang.t("report.unknown", { share: this.format.share(total.shelf.unknown) }),
      store?.has_hours === false && lang.t("report.no_hours"),
    ].filter(Boolean).join(" ");
  }

  figure({ id, unit, isShare, series }, names, words, byDay) {
    const { lang } = this.ctx;
    const read = series.map(([key, kind, reader]) => ({
      name: lang.t(key), kind, values: names.map((name) => (byDay.has(name) ? reader(byDay.get(name)) : null)),
    }));
    const title = lang.word("report_title", id);
    const isKnown = read.some(({ values }) => values.some((value) => value !== null));
    const chart = isKnown ? new Chart({ title, days: words, series: read, format: this.format[unit], axis: this.format.axis[unit], least: this.format.least[unit], range: isShare ? shareRange(read) : {} }, lang).element
      : el("p", { class: "nothing" }, lang.t("report.none"));
    return el("section", { class: "panel", "aria-label": title },
      el("h3", {}, title), el("p", { class: "explanation" }, lang.word("report_what", id)), chart);
  }

  dayWords(day) {
    return new Intl.DateTimeFormat(this.ctx.lang.locale, { day: "numeric", month: "short", timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
  }
}
