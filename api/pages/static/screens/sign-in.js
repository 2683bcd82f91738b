// The way in: an access key is given once, in a request's body, for a cookie that scripts cannot read.

import { el, setText } from "../dom.js";
import { languageChoice, mark } from "../parts/header.js";
import { signIn } from "../requests.js";

export class SignInScreen {
  /** `problem` is the code of what went wrong before, or null; `acts` has language(code) and done(). */
  constructor(lang, problem, acts) {
    Object.assign(this, { lang, acts });
    this.key = el("input", {
      id: "key", name: "key", type: "password", autocomplete: "current-password", maxlength: 256,
      autocapitalize: "off", spellcheck: "false", "aria-describedby": "key-hint key-problem",
    });
    this.problem = el("p", { class: "problem", id: "key-problem", role: "alert" });
    this.button = el("button", { type: "submit", class: "primary" }, lang.t("sign_in.button"));
    // A form that is never sent by the browser itself; were it, its method would keep the key out of the address.
    this.form = el("form", { class: "sign-in", method: "post", action: "/session", on: { submit: (event) => this.submit(event) } },
      mark(),
      el("h1", {}, lang.t("sign_in.title")),
      el("p", {}, lang.t("sign_in.why")),
      el("label", { for: "key" }, lang.t("sign_in.key")),
      this.key,
      this.problem,
      this.button,
      el("p", { class: "explanation", id: "key-hint" }, lang.t("sign_in.hint")));
    this.element = el("main", { class: "entrance" }, this.form, languageChoice(lang, acts.language));
    document.title = lang.t("sign_in.title");
    this.tell(problem);
  }

  dispose() {}

  focus() {
    this.key.focus();
  }

  async submit(event) {
    event.preventDefault();
    const key = this.key.value.trim();
    if (key === "") return this.tell("empty");
    this.button.disabled = true;
    this.tell(null);
    try {
      await signIn(key);
    } catch (error) {
      this.button.disabled = false;
      this.key.select();
      return this.tell(error.status === 0 ? "no_answer" : error.code);
    }
    this.key.value = "";
    return this.acts.done();
  }

  tell(problem) {
    setText(this.problem, problem === null ? "" : this.lang.word("sign_in", problem));
    this.problem.hidden = problem === null;
    this.key.setAttribute("aria-invalid", String(problem !== null));
  }
}
