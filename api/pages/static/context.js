// What every screen works with: language, who looks, what is known, and the ways to ask, to act, to go and to tell.

import { pathTo } from "./router.js";
import { ask } from "./requests.js";

/** Who looks, and what they may do. */
export class Session {
  /** `answer` is that of GET /session; null: nobody is known yet. */
  constructor(answer) {
    Object.assign(this, { via: "none", scopes: [], name: null, role: null, key_id: null, ...answer });
  }

  /** Returns whether a scope is held; admin holds all. */
  may(scope) {
    return scope === null || this.scopes.includes("admin") || this.scopes.includes(scope);
  }
}

export class Context {
  /** `app` has go(path, options), tell(text, tone) and signIn(). */
  constructor(app, { lang, session, stores, model, clock, outbox }) {
    Object.assign(this, { app, lang, session, stores, model, clock, outbox });
    this.state = "connecting";
    this.views = new Map();
  }

  /** The store that is looked at: {id, name, timezone}, known before its first overview. */
  get store() {
    return this.model.store ?? this.stores.find(({ id }) => id === this.storeId);
  }

  /** Returns what a screen wants to find again when it is opened the next time; `initial` at first. */
  view(name, initial) {
    if (!this.views.has(name)) this.views.set(name, { ...initial });
    return this.views.get(name);
  }

  /** Returns the JSON of an address of the API; throws RequestFailed. */
  ask(path, options) {
    return ask(path, options);
  }

  /** Goes to another screen: go("/find/DEN-501-32"). */
  go(path, options) {
    this.app.go(path, options);
  }

  path(id, ...rest) {
    return pathTo(id, ...rest);
  }

  /** Says shortly what was done or could not be done. */
  tell(text, tone) {
    this.app.tell(text, tone);
  }

  /**
   * Does what a person asked for, now or when there is a line again, once. See Outbox.do; a refusal is told here.
   * Returns the outcome: {state: "done", body} | {state: "waiting"} | {state: "refused", problem}.
   */
  async do(act) {
    if (this.session.via === "open") {
      this.app.signIn();
      return { state: "refused", problem: { status: 401, code: "missing_key", detail: "" } };
    }
    try {
      const outcome = await this.outbox.do({ label: "", subject: "", ...act });
      if (outcome.state === "refused") this.tell(this.problem(outcome.problem), "bad");
      return outcome;
    } catch (error) {
      this.tell(this.lang.t("outbox.full"), "bad");
      return { state: "refused", problem: { status: 0, code: "outbox_full", detail: String(error) } };
    }
  }

  /** Returns why something failed, in the reader's words. */
  problem({ status, code, detail }) {
    if (code === "" || status === 0) return this.lang.word("problem", code || "no_answer", { detail });
    return this.lang.word("problem", code, { detail: detail || code });
  }

  /** Returns the time that ages are told by: of the last overview while live, else now. */
  knownMs() {
    return this.state === "live" || this.clock.now() === null ? this.model.asOfMs : this.clock.now();
  }
}
