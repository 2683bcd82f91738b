// An order to be picked in words: whose it is, until when, what of it is picked, where its pieces are. Pure.

import { articleName, zoneName } from "./names.js";
import { dueOf } from "../work.js";

const TAIL = 6;
const SOON_MS = 3_600_000;
const LATE = new Set(["reservation_unpicked", "collect_overdue"]);

/** Returns what people call an order: the word of whoever made it, else the end of its id. */
export const orderName = (order, lang) => order.owner_ref ?? lang.t("collect.order", { tail: order.id.slice(-TAIL) });

/** Returns until when an order waits: {text, tone}; tone "late", "soon" or "plain". An alert of it says that it is late. */
export function orderDue(order, { model, lang }, nowMs) {
  const endMs = Date.parse(dueOf(order));
  const time = lang.time(endMs, model.store.timezone, { today: nowMs });
  if (endMs <= nowMs) return { text: lang.t("collect.over", { time }), tone: "late" };
  const isTold = [...model.alerts.values()].some(({ type, evidence }) => LATE.has(type) && evidence.first === order.id);
  const key = order.state === "held" ? "collect.held_until" : "collect.until";
  return { text: lang.t(isTold ? "collect.late" : key, { time }), tone: isTold ? "late" : endMs - nowMs < SOON_MS ? "soon" : "plain" };
}

/** Returns the lines of an order as {line, picked, checked, isDone}: what the gateway knows, and what was done here.
 *  `waiting`: acts about it that wait to be sent; `checked`: pieces checked by their article alone, by SKU. */
export function pickedLines(order, waiting, checked) {
  const sent = waiting.filter(({ path }) => path.endsWith("/pick"));
  return order.lines.map((line) => {
    const tags = new Set(line.epcs);
    let counted = line.picked - line.epcs.length;
    for (const { body, skus = {} } of sent.map((item) => ({ body: item.body, skus: item.about }))) {
      for (const epc of body.epcs ?? []) if (skus[epc] === line.sku) tags.add(epc);
      for (const { sku, qty } of body.lines ?? []) if (sku === line.sku) counted = Math.max(counted, qty - line.epcs.length);
    }
    const picked = Math.min(line.secured, tags.size + Math.max(0, counted));
    const extra = Math.min(line.secured - picked, checked[line.sku] ?? 0);
    return { line, tags, picked, checked: extra, isDone: picked + extra >= line.secured };
  });
}

/** Returns where pieces of an article are: those that its tasks name, else how many lie in each zone. */
export function whereabouts(order, sku, { model, lang, work }) {
  const isOf = (task) => task.sku === sku && task.causes.some(({ type, ref }) => type === "reservation" && ref === order.id);
  const tasks = work.openTasks.filter(isOf);
  const items = new Map(tasks.flatMap((task) => task.items).map((item) => [item.epc, item]));
  const zones = Object.entries(model.articles.get(sku)?.zones ?? {}).filter(([id, pieces]) => pieces > 0 && model.zones.get(id)?.role !== "in_hand");
  return { items: [...items.values()], zones: zones.map(([id, pieces]) => ({ name: zoneName(id, model, lang), pieces })) };
}

/** Returns why pieces of an order may be missing, a sentence per article. */
export const riskWords = (order, { model, lang }) =>
  order.risks.map(({ sku, reason }) => lang.word("risk", reason, { article: articleName(sku, model, lang) }));
