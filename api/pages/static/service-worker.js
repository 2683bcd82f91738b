// Keeps the page itself, so that it opens without a line; of the shop it keeps what was last seen, marked as old.
// The gateway puts `const VERSION`, `FILES` and `SCREENS` in front of this text: another version is another cache.

const PAGE = "/";
const PAGE_CACHE = `storefloor-page-${VERSION}`;
const SEEN_CACHE = "storefloor-seen"; // emptied when somebody signs out
const SEEN = /^\/(session|v1\/(stores|overview|tasks|reservations|alerts))$/;
const LINE_MS = 4_000; // a line that is as slow as this is no line
const KEPT_HEADER = "x-storefloor-kept-at";

addEventListener("install", (event) => {
  event.waitUntil(caches.open(PAGE_CACHE).then((cache) => cache.addAll([PAGE, ...FILES])).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const isOld = (name) => name.startsWith("storefloor-page-") && name !== PAGE_CACHE;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(isOld).map((name) => caches.delete(name)))).then(() => clients.claim()),
  );
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== location.origin) return;
  if (request.method !== "GET") {
    if (pathname === "/session") event.waitUntil(caches.delete(SEEN_CACHE)); // somebody else looks from now on
  } else if (request.mode === "navigate" && SCREENS.includes(pathname.split("/")[1])) {
    event.respondWith(lineFirst(request, () => caches.match(PAGE, { cacheName: PAGE_CACHE })));
  } else if (pathname.startsWith("/static/")) {
    event.respondWith(caches.match(request, { cacheName: PAGE_CACHE }).then((kept) => kept ?? fetch(request)));
  } else if (SEEN.test(pathname)) {
    event.respondWith(seen(request));
  }
});

async function lineFirst(request, kept) {
  try {
    return await withinLine(request);
  } catch (error) {
    const found = await kept();
    if (found === undefined) throw error;
    return found;
  }
}

/** Answers from the gateway, else with what it last answered here, which says when that was. */
async function seen(request) {
  const cache = await caches.open(SEEN_CACHE);
  try {
    const answer = await withinLine(request);
    if (answer.ok) await cache.put(request, await marked(answer.clone()));
    return answer;
  } catch (error) {
    const found = await cache.match(request);
    if (found === undefined) throw error;
    return found;
  }
}

async function marked(answer) {
  const headers = new Headers(answer.headers);
  headers.set(KEPT_HEADER, new Date().toISOString());
  return new Response(await answer.blob(), { status: answer.status, headers });
}

function withinLine(request) {
  return fetch(request, { signal: AbortSignal.timeout(LINE_MS) });
}
