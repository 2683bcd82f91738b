// Builds elements. Text goes in as text nodes alone: nothing from outside is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

/** Returns an HTML element. `attributes.on` holds listeners by event; null and false leave one out. */
export function el(tag, attributes = {}, ...children) {
  return furnish(document.createElement(tag), attributes, children);
}

/** Returns an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), attributes, children);
}

function furnish(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "on") {
      for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    } else {
      setAttribute(node, name, value);
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Sets an attribute where it differs; null and false remove it, true leaves it empty. */
export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    node.removeAttribute(name);
  } else {
    const text = value === true ? "" : String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
}

/** Sets the text where it differs; returns whether it did. */
export function setText(node, text) {
  const wanted = String(text);
  if (node.textContent === wanted) return false;
  node.textContent = wanted;
  return true;
}

/** Makes `parent` hold `children` in this order, moving only those that stand elsewhere. */
export function arrange(parent, children) {
  let place = parent.firstChild;
  for (const child of children) {
    if (child === place) {
      place = place.nextSibling;
    } else {
      parent.insertBefore(child, place);
    }
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

/** Calls `render` once before the next frame, however often the returned function is called. */
export function onceAFrame(render) {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      render();
    });
  };
}

/** Draws the eye to a number that changed, unless the person asked for less motion. */
export function flash(node) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  const tint = getComputedStyle(node).getPropertyValue("--flash").trim() || "transparent";
  node.animate([{ backgroundColor: tint }, { backgroundColor: "transparent" }], {
    duration: 1800,
    easing: "ease-out",
  });
}
