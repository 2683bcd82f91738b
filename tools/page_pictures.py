"""Take the pictures of the staff app for the documents: python -m tools.page_pictures [NAME …]

A small shop on a busy afternoon, with one reader down, tasks, and orders; a picture of each screen in both languages.
Needs Debian's chromium.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser

from gateway.staff.model import Role
from tests.support.browser import chromium
from tests.support.page_figures import some_weeks
from tests.support.page_rules import a_fortnight
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, REFILL, SOLD_OUT, STORE
from tests.support.page_work import (
    CART,
    COUNT_ALL,
    FETCH,
    FILL,
    FILL_PIECES,
    HOME,
    LOOK,
    LYING,
    PICK,
    PICK_PIECES,
    RISKY,
    SURE,
)
from tests.support.signing_in import sign_in_browser

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PHONE, TABLET, WALL = (390, 844), (800, 1_280), (1_280, 800)
LOCALES = {"en": "en-GB", "fr": "fr-FR"}
SETTLE_MS = 1_500
"""Fonts, layout, what is asked for, and the first marks of change."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One screen on one device."""

    name: str
    path: str
    size: tuple[int, int]
    role: Role = "lead"
    taps: tuple[str, ...] = ()
    """What is tapped first, one after the other: CSS selectors."""


TRIED = (".rule-try summary", ".trial .quiet")
SCREENS = (
    Picture("now", "now", WALL),
    Picture("refill", "refill", PHONE),
    Picture("find", "find/DEN-501-32", PHONE),
    Picture("why", "why/DEN-501-32", PHONE),
    Picture("collect", "collect", PHONE),
    Picture("count", "count", PHONE),
    Picture("alerts", "alerts", PHONE),
    Picture("rules", "rules/low_stock", TABLET, "manager", TRIED),
    Picture("health", "health", PHONE),
    Picture("reports", "reports", TABLET),
    Picture("kiosk", "kiosk/DEN-501-32", TABLET),
    Picture("screen", "screen", WALL),
)


def busy_shop() -> PageShop:
    """Return a shop in which there is something to see on every screen."""
    shop = PageShop()
    shop.kpis.table.days = some_weeks(STORE)
    shop.backtests.found = lambda stores, from_ns: a_fortnight(stores[0], from_ns)
    for record in (REFILL, SOLD_OUT, LOW):
        shop.set_alert(record)
    shop.set_task(FILL, *FILL_PIECES)
    for task in (FETCH, LOOK, HOME, COUNT_ALL):
        shop.set_task(task)
    shop.set_task(PICK, *PICK_PIECES)
    for order in (SURE, RISKY, LYING, CART):
        shop.set_reservation(order)
    return shop


def wanted() -> Iterator[tuple[Picture, str]]:
    """Yield the pictures that were asked for, in each language."""
    for picture in SCREENS:
        for code in LOCALES:
            if len(sys.argv) == 1 or picture.name in sys.argv[1:]:
                yield picture, code


def take(browser: Browser, shop: PageShop, picture: Picture, code: str) -> None:
    """Write a picture of a screen."""
    width, height = picture.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=LOCALES[code],
        color_scheme="light",
        reduced_motion="reduce",
        service_workers="block",
    )
    sign_in_browser(context, shop.address, picture.role)
    page = context.new_page()
    page.goto(f"{shop.address}{picture.path}")
    page.locator("main > *").first.wait_for()
    for tapped in picture.taps:
        page.locator(tapped).first.click()
    page.wait_for_timeout(SETTLE_MS)
    path = IMAGES / f"{picture.name}-{code}.png"
    page.screenshot(path=path)
    context.close()
    print(f"{path}: {path.stat().st_size // 1024} KiB")


def main() -> None:
    """Take them all."""
    with busy_shop() as shop, chromium() as browser:
        shop.let_the_denim_reader_die()
        for picture, code in wanted():
            take(browser, shop, picture, code)


if __name__ == "__main__":
    main()
