// One article: how many may be sold, where they are, how fresh that is. Touches only what changed.

import { el, flash, setAttribute, setText } from "../dom.js";
import { pathTo } from "../router.js";

const STALE_MS = 10 * 60_000; // as long as the gateway vouches for an answer by default

export class StockRow {
  constructor(lang, model) {
    Object.assign(this, { lang, model });
    const label = (key) => el("span", { class: "unseen" }, `${lang.t(key)}: `);
    this.name = el("span", { class: "name" });
    this.sku = el("span", { class: "sku" });
    this.link = el("a", { class: "cell-name" }, this.name, this.sku);
    this.badge = el("span", { class: "badge" });
    this.available = el("span", { class: "available" });
    this.onHand = el("span", { class: "on-hand" });
    this.lastKnown = el("span", { class: "last-known" }, lang.t("stock.last_known"));
    this.likely = el("span", { class: "likely" });
    this.bar = el("span", { class: "bar", "aria-hidden": "true" });
    this.places = el("ul", { class: "places" });
    this.freshness = el("span", { class: "freshness" });
    this.element = el("li", { class: "article" },
      this.link,
      el("div", { class: "cell-status" }, label("stock.status"), this.badge),
      el("div", { class: "cell-quantity" }, label("stock.available"), this.available, " ", this.onHand, " ", this.lastKnown, " ", this.likely),
      el("div", { class: "cell-where" }, this.bar, this.places),
      el("div", { class: "cell-freshness" }, label("stock.freshness"), this.freshness));
    this.segments = new Map();
    this.chips = new Map();
    this.isDrawn = false;
  }

  /** Shows `article` as it is now; numbers that changed since the last time are marked for a moment. */
  update(article, nowMs, chosenZone) {
    const { lang } = this;
    const { quantities } = article;
    const name = lang.nameOf(article.name, article.sku);
    const isUnknown = article.status === "UNKNOWN";
    setText(this.name, name);
    setAttribute(this.link, "href", article.known ? pathTo("find", article.sku) : null);
    setText(this.sku, name === article.sku ? "" : article.sku);
    setText(this.badge, lang.word("status", article.status));
    setAttribute(this.element, "data-status", article.status);
    const changed = setText(this.available, lang.number(quantities.available));
    if (changed && this.isDrawn) flash(this.available);
    setText(this.onHand, lang.t("stock.of_on_hand", { n: quantities.on_hand }));
    this.onHand.hidden = quantities.on_hand === quantities.available; // said only where some cannot be sold
    this.lastKnown.hidden = !isUnknown;
    this.updateLikely(article);
    this.updatePlaces(article, chosenZone);
    this.updateFreshness(article, nowMs);
    this.isDrawn = true;
  }

  /** Says between which numbers the pieces lie, where that is more than one: a sure number stands alone. */
  updateLikely({ interval_90: interval }) {
    const { lang } = this;
    const [low, high] = interval ?? [0, 0];
    this.likely.hidden = low === high;
    if (low === high) return;
    setText(this.likely, lang.t("stock.likely", { low, high }));
    setAttribute(this.likely, "title", lang.t("stock.likely_why", { low, high }));
  }

  updatePlaces(article, chosenZone) {
    const { lang, model } = this;
    const held = [...model.zones.values()].filter((zone) => article.zones[zone.id] > 0);
    drop(this.segments, held);
    drop(this.chips, held);
    for (const zone of held) {
      const pieces = article.zones[zone.id];
      const kind = `role-${zone.role}${this.isLastKnown(article, zone) ? " is-unwatched" : ""}`;
      this.updateSegment(zone, pieces, kind);
      this.updateChip(zone, pieces, zone.id === chosenZone ? `${kind} is-chosen` : kind);
    }
    if (held.length === 0) this.showNowhere();
    else this.empty?.remove();
    setAttribute(this.bar, "class", held.length === 0 ? "bar is-empty" : "bar");
  }

  /** Returns whether the pieces in a zone are the last known ones: only tags depend on the zone's readers. */
  isLastKnown({ status, tracked_by: trackedBy }, zone) {
    return status === "UNKNOWN" && (trackedBy !== "tag" || this.model.coverage(zone) === "unwatched");
  }

  updateSegment(zone, pieces, kind) {
    let segment = this.segments.get(zone.id);
    if (segment === undefined) {
      segment = el("span", {});
      this.segments.set(zone.id, segment);
      insertInOrder(this.bar, segment, zone.id, this.model);
    }
    setAttribute(segment, "class", `segment ${kind}`);
    segment.style.flexGrow = String(pieces);
  }

  updateChip(zone, pieces, kind) {
    let chip = this.chips.get(zone.id);
    if (chip === undefined) {
      chip = el("li", {}, el("i", { "aria-hidden": "true" }), el("span", {}), " ", el("b", {}));
      this.chips.set(zone.id, chip);
      insertInOrder(this.places, chip, zone.id, this.model);
    }
    const { lang } = this;
    const own = zone.role === "in_hand" ? lang.word("role", "in_hand") : lang.nameOf(zone.name, zone.id);
    setAttribute(chip, "class", `place ${kind}`);
    setText(chip.children[1], own);
    const changed = setText(chip.children[2], lang.number(pieces));
    if (changed && this.isDrawn) flash(chip);
  }

  showNowhere() {
    this.empty ??= el("li", { class: "nowhere" }, this.lang.t("stock.nowhere"));
    if (!this.empty.isConnected) this.places.append(this.empty);
  }

  /** Shows how long ago the newest piece was seen. */
  updateFreshness(article, nowMs) {
    const { lang } = this;
    const ageMs = article.seenMs === null ? null : Math.max(0, nowMs - article.seenMs);
    setText(this.freshness, freshnessWords(article, ageMs, lang));
    setAttribute(this.freshness, "class", ageMs !== null && ageMs > STALE_MS ? "freshness is-old" : "freshness");
  }
}

function freshnessWords(article, ageMs, lang) {
  if (ageMs === null) return lang.t(article.tracked_by === "count" ? "freshness.by_scan" : "freshness.never");
  return ageMs < 10_000 ? lang.t("freshness.just_now") : lang.t("freshness.ago", { age: lang.age(ageMs) });
}

function drop(nodes, held) {
  const living = new Set(held.map((zone) => zone.id));
  for (const [id, node] of nodes) {
    if (living.has(id)) continue;
    node.remove();
    nodes.delete(id);
  }
}

/** Puts `node` among its kind in the order of the store's zones. */
function insertInOrder(parent, node, id, model) {
  const ids = [...model.zones.keys()];
  node.dataset.zone = id;
  const after = [...parent.children].find((other) => ids.indexOf(other.dataset.zone) > ids.indexOf(id));
  parent.insertBefore(node, after ?? null);
}
