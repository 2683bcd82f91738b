// The page's beginning: which language, who is it, which store; then one screen at a time.

import { Connection } from "./connection.js";
import { chosenLanguage, loadLanguage } from "./language.js";
import { StoreModel } from "./model.js";
import { SORTS } from "./parts/stock-order.js";
import { remember, remembered } from "./preferences.js";
import { signOut, stores, whoAmI } from "./requests.js";
import { NowScreen } from "./screens/now.js";
import { SignInScreen } from "./screens/sign-in.js";
import { ShopClock } from "./shop-clock.js";

const RETRY_MS = 3_000;

class App {
  constructor(root, lang) {
    Object.assign(this, { root, lang });
    this.screen = null;
    this.connection = null;
  }

  /** Finds out who looks and what they may see, and shows it. */
  async start() {
    try {
      const [session, found] = await Promise.all([whoAmI(), stores()]);
      if (found.length === 0) return this.askForKey("unknown_store");
      this.stores = found;
      this.canSignOut = session.via === "session";
      const known = remembered("store", found.map(({ id }) => id));
      return this.openStore(known ?? found[0].id);
    } catch (error) {
      if (error.status === 401) return this.askForKey(null);
      if (error.status === 403) return this.askForKey(error.code);
      if (error.status === undefined) throw error;
      return this.waitForGateway();
    }
  }

  // -- screens -------------------------------------------------------------------------------------

  present(make) {
    this.screen?.dispose();
    this.make = make;
    this.screen = make();
    this.root.replaceChildren(this.screen.element);
    this.screen.focus?.();
  }

  askForKey(problem) {
    this.leaveStore();
    this.present(() => new SignInScreen(this.lang, problem, {
      language: (code) => this.speak(code),
      done: () => this.start(),
    }));
  }

  waitForGateway() {
    this.leaveStore();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.start(), RETRY_MS);
    this.stores = [];
    this.canSignOut = false;
    if (this.screen instanceof NowScreen && this.model.store === null) return;
    this.enter(() => this.start());
    this.screen.showState("lost");
  }

  openStore(id) {
    this.leaveStore();
    remember("store", id);
    this.connection = new Connection(id, {
      overview: (answer, events) => this.takeOverview(answer, events),
      event: (type, event) => this.takeEvent(type, event),
      state: (state) => this.screen.showState(state),
      refused: (error) => (error.status === 401 ? this.askForKey(null) : this.askForKey(error.code)),
    });
    this.enter(() => this.connection?.retryNow());
    this.connection.start();
  }

  enter(retry) {
    this.model = new StoreModel();
    this.clock = new ShopClock();
    this.view = { zone: null, query: "", sort: remembered("sort", SORTS) ?? SORTS[0], allAlerts: false, allDevices: false };
    this.present(() => new NowScreen(this.lang, this.model, this.clock, this.view, this.stores, {
      language: (code) => this.speak(code),
      store: (id) => this.openStore(id),
      retry,
      signOut: this.canSignOut ? () => this.leave() : null,
    }));
  }

  leaveStore() {
    this.connection?.stop();
    this.connection = null;
  }

  // -- what comes in ---------------------------------------------------------------------------------

  takeOverview(answer, events) {
    const changes = this.model.applyOverview(answer);
    this.clock.set(this.model.asOfMs, this.model.speed);
    for (const [type, event] of events) changes.add(this.model.applyEvent(type, event));
    this.screen.show(changes);
  }

  takeEvent(type, event) {
    const changes = this.model.applyEvent(type, event);
    if (changes.refresh) this.connection.refreshSoon();
    this.screen.show(changes);
  }

  // -- what people do --------------------------------------------------------------------------------

  async speak(code) {
    this.lang = await loadLanguage(code, { isChosen: true });
    document.documentElement.lang = code;
    this.present(this.make);
    this.root.querySelector(".languages [aria-pressed=true]")?.focus(); // where it was: on the choice
    this.screen.showState?.(this.connection?.state ?? "lost");
    if (this.screen instanceof NowScreen) this.screen.show(this.model.everything());
  }

  async leave() {
    await signOut().catch(() => null); // without an answer the cookie stays, and the page is still left
    this.askForKey(null);
  }
}

try {
  const lang = await loadLanguage(chosenLanguage());
  document.documentElement.lang = lang.code;
  await new App(document.getElementById("app"), lang).start();
} catch (error) {
  document.getElementById("failed").hidden = false;
  throw error;
}
