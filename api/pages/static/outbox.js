// What people do, sent once each: at once where there is a line, later where there is none.
//
//   do ─▶ waiting ─▶ sent: done (forgotten) | refused (kept until somebody has read why)
//            ▲────── no answer: kept on this device, tried again
//
// Each act bears a key of its own: one that was sent twice takes effect once. They go one after another, in the
// order in which they were done. An act belongs to whoever did it: it waits while somebody else is signed in.

const STORE_KEY = "storefloor.outbox";
const MAX_ITEMS = 200; // a day's work without a line; past it a person is told, and nothing is lost silently
const MAX_AGE_MS = 12 * 3_600_000; // a gateway remembers keys for 24 h: what is older might take effect twice
const RETRY_MS = [1_000, 2_000, 5_000, 10_000];
const NO_ANSWER = new Set([0, 408, 429, 500, 502, 503, 504]);

export class OutboxFull extends Error {}

export class Outbox {
  /** `send(item)` asks the gateway; `changed()` is called whenever what waits is another. `kept` is like localStorage. */
  constructor(send, changed, { kept = localStorage, nowMs = () => Date.now(), later = (act, ms) => setTimeout(act, ms) } = {}) {
    Object.assign(this, { send, changed, kept, nowMs, later });
    this.who = null;
    this.items = this.read();
    this.hearers = new Map();
    this.failures = 0;
    this.isSending = false;
  }

  /** Says who is signed in, or null: only their acts are sent. */
  belongsTo(who) {
    this.who = who;
    this.flush();
  }

  /** Returns the acts that wait for a line, and those that were refused. */
  get waiting() {
    return this.items.filter(({ problem }) => problem === null);
  }

  get refused() {
    return this.items.filter(({ problem }) => problem !== null);
  }

  /** Returns whether an act on `subject` ("task tk_1") is on its way. */
  isPending(subject) {
    return this.items.some((item) => item.subject === subject && item.problem === null);
  }

  /**
   * Does an act: {method, path, body, subject, label, headers}. `label` says in words what it is. Returns a promise of
   * {state: "done", body} | {state: "refused", problem} | {state: "waiting"}; throws OutboxFull.
   */
  do(act) {
    if (this.items.length >= MAX_ITEMS) throw new OutboxFull();
    const item = { method: "POST", body: null, headers: {}, ...act, key: newKey(), atMs: this.nowMs(), who: this.who, problem: null };
    this.items.push(item);
    this.write();
    const told = new Promise((resolve) => this.hearers.set(item.key, resolve));
    this.flush();
    return told;
  }

  /** Forgets an act: one that was refused and read, or one that is not to be sent any more. */
  forget(key) {
    this.items = this.items.filter((item) => item.key !== key);
    this.write();
  }

  /** Sends what waits, in order; what got no answer stays. */
  async flush() {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let item = this.next(); item !== undefined; item = this.next()) {
        if (!(await this.try(item))) {
          const waitMs = RETRY_MS[Math.min(this.failures++, RETRY_MS.length - 1)];
          this.later(() => this.flush(), waitMs);
          return;
        }
        this.failures = 0;
      }
    } finally {
      this.isSending = false;
    }
  }

  next() {
    return this.items.find((item) => item.problem === null && item.who === this.who);
  }

  /** Sends one act; returns whether the next one may go. */
  async try(item) {
    if (this.nowMs() - item.atMs > MAX_AGE_MS) return this.refuse(item, { status: 0, code: "too_old", detail: "" });
    try {
      const body = await this.send(item);
      this.forget(item.key);
      this.tell(item, { state: "done", body });
      return true;
    } catch (error) {
      if (error.status === undefined) throw error; // ours, not the gateway's
      if (error.status === 401 || NO_ANSWER.has(error.status)) return this.wait();
      return this.refuse(item, { status: error.status, code: error.code, detail: error.detail });
    }
  }

  /** What comes after an act that got no answer waits with it. */
  wait() {
    for (const item of this.waiting) this.tell(item, { state: "waiting" });
    this.changed();
    return false;
  }

  refuse(item, problem) {
    const hearer = this.hearers.get(item.key);
    if (hearer) {
      this.forget(item.key); // whoever did it still looks, and is told at once
      this.tell(item, { state: "refused", problem });
    } else {
      item.problem = problem;
      this.write();
    }
    return true;
  }

  tell(item, outcome) {
    this.hearers.get(item.key)?.(outcome);
    this.hearers.delete(item.key);
  }

  read() {
    try {
      const items = JSON.parse(this.kept.getItem(STORE_KEY) ?? "[]");
      return Array.isArray(items) ? items.slice(0, MAX_ITEMS) : [];
    } catch {
      return [];
    }
  }

  write() {
    try {
      this.kept.setItem(STORE_KEY, JSON.stringify(this.items));
    } catch {
      // Storage is full or forbidden: what waits lasts as long as the page.
    }
    this.changed();
  }
}

/** Returns a key that no other act has. Not randomUUID: that is missing where the page came without TLS. */
function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
