"""The screen "health": what is wrong, what it means and what to do, and the facts that it rests on."""

import re

import pytest
from playwright.sync_api import Browser, expect

from gateway.devices.clocks import ClockJudgement
from gateway.explanation import ZoneSight
from gateway.ports.health import Readiness
from gateway.ports.records import DeadLetterInfo
from tests.support.api_ports import NOW_NS
from tests.support.fake_notify import told_target
from tests.support.page_shop import PageShop
from tests.support.page_stock import STORE, S
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, SCHEMES, SIZES, XSS, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

METRICS = """# TYPE storefloor_mqtt_up gauge
storefloor_mqtt_up 0
storefloor_store_file_bytes 184320000
storefloor_store_free_bytes 4096000
storefloor_influxdb_up 0
storefloor_influxdb_denied 0
storefloor_outbox_points 18240
storefloor_outbox_age_seconds 5400.000
storefloor_notify_target_failing{target="floor"} 0
storefloor_notify_target_failing{target="chat"} 4
storefloor_notices_waiting{target="floor"} 0
storefloor_notices_waiting{target="chat"} 2
storefloor_webhook_endpoints 2
storefloor_webhook_endpoints_disabled 1
"""


def test_a_shop_that_is_well_says_so(browser: Browser, shop: PageShop) -> None:
    """With all devices alive there is nothing to do; each one's rate, zones and life stand below."""
    with tablet(browser, shop, SIZES[1], path="health") as page:
        live(page)
        expect(page.locator(".health-verdict")).to_have_text(
            "All is well: every device works, and what they see is known."
        )
        expect(page.locator(".finding")).to_have_count(0)
        expect(page.locator(".health-row")).to_have_count(7)
        reader = page.locator(".health-row", has_text="m100-denim")
        expect(reader).to_contain_text("RFID reader · Denim wall · just now")
        expect(reader.locator(".health-rate")).to_have_text(re.compile(r"^[\d,]+/min$"))


def test_a_manager_reads_why_nobody_is_told(browser: Browser, shop: PageShop) -> None:
    """Why a target of notices fails stands beside it for who sets rules; others see that it fails."""
    shop.health.metrics = lambda: METRICS  # type: ignore[method-assign]  # this gateway's own
    shop.notify.kept = [told_target("chat")]
    with tablet(browser, shop, SIZES[2], path="health") as page:
        for role in ("lead", "manager"):
            sign_in_browser(page.context, shop.address, role)
            page.reload()
            live(page)
            finding = page.locator(".finding", has_text="chat takes no notices")
            expect(finding).to_contain_text("The last 4 tries failed")
            told = page.locator(".facts", has_text="2 wait")
            for shown in (finding, told):
                if role == "manager":
                    expect(shown).to_contain_text("status 503")
                else:
                    expect(shown).not_to_contain_text("503")
        assert "s3cret" not in page.content()


def test_each_fault_says_what_it_means_and_what_to_do(browser: Browser, shop: PageShop) -> None:
    """A dead reader, a blind zone, a clock that is off, lost messages, broker, InfluxDB, targets: gravest first, in
    French too; what could not be read is shown as text; each size and scheme can show it."""
    shop.let_the_denim_reader_die()
    shop.set_device("m100-front", "online", clock=ClockJudgement("offset", -75.0, None, 0), received=4_000,
                    dropped={"checksum": 900, "duplicate": 3_000})  # fmt: skip
    shop.health.metrics = lambda: METRICS  # type: ignore[method-assign]  # this gateway's own
    shop.inventory.seen = {STORE: (ZoneSight("front", 0.64, "learning", NOW_NS),)}
    shop.records.letters = [
        DeadLetterInfo("m100-front", "json", XSS[0], text.encode(), NOW_NS - S) for text in XSS
    ]
    with tablet(browser, shop, SIZES[0], path="health") as page:
        live(page)
        titles = page.locator(".finding-title")
        expect(titles).to_have_text([
            "Broken: m100-denim does not work: Denim wall", "Broken: The broker is not reached",
            "Needs a look: The clock of m100-front is off", "Needs a look: Much of what m100-front sends is lost",
            "Needs a look: Denim wall is not watched", "Needs a look: InfluxDB lags behind",
            "Needs a look: A webhook is switched off", "Needs a look: chat takes no notices",
        ])  # fmt: skip
        expect(page.locator(".health-verdict")).to_have_text("8 things need a look.")
        dead = page.locator(".finding").first
        expect(dead).to_contain_text("It gives no sign of life.")
        expect(dead.locator(".finding-act")).to_contain_text("Look at its power and its cable")
        expect(page.locator(".finding", has_text="sends is lost")).to_contain_text(
            "Mostly: damaged on the line (checksum).Damage on the line: cable"
        )
        expect(page.locator(".zone-row", has_text="Front of shop")).to_contain_text("64%")
        expect(page.locator(".zone-row", has_text="Denim wall")).to_contain_text("not watched: unknown")
        expect(page.locator(".drop-row").first).to_contain_text("3,000")
        expect(page.locator(".letter-row code").first).to_have_text(XSS[0])
        expect(page.locator(".letter-row")).to_have_count(len(XSS) + 1)  # and a topic of no device
        expect(page.locator(".facts", has_text="Points that wait for it")).to_contain_text("18,240, for 1 hr")
        expect(page.locator(".facts", has_text="chat")).to_contain_text("4 tries failed · 2 wait")
        assert page.evaluate("window.pwned") is None
        page.get_by_role("button", name="Français").click()
        expect(titles.first).to_have_text(
            "En panne\u00a0: m100-denim ne fonctionne pas\u00a0: Mur denim", use_inner_text=False
        )
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
        assert inaccessible(page) == []


def test_a_device_that_dies_and_comes_back_is_seen_at_once(browser: Browser, shop: PageShop) -> None:
    """The stream changes verdict and facts; a gateway that is not ready is the first finding."""
    shop.health.ready = Readiness(False, ("store: disk full",))
    with tablet(browser, shop, SIZES[2], "fr-FR", path="health") as page:
        live(page)
        expect(page.locator(".finding-title")).to_contain_text(["La passerelle ne peut pas écrire"])
        shop.set_device("till-1", "offline")
        expect(page.locator(".finding-title")).to_have_count(2)
        expect(page.locator(".health-row").first).to_contain_text("till-1")
        shop.set_device("till-1", "online")
        expect(page.locator(".finding-title")).to_have_count(1)
