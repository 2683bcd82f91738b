"""The screen "why": a number as the sum that it is, each piece with its reason, evidence in time, and what is left out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.api_ports import NOW_NS, explanation
from tests.support.page_shop import PageShop
from tests.support.page_stock import STORE, S, stock, why
from tests.support.tablets import CHECKS, SCHEMES, XSS, live, settled, tablet

pytestmark = pytest.mark.browser

PHONE = (390, 844)
SKU = "DEN-501-32"


@contextmanager
def looking(
    browser: Browser,
    shop: PageShop,
    locale: str = "en-GB",
    size: tuple[int, int] = (800, 1280),
    path: str = f"why/{SKU}",
) -> Iterator[Page]:
    """Yield the screen, live."""
    with tablet(browser, shop, size, locale, path=path) as page:
        live(page)
        yield page


def test_a_number_is_taken_apart(browser: Browser, shop: PageShop) -> None:
    """Sum, zones, reasons, certainty, evidence in time, pieces, what is left out, sight and how long it holds."""
    found = explanation(reasons=("zone_unwatched:denim", "not_enough"))
    gone, *rest = found.items
    shop.inventory.explained[STORE, SKU] = replace(found, items=(replace(gone, zone=None), *rest))
    with looking(browser, shop) as page:
        expect(page.get_by_role("heading", name="Why this number of Straight jeans 32?")).to_be_visible()
        expect(page.locator(".equation .unseen")).to_have_text(
            "6 on hand, minus 1 out of reach, minus 0 held, minus 1 kept back, makes 4 available."
        )
        expect(page.locator(".zone-terms li").first).to_contain_text(
            "4 tags, 1 announced, tag not seen yet and less 1 sold, not seen leaving yet"
        )
        expect(page.locator(".why-reasons li")).to_have_text(
            ["Denim wall is not watched: what is there now is not known.", "There are not enough pieces."]
        )
        expect(page.locator(".at-least li").first).to_have_text("at least 3> 99%")
        expect(page.locator(".at-least li.is-unsure")).to_contain_text(["at least 6"])
        expect(page.locator(".timeline .lane")).to_have_count(4)
        expect(page.locator(".dot-of")).to_have_count(6)
        page.get_by_text("The same in words").click()
        expect(page.locator(".in-words li").last).to_have_text(
            "On its way from another store · Back room · 2 hrs ago"
        )
        expect(page.locator(".piece-why").first).to_have_text("Not counted: most likely gone")
        expect(page.locator(".why-ignored li")).to_have_count(4)
        expect(page.locator(".why-sight li").last).to_contain_text("not seen now")
        expect(page.locator(".why-lasting")).to_contain_text("Until 19:12, if nothing changes")


def test_a_change_is_told_anew_in_french(browser: Browser, shop: PageShop) -> None:
    """A sale changes the sum while somebody looks; what they opened stays as it is."""
    with looking(browser, shop, "fr-FR", PHONE) as page:
        expect(page.locator(".equation .unseen")).to_contain_text("12 en magasin, moins 1 hors d’atteinte")
        page.get_by_text("La même chose en mots").click()
        shop.set_stock(stock(SKU, {"denim": 4, "back-room": 6}))
        expect(page.locator(".equation .unseen")).to_contain_text("10 en magasin, moins 0 hors d’atteinte")
        expect(page.locator(".in-words")).to_have_attribute("open", "")
        page.get_by_role("link", name="Vers l’article").click()
        expect(page.get_by_role("heading", name="Jean droit 32")).to_be_visible()


def test_it_is_readable_whatever_the_number(browser: Browser, shop: PageShop) -> None:
    """Of nothing, of an article without tags, of one that nobody knows, of names that would run."""
    evil = XSS[0]
    shop.inventory.explained[STORE, SKU] = explanation(
        reasons=(evil,), model=evil, channel=evil, on_hand=2, not_pickable=1, safety_stock=4, available=0
    )
    with looking(browser, shop) as page:
        page.evaluate(CHECKS)
        expect(page.locator(".why-sum")).to_contain_text("lies 3 pieces below zero")
        expect(page.locator(".why-reasons")).to_contain_text(evil)
        assert page.evaluate("window.pwned") is None
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert settled(page) == {}, scheme
        nothing = stock("KNIT-NVY-L", {})
        shop.inventory.explained[STORE, "KNIT-NVY-L"] = replace(why(nothing), p_at_least=(), at_ns=NOW_NS + S)
        page.goto(f"{shop.address}why/KNIT-NVY-L")
        expect(page.locator(".why-sum")).to_contain_text("no piece in the store")
        expect(page.locator(".why-times")).to_contain_text("Nothing with a time is known of it.")
        page.goto(f"{shop.address}why")
        expect(page.get_by_text(re.compile("Find an article first"))).to_be_visible()
        expect(page.get_by_role("link", name="To all articles")).to_have_attribute("href", "/find")


@pytest.mark.parametrize(("path", "zone"), [(f"why/{SKU}", ".zone-terms li"), (f"find/{SKU}", ".piece-zone")])
def test_names_that_come_after_the_answer_take_their_place(
    browser: Browser, shop: PageShop, path: str, zone: str
) -> None:
    """Opened by its address, the answer may be there before the shop's zones have names."""
    with looking(browser, shop, path="now") as page:
        page.route("**/v1/overview?*", lambda _: None)
        page.goto(f"{shop.address}{path}")
        expect(page.locator(zone).first).to_contain_text("denim")
        page.unroute("**/v1/overview?*")  # lets go what was kept waiting
        expect(page.locator(zone).first).to_contain_text("Denim wall")
