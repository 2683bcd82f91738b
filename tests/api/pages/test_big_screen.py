"""The big screen of the back room: what is most urgent, page by page, read from afar and touched by nobody."""

from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.alerts.records import AlertState
from tests.support.api_ports import NOW_NS
from tests.support.page_figures import some_weeks
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, REFILL, SOLD_OUT, STORE
from tests.support.page_work import FETCH, FILL, LOOK, RISKY, SURE
from tests.support.tablets import CHECKS, SCHEMES, SIZES, live, settled, tablet

pytestmark = pytest.mark.browser

FULL_HD = (1920, 1080)
LEAST_TITLE_PX = 40
"""Letters of a title on a screen of 1080 lines: about 16 mm on 24 inches, which is read from four metres."""

CUT_ROWS = """[...document.querySelectorAll(".big-row")].filter((row) => row.scrollHeight > row.clientHeight)
    .map((row) => row.innerText)"""
"""Rows that show less than they say."""
WHOLE_PLAN = """() => {
    const frame = document.querySelector(".big-floor").getBoundingClientRect();
    return [...document.querySelectorAll(".big-floor .tile")].map((tile) => tile.getBoundingClientRect())
        .every((box) => box.top >= frame.top && box.left >= frame.left && box.right <= frame.right && box.bottom <= frame.bottom);
}"""
"""Whether no zone leaves its frame: the plan is drawn anew a moment after the screen has turned."""


def busy(shop: PageShop) -> PageShop:
    """Return the shop with orders, tasks and figures of today."""
    shop.kpis.table.days = some_weeks(STORE, 2)
    for order in (SURE, RISKY):
        shop.set_reservation(order)
    for task in (FILL, FETCH, LOOK):
        shop.set_task(task)
    return shop


def titles(page: Page) -> list[str]:
    """Return the titles of the rows that are shown."""
    return page.locator(".big-title").all_inner_texts()


def test_pages_tell_orders_tasks_and_alerts_the_most_urgent_first(browser: Browser, shop: PageShop) -> None:
    """One large share, the counts, the clock; each page in letters that are read from afar; no customer in any."""
    with tablet(browser, busy(shop), FULL_HD, path="screen") as page:
        live(page)
        asked = f"/v1/kpis?store={STORE}&by=day&from=2026-11-21&to=2026-11-21"
        (today,) = page.evaluate(f"fetch('{asked}').then((r) => r.json())")["items"]
        expect(page.locator(".big-number")).to_have_text(f"{today['shelf']['on_shelf']:.0%}")
        expect(page.locator(".big-clock")).to_have_text("19:02")
        expect(page.locator(".big-counts li")).to_have_text(["2orders to pick", "3tasks", "3alerts"])
        expect(page.locator(".top")).to_be_hidden()
        expect(page.locator(".big-head h2")).to_have_text("Orders to pick")
        expect(page.locator(".big-row.is-critical")).to_contain_text("1 × Navy jumper M")
        expect(page.locator(".big-row").last).to_contain_text("2 × White tee M and 1 × Canvas tote")
        size_px = page.locator(".big-title").first.evaluate(
            "(node) => parseFloat(getComputedStyle(node).fontSize)"
        )
        assert size_px >= LEAST_TITLE_PX
        assert SURE.owner_ref not in page.content()
        assert RISKY.owner_ref not in page.content()
        page.keyboard.press("ArrowRight")
        expect(page.locator(".big-title").first).to_have_text("Look for 1 × Navy jumper M")
        assert titles(page)[1:] == ["Bring 2 × Straight jeans 32", "Bring 3 × White tee M"]
        page.keyboard.press("ArrowRight")
        expect(page.locator(".big-title").first).to_have_text("Navy jumper L is sold out")
        shop.set_alert(replace(LOW, id="new", sku="CANDLE-FIG"))
        expect(page.locator(".big-row")).to_have_count(4)
        page.keyboard.press("ArrowRight")
        expect(page.locator("g.tile[data-zone=front] .tile-number")).to_have_text("49")


def test_pages_turn_by_themselves_until_somebody_holds_them(browser: Browser, shop: PageShop) -> None:
    """Time alone turns a page; a button stops that; when nothing is to do the screen is calm; French is whole."""
    with tablet(browser, shop, SIZES[0], "fr-FR") as page:
        page.clock.install()
        page.goto(f"{shop.address}screen")
        live(page)
        expect(page.locator(".big-head h2")).to_have_text("À voir")
        page.clock.run_for(16_000)
        expect(page.locator(".big-head h2")).to_have_text("Surface de vente")
        page.get_by_role("button", name="Ne plus tourner les pages").click()
        page.clock.run_for(40_000)
        expect(page.locator(".big-head h2")).to_have_text("Surface de vente")
        page.get_by_role("button", name="Tourner les pages").click()
        for record in (REFILL, SOLD_OUT, LOW):
            shop.set_alert(replace(record, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS))
        page.clock.run_for(16_000)
        expect(page.locator(".big-calm")).to_be_visible()
        expect(page.locator(".big-calm")).to_have_text("Tout est calme")


def test_each_screen_can_show_it(browser: Browser, shop: PageShop) -> None:
    """On a wall, a tablet and a phone, by day and by night, nothing runs over or is too faint."""
    with tablet(browser, busy(shop), FULL_HD, "fr-FR", path="screen") as page:
        live(page)
        expect(page.locator(".big-row").first).to_be_visible()
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in (FULL_HD, *SIZES):
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
                assert page.evaluate(CUT_ROWS) == [], (scheme, width)
        for _ in range(3):
            page.keyboard.press("ArrowRight")
        expect(page.locator(".big-floor .tile").first).to_be_visible()
        for width, height in (FULL_HD, *SIZES):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_function(WHOLE_PLAN)
