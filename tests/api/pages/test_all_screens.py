"""What holds of every screen of the staff app: opened by its address, in both languages, at each size, usable by everybody."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.mount import SCREENS as SERVED
from api.pages.mount import page_files
from tests.support.page_shop import PageShop
from tests.support.tablets import CHECKS, SIZES, inaccessible, settled, tablet

pytestmark = pytest.mark.browser

FILES = page_files()
SHOWN = re.findall(r'\{ id: "([a-z-]+)"', FILES["screens.js"].content.decode())
PATHS = {"find": "find/DEN-501-32", "why": "why/DEN-501-32"}
"""What a screen is opened with, where its bare address says little."""
LOCALES = {"en": "en-GB", "fr": "fr-FR"}


def test_each_screen_has_an_address() -> None:
    """The gateway serves the page where the page has a screen."""
    assert set(SHOWN) <= set(SERVED)


def judged(page: Page, size: tuple[int, int]) -> dict[str, object]:
    """Return what is wrong with the page at a size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return settled(page)


@pytest.mark.parametrize("screen", SHOWN)
def test_a_screen_is_usable_in_both_languages_at_each_size(
    browser: Browser, shop: PageShop, screen: str
) -> None:
    """Nothing of it runs over, is too small to tap or too faint; axe-core finds nothing serious; no text is missing."""
    for code, locale in LOCALES.items():
        with tablet(browser, shop, SIZES[1], locale, path=PATHS.get(screen, screen)) as page:
            main = page.locator("main > *").first
            expect(main).to_be_visible()
            expect(page.locator("html")).to_have_attribute("lang", code)
            page.evaluate(CHECKS)
            for size in SIZES:
                assert judged(page, size) == {}, f"{screen}, {code}, {size}"
            assert inaccessible(page) == [], f"{screen}, {code}"
            assert re.findall(r"\b[a-z_]+\.[a-z_]+\b(?![-.@/])", main.inner_text()) == [], (
                "a key without its text"
            )
