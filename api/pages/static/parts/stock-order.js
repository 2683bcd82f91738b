// Which articles are shown, and in which order. Pure.

export const SORTS = ["name", "attention", "available", "seen"];

const ATTENTION = ["OUT_OF_STOCK", "UNKNOWN", "BACK_ROOM_ONLY", "LIMITED", "INCOMING", "IN_STOCK"];
const MARKS = /\p{M}/gu;

/** Returns `text` as it is compared with what people type: no case, no accents. */
export function plain(text) {
  return text.normalize("NFD").replace(MARKS, "").toLowerCase();
}

/** Returns the articles that `filter` {query, zone} lets through. Every word of the query must occur. */
export function select(articles, { query, zone }, lang) {
  const words = plain(query).split(/\s+/).filter(Boolean);
  return articles.filter((article) => {
    if (zone !== null && !(article.zones[zone] > 0)) return false;
    if (words.length === 0) return true;
    const text = plain(`${lang.nameOf(article.name, "")} ${article.sku}`);
    return words.every((word) => text.includes(word));
  });
}

/** Returns the articles in order; what ties is ordered by name, then by SKU. */
export function order(articles, sort, lang) {
  const named = articles.map((article) => ({ article, name: lang.nameOf(article.name, article.sku) }));
  const byName = (a, b) => lang.collator.compare(a.name, b.name) || lang.collator.compare(a.article.sku, b.article.sku);
  const rank = RANKS[sort];
  named.sort((a, b) => (rank === undefined ? 0 : rank(a.article) - rank(b.article)) || byName(a, b));
  return named.map(({ article }) => article);
}

const RANKS = {
  attention: (article) => ATTENTION.indexOf(article.status),
  available: (article) => article.quantities.available,
  seen: (article) => article.seenMs ?? Number.MAX_SAFE_INTEGER, // never seen by a reader: nothing to be late with
};
