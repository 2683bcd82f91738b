// A task of staff in words: what, how many, from where to where, until when. Pure.

import { articleName, zoneName } from "./names.js";

export const TASK_ICONS = { replenish: "refill", find: "search", pick: "in_hand", put_back: "undo", count: "count" };
const shares = new Map();
const TAIL = 6; // digits of a tag that tell pieces of one article apart

/** Returns what a task asks for, as a sentence: "Bring 3 × White tee M". */
export function taskTitle(task, model, lang) {
  const isOfZone = task.kind === "count" && task.sku === null;
  return lang.word("task_title", isOfZone ? "count_zone" : task.kind, {
    n: Math.max(1, task.qty - task.done),
    article: articleName(task.sku, model, lang),
    zone: task.to_zone === null ? "" : zoneName(task.to_zone, model, lang),
  });
}

/** Returns what tells an article from others of its name: its SKU, size and colour, as far as they are known. */
export function articleFacts(sku, model, lang) {
  if (sku === null) return [];
  const article = model.articles.get(sku);
  const size = article?.size ? lang.t("refill.size", { size: article.size }) : null;
  const name = articleName(sku, model, lang);
  return [name === sku ? null : sku, size, article?.colour].filter(Boolean);
}

/** Returns {from, to} of a task, names of zones or null. */
export function taskRoute(task, model, lang) {
  const name = (id) => (id === null ? null : zoneName(id, model, lang));
  return task.kind === "count" ? { from: null, to: name(task.to_zone) } : { from: name(task.from_zone), to: name(task.to_zone) };
}

/** Returns where a piece is, and how sure that is. */
export function pieceWords({ epc, zone, probability }, model, lang) {
  const share = shareText(probability, lang);
  return {
    tag: lang.t("refill.item", { tail: epc.slice(-TAIL) }),
    place: zone === null ? lang.t("refill.item_unsure", { share }) : lang.t("refill.item_at", { zone: zoneName(zone, model, lang), share }),
  };
}

/** Returns how sure something is, in whole percent; never more than 99: nothing that is read by radio is sure. */
function shareText(probability, lang) {
  if (!shares.has(lang.locale)) shares.set(lang.locale, new Intl.NumberFormat(lang.locale, { style: "percent", maximumFractionDigits: 0 }));
  return shares.get(lang.locale).format(Math.min(0.99, Math.floor(probability * 100) / 100));
}

/** Returns by when it is due, or for how long it has waited; `isLate` where its time is over. */
export function taskDue(task, { model, lang }, nowMs) {
  if (task.due_at === null) return { text: lang.t("refill.since", { age: lang.age(nowMs - Date.parse(task.created_at)) }), isLate: false };
  const dueMs = Date.parse(task.due_at);
  const isLate = dueMs < nowMs;
  const time = lang.time(dueMs, model.store.timezone, { today: nowMs });
  return { text: lang.t(isLate ? "refill.overdue" : "refill.due", { time }), isLate };
}

/** Returns how a task that is over ended. */
export function taskEnd(task, lang) {
  if (task.state === "withdrawn") return lang.t("refill.withdrawn");
  if (task.state === "failed") return lang.t("refill.failed", { reason: task.reason });
  if (task.verified_by !== "rfid") return lang.t("refill.by_person");
  return lang.t(task.kind === "replenish" ? "refill.seen" : "refill.seen_other");
}
