// The page's beginning: which language, who is it, which store, which screen; and what comes in from then on.

import { Connection } from "./connection.js";
import { Context, Session } from "./context.js";
import { isKioskLocked, unlockKiosk } from "./kiosk-lock.js";
import { chosenLanguage, loadLanguage, PartMissing } from "./language.js";
import { StoreModel } from "./model.js";
import { Outbox } from "./outbox.js";
import { Shell } from "./parts/shell.js";
import { remember, remembered } from "./preferences.js";
import { sendAct, signIn, signOut, stores, whoAmI } from "./requests.js";
import { pathTo, Router } from "./router.js";
import { FIRST, SCREENS, screenOf } from "./screens.js";
import { SignInScreen } from "./screens/sign-in.js";
import { ShopClock } from "./shop-clock.js";
import { loadStyles } from "./styles.js";
import { Wedge } from "./wedge.js";
import { Work } from "./work.js";

const RETRY_MS = 3_000;
const AHEAD_MS = 3_000; // what is looked at comes first
const KIOSK_AGAIN_MS = 60_000; // to enter a PIN
const LOAD_MS = 5_000; // out of reach of the network nothing fails, it only never comes: a tap must not do nothing

class App {
  /** `asked`: who looks and at what, where that was asked for already; null: it is asked for. */
  constructor(root, lang, asked) {
    Object.assign(this, { root, lang, asked });
    this.shell = null;
    this.connection = null;
    this.outbox = new Outbox(sendAct, () => this.outboxChanged());
    this.router = new Router((place) => this.openScreen(place, { isNew: true }));
    this.wedge = new Wedge((code) => this.shell?.screen?.scanned?.(code));
    this.opening = 0;
  }

  /** Finds out who looks and what they may see, and shows it. */
  async start() {
    clearTimeout(this.waiting);
    const refused = await this.followLink();
    if (refused !== null) return this.askForKey(refused, { mayLook: true });
    try {
      const asked = this.asked ?? ask();
      this.asked = null; // it holds once
      const [session, found] = await asked;
      if (found.length === 0) return this.askForKey("unknown_store");
      this.session = new Session(session);
      this.stores = found;
      this.outbox.belongsTo(session.via === "open" ? null : session.key_id);
      const known = remembered("store", found.map(({ id }) => id));
      if (this.isLeavingKiosk && this.session.may("availability:exact")) history.replaceState(null, "", pathTo(FIRST));
      this.isLeavingKiosk = false;
      this.turnTo(this.session.role);
      const isForCustomers = this.router.here().screen.id === "kiosk";
      if (!isForCustomers && !this.session.may("availability:exact")) return this.askForKey("insufficient_scope");
      return this.openStore(known ?? found[0].id);
    } catch (error) {
      if (error.status === 401) return this.askForKey(null);
      if (error.status === 403) return this.askForKey(error.code);
      if (error.status === undefined) throw error;
      return this.waitForGateway();
    }
  }

  // -- who looks ---------------------------------------------------------------------------------------

  /** A link that somebody was given, "/#link=…", signs in once; returns the code of what went wrong, or null. */
  async followLink() {
    const [, link] = location.hash.match(/^#link=(.+)$/) ?? [];
    if (link === undefined) return null;
    history.replaceState(null, "", location.pathname + location.search); // it is in no history, and worth nothing now
    try {
      await signIn({ link: decodeURIComponent(link) });
      unlockKiosk();
      return null;
    } catch (error) {
      if (error.status === undefined) throw error;
      return error.status === 0 ? "no_answer" : error.code;
    }
  }

  /** `mayLook`: somebody may go on without signing in, as far as the page is open to them. */
  askForKey(problem, { mayLook = this.session?.via === "open" } = {}) {
    this.leaveStore();
    this.make = () => this.askForKey(problem, { mayLook });
    const screen = new SignInScreen(this.lang, problem, {
      language: (code) => this.speak(code),
      done: () => this.enterAsStaff(),
      look: mayLook ? () => this.start() : null,
    });
    this.root.replaceChildren(screen.element);
    screen.focus();
  }

  waitForGateway() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.start(), RETRY_MS);
    if (this.shell !== null && this.ctx.model.store === null) return;
    this.session = new Session(null);
    this.stores = [];
    this.enter(null, () => this.start());
    this.showState("lost");
  }

  async leave() {
    await signOut().catch(() => null); // without an answer the cookie stays, and the page is still left
    this.askForKey(null);
  }

  /** Somebody signed in: a device that was a kiosk until now shows all screens again. */
  enterAsStaff() {
    this.isLeavingKiosk = isKioskLocked();
    unlockKiosk();
    return this.start();
  }

  /** The way out of the kiosk: staff sign in. Nobody does: it is the kiosk again. */
  leaveKiosk() {
    if (this.session.via === "open") {
      unlockKiosk();
      return this.go(pathTo(FIRST));
    }
    this.askForKey(null, { mayLook: true });
    this.waiting = setTimeout(() => this.start(), KIOSK_AGAIN_MS);
  }

  /** A device that is there for one screen shows that one. */
  turnTo(role) {
    const only = role === "kiosk" || role === "screen" ? role : null;
    if (only !== null && this.router.here().screen.id !== only && screenOf(only)) this.router.go(pathTo(only), { replace: true });
  }

  // -- the store ---------------------------------------------------------------------------------------

  openStore(id) {
    this.leaveStore();
    remember("store", id);
    this.connection = new Connection(id, {
      overview: (answer, events) => this.takeOverview(answer, events),
      event: (type, event) => this.takeEvent(type, event),
      state: (state) => this.showState(state),
      refused: (error) => (error.status === 401 ? this.askForKey(null) : this.askForKey(error.code)),
    });
    if (this.session.may("availability:exact")) this.connection.start(); // its answers come while all around is drawn
    this.enter(id, () => this.connection?.retryNow());
  }

  enter(storeId, retry) {
    const { lang, session, outbox } = this;
    this.ctx = new Context(this, { lang, session, outbox, stores: this.stores, model: new StoreModel(), clock: new ShopClock() });
    this.ctx.storeId = storeId;
    this.ctx.work = new Work(this.ctx);
    this.ctx.work.onChange(() => this.showWork());
    this.make = () => this.draw(retry);
    this.make();
  }

  /** Draws everything anew around what is known: at the beginning, and in another language. */
  draw(retry) {
    const { ctx } = this;
    this.shell?.dispose();
    ctx.lang = this.lang;
    this.shell = new Shell(ctx, {
      language: (code) => this.speak(code),
      store: (id) => this.openStore(id),
      retry,
      signOut: this.session.via === "session" ? () => this.leave() : null,
      signIn: this.session.via === "open" ? () => this.askForKey(null) : null,
    });
    this.root.replaceChildren(this.shell.element);
    this.showState(ctx.state);
    this.showWork();
    this.openScreen(this.router.here(), { isNew: false });
  }

  leaveStore() {
    this.connection?.stop();
    this.connection = null;
    this.ctx?.work.dispose();
    this.shell?.dispose();
    this.shell = null;
  }

  // -- screens -----------------------------------------------------------------------------------------

  /** Shows the screen of a place; its module, texts and styles are loaded first. */
  async openScreen(place, { isNew }) {
    const { shell, ctx } = this;
    if (shell === null) return;
    if (isKioskLocked() && place.screen.id !== "kiosk") return this.go(pathTo("kiosk"), { replace: true });
    if (shell.screen !== null && shell.place.screen === place.screen && shell.screen.navigate?.(place)) {
      shell.place = place;
      return;
    }
    const turn = ++this.opening;
    try {
      const Screen = await inTime(this.load(place.screen));
      if (turn !== this.opening || shell !== this.shell) return; // somebody went elsewhere meanwhile
      shell.present(new Screen(ctx, place), place);
    } catch (error) {
      if (!isOffline(error)) throw error;
      if (turn === this.opening && shell === this.shell) shell.presentMissing(place);
    }
    shell.screen.showState?.(ctx.state);
    if (ctx.model.store !== null) shell.show(ctx.model.everything());
    if (isNew) shell.enter();
  }

  async load(screen) {
    const { default: Screen } = await screen.load();
    await Promise.all([this.lang.need(Screen.texts ?? []), loadStyles(Screen.styles ?? [])]);
    return Screen;
  }

  /** Where no service worker keeps the page (it came without TLS), the other screens are fetched while there is a line. */
  async fetchAhead() {
    if (navigator.serviceWorker || this.isAhead === this.lang) return;
    this.isAhead = this.lang;
    for (const screen of SCREENS) {
      await this.load(screen).catch((error) => {
        if (!isOffline(error)) throw error;
        this.isAhead = null; // tried again with the next line
      });
    }
  }

  go(path, options) {
    this.router.go(path, options);
  }

  tell(text, tone) {
    this.shell?.toasts.tell(text, tone);
  }

  signIn() {
    this.askForKey("to_act");
  }

  // -- what comes in -----------------------------------------------------------------------------------

  takeOverview(answer, events) {
    const { model, clock } = this.ctx;
    const isFirst = model.store === null;
    const changes = model.applyOverview(answer);
    clock.set(model.asOfMs, model.speed);
    for (const [type, event] of events) changes.add(model.applyEvent(type, event));
    this.shell.show(changes);
    if (isFirst || this.ctx.hasMissed) this.ctx.work.refresh();
    if (!isFirst && this.ctx.hasMissed) this.shell.screen?.refresh?.();
    this.ctx.hasMissed = false;
  }

  takeEvent(type, event) {
    const { model } = this.ctx;
    if (model.store === null || event.store !== model.store.id) return;
    const changes = model.applyEvent(type, event);
    if (changes.refresh) this.connection.refreshSoon();
    if (changes.isAny) this.shell.show(changes);
    this.ctx.work.event(type, event);
    this.shell.screen?.event?.(type, event);
  }

  showState(state) {
    this.ctx.state = state;
    if (state === "reconnecting" || state === "lost") this.ctx.hasMissed = true;
    this.shell?.showState(state);
    this.shell?.waiting.render();
    if (state !== "live") return;
    this.outbox.flush();
    setTimeout(() => this.fetchAhead(), AHEAD_MS);
  }

  /** Shows how much waits on the screens of what people are asked to do. */
  showWork() {
    const { work } = this.ctx;
    this.shell?.badge("refill", work.openTasks.length);
    this.shell?.badge("collect", work.toPick.length);
  }

  outboxChanged() {
    this.shell?.waiting.render();
    this.ctx?.work?.changed();
  }

  // -- what people do ----------------------------------------------------------------------------------

  async speak(code) {
    this.lang = await loadLanguage(code, { isChosen: true });
    document.documentElement.lang = code;
    this.make();
    this.root.querySelector(".languages [aria-pressed=true]")?.focus(); // where it was: on the choice
  }
}

/** Asks who looks, and at which stores. */
function ask() {
  const asked = Promise.all([whoAmI(), stores()]);
  asked.catch(() => null); // who awaits it says so
  return asked;
}

/** Returns what is loaded, or throws PartMissing where it does not come in time. */
function inTime(loading) {
  return Promise.race([loading, new Promise((_, reject) => setTimeout(() => reject(new PartMissing("late")), LOAD_MS))]);
}

/** Returns whether an error says that a module, its texts or its styles did not come: there is no line. */
function isOffline(error) {
  return error instanceof PartMissing || (error instanceof TypeError && /import|module|fetch/i.test(error.message));
}

// Keeps the page for when there is no line. Without TLS browsers have none; the page works, as long as it stays open.
navigator.serviceWorker?.register("/service-worker.js").catch(() => null);

try {
  const asked = location.hash.startsWith("#link=") ? null : ask(); // a link says first who looks
  const lang = await loadLanguage(chosenLanguage());
  document.documentElement.lang = lang.code;
  await new App(document.getElementById("app"), lang, asked).start();
} catch (error) {
  document.getElementById("failed").hidden = false;
  throw error;
}
