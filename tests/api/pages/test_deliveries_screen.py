"""The screen "deliveries": what is on its way, what of it is here, and who says that all or no more of it comes."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gateway.alerts.records import AlertType
from gateway.staff.model import Role
from tests.support.api_ports import INGEST, NOW_NS
from tests.support.page_shop import PageShop
from tests.support.page_stock import S, alert
from tests.support.signing_in import storage_of
from tests.support.tablets import CHECKS, SCHEMES, SIZES, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)
GONE = ("ERR_INTERNET_DISCONNECTED", "net::")
HOUR = 3_600
SENDER = {"Authorization": f"Bearer {INGEST}"}
"""An ERP, with a key."""


@pytest.fixture
def expecting() -> Iterator[PageShop]:
    """Return a shop that expects three deliveries, one of which should have been there two hours ago."""
    with PageShop() as served:
        shop = served.expected
        shop.now = NOW_NS - 10 * HOUR * S
        shop.announce(("DEN-501-32", 8), in_s=8 * HOUR, reference="ASN-30", source="dc-nord")
        shop.now = NOW_NS
        shop.announce(("TEE-WHT-M", 12), ("TOTE-CANVAS", 20), in_s=2 * HOUR, reference="ASN-31")
        shop.announce(("SHIRT-OXF-40", 4), in_s=9 * 24 * HOUR)
        yield served


@contextmanager
def deliveries(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", role: Role = "lead",
    expected: tuple[str, ...] = (),
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where somebody is signed in."""
    state = storage_of(shop.address, role)
    with tablet(browser, shop, size, locale, expected, "deliveries", storage_state=state) as page:
        live(page)
        expect(page.locator("li.delivery").first).to_be_visible()
        yield page


def card(page: Page, name: str) -> Locator:
    """Return the card of a delivery."""
    return page.locator("li.delivery", has=page.get_by_role("heading", name=name))


def test_what_comes_is_shown_with_what_is_missing_as_pieces_arrive(
    browser: Browser, expecting: PageShop
) -> None:
    """The one due first on top; a line for each article, what is missing first. Associates look, and say nothing of it."""
    with deliveries(browser, expecting, PHONE, role="associate") as page:
        expect(page.locator("li.delivery h3")).to_have_text(["ASN-30 from dc-nord", "ASN-31", "A delivery"])
        expect(page.locator(".screen-head")).to_contain_text("44 pieces to come")
        expect(card(page, "ASN-30").locator(".badge")).to_have_text("Late")
        expect(card(page, "ASN-31")).to_contain_text("Expected 19:02 to 21:02")
        expect(page.locator("li.delivery").last).to_contain_text("30 November 2026, 19:02")
        asn = card(page, "ASN-31")
        expect(asn).to_contain_text("0 of 32 pieces are here")
        asn.get_by_text("What comes, and what is missing").click()
        expecting.scan_in("TOTE-CANVAS", 15)
        expect(asn).to_contain_text("15 of 32 pieces are here")
        expect(asn.locator(".badge")).to_have_text("Partly here")
        expect(asn.locator(".delivery-lines li")).to_have_text(
            ["White tee M0 of 1212 missing", "Canvas tote bag15 of 205 missing"]
        )
        expect(page.get_by_role("button", name="All of it is here")).to_have_count(0)
        asn.get_by_role("link", name="Canvas tote bag").click()
        expect(page.get_by_role("heading", name="Canvas tote bag")).to_be_visible()


def test_the_alert_of_a_missing_delivery_leads_here(browser: Browser, expecting: PageShop) -> None:
    """It says: receive or close it; here one can."""
    missing = alert(AlertType.DELIVERY_NOT_SEEN, 600, id=f"{7:016x}", evidence={"pieces": 8, "deliveries": 1})
    expecting.set_alert(missing)
    with tablet(
        browser, expecting, path=f"alerts/{missing.id}", storage_state=storage_of(expecting.address, "lead")
    ) as page:
        page.get_by_role("link", name="Show the deliveries").click()
        expect(card(page, "ASN-30")).to_be_visible()


def test_leads_say_that_all_is_here_or_that_no_more_comes(browser: Browser, expecting: PageShop) -> None:
    """Each is asked once and then told to the gateway; what the sender ended meanwhile is said in words."""
    first, second, third = sorted(one.id for one in expecting.expected.engine.state.deliveries.open_ones())
    with deliveries(browser, expecting, expected=("409",)) as page:
        card(page, "ASN-31").get_by_role("button", name="All of it is here").click()
        expect(page.get_by_role("dialog")).to_contain_text("32 pieces that were not seen yet are taken in.")
        page.get_by_role("button", name="Go on waiting").click()
        card(page, "ASN-31").get_by_role("button", name="All of it is here").click()
        page.get_by_role("dialog").get_by_role("button", name="All of it is here").click()
        expect(card(page, "ASN-31")).to_have_count(0)
        expect(page.locator(".toast")).to_contain_text("Received: ASN-31")
        assert expecting.expected.delivery(second).state == "received"
        assert expecting.expected.pieces("TOTE-CANVAS") == 20
        card(page, "ASN-30").get_by_role("button", name="The rest will not come").click()
        page.get_by_role("dialog").get_by_role("button", name="The rest will not come").click()
        expect(card(page, "ASN-30")).to_have_count(0)
        assert expecting.expected.delivery(first).state == "closed"
        ended = httpx.post(f"{expecting.address}v1/deliveries/{third}/cancel", headers=SENDER)
        assert ended.status_code == 200, ended.text
        card(page, "A delivery").get_by_role("button", name="All of it is here").click()
        page.get_by_role("dialog").get_by_role("button", name="All of it is here").click()
        expect(page.locator(".toast.is-bad")).to_contain_text("It has gone on meanwhile")
        expect(page.get_by_text("Nothing is on its way.")).to_be_visible()


def test_without_a_line_it_is_kept_and_all_fits_each_screen(browser: Browser, expecting: PageShop) -> None:
    """Offline what is said waits, marked, and is sent once; at each size all can be read and tapped, in both schemes."""
    with deliveries(browser, expecting, PHONE, "fr-FR", "manager", GONE) as page:
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
        assert inaccessible(page) == []
        page.context.set_offline(True)
        late = card(page, "ASN-30 de dc-nord")
        late.get_by_role("button", name="Le reste ne viendra pas").click()
        page.get_by_role("dialog").get_by_role("button", name="Le reste ne viendra pas").click()
        expect(late.locator(".badge")).to_have_text("Attend la connexion")
        page.context.set_offline(False)
        expect(late).to_have_count(0, timeout=30_000)
