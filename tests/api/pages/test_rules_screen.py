"""The screen "rules": by which rules alerts are judged and where, changing them, and trying them on the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from gateway.alert_rules.thresholds import APART, filters_of, thresholds_of
from gateway.alerts.records import AlertType
from gateway.backtest.judge import TRIED
from gateway.backtest.ports import BacktestRefused
from gateway.staff.model import Role
from tests.support.api_ports import NOW_NS
from tests.support.page_rules import a_fortnight
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, STORE
from tests.support.signing_in import sign_in, storage_of
from tests.support.tablets import CHECKS, SCHEMES, SIZES, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET, WIDE = (390, 844), (800, 1280), (1280, 800)
GONE = ("ERR_INTERNET_DISCONNECTED", "net::")
DAY_NS = 86_400 * 10**9
DENIM = {
    "id": "denim-low",
    "type": "low_stock",
    "stores": [STORE],
    "departments": ["denim"],
    "thresholds": {"fire_at": 3, "clear_at": 6, "hold_s": 300},
    "note": "Empties within the hour",
}


@pytest.fixture
def ruled() -> Iterator[PageShop]:
    """Return a shop with a rule of its own for denim, beside the one of the site's file and the built-in ones."""
    with PageShop() as served:
        answer = api(served, "POST", "", json=DENIM, headers={"Idempotency-Key": "denim"})
        assert answer.status_code == 201, answer.text
        yield served


def api(shop: PageShop, method: str, path: str, **options: Any) -> httpx.Response:
    """Ask for rules as another manager."""
    with httpx.Client() as client:
        sign_in(client, shop.address, "manager")
        return client.request(method, f"{shop.address}v1/alert-rules{path}", **options)


@contextmanager
def rules(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "rules/low_stock",
    role: Role = "manager", expected: tuple[str, ...] = (),
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where somebody is signed in."""
    state = storage_of(shop.address, role)
    with tablet(browser, shop, size, locale, expected, path, storage_state=state) as page:
        live(page)
        expect(page.locator(".rule-type-says").first).not_to_be_empty()
        yield page


def card(page: Page, where: str) -> Locator:
    """Return the card of a rule, by what it is for."""
    return page.locator("li.rule", has=page.get_by_role("heading", name=where, exact=True))


def test_rules_stand_by_kind_with_the_one_that_applies_first_on_top(
    browser: Browser, ruled: PageShop
) -> None:
    """Where each is in force, what it says with units, where it comes from, how useful it was; and its reason if fixed."""
    ruled.alerts.scored.restore([("denim-low", "[9, 1]")])
    with rules(browser, ruled, PHONE, path="rules") as page:
        line = page.get_by_role("link", name="Running low")
        expect(line).to_contain_text("+2")
        expect(line).to_contain_text("2 pieces or fewer left to sell, for 10 minutes")
        line.click()
        expect(page.locator("li.rule h3")).to_have_text(
            ["denim · Lyon Part-Dieu", "Front of shop · All stores", "Everything else"]
        )
        denim = card(page, "denim · Lyon Part-Dieu")
        expect(denim.locator(".rule-says")).to_have_text("3 pieces or fewer left to sell, for 5 minutes")
        expect(denim).to_contain_text("Empties within the hour")
        expect(denim).to_contain_text("Of use, as staff said: 9 of 10")
        expect(denim.locator(".facts").first).to_have_text(
            "Told at or below3 piecesOver at or above6 piecesMust be so for5 minutes"
        )
        of_file = card(page, "Front of shop · All stores")
        expect(of_file.locator(".rule-badges")).to_contain_text("Site’s file")
        expect(of_file).to_contain_text("It stands in the site’s file")
        expect(of_file.get_by_role("button")).to_have_count(1)
        page.get_by_role("link", name="All rules").click()
        expect(page.get_by_role("link", name="Running low")).to_be_focused()
    with rules(browser, ruled, WIDE, "fr-FR", "rules/reader_down", role="associate") as page:
        expect(page.get_by_role("heading", name="Lecteur en panne")).to_be_visible()
        expect(page.locator(".rule-says")).to_have_text(
            "Un lecteur ou une balance est muet ou arrêté, depuis 30 secondes"
        )
        expect(page.locator(".rule-details").get_by_role("button")).to_have_count(0)
        page.get_by_text("L’essayer sur le passé").click()
        expect(page.locator(".trial")).to_contain_text("ne peut pas être essayée sur le passé")


def test_thresholds_are_changed_and_what_others_changed_is_not_undone(
    browser: Browser, ruled: PageShop
) -> None:
    """What cannot be is said beside the field; a change that met another one shows both, and is sent again by a tap."""
    with rules(browser, ruled, expected=("412",)) as page:
        denim = card(page, "denim · Lyon Part-Dieu")
        denim.get_by_role("button", name="Change").click()
        told = denim.get_by_label("Told at or below")
        told.fill("6")
        denim.get_by_role("button", name="Save").click()
        expect(denim.get_by_role("alert")).to_have_text(
            "“Told at or below” must be less than “Over at or above”. Give both."
        )
        told.fill("2.5")
        denim.get_by_role("button", name="Save").click()
        expect(denim.get_by_role("alert")).to_have_text("Told at or below: whole pieces only.")
        told.fill("4")
        denim.get_by_label("Must be so for", exact=True).fill("0.5")
        denim.get_by_label("Unit of: Must be so for").select_option("hour")
        denim.get_by_label("more likely than").fill("40")
        assert api(ruled, "PATCH", "/denim-low", json={"thresholds": {"fire_at": 1}}).status_code == 200
        denim.get_by_role("button", name="Save").click()
        expect(denim.get_by_role("alert")).to_contain_text("Somebody changed this rule meanwhile.")
        expect(denim.locator(".rule-says")).to_contain_text("1 piece or fewer")
        expect(told).to_have_value("4")
        denim.get_by_role("button", name="Save").click()
        expect(denim.locator(".rule-says")).to_have_text("4 pieces or fewer left to sell, for 30 minutes")
        expect(denim.locator("form")).to_have_count(0)
        said = api(ruled, "GET", "/denim-low").json()
        assert said["thresholds"] == {"fire_at": 4, "clear_at": 6, "hold_s": 1800, "risk_above": 0.4}
        assert said["note"] == "Empties within the hour"


def test_rules_are_made_switched_and_deleted(browser: Browser, ruled: PageShop) -> None:
    """A rule is made for an article of this store; one that says the same of the same is refused in words. Switching off
    and deleting ask once."""
    with rules(browser, ruled, expected=("409",)) as page:
        page.get_by_role("button", name="Add a rule").click()
        form = page.locator(".rule-type-head form")
        form.get_by_label("For", exact=True).select_option("departments")
        form.get_by_label("Department").select_option("denim")
        form.get_by_role("button", name="Add it").click()
        expect(form.get_by_role("alert")).to_contain_text("Another rule says of the same")
        form.get_by_label("For", exact=True).select_option("skus")
        form.get_by_role("button", name="Add it").click()
        expect(form.get_by_role("alert")).to_have_text("Choose an article first.")
        form.get_by_label("Article").fill("fig")
        form.get_by_role("button", name="Fig candle").click()
        form.get_by_label("Told at or below").fill("0")
        form.get_by_label("Why it is there").fill("Comes every week")
        form.get_by_role("button", name="Add it").click()
        candle = card(page, "Fig candle · Lyon Part-Dieu")
        expect(candle).to_contain_text("0 pieces or fewer left to sell")
        expect(page.locator("li.rule").first).to_contain_text("Fig candle")
        (made,) = [one for one in api(ruled, "GET", "").json()["items"] if one["skus"] == ["CANDLE-FIG"]]
        assert (made["stores"], made["thresholds"], made["note"]) == (
            [STORE],
            {"fire_at": 0},
            "Comes every week",
        )
        built_in = card(page, "Everything else")
        built_in.get_by_role("button", name="Switch off").click()
        page.get_by_role("button", name="Leave it as it is").click()
        built_in.get_by_role("button", name="Switch off").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
        expect(built_in.locator(".rule-badges")).to_contain_text("Off")
        assert api(ruled, "GET", "/default-low-stock").json()["enabled"] is False
        built_in.get_by_role("button", name="Switch on").click()
        expect(built_in.locator(".rule-badges")).not_to_contain_text("Off")
        candle.get_by_role("button", name="Delete").click()
        page.get_by_role("dialog").get_by_role("button", name="Delete").click()
        expect(candle).to_have_count(0)
        assert api(ruled, "GET", f"/{made['id']}").status_code == 404


def test_a_switch_without_a_line_is_kept_marked_and_sent(browser: Browser, ruled: PageShop) -> None:
    """Offline it waits, visibly; with the line again the rule is switched."""
    with rules(browser, ruled, expected=GONE) as page:
        denim = card(page, "denim · Lyon Part-Dieu")
        page.context.set_offline(True)
        denim.get_by_role("button", name="Switch off").click()
        page.get_by_role("dialog").get_by_role("button", name="Switch off").click()
        expect(denim.locator(".is-waiting")).to_have_text("Waits for the connection")
        assert api(ruled, "GET", "/denim-low").json()["enabled"] is True
        page.context.set_offline(False)
        expect(denim.locator(".is-off")).to_have_text("Off", timeout=30_000)
        assert api(ruled, "GET", "/denim-low").json()["enabled"] is False


def test_a_rule_is_tried_on_the_past_before_it_is_made(browser: Browser, ruled: PageShop) -> None:
    """Alerts a day, how early, what came of each, as a chart and on a line of time; what is refused is said in words."""
    ruled.backtests.found = lambda stores, from_ns: a_fortnight(stores[0], from_ns)
    with rules(browser, ruled, expected=("503", "422")) as page:
        denim = card(page, "denim · Lyon Part-Dieu")
        denim.get_by_text("Try it on the past").click()
        denim.get_by_role("button", name="Try it").click()
        expect(denim.get_by_role("heading", name="It would have told 24 alerts")).to_be_visible()
        expect(denim.locator(".trial-totals")).to_contain_text("1.7")
        expect(denim.locator(".trial-totals")).to_contain_text("15 of 24")
        expect(denim.locator(".trial-totals")).to_contain_text("3.2 hrs")
        expect(denim.locator(".trial-totals")).to_contain_text("2 of 17")
        expect(denim.locator(".trial-words")).to_contain_text("perhaps because somebody acted")
        expect(denim.locator(".trial-rows li")).to_have_count(3)
        assert denim.locator(".trial-rows .trial-bar").count() == 24
        assert denim.locator(".trial-rows .trial-out").count() == 15
        denim.get_by_text("As a list").click()
        expect(denim.locator(".trial-list li")).to_have_count(24)
        (asked,) = ruled.backtests.asked
        assert (asked.rule.id, asked.stores, asked.to_ns - asked.from_ns) == (
            "denim-low",
            [STORE],
            14 * DAY_NS,
        )
        denim.get_by_role("button", name="Change").click()
        form = denim.locator("form")
        form.get_by_label("Told at or below").fill("5")
        form.get_by_role("button", name="7 days").click()
        form.get_by_role("button", name="Try it").click()
        expect(form.get_by_role("heading", name="It would have told 24 alerts")).to_be_visible()
        tried = ruled.backtests.asked[-1]
        assert tried.rule.departments == ("denim",)
        assert tried.rule.thresholds == {"fire_at": 5, "clear_at": 6, "hold_s": 300}
        assert NOW_NS - tried.from_ns >= 6.9 * DAY_NS
        for code, words in (
            ("backtest_busy", "Another rule is being tried. Try again in a minute."),
            ("too_much_history", "That is too much of the past at once: try fewer days."),
        ):
            ruled.backtests.refusal = BacktestRefused(code, "no")  # type: ignore[arg-type]  # one of them
            form.get_by_role("button", name="Try it").click()
            expect(form.locator(".trial-state")).to_have_text(words)
            expect(form.locator(".trial-result")).to_be_empty()


def test_alerts_lead_managers_to_their_rules(browser: Browser, ruled: PageShop) -> None:
    """From an alert one comes to the rules of its kind; who may not change rules is not led there."""
    ruled.set_alert(LOW)
    with tablet(
        browser, ruled, path=f"alerts/{LOW.id}", storage_state=storage_of(ruled.address, "manager")
    ) as page:
        page.get_by_role("link", name="Show its rules").click()
        expect(page.get_by_role("heading", name="Running low", level=2)).to_be_focused()
        expect(card(page, "Everything else")).to_be_visible()
    with tablet(browser, ruled, path="alerts", storage_state=storage_of(ruled.address, "lead")) as page:
        expect(page.locator(".alarm")).to_have_count(1)
        expect(page.locator("a[href^='/rules']")).to_have_count(0)


def test_it_fits_each_screen_with_all_of_it_open(browser: Browser, ruled: PageShop) -> None:
    """The form, what a trial found and all rules can be read and tapped at each size, in both schemes."""
    ruled.backtests.found = lambda stores, from_ns: a_fortnight(stores[0], from_ns)
    with rules(browser, ruled, PHONE, "fr-FR") as page:
        page.get_by_role("button", name="Ajouter une règle").click()
        page.locator(".rule-type-head").get_by_role("button", name="Essayer", exact=True).click()
        expect(page.get_by_role("heading", name="Elle aurait signalé 24 alertes")).to_be_visible()
        page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
        page.evaluate(CHECKS)
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
        assert inaccessible(page) == []


def test_the_page_knows_what_rules_of_each_type_may_say(browser: Browser, shop: PageShop) -> None:
    """Thresholds with units and bounds, which must be apart, what rules are narrowed to, and which can be tried: as the gateway."""
    with tablet(browser, shop) as page:
        known = page.evaluate(
            """async () => {
                 const { TYPES, TRIED, APART, termsOf, filtersOf } = await import("/static/parts/rule-terms.js");
                 return Object.fromEntries(TYPES.map((type) => [type, {
                   terms: termsOf(type).map(({ name, unit, low, high }) => [name, unit, low, high]),
                   apart: APART[type] ?? [], narrowed: filtersOf(type), isTried: TRIED.has(type) }]));
               }"""
        )
    assert known == {
        str(kind): {
            "terms": [[term.name, term.unit, term.low, term.high] for term in thresholds_of(kind)],
            "apart": [list(pair) for pair in APART.get(kind, ())],
            "narrowed": list(filters_of(kind)),
            "isTried": kind in TRIED,
        }
        for kind in AlertType
    }
