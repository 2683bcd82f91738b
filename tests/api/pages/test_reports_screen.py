"""The screen "reports": key figures over days as charts, by department, as CSV, and with what they rest on."""

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.alerts.records import AlertRecord
from tests.support.api_ports import NOW_NS
from tests.support.page_figures import DEPARTMENTS, some_weeks
from tests.support.page_shop import PageShop
from tests.support.page_stock import REFILL, STORE
from tests.support.tablets import CHECKS, SCHEMES, SIZES, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

FIGURES = 7


def reported(shop: PageShop) -> PageShop:
    """Return the shop with four weeks of figures, and words on the alerts of two rules."""
    shop.kpis.table.days = some_weeks(STORE)
    return shop


def figure(page: Page, title: str) -> str:
    """Return what selects the panel of a figure."""
    return f".report-charts section[aria-label='{title}']"


def test_figures_of_four_weeks_are_drawn_told_and_listed(browser: Browser, shop: PageShop) -> None:
    """Large numbers over all days, a chart per figure, the value of a day by keys or touch, all of it as a table."""
    with tablet(browser, reported(shop), path="reports") as page:
        live(page)
        whole = shop_figures(page, "store")[0]
        share = percent(whole["shelf"]["on_shelf"])
        expect(page.locator(".total", has_text="On-shelf availability").locator("dd")).to_have_text(share)
        expect(page.locator(".chart")).to_have_count(FIGURES)
        shelf = page.locator(figure(page, "On-shelf availability"))
        today, before = (percent(day["shelf"]["on_shelf"]) for day in shop_figures(page, "day")[:-3:-1])
        expect(shelf.locator(".readout")).to_have_text(f"21 Nov: {today}")
        shelf.locator(".plot").press("ArrowLeft")
        expect(shelf.locator(".readout")).to_have_text(f"20 Nov: {before}")
        shelf.locator(".plot").press("Home")
        expect(shelf.locator(".readout")).to_have_text("25 Oct: not known")
        box = shelf.locator(".plot").bounding_box()
        assert box is not None
        page.mouse.click(box["x"] + box["width"] * 0.96, box["y"] + 40)
        expect(shelf.locator(".readout")).to_contain_text("21 Nov")
        ended = page.locator(figure(page, "What became of reservations"))
        expect(ended.locator(".bars")).to_have_count(4)
        ended.locator("summary").click()
        expect(ended.locator("tbody tr")).to_have_count(28)
        expect(ended.locator("thead th")).to_have_text(
            ["Day", "Collected", "Given up", "Expired", "Not found"]
        )


def percent(share: float) -> str:
    """Return a share as the page words it."""
    tenths = (Decimal(str(share)) * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return f"{tenths}%".replace(".0%", "%")


def shop_figures(page: Page, by: str) -> list[dict[str, dict[str, float]]]:
    """Return what the API tells of four weeks."""
    asked = f"/v1/kpis?store={STORE}&by={by}"
    items: list[dict[str, dict[str, float]]] = page.evaluate(f"fetch('{asked}').then((r) => r.json())")[
        "items"
    ]
    return items


def test_days_and_departments_are_chosen_and_taken_along(browser: Browser, shop: PageShop) -> None:
    """A week, one department, and the same as CSV; departments stand side by side; each size and scheme can show it."""
    with tablet(browser, reported(shop), SIZES[-1], "fr-FR", path="reports") as page:
        live(page)
        expect(page.locator(".departments tbody tr")).to_have_count(len(DEPARTMENTS))
        expect(page.locator(".departments tbody th").filter(has_text="Sans famille")).to_have_count(1)
        page.get_by_role("button", name="7 jours").click()
        expect(page.locator(".chart .tick", has_text="15 nov.")).to_have_count(FIGURES)
        page.get_by_label("Famille", exact=True).select_option("denim")
        link = page.get_by_role("link", name="CSV")
        expect(link).to_have_attribute(
            "href",
            f"/v1/kpis?store={STORE}&by=day&from=2026-11-15&to=2026-11-21&department=denim&format=csv",
        )
        with page.expect_download() as loaded:
            link.click()
        assert loaded.value.path().read_text("utf-8").count("denim") == 6
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
        assert inaccessible(page) == []


def test_what_is_not_known_yet_is_said(browser: Browser, shop: PageShop) -> None:
    """Without figures the page says that there are none; what staff said of alerts stands there from the first word."""
    shop.alerts.scored.note(REFILL, _judged(useful=True))
    with tablet(browser, shop, SIZES[1], path="reports") as page:
        live(page)
        expect(page.locator(".report-head [role=status]")).to_contain_text("Nothing was counted in this time")
        expect(page.locator(".total dd").first).to_have_text("–")
        expect(page.locator(".report-charts .nothing")).to_have_count(FIGURES)
        expect(page.locator(".precision")).to_contain_text("Refill")
        expect(page.locator(".precision")).to_contain_text("1 of 1 of use")
        expect(page.get_by_text("Nothing has proved a number yet")).to_be_visible()


def _judged(*, useful: bool) -> AlertRecord:
    return replace(REFILL, useful=useful, changed_at_ns=NOW_NS)
