// The shop's time between two answers: the last one told, moved on at the shop's speed.

export class ShopClock {
  constructor(monotonicMs = () => performance.now()) {
    this.monotonicMs = monotonicMs;
    this.toldMs = null;
    this.toldAtMs = 0;
    this.speed = 1;
  }

  /** Takes note of what the gateway told. */
  set(shopMs, speed) {
    this.toldMs = shopMs;
    this.toldAtMs = this.monotonicMs();
    this.speed = speed;
  }

  /** Returns the shop's time in ms since the epoch, or null before it was ever told. */
  now() {
    return this.toldMs === null ? null : this.toldMs + (this.monotonicMs() - this.toldAtMs) * this.speed;
  }
}
