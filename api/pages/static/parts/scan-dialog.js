// Reads a code with the device's camera, where the browser can; elsewhere it says what to do instead.

import { el, setText } from "../dom.js";
import { icon } from "../icons.js";
import { loadStyles } from "../styles.js";

const FORMATS = ["qr_code", "data_matrix", "ean_13", "ean_8", "upc_a", "upc_e", "itf", "code_128"];
const LOOK_MS = 150; // between two looks: a code is held for a second, and a tablet stays cool

/** The browser's camera: open() → a stream, reader() → {detect(video)} or null where the browser reads no codes. */
const BROWSER = {
  open: () => navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false }),
  close: (stream) => stream.getTracks().forEach((track) => track.stop()),
  show: (video, stream) => { video.srcObject = stream; return video.play(); },
  reader: async () => {
    if (!("BarcodeDetector" in window) || !navigator.mediaDevices) return null;
    const known = await BarcodeDetector.getSupportedFormats();
    const formats = FORMATS.filter((format) => known.includes(format));
    return formats.length === 0 ? null : new BarcodeDetector({ formats });
  },
};
let port = BROWSER;

/** Takes another camera than the browser's; null: the browser's again. */
export function useCamera(other) {
  port = other ?? BROWSER;
}

/** Opens the camera; returns a promise of the code that was read or typed, or of null where a person closed it. */
export async function openCamera(ctx) {
  await Promise.all([ctx.lang.need(["scan"]), loadStyles(ScanDialog.styles)]);
  return new ScanDialog(ctx.lang).read();
}

class ScanDialog {
  static styles = ["scan"];

  constructor(lang) {
    this.lang = lang;
    this.video = el("video", { class: "scan-picture", muted: true, playsinline: true, "aria-label": lang.t("scan.picture"), hidden: true });
    this.says = el("p", { class: "scan-says", role: "status" }, lang.t("scan.starting"));
    this.field = el("input", {
      class: "scan-field", type: "text", name: "code", maxlength: 512, autocomplete: "off", autocapitalize: "off", spellcheck: "false",
      "aria-label": lang.t("scan.code"), placeholder: lang.t("scan.code"),
    });
    this.element = el("dialog", { class: "scan-dialog", "aria-labelledby": "scan-title", on: { cancel: (event) => this.cancelled(event) } },
      el("header", { class: "scan-head" },
        el("h2", { id: "scan-title" }, lang.t("scan.title")),
        el("button", { type: "button", class: "scan-close", "aria-label": lang.t("page.close"), on: { click: () => this.end(null) } }, icon("close"))),
      el("div", { class: "scan-frame" }, this.video, icon("scanner", "icon scan-sign")),
      this.says,
      el("form", { class: "scan-form", on: { submit: (event) => this.typed(event) } },
        this.field, el("button", { type: "submit", class: "primary" }, lang.t("scan.take"))));
  }

  /** Shows itself until there is a code, or a person closes it. */
  read() {
    document.body.append(this.element);
    this.element.showModal();
    return new Promise((resolve) => {
      this.told = resolve;
      this.start();
    });
  }

  async start() {
    const reader = await port.reader().catch(() => null);
    if (this.isOver) return;
    if (reader === null) return this.say("scan.no_reader");
    try {
      this.stream = await port.open();
      if (this.isOver) return this.stop(); // closed while the browser asked for leave
      this.video.hidden = false;
      await port.show(this.video, this.stream);
    } catch {
      this.video.hidden = true;
      return this.say("scan.no_camera");
    }
    this.say("scan.hold");
    this.look(reader);
  }

  async look(reader) {
    if (this.isOver) return;
    const found = await reader.detect(this.video).catch(() => []); // no picture yet
    const code = found.find(({ rawValue }) => rawValue.trim() !== "")?.rawValue;
    if (code !== undefined) this.end(code);
    else setTimeout(() => this.look(reader), LOOK_MS);
  }

  say(key) {
    setText(this.says, this.lang.t(key));
    if (this.video.hidden) this.field.focus();
  }

  typed(event) {
    event.preventDefault();
    const code = this.field.value.trim();
    if (code === "") this.field.focus();
    else this.end(code);
  }

  cancelled(event) {
    event.preventDefault();
    this.end(null);
  }

  end(code) {
    if (this.isOver) return;
    this.isOver = true;
    this.stop();
    this.element.close(); // the browser gives the focus back to where it was
    this.element.remove();
    this.told(code);
  }

  stop() {
    if (this.stream) port.close(this.stream);
    this.stream = null;
  }
}
