// A picture of an article: the catalogue has none, so its colour and its size are drawn.

import { svg } from "../dom.js";

const HANGER = "M40 18v-2a4 4 0 1 0-4-4M40 18 15 34a4 4 0 0 0 2 7h46a4 4 0 0 0 2-7Z";
const MAX_SIZE = 5; // letters: "S", "32", "XXL", "38/40"

/** Returns the drawing; it says nothing that is not also said in words. */
export function picture({ size = null, colour = null, model = null, sku }, className = "") {
  const label = (size ?? "").slice(0, MAX_SIZE);
  const drawing = svg("svg", { class: `picture-of ${className}`, viewBox: "0 0 80 80", "aria-hidden": "true", focusable: "false" },
    svg("rect", { class: "picture-back", width: 80, height: 80, rx: 14 }),
    svg("path", { class: "picture-sign", d: HANGER }),
    label === ""
      ? svg("circle", { class: "picture-spot", cx: 40, cy: 58, r: 7 })
      : svg("text", { class: "picture-size", x: 40, y: 66, "text-anchor": "middle" }, label));
  const tint = tintOf(colour) ?? hueOf(model ?? sku);
  drawing.style.setProperty("--tint", tint);
  return drawing;
}

/** Returns a colour of the catalogue that a browser knows by its name; null: it is a word of the shop's own. */
function tintOf(colour) {
  const word = (colour ?? "").trim().toLowerCase();
  return /^[a-z]+$/.test(word) && CSS.supports("color", word) ? word : null;
}

/** Returns a quiet colour that is always the same for the same model. */
function hueOf(text) {
  let sum = 7;
  for (const letter of text) sum = (sum * 31 + letter.codePointAt(0)) % 360;
  return `hsl(${sum} 32% 55%)`;
}
