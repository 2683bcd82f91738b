// What people of the store are asked to do: its open tasks, in walking order, and its live reservations.
//
// Loaded once, then kept by the events of the stream. Those say neither who claimed a task nor which pieces it is
// about, nor whose a reservation is: what is known of that is kept, and asked for again where it may be another.

import { peopleOf } from "./parts/people.js";

const PAGE = 200;
const MAX_PAGES = 5; // 1,000 of each: more than the people of a store do in a day
const SOON_MS = 300;
const MIN_GAP_MS = 2_000; // between two looks, however much happens
const RETRY_MS = 10_000;
const OLD_MS = 30_000;
const ENDED_KEPT_MS = 60_000;
const ENDED_KEPT = 50;
export const LIVE_TASK = new Set(["open", "claimed"]);
export const LIVE_RESERVATION = new Set(["held", "confirmed", "picking", "ready"]);

export class Work {
  /** `ctx`: ask, session, outbox and storeId. `nowMs` is a clock that only ever goes on. */
  constructor(ctx, nowMs = () => performance.now()) {
    Object.assign(this, { ctx, nowMs });
    this.tasks = new Map();
    this.reservations = new Map();
    this.people = new Map();
    this.ended = new Map();
    this.order = [];
    this.state = "loading";
    this.listeners = new Set();
    this.lastMs = -Infinity;
    this.isLoading = false;
  }

  dispose() {
    clearTimeout(this.timer);
    this.listeners.clear();
    this.isDisposed = true;
  }

  /** Calls `listener()` after each change; returns what ends that. */
  onChange(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Says that something is another: a task, a reservation, or what waits to be sent about them. */
  changed() {
    for (const listener of [...this.listeners]) listener();
  }

  // -- what is known -----------------------------------------------------------------------------------

  /** Returns the tasks that somebody is still to do, in walking order. */
  get openTasks() {
    return this.order.map((id) => this.tasks.get(id)).filter((task) => task !== undefined);
  }

  /** Returns the live reservations: those at risk first, then by when they are due. */
  get openReservations() {
    return [...this.reservations.values()].sort(
      (a, b) => Number(b.at_risk) - Number(a.at_risk) || compare(dueOf(a), dueOf(b)) || compare(a.id, b.id),
    );
  }

  /** Returns the reservations that somebody is to pick now. */
  get toPick() {
    return this.openReservations.filter(({ state }) => state === "confirmed" || state === "picking");
  }

  /** Returns the tasks that ended within the last `ms`, the first ones first. */
  endedTasks(ms) {
    return [...this.ended.values()].filter(({ task, atMs }) => task !== null && this.nowMs() - atMs < ms).map(({ task }) => task);
  }

  /** Returns {isOwn, name} of who does a task; null: nobody. */
  doer(task) {
    const by = task.claimed_by ?? task.claimed_key;
    if (task.state !== "claimed" || by === null) return null;
    const own = this.ctx.session.key_id;
    return { isOwn: own !== null && (by === own || task.claimed_key === own), name: this.people.get(by) ?? by };
  }

  // -- what comes in -----------------------------------------------------------------------------------

  /** Takes an event of the stream. */
  event(type, data) {
    if (type === "task") this.hearTask(data);
    if (type === "reservation") this.hearReservation(data);
  }

  hearTask(data) {
    const before = this.tasks.get(data.id);
    if ((before ?? this.ended.get(data.id))?.version >= data.version) return;
    const isSameClaim = before?.claimed_at === data.claimed_at;
    const hasOther = before === undefined || before.qty !== data.qty || before.done !== data.done || !isSameClaim;
    this.takeTask({ ...data, items: before?.items ?? [], claimed_by: isSameClaim ? (before?.claimed_by ?? null) : null });
    if (LIVE_TASK.has(data.state) && hasOther) this.refreshSoon();
    this.changed();
  }

  hearReservation(data) {
    const before = this.reservations.get(data.id);
    if ((before ?? this.ended.get(data.id))?.version >= data.version) return;
    this.takeReservation({ ...data, owner_ref: before?.owner_ref ?? null });
    if (before === undefined && LIVE_RESERVATION.has(data.state)) this.refreshSoon();
    this.changed();
  }

  /** Takes a task as an answer of the API tells it. */
  takeTask(task) {
    if (this.ended.get(task.id)?.version >= task.version) return;
    if (LIVE_TASK.has(task.state)) {
      this.tasks.set(task.id, task);
      this.ended.delete(task.id);
      if (!this.order.includes(task.id)) this.order.push(task.id); // until the next look says where it stands
    } else {
      const wasKnown = this.tasks.delete(task.id);
      this.order = this.order.filter((id) => id !== task.id);
      this.end(task, wasKnown ? task : null);
    }
  }

  /** Takes a reservation as an answer of the API tells it. Given to another store, it is over for this one. */
  takeReservation(reservation) {
    if (this.ended.get(reservation.id)?.version >= reservation.version) return;
    if (LIVE_RESERVATION.has(reservation.state) && reservation.store === this.ctx.storeId) {
      this.reservations.set(reservation.id, reservation);
    } else {
      this.reservations.delete(reservation.id);
      this.end(reservation, null);
    }
  }

  end({ id, version }, task) {
    this.ended.delete(id);
    this.ended.set(id, { version, task, atMs: this.nowMs() });
    for (const [other, { atMs }] of this.ended) {
      if (this.ended.size <= ENDED_KEPT && this.nowMs() - atMs < ENDED_KEPT_MS) break;
      this.ended.delete(other);
    }
  }

  /** Takes what came of an act, where it was done at once: {state, body}. */
  takeOutcome({ state, body }) {
    if (state !== "done" || !body?.id) return;
    if (body.kind !== undefined) this.takeTask(body);
    else if (body.lines !== undefined) this.takeReservation(body);
    this.changed();
  }

  // -- looking again -----------------------------------------------------------------------------------

  refreshSoon() {
    this.later(Math.max(SOON_MS, MIN_GAP_MS - (this.nowMs() - this.lastMs)));
  }

  /** Looks again where what is known is old: which pieces to take is another from time to time, and no event says so. */
  freshen() {
    if (this.state !== "loading" && this.nowMs() - this.lastMs > OLD_MS) this.refreshSoon();
  }

  later(ms) {
    clearTimeout(this.timer);
    if (!this.isDisposed) this.timer = setTimeout(() => this.refresh(), ms);
  }

  /** Asks for all of it. What cannot be had now stays as it is known. */
  async refresh() {
    if (this.isLoading) return this.refreshSoon();
    this.isLoading = true;
    this.lastMs = this.nowMs();
    try {
      const store = encodeURIComponent(this.ctx.storeId);
      const states = [...LIVE_RESERVATION].map((state) => `&state=${state}`).join("");
      const [tasks, reservations] = await Promise.all([
        this.all(`/v1/tasks?store=${store}&order=walk`), this.all(`/v1/reservations?store=${store}${states}`), this.learnPeople(),
      ]);
      if (this.isDisposed) return;
      this.replaceTasks(tasks);
      this.replaceReservations(reservations);
      this.state = "ready";
    } catch (error) {
      if (error.status === undefined) throw error; // ours, not the gateway's
      if (this.state === "loading") this.state = "failed";
      this.later(RETRY_MS);
    } finally {
      this.isLoading = false;
    }
    if (!this.isDisposed) this.changed();
  }

  async all(path) {
    const items = [];
    let cursor = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const answer = await this.ctx.ask(`${path}&limit=${PAGE}${cursor === null ? "" : `&cursor=${encodeURIComponent(cursor)}`}`);
      items.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return items;
  }

  /** Learns the names of who works here: tasks hold ids, which are shown where no name is known. */
  async learnPeople() {
    if (this.ctx.session.may("tasks:write")) this.people = await peopleOf(this.ctx);
  }

  replaceTasks(listed) {
    const before = this.tasks;
    this.tasks = new Map();
    this.order = [];
    for (const task of listed) {
      const known = before.get(task.id);
      this.takeTask(known?.version > task.version ? { ...known, items: task.items } : task); // an event was quicker
    }
  }

  replaceReservations(listed) {
    const before = this.reservations;
    this.reservations = new Map();
    for (const found of listed) {
      const known = before.get(found.id);
      this.takeReservation(known?.version > found.version ? { ...known, owner_ref: found.owner_ref } : found);
    }
  }
}

/** Returns when a reservation ends by itself, as RFC 3339 text: those sort. */
export const dueOf = ({ collect_by: collectBy, expires_at: expiresAt }) => collectBy ?? expiresAt ?? "9";

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
