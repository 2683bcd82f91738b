// A scanner that types: a code that comes faster than anybody types, ended by Enter, is a scan.

const MAX_GAP_MS = 60; // between two keys; the slowest scanners take 20 to 40 ms
const MIN_LENGTH = 4;
const MAX_LENGTH = 512;

export class Wedge {
  /**
   * `onCode(code)` is called for each scan. What is typed into a field stays the field's. `timeMs(event)` is when a key
   * was pressed, not when a busy page came to it.
   */
  constructor(onCode, timeMs = (event) => event.timeStamp) {
    Object.assign(this, { onCode, timeMs });
    this.text = "";
    this.lastMs = -Infinity;
    document.addEventListener("keydown", (event) => this.key(event), true);
  }

  key(event) {
    const isInField = event.target.closest?.("input, select, textarea, [contenteditable]");
    if (isInField || event.ctrlKey || event.altKey || event.metaKey) return;
    const gapMs = this.timeMs(event) - this.lastMs;
    this.lastMs = this.timeMs(event);
    if (gapMs > MAX_GAP_MS) this.text = "";
    if (event.key === "Enter") {
      const code = this.text;
      this.text = "";
      if (code.length < MIN_LENGTH) return;
      event.preventDefault(); // it is no press of the button that has the focus
      event.stopPropagation();
      this.onCode(code);
    } else if (event.key.length === 1 && this.text.length < MAX_LENGTH) {
      this.text += event.key;
    }
  }
}
