// What an explanation rests on, as points in time. Pure.

export const LANES = ["read", "weighed", "told", "ledger", "to_come", "held"];

const MOST_READS = 40; // of single tags: more are one line of dots anyway

/** Returns points {lane, ms, code, zone, n} of an explanation, the oldest first. */
export function eventsOf(found) {
  const points = [];
  const add = (lane, at, code, more = {}) => at !== null && points.push({ lane, ms: Date.parse(at), code, zone: null, n: 1, ...more });
  for (const item of found.items.slice(0, MOST_READS)) add("read", item.last_seen_at, "read", { zone: item.zone });
  for (const shelf of found.shelves) add("weighed", shelf.weighed_at, "weighed", { zone: shelf.zone, n: shelf.pieces ?? 0 });
  for (const event of [...found.open_sales, ...found.announced]) add("told", event.at, event.type, { zone: event.zone });
  for (const event of found.incoming) add("to_come", event.at, "on_its_way", { zone: event.zone });
  if (found.book !== null) add("ledger", found.book.as_of, "ledger", { n: found.book.pieces });
  for (const delivery of found.deliveries) add("to_come", delivery.expected_at, "delivery", { n: delivery.pieces });
  for (const hold of found.holds) add("held", hold.until, "hold_ends", { n: hold.pieces });
  return points.sort((a, b) => a.ms - b.ms);
}

/** Returns what an explanation leaves out of the number, as {code, n, zone}: why a piece that one may see is not in it. */
export function ignoredOf(found) {
  const gone = found.items.filter(({ zone }) => zone === null).length;
  const copied = found.items.filter(({ is_cloned: isCloned }) => isCloned).length;
  const blind = found.zones.filter(({ zone, coverage }) => coverage === 0 && found.terms.some((terms) => terms.zone === zone));
  const doubted = found.shelves.filter(({ in_doubt: inDoubt }) => inDoubt);
  const sold = found.terms.reduce((sum, { sold: pieces }) => sum + pieces, 0);
  const toCome = found.incoming.length + found.deliveries.reduce((sum, { pieces }) => sum + pieces, 0);
  return [
    { code: "tags_gone", n: gone, zone: null },
    { code: "tags_copied", n: copied, zone: null },
    { code: "sold_not_left", n: sold, zone: null },
    { code: "to_come", n: toCome, zone: null },
    ...doubted.map(({ zone }) => ({ code: "shelf_in_doubt", n: 1, zone })),
    ...blind.map(({ zone }) => ({ code: "zone_blind", n: 1, zone })),
  ].filter(({ n }) => n > 0);
}
