// Notices when nobody touches a device any more.

const SIGNS = ["pointerdown", "keydown", "input"];

export class Idle {
  /** After `ms` without a sign of anybody `over()` is called, `warnMs` before it `warn(true)`; a sign calls warn(false). */
  constructor(ms, warnMs, { warn, over }) {
    Object.assign(this, { ms, warnMs, warn, over });
    this.sign = () => this.begin();
    for (const type of SIGNS) addEventListener(type, this.sign, { passive: true });
    this.begin();
  }

  dispose() {
    clearTimeout(this.timer);
    for (const type of SIGNS) removeEventListener(type, this.sign);
  }

  /** Somebody is there. */
  begin() {
    clearTimeout(this.timer);
    if (this.isWarning) this.warn(false);
    this.isWarning = false;
    this.timer = setTimeout(() => {
      this.isWarning = true;
      this.warn(true);
      this.timer = setTimeout(() => {
        this.over();
        this.begin();
      }, this.warnMs);
    }, this.ms - this.warnMs);
  }
}
