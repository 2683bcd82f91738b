// The screens that there are: the one table to extend. A screen is loaded when it is first opened.

/**
 * `id` is the first part of its address and the key of its name in the messages (`nav.<id>`); `load` brings its
 * module, whose default export is the screen's class; `place` is where it stands in the navigation: "bar" (on a
 * phone too), "more" (behind "more" on a phone), or null (reached by links alone); `needs` is the scope without
 * which it makes no sense; `isBare`: shown without header and navigation.
 */
export const SCREENS = [
  { id: "now", icon: "map", place: "bar", needs: "availability:exact", load: () => import("./screens/now.js") },
  { id: "refill", icon: "refill", place: "bar", needs: "availability:exact", load: () => import("./screens/refill.js") },
  { id: "find", icon: "search", place: "bar", needs: "availability:exact", load: () => import("./screens/find.js") },
  { id: "collect", icon: "collect", place: "bar", needs: "availability:exact", load: () => import("./screens/collect.js") },
  { id: "count", icon: "count", place: "more", needs: "availability:exact", load: () => import("./screens/count.js") },
  { id: "deliveries", icon: "receiving", place: "more", needs: "availability:exact", load: () => import("./screens/deliveries.js") },
  { id: "alerts", icon: "bell", place: "more", needs: "availability:exact", load: () => import("./screens/alerts.js") },
  { id: "rules", icon: "rules", place: "more", needs: "alerts:rules", load: () => import("./screens/rules.js") },
  { id: "health", icon: "health", place: "more", needs: "availability:exact", load: () => import("./screens/health.js") },
  { id: "reports", icon: "chart", place: "more", needs: "availability:exact", load: () => import("./screens/reports.js") },
  { id: "kiosk", icon: "kiosk", place: "more", needs: "availability:read", isBare: true, load: () => import("./screens/kiosk.js") },
  { id: "screen", icon: "screen", place: "more", needs: "availability:exact", isBare: true, load: () => import("./screens/big-screen.js") },
  { id: "why", icon: "why", place: null, needs: "availability:exact", load: () => import("./screens/why.js") },
];

export const FIRST = "now";

/** Returns the screen of this id, or undefined. */
export const screenOf = (id) => SCREENS.find((screen) => screen.id === id);
