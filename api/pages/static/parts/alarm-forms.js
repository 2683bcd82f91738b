// The acts on one alert as buttons and small forms; drawn once, so that nobody loses the place or the words typed.

import { el, setAttribute, setText } from "../dom.js";
import { nextOpening } from "./opening.js";

const MINUTE_MS = 60_000;
const QUARTER_MS = 15 * MINUTE_MS;
const HOUR_MS = 60 * MINUTE_MS;
const MAX_WORDS = 500;
const MAX_NAME = 128;

export class AlarmForms {
  constructor(ctx, acts) {
    Object.assign(this, { ctx, acts });
    const { lang } = ctx;
    const button = (text, act, kind = "chip") => el("button", { type: "button", class: kind, on: { click: act } }, text);
    this.take = button("", () => (this.alert.state === "firing" ? acts.acknowledge(this.alert) : acts.release(this.alert)), "primary");
    this.opening = button("", () => acts.snooze(this.alert, this.openingMs));
    this.snooze = el("fieldset", {}, el("legend", {}, lang.t("alert_act.snooze")), el("div", { class: "chips" },
      button(lang.t("alert_act.quarter"), () => acts.snooze(this.alert, this.nowMs + QUARTER_MS)),
      button(lang.t("alert_act.hour"), () => acts.snooze(this.alert, this.nowMs + HOUR_MS)),
      this.opening));
    this.names = el("datalist", { id: "alarm-people" });
    this.assign = this.form("alarm-user", "alert_act.assign", "alert_act.assign_button", MAX_NAME, (user) => acts.assign(this.alert, user), { list: "alarm-people" });
    this.toMe = button(lang.t("alert_act.to_me"), () => acts.assign(this.alert, ctx.session.name));
    this.nobody = button(lang.t("alert_act.to_nobody"), () => acts.assign(this.alert, null));
    this.assign.element.append(this.names, el("div", { class: "chips" }, this.toMe, this.nobody));
    this.comment = this.form("alarm-comment", "alert_act.comment", "alert_act.comment_button", MAX_WORDS, (text) => acts.comment(this.alert, text));
    this.useful = button(lang.t("alert_act.useful"), () => acts.feedback(this.alert, true));
    this.useless = button(lang.t("alert_act.useless"), () => acts.feedback(this.alert, false));
    this.feedback = el("fieldset", {}, el("legend", {}, lang.t("alert_act.feedback")), el("div", { class: "chips" }, this.useful, this.useless));
    this.resolve = this.form("alarm-reason", "alert_act.resolve", "alert_act.resolve_button", MAX_WORDS, (reason) => acts.resolve(this.alert, reason));
    this.pending = el("p", { class: "badge is-waiting", role: "status" }, lang.t("alert_page.pending"));
    this.more = el("details", { class: "alarm-more" }, el("summary", {}, lang.t("alert_act.more")),
      this.snooze, this.assign.element, this.comment.element, this.resolve.element);
    this.element = el("div", { class: "alarm-forms" }, this.pending, this.take, this.feedback, this.more);
    this.element.hidden = !acts.mayAct;
    this.askForHours();
  }

  /** Shows what can be done about an alert now; `isOther`: it is not the one that was shown before. */
  update(alert, nowMs, people, isOther) {
    const { lang, session, model } = this.ctx;
    Object.assign(this, { alert, nowMs, people });
    const isOver = alert.state === "resolved";
    this.take.hidden = isOver;
    setAttribute(this.take, "class", alert.state === "firing" ? "primary" : "quiet");
    setText(this.take, lang.t(alert.state === "firing" ? "alert_act.acknowledge" : alert.state === "snoozed" ? "alert_act.wake" : "alert_act.release"));
    this.pending.hidden = !this.acts.isPending(alert);
    this.snooze.hidden = isOver;
    this.openingMs = this.place === undefined ? null : nextOpening(this.place, nowMs);
    this.opening.hidden = this.openingMs === null;
    if (this.openingMs !== null) {
      setText(this.opening, lang.t("alert_act.opening", { time: lang.time(this.openingMs, model.store.timezone, { today: nowMs }) }));
    }
    this.assign.element.hidden = isOver || !this.acts.mayManage;
    this.resolve.element.hidden = isOver || !this.acts.mayManage;
    this.toMe.hidden = session.name === null || alert.assignee === session.name;
    this.nobody.hidden = alert.assignee === null;
    this.names.replaceChildren(...[...new Set(people.values())].map((name) => el("option", { value: name })));
    setAttribute(this.useful, "aria-pressed", String(alert.useful === true));
    setAttribute(this.useless, "aria-pressed", String(alert.useful === false));
    if (!isOther) return;
    this.more.open = false;
    for (const { input } of [this.assign, this.comment, this.resolve]) input.value = "";
  }

  /** Returns a form of one line of words: {element, input}. What could not be taken stays in the field. */
  form(id, label, submit, maxlength, act, attributes = {}) {
    const { lang } = this.ctx;
    const input = el("input", { id, maxlength, autocomplete: "off", required: true, ...attributes });
    const send = async (event) => {
      event.preventDefault();
      const words = input.value.trim();
      if (words === "") return;
      const { state } = await act(words);
      if (state !== "refused" && input.value.trim() === words) input.value = "";
    };
    const element = el("form", { class: "alarm-form", method: "post", on: { submit: send } },
      el("label", { for: id }, lang.t(label)), el("div", { class: "alarm-line" }, input, el("button", { type: "submit", class: "chip" }, lang.t(submit))));
    return { element, input };
  }

  async askForHours() {
    const { items } = await this.ctx.ask("/v1/stores").catch(() => ({ items: [] }));
    this.place = items.find(({ id }) => id === this.ctx.storeId);
    if (this.place?.hours && this.alert !== undefined) this.update(this.alert, this.nowMs, this.people, false);
  }
}
