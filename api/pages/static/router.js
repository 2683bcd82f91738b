// Which screen an address means, and the browser's history. The address holds what a reload must not forget.

import { FIRST, screenOf } from "./screens.js";

/** Returns {screen, rest, query, path} of an address's path and query; an unknown one means the first screen. */
export function placeOf(path, search = "") {
  const [id, ...rest] = path.split("/").filter(Boolean).map(decoded);
  const query = new URLSearchParams(search);
  const label = id === "01" && rest.length > 0 ? screenOf("find") : undefined; // a GS1 Digital Link of a label
  if (label !== undefined) return { screen: label, rest: ["01", ...rest], query, path };
  const found = screenOf(id);
  return found === undefined ? { screen: screenOf(FIRST), rest: [], query, path: `/${FIRST}` } : { screen: found, rest, query, path };
}

/** Returns the path of a screen and what it is to show: pathTo("find", "DEN-501-32") is "/find/DEN-501-32". */
export const pathTo = (id, ...rest) => ["", id, ...rest.map(encodeURIComponent)].join("/");

function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // no text of ours: shown as it is
  }
}

export class Router {
  /** `onPlace(place)` is called for each place that is gone to, by us or by the browser's own buttons. */
  constructor(onPlace) {
    this.onPlace = onPlace;
    addEventListener("popstate", () => this.tell());
    document.addEventListener("click", (event) => this.followed(event));
  }

  /** Returns where the browser is. */
  here() {
    return placeOf(location.pathname, location.search);
  }

  /** Goes to a path of ours, "/find/DEN-501-32?from=alerts". */
  go(path, { replace = false } = {}) {
    if (path !== location.pathname + location.search) history[replace ? "replaceState" : "pushState"](null, "", path);
    this.tell();
  }

  tell() {
    this.onPlace(this.here());
  }

  /** Links between screens change the screen; all others are the browser's. */
  followed(event) {
    const link = event.target.closest?.("a[href]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.defaultPrevented;
    if (!link || !isPlain || link.origin !== location.origin || link.target || link.hash || link.hasAttribute("download")) return;
    const [id] = link.pathname.split("/").filter(Boolean);
    if (screenOf(id) === undefined && id !== "01") return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}
