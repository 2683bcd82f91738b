"""How quick the staff app is in a real browser: what a first load weighs, when it can be used, and how it takes changes.

Run as `python tests/benchmarks/bench_page.py [ARTICLES] [ALERTS]`. A Chromium of Debian on this machine looks at a shop
of 5,000 articles and 200 alerts behind the real HTTP app; the processor may be slowed to that of a cheap tablet.
"""

import statistics
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.ports.inventory import ArticleInfo
from tests.support.browser import chromium
from tests.support.figures import figure
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, STORE, stock

ARTICLES, ALERTS = 5_000, 200
LOADS = 7
CHANGES = 40
TABLET_SLOWDOWN = 4
"""A cheap Android tablet has about a quarter of this machine's speed."""
LONG_MS = 50
"""A task of the browser that takes longer is felt (W3C Long Tasks)."""
USABLE = "() => document.querySelector('.live')?.dataset.state === 'live' && document.querySelector('li.article') !== null"
WATCH = """() => { window.long = []; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.long.push(entry.duration); }).observe({ type: "longtask", buffered: true }); }"""


def filled(articles: int, alerts: int) -> PageShop:
    """Return a shop of so many articles and alerts."""
    shop = PageShop()
    for number in range(articles):
        sku = f"ART-{number:05d}"
        shop.inventory.listed.append(ArticleInfo(sku, (), {"en": f"Article {number:05d}"}, "tag", True))
        shop.inventory.found[STORE, sku] = stock(sku, {"front": number % 9, "back-room": 4})
    for number in range(alerts):
        shop.set_alert(replace(LOW, id=f"a{number}", fingerprint=f"f{number}", sku=f"ART-{number:05d}"))
    return shop


def load(browser: Browser, shop: PageShop, slowdown: float) -> tuple[float, float, Page]:
    """Open the page on a device that never saw it; return ms until it can be used, bytes over the line, and the page."""
    context = browser.new_context(
        viewport={"width": 800, "height": 1280}, reduced_motion="reduce", service_workers="block"
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    received: list[float] = []
    names: dict[str, str] = {}
    session.on("Network.responseReceived", lambda e: names.__setitem__(e["requestId"], e["response"]["url"]))

    def loaded(event: dict[str, Any]) -> None:
        if "/v1/" not in names.get(event["requestId"], "/v1/"):
            received.append(event["encodedDataLength"])

    session.on("Network.loadingFinished", loaded)
    page.goto(f"{shop.address}now", wait_until="commit")
    page.wait_for_function(USABLE, polling=10)
    usable_ms = page.evaluate("performance.now()")
    return usable_ms, sum(received), page


def changes(page: Page, shop: PageShop) -> list[float]:
    """Let articles change, each on the page; return the long tasks of the browser meanwhile, in ms."""
    page.evaluate(WATCH)
    for number in range(CHANGES):
        sku = f"ART-{number % 50:05d}"
        shop.set_stock(stock(sku, {"front": 100 + number}))
        found = page.locator("li.article", has=page.locator(".sku", has_text=sku)).locator(".available")
        found.filter(has_text=str(100 + number)).wait_for()
    long: list[float] = page.evaluate("window.long")
    return long


def main() -> None:
    """Print the figures."""
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    alerts = int(sys.argv[2]) if len(sys.argv) > 2 else ALERTS
    with PageShop() as small, filled(articles, alerts) as large, chromium() as browser:
        usable = []
        for _ in range(LOADS):
            ms, sent_bytes, page = load(browser, small, 1)
            usable.append(ms)
            page.context.close()
        figure("page first load", sent_bytes / 1_000, "kB")
        figure("page usable p50", statistics.median(usable), "ms")
        for slowdown, name in ((1, "this machine"), (TABLET_SLOWDOWN, "a cheap tablet")):
            ms, _, page = load(browser, large, slowdown)
            figure(f"page usable with {articles} articles on {name}", ms, "ms")
            page.wait_for_timeout(1_000)
            long = changes(page, large)
            figure(f"page tasks over {LONG_MS} ms in {CHANGES} changes on {name}", len(long), "tasks")
            figure(f"page longest task in {CHANGES} changes on {name}", max(long, default=0), "ms")
            page.context.close()


if __name__ == "__main__":
    main()
