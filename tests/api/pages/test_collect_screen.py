"""The screen "collect": orders to pick with each scan checked, to make ready, to hand over, or to be found elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gateway.reservations.model import Collect, LineAsked, Pick, ReservedLine
from tests.support.api_ports import PARIS
from tests.support.page_shop import PageShop
from tests.support.page_stock import stock
from tests.support.page_work import CART, LYING, PICK, PICK_PIECES, RISKY, SURE, an_order, tag
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, SCHEMES, SIZES, XSS, inaccessible, live, scan, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)


@contextmanager
def collect(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "collect",
    expected: tuple[str, ...] = (), **options: object,
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where an associate is signed in."""
    with tablet(browser, shop, size, locale, expected, path, **options) as page:
        sign_in_browser(page.context, shop.address, "associate")
        page.reload()
        live(page)
        yield page


def order(page: Page, reservation_id: str) -> Locator:
    """Return the card of an order."""
    return page.locator(f"li.order[data-id='{reservation_id}']")


@pytest.fixture
def orders(shop: PageShop) -> PageShop:
    """Return the shop with an order to pick, one at risk, one that lies ready, and a cart."""
    for found in (SURE, RISKY, LYING, CART):
        shop.set_reservation(found)
    shop.set_task(PICK, *PICK_PIECES)
    return shop


def test_orders_stand_by_risk_and_time_with_where_their_pieces_are(
    browser: Browser, orders: PageShop
) -> None:
    """At risk on top, then what is due first; whose, until when, pieces by tag and zone; in both languages."""
    orders.set_reservation(an_order(7, ReservedLine("CANDLE-FIG", 2, 1), due_s=1_800))
    with collect(browser, orders) as page:
        expect(page.locator(".order-name").locator("visible=true")).to_have_text(
            ["order-4102", "order-4107", "order-4101", "order-4103"]
        )
        expect(page.locator(".order-section").locator("visible=true")).to_have_count(4)
        risky = order(page, RISKY.id)
        expect(risky.locator(".order-risks")).to_have_text(
            "Navy jumper M: not seen for a while. Pick it first."
        )
        sure = order(page, SURE.id)
        expect(sure.locator(".order-due")).to_have_text("until 20:02")
        tee = sure.locator(".line[data-sku=TEE-WHT-M]")
        expect(tee.locator(".line-count")).to_have_text("0/2")
        expect(tee.locator(".line-where li")).to_have_text(
            [f"Back room, 99% sure Tag … {tag(1)[-6:]}", f"Back room, 97% sure Tag … {tag(2)[-6:]}"]
        )
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-where li")).to_have_text(
            ["Front of shop 14 pieces", "Back room 20 pieces"]
        )
        expect(page.locator("li.order", has_text="order-4107")).to_contain_text("1 of 2 wanted are held")
        expect(order(page, LYING.id).locator(".is-late")).to_have_text("time was over at 19:01")
        expect(page.locator(".nav-link[href='/collect'] .nav-badge")).to_have_text("3")
        page.locator("summary", has_text="Held in carts").click()
        expect(order(page, CART.id).get_by_role("button", name="Not wanted")).to_be_visible()
        page.get_by_role("button", name="Français").click()
        expect(order(page, RISKY.id)).to_contain_text("pas vu depuis un moment")


def test_each_scan_is_checked_against_the_order(browser: Browser, orders: PageShop) -> None:
    """A right tag is picked, a second time it is not; a wrong article is told loudly, with whose it is; then it is
    ready, and handed over with the till's word for the sale."""
    with collect(browser, orders) as page:
        sure, said = order(page, SURE.id), page.locator(".scan-result")
        sure.get_by_role("button", name="Pick this").click()
        expect(page).to_have_url(f"{orders.address}collect/{SURE.id}")
        scan(page, tag(1))
        expect(said).to_have_text("Right: White tee M for order-4101.")
        expect(sure.locator(".line[data-sku=TEE-WHT-M] .line-count")).to_have_text("1/2")
        expect(sure.locator(".line[data-sku=TEE-WHT-M] .line-where li")).to_have_count(1)
        assert orders.reservations.kept[SURE.id].lines[0].epcs == (tag(1),)
        scan(page, tag(1))
        expect(said).to_contain_text("This very piece is picked already")
        scan(page, tag(5, "KNIT-NVY-M"))
        expect(said).to_have_text(
            "Not this one: Navy jumper M is not in order-4101. It is wanted for order-4102."
        )
        expect(said).to_have_class("scan-result is-bad")
        scan(page, "0301234500")
        expect(said).to_have_text("This code is none of our articles.")
        scan(page, tag(2))
        expect(sure.locator(".line[data-sku=TEE-WHT-M]")).to_have_class("line is-picked")
        scan(page, tag(3))
        expect(said).to_have_text("order-4101 has all it needs of White tee M.")
        sure.get_by_role("button", name="Lies ready").click()
        page.get_by_role("dialog", name="1 piece is not picked yet").get_by_role(
            "button", name="Go on picking"
        ).click()
        scan(page, "TOTE-CANVAS")
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-count")).to_have_text("1/1")
        sure.get_by_role("button", name="Lies ready").click()
        expect(sure.locator(".order-state")).to_have_text("Lies ready")
        sure.get_by_role("button", name="Hand over").click()
        page.get_by_role("dialog").get_by_role("button", name="The customer pays at our till").click()
        expect(sure).to_have_count(0)
        commands = [command for name, command in orders.reservations.commands if name == SURE.id]
        assert [type(command).__name__ for command in commands] == [
            "Pick",
            "Pick",
            "Pick",
            "Ready",
            "Collect",
        ]
        assert commands[-1] == Collect(sold_by_till=True)
        expect(page.locator(".collect [aria-live=polite]")).to_contain_text("order-4101 is done or over")


def test_a_scan_finds_the_order_that_wants_the_piece_and_a_hand_counts_too(
    browser: Browser, orders: PageShop
) -> None:
    """Without an order chosen, the most urgent one that wants the article is; what has no tag is counted by hand."""
    with collect(browser, orders, PHONE, path=f"collect/{SURE.id}") as page:
        sure = order(page, SURE.id)
        expect(sure).to_be_focused()
        sure.locator(".line[data-sku=TOTE-CANVAS]").get_by_role("button", name="Got it").click()
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-count")).to_have_text("1/1")
        assert orders.reservations.commands == [(SURE.id, Pick((), (LineAsked("TOTE-CANVAS", 1),)))]
        sure.locator(".line[data-sku=TEE-WHT-M]").get_by_role("button", name="Got it").click()
        expect(sure.locator(".line[data-sku=TEE-WHT-M] .line-count")).to_have_text("1/2")
        page.locator(".nav-link[href='/collect']").click()
        scan(page, tag(5, "KNIT-NVY-M"))
        expect(page).to_have_url(f"{orders.address}collect/{RISKY.id}")
        expect(order(page, RISKY.id).locator(".line-count")).to_have_text("1/1")
        scan(page, tag(5, "SHIRT-OXF-40"))
        expect(page.locator(".scan-result")).to_contain_text("Oxford shirt 40 is not in order-4102.")


def test_what_is_not_found_goes_to_another_store_or_is_said(browser: Browser, orders: PageShop) -> None:
    """Other stores that have all of it are offered; else fewer pieces are given, or the order ends as short; more time
    is asked for by the order as it is known, and a change by somebody else is explained."""
    orders.inventory.places.append(PARIS)
    orders.inventory.found[PARIS.id, "KNIT-NVY-M"] = stock("KNIT-NVY-M", {"floor": 4}, store=PARIS.id)
    for sku in ("TEE-WHT-M", "TOTE-CANVAS"):
        orders.inventory.found[PARIS.id, sku] = stock(sku, {}, store=PARIS.id)
    orders.reservations.givers.add(PARIS.id)
    with collect(browser, orders, expected=("412",)) as page:
        order(page, RISKY.id).get_by_role("button", name="Not found").click()
        page.get_by_role("dialog").get_by_role("button", name="Give the order to Paris Rivoli").click()
        expect(order(page, RISKY.id)).to_have_count(0)
        assert orders.reservations.kept[RISKY.id].store == PARIS.id
        sure = order(page, SURE.id)
        scan(page, tag(1))
        expect(sure.locator(".line[data-sku=TEE-WHT-M] .line-count")).to_have_text("1/2")
        scan(page, "TOTE-CANVAS")
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-count")).to_have_text("1/1")
        sure.get_by_role("button", name="Not found").click()
        expect(page.get_by_role("dialog")).to_contain_text("No other store has all of it.")
        page.get_by_role("dialog").get_by_role("button", name="Give what was found: 2 of 3").click()
        expect(sure.locator(".line[data-sku=TEE-WHT-M] .line-count")).to_have_text("1/1")
        lying = order(page, LYING.id)
        changed = replace(LYING, version=5)
        orders.reservations.kept[LYING.id] = changed  # by somebody else, and this page has not heard of it
        lying.get_by_role("button", name="Change").click()
        page.get_by_role("dialog").get_by_role("button", name="1 day more").click()
        expect(page.locator(".toast.is-bad")).to_contain_text("Somebody changed this order meanwhile.")
        orders.set_reservation(replace(changed, version=6))
        expect(lying).to_be_visible()
        lying.get_by_role("button", name="Change").click()
        page.get_by_role("dialog").get_by_role("button", name="1 day more").click()
        expect(lying.locator(".order-due")).to_have_text("until Sun 19:01")


def test_what_is_picked_without_a_line_is_kept_and_sent_once(browser: Browser, orders: PageShop) -> None:
    """Offline an article's number still picks, visibly waiting; an order that comes in with the line is told."""
    with collect(browser, orders, expected=("net::",), path=f"collect/{SURE.id}") as page:
        sure = order(page, SURE.id)
        expect(sure).to_be_focused()
        page.context.set_offline(True)
        scan(page, "TOTE-CANVAS")
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-count")).to_have_text("1/1")
        expect(sure).to_contain_text("Waits for the connection")
        page.context.set_offline(False)
        expect(sure.locator(".is-pending")).to_be_hidden(timeout=60_000)
        expect(sure.locator(".line[data-sku=TOTE-CANVAS] .line-count")).to_have_text("1/1")
        assert len(orders.reservations.commands) == 1
        live(page)
        orders.set_reservation(an_order(8))
        expect(page.locator("li.order", has_text="order-4108")).to_be_visible()
        orders.set_reservation(an_order(8, state="released", version=2))
        expect(page.locator("li.order", has_text="order-4108")).to_have_count(0)


def test_the_screen_fits_each_device_by_day_and_night(browser: Browser, orders: PageShop) -> None:
    """Nothing runs over, is too small to tap or too faint, whatever an order is called; nothing of it runs."""
    for number, text in enumerate(XSS):
        orders.set_reservation(
            an_order(50 + number, ReservedLine(f"GHOST-{number}", 9, 9), owner_ref=text, channel=text)
        )
    with collect(browser, orders, locale="fr-FR", path=f"collect/{SURE.id}") as page:
        expect(page.locator("li.order")).to_have_count(4 + len(XSS))
        scan(page, tag(5, "SHIRT-OXF-40"))
        expect(page.locator(".scan-result")).to_be_visible()
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for size in SIZES:
                page.set_viewport_size({"width": size[0], "height": size[1]})
                assert settled(page) == {}, f"{scheme}, {size}"
        assert inaccessible(page) == []
        assert page.evaluate("window.pwned") is None


def test_nothing_to_collect_is_said_calmly(browser: Browser, shop: PageShop) -> None:
    """An empty list says so, and what would change it."""
    with collect(browser, shop) as page:
        expect(page.locator(".calm-title")).to_have_text("No order waits")
