"""The screen "count": a count is begun, counted by hand, submitted by an associate, decided by a manager."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.staff.model import Role
from tests.support.page_shop import PageShop
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)


@contextmanager
def counting(
    browser: Browser, shop: PageShop, role: Role, size: tuple[int, int] = PHONE, locale: str = "en-GB", path: str = "count",
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where somebody of `role` is signed in."""
    with tablet(browser, shop, size, locale, path=path) as page:
        sign_in_browser(page.context, shop.address, role)
        page.reload()
        live(page)
        yield page


def figures(page: Page, **shown: str) -> None:
    """Wait until the tally says this, pieces by name."""
    for name, number in shown.items():
        expect(page.locator(f"[data-figure={name}] dd")).to_have_text(number)


def begin(page: Page) -> None:
    """Begin a count of the whole store by hand, with what is expected."""
    page.get_by_text("By hand").click()
    page.get_by_text("With expectation").click()
    page.get_by_role("button", name="Count the whole store").click()


def count_totes(page: Page, pieces: int) -> None:
    """Say how many totes there are."""
    page.locator(".count-line", has_text="TOTE").click()
    page.get_by_role("spinbutton", name="Pieces").fill(str(pieces))
    page.get_by_role("button", name="Take over").click()


def submit(page: Page) -> None:
    """Say that all is counted, and confirm it."""
    page.get_by_role("button", name="All is counted").click()
    page.get_by_role("dialog").get_by_role("button", name="All is counted").click()


def test_an_associate_counts_and_a_manager_approves(browser: Browser, shop: PageShop) -> None:
    """What nobody came to yet is not missing; what waits stands above a new count; approved, its figures stay."""
    with counting(browser, shop, "associate") as page:
        begin(page)
        figures(page, seen="0", expected="5", missing="0", extra="0")
        expect(page.locator("[data-filter=todo] b")).to_have_text("1")
        count_totes(page, 3)
        figures(page, seen="3", expected="5", missing="2", extra="0")
        expect(page.locator(".count-line", has_text="TOTE")).to_contain_text("2 missing")
        page.evaluate(CHECKS)
        assert (settled(page), inaccessible(page)) == ({}, [])
        submit(page)
        expect(page.get_by_role("button", name="Count again what is off")).to_be_visible()
        expect(page.get_by_role("button", name="Approve")).to_have_count(0)
        at = page.url
        page.get_by_role("link", name="All counts").click()
        expect(page.locator(".count-lists + form")).to_be_visible()
        expect(page.locator(".count-lists").first).to_contain_text("Waiting for approval")
        assert settled(page) == {}
    path = at.removeprefix(shop.address)
    with counting(browser, shop, "manager", TABLET, "fr-FR", path) as page:
        page.get_by_role("button", name="Valider").click()
        page.get_by_role("dialog").get_by_role("button", name="Valider").click()
        expect(page.locator(".count-about")).to_contain_text("Validé")
        figures(page, seen="3", expected="5", missing="2", extra="0")
        expect(page.locator(".count-steps button")).to_have_count(0)


def test_what_is_exact_is_approved_at_once_and_its_figures_stay(browser: Browser, shop: PageShop) -> None:
    """No line is off, so none is kept: the tally still says what was seen and expected; nothing is counted anew."""
    with counting(browser, shop, "associate") as page:
        begin(page)
        count_totes(page, 5)
        figures(page, seen="5", expected="5", missing="0", extra="0")
        submit(page)
        expect(page.locator(".nothing")).to_have_text("No line is off.")
        figures(page, seen="5", expected="5", missing="0", extra="0")
        expect(page.locator("[data-filter]").locator("visible=true")).to_have_count(0)
        expect(page.locator(".count-steps button")).to_have_count(0)
