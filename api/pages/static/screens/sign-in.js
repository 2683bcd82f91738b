// The way in: on the shop's tablet by name and PIN, elsewhere by a key. Either is given once, in a request's body,
// for a cookie that scripts cannot read.

import { el, setAttribute, setText } from "../dom.js";
import { icon } from "../icons.js";
import { languageChoice, mark } from "../parts/header.js";
import { people, signIn } from "../requests.js";

const PIN_LENGTH = 6;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "back", "0", "delete"];

export class SignInScreen {
  /** `problem` is the code of what went wrong before, or null; `acts` has language(code), done() and look() (or null). */
  constructor(lang, problem, acts) {
    Object.assign(this, { lang, acts });
    this.problem = el("p", { class: "problem", id: "sign-in-problem", role: "alert" });
    this.card = el("div", { class: "sign-in" });
    this.element = el("main", { class: "entrance" }, this.card, languageChoice(lang, acts.language));
    document.title = lang.t("sign_in.title");
    this.people = [];
    this.tell(problem);
    this.showKey();
    this.findPeople();
  }

  dispose() {}

  focus() {
    (this.first ?? this.card.querySelector("input, button"))?.focus();
  }

  /** On a device of the shop: shows who works here. Elsewhere nobody is told, and a key is asked for. */
  async findPeople() {
    this.people = await people().catch(() => []);
    if (this.people.length === 0 || this.key?.value) return;
    if (this.people.length === 1) this.showPin(this.people[0]);
    else this.showPeople();
    this.focus();
  }

  // -- three steps -------------------------------------------------------------------------------------

  show(title, why, ...rest) {
    const look = this.acts.look && el("button", { type: "button", class: "quiet", on: { click: () => this.acts.look() } }, this.lang.t("sign_in.look"));
    this.card.replaceChildren(mark(), el("h1", {}, title), ...(why ? [el("p", {}, why)] : []), ...rest, ...(look ? [look] : []));
  }

  showPeople() {
    const { lang } = this;
    const button = (person) => el("button", { type: "button", class: "person", on: { click: () => this.choose(person) } },
      el("span", { class: "initials", "aria-hidden": "true" }, initials(person.name)),
      el("span", { class: "person-name" }, person.name),
      el("span", { class: "person-role" }, lang.word("staff_role", person.role)));
    this.first = null;
    this.show(lang.t("sign_in.who"), null, this.problem, el("div", { class: "people" }, this.people.map(button)), this.otherWay("key"));
    this.first = this.card.querySelector(".person");
  }

  choose(person) {
    this.tell(null);
    this.showPin(person);
    this.focus();
  }

  showPin(person) {
    const { lang } = this;
    this.pin = el("input", {
      id: "pin", class: "pin", name: "pin", type: "password", inputmode: "none", autocomplete: "off", maxlength: PIN_LENGTH,
      "aria-label": lang.t("sign_in.pin_of", { name: person.name }), "aria-describedby": "sign-in-problem",
      on: { input: () => this.typed(person) },
    });
    const pad = KEYS.map((key) => this.padKey(key, person));
    const back = this.people.length > 1 && el("button", { type: "button", class: "quiet", on: { click: () => this.back() } }, lang.t("sign_in.someone_else"));
    const form = el("form", { class: "key-form", method: "post", action: "/session", on: { submit: (event) => event.preventDefault() } },
      this.pin, this.problem, el("div", { class: "pad" }, pad));
    this.show(lang.t("sign_in.hello", { name: person.name }), lang.t("sign_in.enter_pin"), form, back || this.otherWay("key"));
    this.first = this.pin;
  }

  padKey(key, person) {
    if (key === "back") return el("span", {});
    const isDelete = key === "delete";
    const press = () => {
      this.pin.value = isDelete ? this.pin.value.slice(0, -1) : (this.pin.value + key).slice(0, PIN_LENGTH);
      this.typed(person);
    };
    return el("button", { type: "button", class: "pad-key", "aria-label": isDelete ? this.lang.t("sign_in.delete") : null, on: { click: press } },
      isDelete ? icon("backspace") : key);
  }

  back() {
    this.tell(null);
    this.showPeople();
    this.focus();
  }

  showKey() {
    const { lang } = this;
    this.key = el("input", {
      id: "key", name: "key", type: "password", autocomplete: "current-password", maxlength: 256,
      autocapitalize: "off", spellcheck: "false", "aria-describedby": "key-hint sign-in-problem",
    });
    this.button = el("button", { type: "submit", class: "primary" }, lang.t("sign_in.button"));
    // A form that is never sent by the browser itself; were it, its method would keep the key out of the address.
    const form = el("form", { class: "key-form", method: "post", action: "/session", on: { submit: (event) => this.submitKey(event) } },
      el("label", { for: "key" }, lang.t("sign_in.key")), this.key, this.problem, this.button,
      el("p", { class: "explanation", id: "key-hint" }, lang.t("sign_in.hint")));
    this.show(lang.t("sign_in.title"), lang.t("sign_in.why"), form, ...(this.people.length > 0 ? [this.otherWay("people")] : []));
    this.first = this.key;
  }

  otherWay(way) {
    const go = () => {
      this.tell(null);
      if (way === "key") this.showKey();
      else this.showPeople();
      this.focus();
    };
    return el("button", { type: "button", class: "plain", on: { click: go } }, this.lang.t(`sign_in.by_${way}`));
  }

  // -- asking ------------------------------------------------------------------------------------------

  async typed(person) {
    this.pin.value = this.pin.value.replace(/\D/g, "");
    this.tell(null);
    if (this.pin.value.length < PIN_LENGTH || this.isAsking) return;
    const pin = this.pin.value;
    this.pin.value = "";
    await this.ask({ person: person.id, pin }, () => this.pin.focus());
  }

  async submitKey(event) {
    event.preventDefault();
    const key = this.key.value.trim();
    if (key === "") return this.tell("empty");
    this.tell(null);
    return this.ask({ key }, () => this.key.select());
  }

  async ask(way, again) {
    this.isAsking = true;
    setAttribute(this.card, "aria-busy", "true");
    try {
      await signIn(way);
      if (this.key) this.key.value = "";
    } catch (error) {
      this.tell(error.status === 0 ? "no_answer" : error.code);
      return again();
    } finally {
      this.isAsking = false;
      setAttribute(this.card, "aria-busy", null);
    }
    return this.acts.done();
  }

  tell(problem) {
    setText(this.problem, problem === null ? "" : this.lang.word("sign_in", problem));
    this.problem.hidden = problem === null;
    for (const field of [this.key, this.pin]) field && setAttribute(field, "aria-invalid", String(problem !== null));
  }
}

/** Returns the first letters of a name's first and last word. */
function initials(name) {
  const words = name.split(/[\s-]+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "").join("").toUpperCase();
}
