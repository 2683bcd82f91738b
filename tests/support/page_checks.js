// Checks that run inside of the page: what is too wide, too small to tap, too faint to read, drawn too often.

window.overflows = () => {
  const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page itself");
  for (const node of document.querySelectorAll("body *")) {
    if (node.closest("svg, .unseen") || node.clientWidth < 2) continue;
    if (getComputedStyle(node).display === "inline") continue;
    if (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).clipPath === "none") found.push(describe(node));
  }
  return found;
};

window.smallTargets = (px) => {
  const targets = document.querySelectorAll("button, select, input, summary, a[href]:not(.skip), g[role=button]");
  return [...targets].filter((node) => {
    const own = (node.closest("label") ?? node).getBoundingClientRect();
    return isShown(node) && (own.width < px - 0.5 || own.height < px - 0.5);
  }).map(describe);
};

window.faintTexts = (least) => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !isShown(node) || node.closest(".unseen, .skip, noscript, defs, option")) continue;
    const style = getComputedStyle(node);
    const isDrawn = node.closest("svg") !== null;
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const front = colour(isDrawn ? style.fill : style.color);
    const back = isDrawn ? behindDrawn(node) : behind(node);
    const ratio = contrast(over(front, back), back);
    if (ratio < (isLarge ? 3 : least)) found.push(`${describe(node)} ${ratio.toFixed(2)}`);
  }
  return found;
};

window.countChanges = (selector) => {
  const rows = new Set();
  const note = (records) => records.forEach(({ target }) => rows.add((target.closest ? target : target.parentElement).closest("li.article")));
  const observer = new MutationObserver(note);
  for (const list of document.querySelectorAll(selector)) {
    observer.observe(list, { subtree: true, childList: true, characterData: true, attributes: true });
  }
  return { rows };
};

function describe(node) {
  return `${node.tagName.toLowerCase()}.${node.getAttribute("class") ?? ""} "${node.textContent.trim().slice(0, 30)}"`;
}

function isShown(node) {
  const box = node.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && node.checkVisibility({ visibilityProperty: true, opacityProperty: true });
}

const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });

function colour(text) {
  pen.clearRect(0, 0, 1, 1);
  pen.fillStyle = text;
  pen.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

function over([r, g, b, a], back) {
  return [r, g, b].map((part, place) => part * a + back[place] * (1 - a));
}

function behind(node) {
  const layers = [];
  for (let at = node; at !== null; at = at.parentElement) layers.push(colour(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]);
}

function behindDrawn(node) {
  if (node.closest(".tile") === null) return behind(node.closest("section"));
  const own = node.closest(".tile-badge")?.querySelector("circle") ?? node.closest(".tile").querySelector(".tile-back");
  const { fill } = getComputedStyle(own);
  const isHatched = fill.startsWith("url");
  return over(colour(isHatched ? getComputedStyle(document.querySelector(".hatch-back")).fill : fill), behind(node.closest("section")));
}

function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
