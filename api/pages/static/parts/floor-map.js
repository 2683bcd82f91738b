// The shop as a map: pieces per zone, what is watched, where something is to do. Tapping a zone filters.

import { el, setAttribute, setText, svg } from "../dom.js";
import { icon } from "../icons.js";
import { breakLines, layOut } from "./floor-plan.js";

const WIDE_TILE = 118; // narrower ones have the icon above the name, not beside it
const SLIM_TILE = 90; // narrower still, as on a phone: smaller type, less air
const LINE = 16;

export class FloorMap {
  constructor(lang, model, view, onZone) {
    Object.assign(this, { lang, model, view, onZone });
    this.tiles = new Map();
    this.width = 0;
    this.shape = "";
    this.drawing = svg("svg", { class: "plan", role: "group", "aria-label": lang.t("map.title") });
    this.frame = el("div", { class: "plan-frame" }, this.drawing);
    this.total = el("span", { class: "section-note" });
    this.elsewhere = el("div", { class: "elsewhere" });
    this.element = el(
      "section",
      { class: "panel map", id: "map", "aria-labelledby": "map-title" },
      el("header", { class: "panel-head" }, el("h2", { id: "map-title" }, lang.t("map.title")), this.total),
      this.frame,
      this.elsewhere,
      this.legend(),
    );
    this.pen = document.createElement("canvas").getContext("2d");
    this.observer = new ResizeObserver(() => this.render());
    this.observer.observe(this.frame);
  }

  dispose() {
    this.observer.disconnect();
  }

  /** Draws what is known now. */
  render() {
    const width = Math.floor(this.frame.clientWidth);
    const room = Math.floor(this.frame.clientHeight);
    if (width === 0) return;
    const zones = [...this.model.zones.values()];
    const places = zones.filter((zone) => zone.role !== "in_hand");
    const shape = JSON.stringify([width, room, places.map(({ id, role, name, rect }) => [id, role, name, rect])]);
    if (shape !== this.shape) {
      this.shape = shape;
      this.draw(places, width, room);
    }
    const alerts = this.model.alertsByZone();
    for (const zone of places) this.updateTile(zone, alerts.get(zone.id) ?? []);
    this.renderElsewhere(zones.filter((zone) => zone.role === "in_hand"));
    const pieces = zones.reduce((sum, zone) => sum + zone.pieces, 0);
    setText(this.total, this.lang.t("map.in_store", { n: pieces }));
  }

  // -- drawing: once per shape ---------------------------------------------------------------------

  draw(zones, width, room) {
    const plan = layOut(zones, width, room);
    this.frame.style.minHeight = `${plan.natural}px`;
    setAttribute(this.drawing, "viewBox", `0 0 ${plan.width} ${plan.height}`);
    setAttribute(this.drawing, "width", plan.width);
    setAttribute(this.drawing, "height", plan.height);
    const focused = this.drawing.querySelector(":focus")?.dataset.zone;
    this.family = getComputedStyle(this.frame).fontFamily;
    this.tiles.clear();
    this.drawing.replaceChildren(hatching());
    for (const zone of zones) {
      const tile = this.drawTile(zone, plan.tiles.get(zone.id));
      this.tiles.set(zone.id, tile);
      this.drawing.append(tile.group);
    }
    if (focused) this.tiles.get(focused)?.group.focus();
  }

  drawTile(zone, box) {
    const isWide = box.width >= WIDE_TILE;
    const isSlim = box.width < SLIM_TILE;
    const padding = isSlim ? 8 : 11;
    const nameX = isWide ? padding + 24 : padding;
    const nameY = isWide ? padding + 13 : padding + 36;
    const numberY = box.height - 13;
    const roomForLines = Math.floor((numberY - 26 - nameY) / LINE) + 1;
    this.pen.font = `600 ${isSlim ? 12 : 13}px ${this.family}`;
    const measure = (text) => this.pen.measureText(text).width;
    const name = this.lang.nameOf(zone.name, zone.id);
    const nameWidth = box.width - nameX - (isWide ? padding + 22 : 4);
    const lines = breakLines(name, nameWidth, Math.max(1, Math.min(2, roomForLines)), measure);
    const tile = {
      back: svg("rect", { class: "tile-back", width: box.width, height: box.height, rx: 9 }),
      number: svg("text", { class: "tile-number", x: padding, y: numberY }),
      state: svg("text", { class: "tile-state", x: box.width - 9, y: numberY - 1, "text-anchor": "end" }),
      badge: svg(
        "g",
        { class: "tile-badge", transform: `translate(${box.width - 16} 16)` },
        svg("circle", { r: 10 }),
        svg("text", { "text-anchor": "middle", y: 4.5 }, "!"),
      ),
    };
    tile.group = svg(
      "g",
      {
        class: "tile",
        transform: `translate(${box.x} ${box.y})`,
        role: "button",
        tabindex: 0,
        "data-zone": zone.id,
        on: { click: () => this.onZone(zone.id), keydown: (event) => this.onKey(event, zone.id) },
      },
      tile.back,
      svg("g", { transform: `translate(${padding - 1} ${padding - 2}) scale(0.8)` }, icon(zone.role, "tile-icon")),
      svg("text", { class: isSlim ? "tile-name is-slim" : "tile-name", y: nameY }, lines.map((line, place) =>
        svg("tspan", { x: nameX, dy: place === 0 ? 0 : LINE }, line))),
      tile.number,
      tile.state,
      tile.badge,
      svg("rect", { class: "tile-ring", width: box.width, height: box.height, rx: 9 }),
    );
    tile.hasRoomForState = box.width >= 100;
    return tile;
  }

  onKey(event, zone) {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    this.onZone(zone);
  }

  // -- updating: at each change --------------------------------------------------------------------

  updateTile(zone, alerts) {
    const { lang } = this;
    const tile = this.tiles.get(zone.id);
    const coverage = this.model.coverage(zone);
    const urgency = alerts.some((alert) => alert.severity === "critical") ? "critical" : "warning";
    const isChosen = this.view.zone === zone.id;
    setAttribute(tile.group, "class", [
      "tile", `is-${coverage}`, alerts.length > 0 && `has-${urgency}`, isChosen && "is-chosen",
    ].filter(Boolean).join(" "));
    setAttribute(tile.group, "aria-pressed", String(isChosen));
    setText(tile.number, lang.number(zone.pieces));
    setText(tile.state, coverage === "watched" || !tile.hasRoomForState ? "" : lang.word("coverage_short", coverage));
    setAttribute(tile.badge, "visibility", alerts.length > 0 ? "visible" : "hidden");
    const counted = coverage === "unwatched" ? "map.last_known" : "map.pieces";
    setAttribute(tile.group, "aria-label", lang.t("map.tile", {
      zone: lang.nameOf(zone.name, zone.id),
      role: lang.word("role", zone.role),
      pieces: lang.t(counted, { n: zone.pieces }),
      coverage: lang.word("coverage", coverage),
      alerts: lang.t("header.alerts", { n: alerts.length }),
    }));
  }

  /** Shows the pieces that are in no zone: with customers, on their way to the till or out. */
  renderElsewhere(zones) {
    const shown = zones.filter((zone) => zone.pieces > 0 || this.view.zone === zone.id);
    const key = JSON.stringify([this.view.zone, shown.map(({ id, pieces }) => [id, pieces])]);
    if (key === this.elsewhereKey) return;
    this.elsewhereKey = key;
    this.elsewhere.replaceChildren(...shown.map((zone) =>
      el("button", {
        type: "button",
        class: "chip",
        "aria-pressed": String(this.view.zone === zone.id),
        on: { click: () => this.onZone(zone.id) },
      }, icon(zone.role), this.lang.t("stock.place", { zone: this.lang.word("role", zone.role), pieces: zone.pieces }))));
  }

  legend() {
    const sign = (kind, text) => el("li", {}, el("span", { class: `swatch is-${kind}`, "aria-hidden": "true" }), text);
    const { lang } = this;
    return el("ul", { class: "legend" },
      sign("watched", lang.t("coverage.watched")),
      sign("unwatched", lang.t("coverage.unwatched")),
      sign("alert", lang.t("map.legend_alert")));
  }
}

/** Returns the hatching of zones that nobody watches. */
function hatching() {
  return svg("defs", {}, svg("pattern",
    { id: "hatch", width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("rect", { class: "hatch-back", width: 8, height: 8 }),
    svg("rect", { class: "hatch-line", width: 3, height: 8 })));
}
