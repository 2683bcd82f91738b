// Names of articles and zones in the reader's language. Pure.

/** Returns the name of an article; its SKU where it has none. */
export function articleName(sku, model, lang) {
  return sku === null ? "" : lang.nameOf(model.articles.get(sku)?.name, sku);
}

/** Returns the name of a zone; its role where it is none of the shop's. */
export function zoneName(id, model, lang) {
  const zone = model.zones.get(id);
  return zone?.role === "in_hand" ? lang.word("role", "in_hand") : lang.nameOf(zone?.name, id);
}

/** Returns what tells whether zones have other names than before. */
export const zoneNames = (model) => JSON.stringify([...model.zones.values()].map(({ id, name }) => [id, name]));
