"""The staff app against a real gateway: what devices see is on the page, what people do is done once, on two devices.

site file ─▶ gateway ◀─ QoS 1 ─ broker ◀─ reader (scripted)
                ▲ HTTP, SSE
   a tablet (800 × 1280, English) and a phone (390 × 844, French) in Chromium
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.support.browser import chromium_or_skip
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import READ_KEY, Gateway, ShopClockOrigin
from tests.support.scripted_devices import (
    COUNTED,
    COUNTED_GTIN,
    FRONT,
    TAGGED,
    WEIGHED,
    Scripted,
    epc,
    write_site,
)
from tests.support.tablets import CHECKS, scan, settled

pytestmark = [pytest.mark.broker, pytest.mark.browser, pytest.mark.slow]

SPEED = 20.0
"""Of the shop's clock: tags arrive, and are gone, within seconds."""
WAIT_MS = 90_000
READ_EVERY_S = 0.2
SCREENS = ("now", "refill", "find", "collect", "count", "alerts", "health", "reports", "kiosk", "screen")
JEANS, TEE = TAGGED
BACK = 2
"""The antenna of the back room."""


@dataclass(slots=True)
class Shop:
    """A gateway with its devices, and the people who look at it."""

    gateway: Gateway
    devices: Scripted
    browser: Browser

    def see(self, epcs: list[str], port: int, until: Callable[[], bool], what: str) -> None:
        """Let an antenna see these tags until something is so."""

        def is_so() -> bool:
            self.devices.see(epcs, port)
            return until()

        eventually(is_so, what, WAIT_MS / 1_000, 0.2)

    @contextmanager
    def reading(self, epcs: list[str], port: int) -> Iterator[None]:
        """Let an antenna see these tags over and over: its zone is watched."""
        stop = threading.Event()

        def read() -> None:
            while not stop.wait(READ_EVERY_S):
                self.devices.see(epcs, port)

        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(10.0)

    def agrees(self, page: Page, zone: str) -> None:
        """Wait until a page's map shows as many pieces in a zone as the API tells of all articles."""
        tile = page.locator(f"g.tile[data-zone={zone}] .tile-number")

        def is_so() -> bool:
            levels = self.gateway.stock([*TAGGED, WEIGHED, COUNTED])
            return (
                int(tile.text_content() or 0)
                == sum(item["zones"].get(zone, 0) for item in levels.values())
                > 0
            )

        eventually(is_so, f"the page to show what is in {zone}", WAIT_MS / 1_000, 0.2)

    def on_floor(self, sku: str) -> int:
        """Return the pieces that are believed on the floor."""
        return int(self.gateway.stock([sku])[sku]["zones"].get("front", 0))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A running shop: one for all tests, which use articles and zones of their own."""
    folder = tmp_path_factory.mktemp("shop")
    with ExitStack() as stack:
        browser = stack.enter_context(chromium_or_skip())
        broker = Mosquitto(folder)
        broker.start()
        stack.callback(broker.stop)
        api_port = free_port()
        clock = ShopClockOrigin.starting_in(0.0, SPEED)
        gateway = stack.enter_context(Gateway(write_site(folder, api_port, broker.port), api_port, clock))
        gateway.make_key(*READ_KEY, "reservations:write", "ingest:write", "tasks:write", "alerts:write")
        gateway.start()
        mqtt = stack.enter_context(PlainMqtt(broker.port, "scripted"))
        yield Shop(gateway, Scripted(mqtt, clock), browser)


@contextmanager
def device(shop: Shop, role: str, *, phone: bool = False) -> Iterator[tuple[Page, BrowserContext]]:
    """Yield the page of a device on which somebody of a role has followed their link."""
    with closing(shop.gateway.sign_in(role)) as client:
        context = shop.browser.new_context(
            viewport={"width": 390, "height": 844} if phone else {"width": 800, "height": 1280},
            locale="fr-FR" if phone else "en-GB",
            reduced_motion="reduce",
        )
        context.add_cookies([
            {"name": name, "value": value, "url": shop.gateway.url} for name, value in client.cookies.items()
        ])  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        crashes: list[str] = []
        page.on("pageerror", lambda error: crashes.append(str(error)))
        try:
            yield page, context
            assert crashes == []
        finally:
            context.close()


def opened(page: Page, shop: Shop, path: str) -> Page:
    """Open a screen, live."""
    page.goto(f"{shop.gateway.url}/{path}")
    expect(page.locator(".live")).to_have_attribute("data-state", "live", timeout=WAIT_MS)
    return page


def shown(locator: Locator, text: str) -> None:
    """Wait until a text is shown."""
    expect(locator).to_contain_text(text, timeout=WAIT_MS)


def test_what_a_reader_sees_is_on_both_devices_and_ticks_off_what_one_of_them_asked_for(shop: Shop) -> None:
    """Pieces that a reader sees in the back room, then on the floor: the stock follows on both pages; the task that
    the phone made is on the tablet, grows with the tags, and is done by them."""
    tags = [epc(TEE, 500 + n) for n in range(2)]
    with device(shop, "lead", phone=True) as (phone, _), device(shop, "associate") as (tablet, _):
        opened(phone, shop, "now")
        opened(tablet, shop, "refill")
        shop.see(
            tags,
            BACK,
            lambda: shop.gateway.stock([TEE])[TEE]["zones"].get("back-room", 0) == 2,
            "two in the back",
        )
        shop.agrees(phone, "back-room")
        made = shop.gateway.http.post(
            "/v1/tasks",
            json={"store": "lyon-1", "kind": "replenish", "sku": TEE, "qty": 2, "from_zone": "back-room", "to_zone": "front"},
            headers={"Idempotency-Key": "refill-the-tees"},
        )  # fmt: skip
        assert made.status_code == 201, made.text
        task = made.json()["id"]
        on_tablet = tablet.locator(f"li.task[data-id={task}]")
        expect(on_tablet).to_be_visible(timeout=WAIT_MS)
        shop.see(tags, FRONT, lambda: shop.on_floor(TEE) == 2, "both on the floor")
        shown(on_tablet, "Seen on the shelf by the reader")
        shop.agrees(phone, "front")
        assert shop.gateway.get(f"/v1/tasks/{task}")["verified_by"] == "rfid"


def test_a_zone_is_counted_by_a_reader_and_a_scanner_and_approved_on_another_device(shop: Shop) -> None:
    """Tags that the reader sees grow the count by themselves, a scanner that types adds; the manager approves on the
    phone, and the stock is what was counted."""
    tags = [epc(JEANS, 700 + n) for n in range(3)]
    shop.see(
        tags,
        BACK,
        lambda: shop.gateway.stock([JEANS])[JEANS]["zones"].get("back-room", 0) == 3,
        "three in the back",
    )
    with device(shop, "associate") as (tablet, _), device(shop, "manager", phone=True) as (phone, _):
        opened(tablet, shop, "count?zone=back-room")
        tablet.get_by_text("With expectation").click()
        tablet.get_by_role("button", name="Count back-room").click()
        expect(tablet.locator(".count h2")).to_have_text("back-room", timeout=WAIT_MS)
        seen = tablet.locator("[data-figure=seen] dd")
        line = tablet.locator(".count-line", has_text=JEANS)
        expect(line).to_be_visible(timeout=WAIT_MS)
        shop.see(tags, BACK, lambda: seen.inner_text() == "3", "the page to show what the reader sees")
        scan(tablet, COUNTED_GTIN)
        expect(seen).to_have_text("4", timeout=WAIT_MS)
        shown(tablet.locator(".count-line", has_text=COUNTED), "1 extra")
        tablet.get_by_role("button", name="All is counted").click()
        tablet.get_by_role("dialog").get_by_role("button", name="All is counted").click()
        shown(tablet.locator(".count-about"), "Submitted")
        opened(phone, shop, tablet.url.removeprefix(shop.gateway.url + "/"))
        phone.get_by_role("button", name="Valider", exact=True).click()
        phone.get_by_role("dialog").get_by_role("button", name="Valider", exact=True).click()
        shown(phone.locator(".count-about"), "Validé")
        count = shop.gateway.get(f"/v1/stores/lyon-1/counts/{tablet.url.rsplit('/', 1)[1]}")
        assert (count["state"], count["totals"]["counted"]) == ("approved", 4)
        assert shop.gateway.stock([COUNTED])[COUNTED]["zones"] == {"back-room": 1}


def test_what_is_done_without_a_line_is_done_once_it_is_back(shop: Shop) -> None:
    """A task that is claimed while the tablet is off line waits, is said to wait, outlives a reload of the page, and is
    then done once."""
    made = shop.gateway.http.post(
        "/v1/tasks",
        json={"store": "lyon-1", "kind": "find", "sku": JEANS, "qty": 1},
        headers={"Idempotency-Key": "find-the-jeans"},
    )
    task = made.json()["id"]
    with device(shop, "associate") as (tablet, context):
        opened(tablet, shop, "refill")
        tablet.wait_for_function(
            "navigator.serviceWorker.controller !== null || navigator.serviceWorker.ready.then(() => true)"
        )
        card = tablet.locator(f"li.task[data-id={task}]")
        expect(card).to_be_visible(timeout=WAIT_MS)
        context.set_offline(True)
        card.locator(".task-claim").click()
        shown(tablet.locator(".notices-frame"), "waits for the connection")
        assert shop.gateway.get(f"/v1/tasks/{task}")["state"] == "open"
        context.set_offline(False)
        tablet.reload()
        expect(card.locator(".task-unclaim")).to_be_visible(timeout=WAIT_MS)
        claimed = eventually(  # the page shows it as claimed before it is
            lambda: (found := shop.gateway.get(f"/v1/tasks/{task}"))["state"] == "claimed" and found,
            "the task to be claimed",
        )
        assert claimed["claimed_by"] is not None
        expect(tablet.locator(".notice.is-waiting")).to_be_hidden(timeout=WAIT_MS)
        tablet.wait_for_function("[null, '[]'].includes(localStorage.getItem('storefloor.outbox'))")


def test_an_order_of_the_web_shop_is_picked_by_scans_made_ready_and_handed_over(shop: Shop) -> None:
    """An order that comes in by the API is on the page at once, with where its piece is; the scan of another article is
    refused in words, that of the piece picks it; ready and handed over, it is over for the API too."""
    piece = epc(TEE, 900)
    shop.see([piece], FRONT, lambda: shop.on_floor(TEE) >= 1, "a tee on the floor")
    with shop.reading([piece], FRONT), device(shop, "associate", phone=True) as (phone, _):
        opened(phone, shop, "collect")
        ordered = shop.gateway.http.post(
            "/v1/reservations",
            json={
                "store": "lyon-1",
                "lines": [{"sku": TEE, "qty": 1}],
                "channel": "web",
                "owner_ref": "web-77",
            },
            headers={"Idempotency-Key": "web-77"},
        )
        assert ordered.status_code == 201, ordered.text
        reservation = ordered.json()["id"]
        confirmed = shop.gateway.http.post(f"/v1/reservations/{reservation}/confirm", json={})
        assert confirmed.status_code == 200, confirmed.text
        order = phone.locator(f"li.order[data-id='{reservation}']")
        shown(order, "web-77")
        order.locator(".order-start").click()
        scan(phone, COUNTED_GTIN)
        shown(phone.locator(".scan-result.is-bad"), "web-77")
        scan(phone, piece)
        expect(order.locator(".line-count")).to_have_text("1/1", timeout=WAIT_MS)
        order.locator(".order-ready").click()
        order.locator(".order-collect").click()
        phone.get_by_role("dialog").get_by_role("button").nth(1).click()
        expect(order).to_have_count(0, timeout=WAIT_MS)
        assert shop.gateway.get(f"/v1/reservations/{reservation}")["state"] == "collected"


@pytest.mark.parametrize("is_phone", [False, True], ids=["tablet, English", "phone, French"])
def test_every_screen_opens_on_a_live_shop(shop: Shop, is_phone: bool) -> None:
    """Each screen shows what there is, runs over nowhere, and says nothing on the browser's console."""
    with device(shop, "manager", phone=is_phone) as (page, _):
        said: list[str] = []
        page.on("console", lambda message: said.extend([message.text] * (message.type == "error")))
        opened(page, shop, "now")
        for path in (*SCREENS, f"find/{JEANS}", f"why/{JEANS}", f"kiosk/{JEANS}", "01/03012345000024/21/700"):
            page.goto(f"{shop.gateway.url}/{path}")
            expect(page.locator("main > *").first).to_be_visible(timeout=WAIT_MS)
            page.evaluate(CHECKS)
            assert settled(page) == {}, path
        assert said == []
