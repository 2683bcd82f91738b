// Style sheets of single screens, loaded with the screen; each once.

import { el } from "./dom.js";
import { PartMissing } from "./language.js";

const loaded = new Map();

/** Returns once these sheets, styles/<name>.css, are in force. */
export function loadStyles(names) {
  return Promise.all(names.map((name) => {
    if (!loaded.has(name)) loaded.set(name, load(name));
    return loaded.get(name);
  }));
}

function load(name) {
  return new Promise((resolve, reject) => {
    const failed = () => {
      loaded.delete(name);
      link.remove();
      reject(new PartMissing(name));
    };
    const link = el("link", { rel: "stylesheet", href: `/static/styles/${name}.css`, on: { load: resolve, error: failed } });
    document.head.append(link);
  });
}
