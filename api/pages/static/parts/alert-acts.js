// What a person does about an alert: each act goes through the outbox, once, and its answer is shown at once.

import { articleName } from "./names.js";
import { alertWords } from "./alert-words.js";

export class AlertActs {
  constructor(ctx) {
    this.ctx = ctx;
  }

  /** Whether acts are offered: who is not signed in is led to signing in by the first one. */
  get mayAct() {
    return this.may("alerts:write");
  }

  get mayManage() {
    return this.may("alerts:manage");
  }

  may(scope) {
    return this.ctx.session.via === "open" || this.ctx.session.may(scope);
  }

  isPending({ id }) {
    return this.ctx.outbox.isPending(subjectOf(id));
  }

  acknowledge(alert) {
    return this.send(alert, "ack", null, "alert_done.acknowledge");
  }

  release(alert) {
    return this.send(alert, "unack", null, "alert_done.release");
  }

  snooze(alert, untilMs) {
    return this.send(alert, "snooze", { until: rfc3339(untilMs) }, "alert_done.snooze");
  }

  assign(alert, user) {
    return this.send(alert, "assign", { user }, "alert_done.assign");
  }

  comment(alert, text) {
    return this.send(alert, "comment", { text }, "alert_done.comment");
  }

  feedback(alert, useful) {
    return this.send(alert, "feedback", { useful }, "alert_done.feedback");
  }

  resolve(alert, reason) {
    return this.send(alert, "resolve", { reason }, "alert_done.resolve");
  }

  /** Sends an act; returns its outcome. What the gateway answers is shown before the stream tells of it. */
  async send(alert, name, body, label) {
    const { ctx } = this;
    const { title } = alertWords(alert, ctx.model, ctx.lang);
    const done = ctx.lang.t(label, { alert: title, article: articleName(alert.sku, ctx.model, ctx.lang) });
    const act = { method: "POST", path: `/v1/alerts/${encodeURIComponent(alert.id)}/${name}`, body, subject: subjectOf(alert.id), label: done };
    const outcome = await ctx.do(act);
    if (outcome.state === "done") {
      this.took?.(outcome.body);
      ctx.tell(done, "good");
    }
    if (outcome.state === "refused" && outcome.problem.code === "wrong_state") this.stale?.(alert.id);
    return outcome;
  }
}

const subjectOf = (id) => `alert ${id}`;

/** Returns a time as the API takes it, in whole seconds. */
export const rfc3339 = (ms) => `${new Date(Math.ceil(ms / 1000) * 1000).toISOString().slice(0, 19)}Z`;
