"""The kiosk: what customers are told, what they are never told, and that they find no way out of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import ApiSettings
from gateway.staff.model import Role
from tests.support.api_ports import PARIS, READ
from tests.support.page_shop import PageShop
from tests.support.page_stock import STORE, stock
from tests.support.plain_staff import PINS
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, SCHEMES, XSS, scan, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)
DENIED = ("401 (Unauthorized)",)


@pytest.fixture
def shop() -> Iterator[PageShop]:
    """Return a shop of two stores whose page asks who looks."""
    with PageShop(settings=ApiSettings()) as served:
        served.inventory.places.append(PARIS)
        served.inventory.found[PARIS.id, "DEN-501-30"] = replace(
            stock("DEN-501-30", {"floor": 3}), store=PARIS.id
        )
        served.set_stock(stock("DEN-501-30", {}))
        yield served


@contextmanager
def kiosk(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "kiosk",
    role: Role | None = None,
) -> Iterator[Page]:  # fmt: skip
    """Yield the kiosk: of a key that may see bands alone, or of somebody who works here. Its clock is the test's."""
    with tablet(browser, shop, size, locale, DENIED, path) as page:
        page.goto("about:blank")  # the way in would ask who works here while somebody signs in
        if role is None:
            page.context.request.post(f"{shop.address}session", data={"key": READ})
        else:
            sign_in_browser(page.context, shop.address, role, on_tablet=True)
        page.clock.install()
        page.goto(shop.address + path)
        expect(page.locator(".kiosk")).to_be_visible()
        yield page


def test_customers_learn_what_is_here_and_where_else(browser: Browser, shop: PageShop) -> None:
    """By name or by scan; in which size, in which other store: in bands, and nothing that staff know."""
    with kiosk(browser, shop) as page:
        asked: list[str] = []
        page.on("response", lambda answer: asked.append(answer.text() if "/v1/" in answer.url else ""))
        page.get_by_role("searchbox").fill("jeans")
        page.clock.fast_forward(1_000)
        page.locator(".kiosk-card", has_text="Straight jeans 30").click()
        expect(page.locator(".kiosk-answer")).to_have_text("Not here right now.")
        expect(page.locator(".variant .badge")).to_have_text(["not here", "here", "here"])
        expect(page.locator(".kiosk-stores li")).to_contain_text(["Paris Rivoli"])
        expect(page.locator(".kiosk-said")).to_have_text("Available there")
        scan(page, "3012345000062")
        expect(page.locator(".kiosk-answer")).to_have_text("Yes, in our back room. Ask us, we fetch it.")
        assert asked
        for word in ("on_hand", "available", "zones", "expected"):
            assert not [body for body in asked if f'"{word}"' in body]
        expect(page.locator(".top, .nav, .notices-frame")).to_have_count(3)
        for hidden in (".top", ".nav", ".notices-frame"):
            expect(page.locator(hidden)).to_be_hidden()


def test_the_kiosk_begins_anew_for_the_next_customer(browser: Browser, shop: PageShop) -> None:
    """After a minute of silence, in the language that the shop chose; it asks before, and a tap keeps it."""
    with kiosk(browser, shop, PHONE, "fr-FR", "kiosk/DEN-501-32") as page:
        expect(page.locator(".kiosk-answer")).to_have_text("Oui, il est ici.")
        page.get_by_role("button", name="English").click()
        expect(page.locator(".kiosk-answer")).to_have_text("Yes, it is here.")
        page.clock.fast_forward(100)
        expect(page.locator(".kiosk").get_by_role("button", name="English")).to_be_focused()
        page.clock.fast_forward(50_000)
        expect(page.get_by_text("Are you still there?")).to_be_visible()
        page.get_by_role("button", name="Yes").click()
        expect(page.get_by_text("Are you still there?")).to_be_hidden()
        page.clock.fast_forward(50_000)
        expect(page.get_by_text("Are you still there?")).to_be_visible()
        page.clock.fast_forward(15_000)
        expect(page.get_by_role("heading", name="Que cherchez-vous")).to_be_visible()
        assert page.url.endswith("/kiosk")


def test_only_staff_leave_the_kiosk(browser: Browser, shop: PageShop) -> None:
    """A device on which staff opened it stays a kiosk over addresses and reloads, without quantities, until a PIN is entered."""
    with kiosk(browser, shop, role="associate") as page:
        for path in ("now", "find/DEN-501-32", "01/03012345000024"):
            page.goto(shop.address + path)
            expect(page.get_by_role("heading", name="What are you looking for?")).to_be_visible()
        page.goto(f"{shop.address}kiosk/DEN-501-32")
        expect(page.locator(".kiosk-answer")).to_have_text("Yes, it is here.")
        expect(page.locator("main")).not_to_contain_text("11")
        page.get_by_role("button", name="Staff").click()
        page.get_by_role("button", name="Look only").click()
        expect(page.locator(".kiosk")).to_be_visible()
        page.get_by_role("button", name="Staff").click()
        page.clock.fast_forward(61_000)
        expect(page.locator(".kiosk")).to_be_visible()
        page.get_by_role("button", name="Staff").click()
        page.get_by_role("button", name="Associate").click()
        page.keyboard.type(PINS["associate"])
        expect(page.locator(".now")).to_be_visible()


def test_the_kiosk_is_large_and_runs_nothing(browser: Browser, shop: PageShop) -> None:
    """On a phone, light and dark; names are text; what nobody knows is said kindly."""
    listed = shop.inventory.listed
    shop.inventory.listed = [
        replace(article, name={"en": XSS[index % len(XSS)]}, size=XSS[0], colour=XSS[1])
        for index, article in enumerate(listed)
    ]
    with kiosk(browser, shop, path="kiosk/DEN-501-32") as page:
        page.evaluate(CHECKS)
        expect(page.locator(".variant .badge").first).to_be_visible()
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert settled(page) == {}, scheme
        assert page.evaluate("window.pwned") is None
        del shop.inventory.found[STORE, "DEN-501-32"]
        scan(page, "4006381333931")
        expect(page.get_by_text("We do not know this article. Please ask us.")).to_be_visible()
