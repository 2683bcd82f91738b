// What this device remembers of its user: language, store, sorting. A browser that forbids it forgets.

const PREFIX = "storefloor.";

/** Returns what was remembered under `name`, where it is one of `allowed` (left out: anything). */
export function remembered(name, allowed = null) {
  try {
    const value = localStorage.getItem(PREFIX + name);
    return value !== null && (allowed === null || allowed.includes(value)) ? value : null;
  } catch {
    return null;
  }
}

/** Remembers `value`. */
export function remember(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is full or forbidden: the choice lasts as long as the page.
  }
}
