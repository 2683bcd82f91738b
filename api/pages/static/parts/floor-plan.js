// Where each zone stands on the drawing, in pixels. Pure.
//
// Zones with a rectangle (metres; x to the right, y downwards) keep their places and proportions.
// Zones without one follow below, in a tidy grid; where none has one, the grid is the whole drawing.

const GAP = 6;
const MIN_COLUMN = 116;
const GRID_ROW = 92;
const MAX_HEIGHT = 460;
const MOST_GROWTH = 0.4;
const MIN_HEIGHT = 236; // a long, flat shop is stretched to this: its names must stay readable

/** Returns {width, height, natural, tiles: Map of zone id → {x, y, width, height}}.
 *
 * `room` is the height that there is: where it is more than the `natural` one, the drawing grows into it.
 */
export function layOut(zones, width, room = 0) {
  const natural = place(zones, width, 0).height;
  return { ...place(zones, width, Math.min(room - natural, natural * MOST_GROWTH)), natural };
}

function place(zones, width, growth) {
  const drawn = zones.filter((zone) => zone.rect !== null);
  const others = zones.filter((zone) => zone.rect === null);
  const tiles = new Map();
  let height = drawn.length > 0 ? placeDrawn(drawn, width, Math.max(0, growth), tiles) : 0;
  if (others.length > 0) height = placeGrid(others, width, height, tiles);
  return { width, height, tiles };
}

function placeDrawn(zones, width, growth, tiles) {
  const left = Math.min(...zones.map(({ rect }) => rect[0]));
  const top = Math.min(...zones.map(({ rect }) => rect[1]));
  const across = Math.max(...zones.map(({ rect }) => rect[0] + rect[2])) - left;
  const down = Math.max(...zones.map(({ rect }) => rect[1] + rect[3])) - top;
  const height = Math.min(MAX_HEIGHT, Math.max(MIN_HEIGHT, (width * down) / across)) + growth;
  const perX = (width + GAP) / across;
  const perY = (height + GAP) / down;
  for (const { id, rect } of zones) {
    tiles.set(id, {
      x: (rect[0] - left) * perX,
      y: (rect[1] - top) * perY,
      width: Math.max(1, rect[2] * perX - GAP),
      height: Math.max(1, rect[3] * perY - GAP),
    });
  }
  return height;
}

function placeGrid(zones, width, above, tiles) {
  const fit = Math.max(1, Math.floor((width + GAP) / (MIN_COLUMN + GAP)));
  const rows = Math.ceil(zones.length / fit);
  const columns = Math.ceil(zones.length / rows);
  const column = (width + GAP) / columns;
  const top = above > 0 ? above + GAP : 0;
  zones.forEach(({ id }, place) => {
    tiles.set(id, {
      x: (place % columns) * column,
      y: top + Math.floor(place / columns) * (GRID_ROW + GAP),
      width: column - GAP,
      height: GRID_ROW,
    });
  });
  return top + rows * (GRID_ROW + GAP) - GAP;
}

/** Returns `text` in at most `maxLines` lines no wider than `maxWidth`; what does not fit ends in "…". */
export function breakLines(text, maxWidth, maxLines, measure) {
  const lines = [];
  let rest = text.trim().split(/\s+/);
  while (rest.length > 0 && lines.length < maxLines) {
    let taken = 1;
    while (taken < rest.length && measure(rest.slice(0, taken + 1).join(" ")) <= maxWidth) taken += 1;
    const isLast = lines.length === maxLines - 1;
    const line = (isLast ? rest : rest.slice(0, taken)).join(" ");
    lines.push(shorten(line, maxWidth, measure));
    rest = isLast ? [] : rest.slice(taken);
  }
  return lines;
}

function shorten(line, maxWidth, measure) {
  if (measure(line) <= maxWidth) return line;
  const letters = [...line];
  while (letters.length > 1 && measure(`${letters.join("").trimEnd()}…`) > maxWidth) letters.pop();
  return `${letters.join("").trimEnd()}…`;
}
