// Icons: strokes on a grid of 24, drawn here. They say nothing that is not also said in words.

import { svg } from "./dom.js";

const SHAPES = {
  // zone roles
  floor: "M12 8V7a2 2 0 1 0-2-2M12 8 3.6 14.4A1.6 1.6 0 0 0 4.6 17.3h14.8a1.6 1.6 0 0 0 1-2.9L12 8Z",
  back_room: "M4 12h7v7H4ZM13 12h7v7h-7ZM8.5 5h7v7h-7ZM7.5 12v2M16.5 12v2M12 5v2",
  fitting_room: "M4 4h16M6 4v16M18 4v16M6 4c0 7 3 10 5 11-2 1-4 2-5 3M18 4c0 7-3 10-5 11 2 1 4 2 5 3",
  receiving: "M12 3v10M8 9.5l4 4 4-4M4 14v5a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-5",
  till: "M6 3h12v18l-2-1.5-2 1.5-2-1.5-2 1.5-2-1.5L6 21ZM9 8h6M9 12h6",
  exit: "M13 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H13M10 12h10M16.5 8.5 20 12l-3.5 3.5",
  in_hand: "M6 8h12l1 12H5ZM9 8V7a3 3 0 0 1 6 0v1",
  // device roles
  rfid: "M12 20v-7M9.5 20h5M12 12.5a1 1 0 1 0 0-2 1 1 0 0 0 0 2M8.5 15a5 5 0 0 1 0-7M15.5 15a5 5 0 0 0 0-7M5.5 17.5a9 9 0 0 1 0-12M18.5 17.5a9 9 0 0 0 0-12",
  scanner: "M4 8V5.5A1.5 1.5 0 0 1 5.5 4H8M16 4h2.5A1.5 1.5 0 0 1 20 5.5V8M20 16v2.5a1.5 1.5 0 0 1-1.5 1.5H16M8 20H5.5A1.5 1.5 0 0 1 4 18.5V16M8 9v6M11 9v6M13.5 9v6M16 9v6",
  weight: "M5 9h14l1.5 10.5h-17ZM8 9a4 4 0 0 1 8 0M12 16l2-3",
  // screens
  refill: "M4 5h16M4 19h16M12 16V8.5M8.5 11.5 12 8l3.5 3.5",
  collect: "M5 9h14l-1 11H6ZM9 9V7.5a3 3 0 0 1 6 0V9M9 14.2l2.2 2.2 4-4",
  map: "M3.5 6.5 9 4l6 2.5L20.5 4v13.5L15 20l-6-2.5L3.5 20ZM9 4v13.5M15 6.5V20",
  bell: "M6 16.5V11a6 6 0 1 1 12 0v5.5l1.5 2h-15ZM10 21h4",
  chart: "M4 4v16h16M8 15.5l3.5-4.5 3 2.5L19 8",
  health: "M3.5 12.5h4l2-5 4 9.5 2.5-6.5 1 2h3.5",
  screen: "M3.5 5h17v11h-17ZM9 20h6M12 16v4",
  pause: "M8.5 5v14M15.5 5v14",
  play: "M7.5 5v14l11-7Z",
  more: "M5 12.01h.01M12 12.01h.01M19 12.01h.01",
  outbox: "M4 14v5a1.5 1.5 0 0 0 1.5 1.5h13A1.5 1.5 0 0 0 20 19v-5M12 14V3.5M8 7.5l4-4 4 4",
  // acts
  check: "M4.5 12.5 10 18 19.5 6.5",
  plus: "M12 5v14M5 12h14",
  undo: "M9 5 4.5 9.5 9 14M5 9.5h9a5 5 0 0 1 0 10h-3",
  // signs
  count: "M5 4h14v16H5ZM8.5 8.5l1.2 1.2 2-2.2M13.5 9h2M8.5 14.5l1.2 1.2 2-2.2M13.5 15h2",
  alert: "M12 4 2.8 19.5h18.4ZM12 10v4.5M12 17v.4",
  arrow: "M4 12h15M13.5 6.5 19 12l-5.5 5.5",
  backspace: "M9 5.5h9.5A1.5 1.5 0 0 1 20 7v10a1.5 1.5 0 0 1-1.5 1.5H9L3.5 12ZM11 9.5l5 5M16 9.5l-5 5",
  calm: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M8 12.3l2.8 2.8L16 9.7",
  back: "M19 12H5M10.5 5.5 4 12l6.5 6.5",
  camera: "M4 8h3.5l1.5-2.5h6L16.5 8H20v11H4ZM12 16.5a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4",
  hand: "M8 12V6a1.5 1.5 0 0 1 3 0v5V4.5a1.5 1.5 0 0 1 3 0V11V6a1.5 1.5 0 0 1 3 0v8c0 4-2.500 6.500-6 6.500-3 0-4.500-1.500-7-6-.700-1.300.9-2.300 2-1.200l2 2",
  store: "M4 10v10h16V10M3 9.500 5 4h14l2 5.500a3 3 0 0 1-6 0 3 3 0 0 1-6 0 3 3 0 0 1-6 0M10 20v-5h4v5",
  why: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M9.500 9.500a2.500 2.500 0 1 1 3.600 2.300c-.8.400-1.100 1-1.100 2M12 16.700v.3",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  empty: "M4 7h16M4 17h16M6 7v12M18 7v12M9.5 12h5",
  low: "M4 6h16M4 12h10M4 18h5",
  out: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M5.8 5.8l12.4 12.4",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M16 16l4.5 4.5",
  sign_out: "M11 4H6.5A1.5 1.5 0 0 0 5 5.5v13A1.5 1.5 0 0 0 6.5 20H11M10 12h10M16.5 8.5 20 12l-3.5 3.5",
  unplugged: "M4 4l16 16M8.5 15a5 5 0 0 1-.6-6.3M5.5 17.5a9 9 0 0 1-.4-11.3M15.5 8a5 5 0 0 1 .8 5.8M18.5 5.5a9 9 0 0 1 1 10.8M12 20v-7M9.5 20h5",
};

/** Returns an icon; an unknown name gives a plain dot. */
export function icon(name, className = "icon") {
  return svg(
    "svg",
    { class: className, viewBox: "0 0 24 24", width: 24, height: 24, "aria-hidden": "true", focusable: "false" },
    svg("path", { d: SHAPES[name] ?? "M12 10a2 2 0 1 0 0 4 2 2 0 0 0 0-4" }),
  );
}
