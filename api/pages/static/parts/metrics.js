// Reads the gateway's metrics (Prometheus text) as numbers by name. Pure.

const LINE = /^([a-z_]+)(?:\{([^}]*)\})? ([-+0-9.eE]+|NaN)$/;
const LABEL = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g;

/** Returns {value(name), by(name, label)}: a number or null; numbers by the value of a label. */
export function readMetrics(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const [, name, labels = "", value] = LINE.exec(line) ?? [];
    if (name === undefined) continue;
    if (!found.has(name)) found.set(name, []);
    found.get(name).push({ labels: Object.fromEntries([...labels.matchAll(LABEL)].map(([, key, text_]) => [key, text_])), value: Number(value) });
  }
  return {
    value: (name) => found.get(name)?.[0]?.value ?? null,
    by: (name, label) => new Map((found.get(name) ?? []).map((one) => [one.labels[label] ?? "", one.value])),
  };
}
