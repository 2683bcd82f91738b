// Keeps one store's numbers live: an event stream for what changes, an overview for all of it.
//
//   connecting ─▶ live ─▶ reconnecting ─ after a grace ─▶ lost
//                  ▲────────────┴──────────────────────────┘
//
// The stream is opened first and the overview asked for then, so nothing is missed in between. Events
// that come while an overview is on its way are applied again after it. A stream that ends is opened
// anew by us, not by the browser: one mechanism for refusals, restarts and lost networks. A stream that
// says nothing, not even that nothing happens, is lost too: a gateway that stands still, a network that died.

import { overview, streamAddress } from "./requests.js";

const REFRESH_MS = 15_000;
const MIN_REFRESH_MS = 3_000; // a demo's clock runs fast: its numbers age fast as well
const REFRESH_SHARE = 20; // an overview that takes t is not asked for again within 20 t: 5 % of the line
const SOON_MS = 400;
const MIN_GAP_MS = 1_000;
const GRACE_MS = 4_000; // the gateway ends each stream after an hour; that is no loss to speak of
const PATIENCE_MS = 6_000; // three beats of the gateway (gateway/changes/feed.py)
const LISTEN_MS = 500;
const ASLEEP_MS = 2_000; // a look so late says that this page stood still, not the gateway: what came waits behind it
const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000];
const EVENT_TYPES = ["availability", "alert", "device", "reservation", "task"];

export class Connection {
  /** `hears` has overview(answer, events), event(type, data), state(state) and refused(error). */
  constructor(store, hears) {
    this.store = store;
    this.hears = hears;
    this.state = "connecting";
    this.stream = null;
    this.isStreamOpen = false;
    this.heardMs = 0; // when the stream said anything, or was opened
    this.listenedMs = 0;
    this.failures = 0;
    this.timers = new Map();
    this.isStopped = false;
    this.isRefreshing = false;
    this.askAgain = false;
    this.missed = []; // events since the overview under way was asked for
    this.lastAskedMs = -Infinity;
    this.lastTookMs = 0;
    this.speed = 1;
    this.wake = () => document.visibilityState === "visible" && this.retryNow();
  }

  start() {
    document.addEventListener("visibilitychange", this.wake);
    addEventListener("online", this.wake);
    this.openStream();
    this.listen();
  }

  stop() {
    this.isStopped = true;
    document.removeEventListener("visibilitychange", this.wake);
    removeEventListener("online", this.wake);
    for (const name of [...this.timers.keys()]) this.cancel(name);
    this.closeStream();
  }

  /** Tries at once what was waiting for its turn. */
  retryNow() {
    if (this.stream === null) this.openStream();
    this.refreshSoon();
  }

  /** Asks for the overview as soon as is polite. */
  refreshSoon() {
    const sinceMs = performance.now() - this.lastAskedMs;
    this.later("soon", Math.max(SOON_MS, MIN_GAP_MS - sinceMs), () => this.refresh());
  }

  // -- the stream ----------------------------------------------------------------------------------

  openStream() {
    this.cancel("reopen");
    this.closeStream();
    const stream = new EventSource(streamAddress(this.store));
    this.stream = stream;
    this.heardMs = performance.now();
    stream.onopen = () => {
      this.heardMs = performance.now();
      this.isStreamOpen = true;
      this.refresh();
    };
    stream.onerror = () => {
      this.lose();
      this.refresh(); // it tells why: signed out, refused, or no answer at all
    };
    stream.addEventListener("beat", () => { this.heardMs = performance.now(); });
    stream.addEventListener("reset", () => this.refresh());
    for (const type of EVENT_TYPES) {
      stream.addEventListener(type, (event) => this.hear(type, JSON.parse(event.data)));
    }
  }

  closeStream() {
    this.stream?.close();
    this.stream = null;
    this.isStreamOpen = false;
  }

  hear(type, data) {
    this.heardMs = performance.now();
    if (this.isRefreshing) this.missed.push([type, data]);
    this.hears.event(type, data);
  }

  /** Looks every now and then whether the stream still says anything. */
  listen() {
    const nowMs = performance.now();
    if (nowMs - this.listenedMs > ASLEEP_MS) this.heardMs = nowMs;
    this.listenedMs = nowMs;
    if (this.stream !== null && nowMs - this.heardMs > PATIENCE_MS) {
      this.lose();
      this.become("lost"); // the patience was the grace
    }
    this.later("listen", LISTEN_MS, () => this.listen());
  }

  lose() {
    this.closeStream();
    if (!this.timers.has("reopen")) {
      const waitMs = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
      this.failures += 1;
      this.later("reopen", waitMs * (1 + Math.random() / 3), () => this.openStream());
    }
    if (this.state === "live") {
      this.become("reconnecting");
      this.later("grace", GRACE_MS, () => this.become("lost"));
    } else if (this.state === "connecting") {
      this.become("lost");
    }
  }

  // -- the overview --------------------------------------------------------------------------------

  async refresh() {
    this.cancel("soon");
    this.askAgain = this.isRefreshing; // what is under way may be older than the reason to ask
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    this.missed = [];
    const askedMs = performance.now();
    this.lastAskedMs = askedMs;
    try {
      const answer = await overview(this.store);
      if (this.isStopped) return;
      this.lastTookMs = performance.now() - askedMs;
      this.speed = answer.speed;
      this.hears.overview(answer, this.missed);
      if (this.isStreamOpen) this.regain();
    } catch (error) {
      if (this.isStopped) return;
      if ([401, 403, 404].includes(error.status)) this.hears.refused(error);
      else if (error.status !== undefined) this.lose();
      else throw error; // ours, not the gateway's
    } finally {
      this.isRefreshing = false;
      if (this.askAgain) this.refreshSoon();
      this.later("refresh", this.refreshEveryMs(), () => this.refreshWhileSeen());
    }
  }

  refreshWhileSeen() {
    if (document.visibilityState === "visible") this.refresh();
  }

  refreshEveryMs() {
    const wanted = Math.min(REFRESH_MS, Math.max(MIN_REFRESH_MS, REFRESH_MS / this.speed));
    return Math.max(wanted, REFRESH_SHARE * this.lastTookMs);
  }

  regain() {
    this.failures = 0;
    this.cancel("grace");
    this.become("live");
  }

  become(state) {
    if (this.state === state) return;
    this.state = state;
    this.hears.state(state);
  }

  // -- timers, one of each name ----------------------------------------------------------------------

  later(name, ms, act) {
    this.cancel(name);
    if (this.isStopped) return;
    this.timers.set(
      name,
      setTimeout(() => {
        this.timers.delete(name);
        act();
      }, ms),
    );
  }

  cancel(name) {
    clearTimeout(this.timers.get(name));
    this.timers.delete(name);
  }
}
