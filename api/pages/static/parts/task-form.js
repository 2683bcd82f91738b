// A task that somebody thought of: what, which article, how many, from where to where.

import { el } from "../dom.js";
import { ArticleChoice } from "./article-choice.js";
import { zoneName } from "./names.js";
import { Sheet } from "./sheet.js";

const KINDS = ["replenish", "find", "put_back", "count"]; // a pick comes of a reservation
const NEEDS_TO = new Set(["replenish", "put_back"]);
const MAX_QTY = 1_000;

/** Opens the form; `send(task)` gets what the API takes. `sku`: an article that is chosen already. */
export function openTaskForm(ctx, sku, send) {
  const { lang, model } = ctx;
  const option = (value, text) => el("option", { value }, text);
  const field = (key, input) => el("label", {}, lang.t(key), input);
  const kind = el("select", {}, KINDS.map((code) => option(code, lang.word("task_kind", code))));
  const zones = () => [...model.zones.values()].filter(({ role }) => role !== "in_hand");
  const zone = (role) => {
    const select = el("select", {}, option("", lang.t("task_form.anywhere")), zones().map(({ id }) => option(id, zoneName(id, model, lang))));
    select.value = zones().find((found) => found.role === role)?.id ?? "";
    return select;
  };
  const article = new ArticleChoice(ctx, lang.t("task_form.article"), lang.t("task_form.article_hint"));
  if (sku !== null) article.choose(sku);
  const qty = el("input", { type: "number", inputmode: "numeric", min: 1, max: MAX_QTY, value: 1, required: true });
  const from = zone("back_room");
  const to = zone("floor");
  const note = el("input", { type: "text", maxlength: 200, autocomplete: "off" });
  const urgent = el("input", { type: "checkbox" });
  const form = el("form", { class: "sheet-form", novalidate: true },
    field("task_form.kind", kind), article.element,
    el("div", { class: "sheet-pair" }, field("task_form.from", from), field("task_form.to", to)),
    el("div", { class: "sheet-pair" }, field("task_form.qty", qty), el("label", { class: "tick" }, urgent, lang.t("task_form.urgent"))),
    field("task_form.note", note),
    el("button", { class: "primary" }, lang.t("task_form.send")));
  const sheet = new Sheet(lang, lang.t("task_form.title"), form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (article.sku === null) {
      sheet.fail(lang.t("task_form.no_article"));
      return article.refuse();
    }
    if (NEEDS_TO.has(kind.value) && to.value === "") {
      sheet.fail(lang.t("task_form.no_zone"));
      return to.focus();
    }
    sheet.close();
    send({
      store: ctx.storeId, kind: kind.value, sku: article.sku, qty: Math.min(MAX_QTY, Math.max(1, Math.trunc(Number(qty.value)) || 1)),
      from_zone: from.value || null, to_zone: to.value || null,
      priority: urgent.checked ? "high" : "normal", note: note.value.trim(),
    });
  });
  sheet.scanned = (found) => article.choose(found);
  return sheet.open();
}
