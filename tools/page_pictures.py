"""Take the pictures of the staff page for the documents: python -m tools.page_pictures [ADDRESS]

Without an address it looks at a small shop on a busy afternoon, with one reader down; with one, at the
gateway that runs there (`make demo`, for instance). Needs Debian's chromium.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, REFILL, SOLD_OUT

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
PICTURES = {"page-en.png": ("en-GB", 1280, 800), "page-fr.png": ("fr-FR", 800, 1280)}
SETTLE_MS = 500
"""Fonts, layout and the first marks of change."""


@contextmanager
def address() -> Iterator[str]:
    """Yield the address to look at: the one given, or that of a shop of our own."""
    if len(sys.argv) > 1:
        yield sys.argv[1]
        return
    with PageShop() as shop:
        for record in (REFILL, SOLD_OUT, LOW):
            shop.set_alert(record)
        shop.let_the_denim_reader_die()
        yield shop.address


def take(browser: Browser, url: str, path: Path, locale: str, width: int, height: int) -> None:
    """Write a picture of the page at `url`."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale=locale,
        color_scheme="light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(url)
    page.locator(".live[data-state=live]").wait_for()
    page.wait_for_timeout(SETTLE_MS)
    page.screenshot(path=path)
    context.close()
    print(f"{path}: {path.stat().st_size // 1024} KiB")


def main() -> None:
    """Take them all."""
    with address() as url, chromium() as browser:
        for name, (locale, width, height) in PICTURES.items():
            take(browser, url, IMAGES / name, locale, width, height)


if __name__ == "__main__":
    main()
