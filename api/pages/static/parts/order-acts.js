// What is asked before an order goes on: handed over how, what to do without its pieces, more time or not wanted.

import { choice, Sheet } from "./sheet.js";
import { el } from "../dom.js";
import { orderName } from "./order-words.js";

const DAY_MS = 86_400_000;
const MOST_STORES = 6;

/** Asks how an order is handed over. `send(verb, body, label)` does it. */
export function askHandOver(ctx, order, send) {
  const { lang } = ctx;
  const name = orderName(order, lang);
  const hand = (isOfTill) => {
    sheet.close();
    send("collect", { sold_by_till: isOfTill }, "collect.act_collect");
  };
  const ways = order.fulfilment === "ship"
    ? [choice(lang.t("collect.carrier"), lang.t("collect.carrier_note"), () => hand(false), "choice is-main")]
    : [
        choice(lang.t("collect.paid"), lang.t("collect.paid_note"), () => hand(false), "choice is-main"),
        choice(lang.t("collect.at_till"), lang.t("collect.at_till_note"), () => hand(true)),
      ];
  const sheet = new Sheet(lang, lang.t("collect.hand_over_of", { name }), el("div", { class: "choices" }, ways));
  return sheet.open();
}

/** Asks whether an order is ready although not all of it was picked. */
export function askReady(ctx, left, send) {
  const { lang } = ctx;
  const go = () => {
    sheet.close();
    send("ready", null, "collect.act_ready");
  };
  const sheet = new Sheet(lang, lang.t("collect.not_all", { n: left }), el("div", { class: "choices" },
    choice(lang.t("collect.ready_anyway"), lang.t("collect.ready_anyway_note"), go),
    choice(lang.t("collect.pick_on"), null, () => sheet.close(), "choice is-main")));
  return sheet.open();
}

/** Asks for more time, or whether an order is not wanted any more. `amend(patch, label)` changes it. */
export function askMore(ctx, order, send, amend) {
  const { lang, model } = ctx;
  const untilMs = Date.parse(order.collect_by);
  const longer = (days) => {
    const wanted = untilMs + days * DAY_MS;
    const act = () => {
      sheet.close();
      amend({ collect_by: new Date(wanted).toISOString().replace(/\.\d+Z$/, "Z") }, "collect.act_extend");
    };
    return choice(lang.t("collect.longer", { n: days }), lang.t("collect.until", { time: lang.time(wanted, model.store.timezone, { today: ctx.knownMs() }) }), act);
  };
  const release = () => {
    sheet.close();
    send("release", null, "collect.act_release");
  };
  const sheet = new Sheet(lang, orderName(order, lang), el("div", { class: "choices" },
    longer(1), longer(3), choice(lang.t("collect.unwanted"), lang.t("collect.unwanted_note"), release)));
  return sheet.open();
}

/** Asks what to do where pieces are not found: another store, fewer pieces, or none. */
export function askMissing(ctx, order, lines, send, amend) {
  const { lang } = ctx;
  const end = (act) => {
    sheet.close();
    act();
  };
  const found = lines.reduce((sum, { picked, checked }) => sum + picked + checked, 0);
  const wanted = lines.reduce((sum, { line }) => sum + line.secured, 0);
  const fewer = { lines: lines.filter((it) => !it.isDone).map(({ line, picked, checked }) => ({ sku: line.sku, qty: picked + checked })) };
  const stores = el("div", { class: "choices" });
  const says = el("p", { role: "status" }, lang.t("collect.asking_stores"));
  const sheet = new Sheet(lang, lang.t("collect.missing_of", { name: orderName(order, lang) }), says, stores,
    el("div", { class: "choices" },
      found > 0 && choice(lang.t("collect.fewer_act", { found, n: wanted }), lang.t("collect.fewer_note"), () => end(() => amend(fewer, "collect.act_fewer"))),
      choice(lang.t("collect.none"), lang.t("collect.none_note"), () => end(() => send("short", null, "collect.act_short")))));
  const give = (store) => () => end(() => send("transfer", { store: store.id }, "collect.act_transfer"));
  askStores(ctx, order).then((options) => {
    says.textContent = lang.t(options === null ? "collect.stores_silent" : options.length > 0 ? "collect.stores_have" : "collect.no_store");
    stores.append(...(options ?? []).map(({ store, km }) => choice(lang.t("collect.give_to", { store: store.name }), km === null ? null : lang.t("collect.km", { km }), give(store))));
  });
  return sheet.open();
}

/** Returns the other stores that have all of an order, best first; null where that cannot be known now. */
async function askStores(ctx, order) {
  const lines = order.lines.filter(({ secured }) => secured > 0).map(({ sku, secured }) => ({ sku, qty: secured }));
  const asked = { lines, limit: 50 };
  const headers = { "Content-Type": "application/json" };
  const others = new Map(ctx.stores.filter(({ id }) => id !== order.store).map((store) => [store.id, store]));
  if (others.size === 0) return [];
  try {
    const { items } = await ctx.ask("/v1/pickup-options", { method: "POST", body: JSON.stringify(asked), headers });
    return items.filter(({ store, coverable }) => coverable && others.has(store)).slice(0, MOST_STORES)
      .map(({ store, distance_km: km }) => ({ store: others.get(store), km }));
  } catch (error) {
    if (error.status === undefined) throw error; // ours, not the gateway's
    return null;
  }
}
