// A device that shows the kiosk goes on showing it, over reloads and the browser's back, until staff sign in.

import { remember, remembered } from "./preferences.js";

/** Returns whether this device is a kiosk until somebody signs in. */
export const isKioskLocked = () => remembered("kiosk") === "on";

/** Locks this device on the kiosk. On an open page nobody signs in at all, so there is nothing to lock. */
export function lockKiosk(session) {
  if (session.via !== "open" && session.via !== "none") remember("kiosk", "on");
}

/** Lets this device show all screens again. */
export const unlockKiosk = () => remember("kiosk", "off");
