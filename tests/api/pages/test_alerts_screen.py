"""The screen "alerts": what is shown of each, every act on one, silences, and how useful each rule was."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.pages.mount import page_files
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Comment
from gateway.ports.records import HistoryPoint
from gateway.staff.model import Role
from tests.support.api_ports import NOW_NS
from tests.support.page_shop import PageShop
from tests.support.page_stock import HELD, LOW, REFILL, SOLD_OUT, STORE, S, alert
from tests.support.plain_staff import IDS
from tests.support.signing_in import storage_of
from tests.support.tablets import CHECKS, SCHEMES, SIZES, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET, WIDE = (390, 844), (800, 1280), (1280, 800)
DOWN = replace(
    alert(AlertType.READER_DOWN, 300, device="m100-denim", zone="denim"),
    evidence={"zones": "denim", "state": "silent"},
)
GONE = ("ERR_INTERNET_DISCONNECTED", "net::")
MANY = 200
MAX_DRAWN_MS, DRAWN = 2_000, 5
"""Generous: what is drawn at once is what a slow tablet would choke on. The quickest of some drawings counts: a busy
machine may make a browser wait in any of them.
"""


def numbered(record: AlertRecord, number: int, **changes: Any) -> AlertRecord:
    """Return an alert with an id as the gateway gives it."""
    return replace(record, id=f"{number:016x}", **changes)


SOLD, FILL, FEW = numbered(SOLD_OUT, 1), numbered(REFILL, 2), numbered(LOW, 3)


@pytest.fixture
def alarmed() -> Iterator[PageShop]:
    """Return a shop with three alerts, a history of their articles, and hours."""
    with PageShop() as served:
        served.inventory.places[0] = replace(
            served.inventory.places[0],
            hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ("09:30-19:30",)),
        )

        async def history(
            store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
        ) -> list[HistoryPoint]:
            return [HistoryPoint(from_ns, 6, 6.0, 6), HistoryPoint(to_ns - 600 * S, 1, 2.0, 2)]

        served.records.history = history  # type: ignore[method-assign]  # this shop's own past
        for record in (SOLD, FILL, FEW):
            served.set_alert(record)
        yield served


@contextmanager
def alerts(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "alerts",
    role: Role = "lead", expected: tuple[str, ...] = (), **options: Any,
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen on a device where somebody is signed in."""
    options["storage_state"] = storage_of(shop.address, role)
    with tablet(browser, shop, size, locale, expected, path, **options) as page:
        live(page)
        expect(page.locator(".alarm-screen")).to_be_visible()
        yield page


def card(page: Page, title: str) -> Locator:
    """Return the line of an alert."""
    return page.locator("li.alarm", has_text=title)


def state_of(shop: PageShop, record: AlertRecord) -> AlertRecord:
    """Return an alert as the gateway has it."""
    return shop.alerts.kept[record.id]


def test_alerts_stand_by_urgency_and_filters_narrow_them(browser: Browser, alarmed: PageShop) -> None:
    """The gravest first, with what to do, the way, the age; mine, on hold and what was done today by a tap.
    Associates say something of an alert, and neither give nor end it."""
    done = numbered(LOW, 5, sku="CANDLE-FIG", state=AlertState.RESOLVED, resolved_at_ns=NOW_NS - 60 * S)
    alarmed.set_alert(numbered(HELD, 4))
    alarmed.set_alert(done)
    alarmed.set_alert(replace(done, id=f"{6:016x}", sku="TEE-WHT-L", resolved_at_ns=NOW_NS - 2 * 86_400 * S))
    with alerts(browser, alarmed, role="associate") as page:
        expect(page.locator(".alarm-title")).to_have_text(
            ["Navy jumper L is sold out", "Refill White tee M", "Oxford shirt 40 is running low"]
        )
        fill = card(page, "Refill White tee M")
        expect(fill.locator(".route .place")).to_have_text(["Back room", "Front of shop"])
        expect(fill).to_contain_text("Soon · since 18:49, 13 mins")
        page.get_by_role("button", name="On hold (1)").click()
        expect(page.locator(".alarm")).to_have_count(1)
        expect(page.locator(".alarm")).to_contain_text("On hold while m100-denim is down.")
        page.get_by_role("button", name="Mine (0)").click()
        expect(page.locator(".alarm-screen .nothing")).to_have_text(
            "You have taken on nothing that still stands."
        )
        page.get_by_role("button", name="Done today").click()
        expect(page.locator(".alarm")).to_contain_text(["Fig candle is running low"])
        expect(page.locator(".alarm")).to_contain_text(["done at 19:01, 1 min ago"])
        page.locator(".alarm a").click()
        expect(page.get_by_label("Comment")).to_be_hidden()
        page.get_by_text("Put off, give, comment, end").click()
        expect(page.get_by_label("Comment")).to_be_visible()
        expect(page.get_by_label("Who sees to it")).to_be_hidden()


def test_somebody_takes_an_alert_on_and_lets_go_of_it(browser: Browser, alarmed: PageShop) -> None:
    """A tap tells the gateway and all other devices; it stands last, is mine, and a second tap undoes it. What is over
    meanwhile is refused in words, and then shown as it is."""
    with (
        alerts(browser, alarmed, PHONE, expected=("409",)) as page,
        alerts(browser, alarmed, WIDE, "fr-FR") as other,
    ):
        sold = card(page, "Navy jumper L is sold out")
        sold.get_by_role("button", name="I see to it").click()
        expect(sold).to_contain_text("You see to it")
        expect(page.locator(".toast")).to_contain_text("You see to: Navy jumper L is sold out")
        expect(page.locator(".alarm").last).to_contain_text("Navy jumper L")
        assert state_of(alarmed, SOLD).state == AlertState.ACKNOWLEDGED
        assert state_of(alarmed, SOLD).changed_by == IDS["lead"]
        expect(card(other, "Pull marine L")).to_contain_text("Vous vous en occupez")
        page.get_by_role("button", name="Mine (1)").click()
        expect(page.locator(".alarm")).to_have_count(1)
        sold.get_by_role("button", name="Let go of it").click()
        expect(page.locator(".alarm")).to_have_count(0)
        expect(card(other, "Pull marine L").get_by_role("button")).to_have_text("Je m’en occupe")
        assert state_of(alarmed, SOLD).state == AlertState.FIRING
        alarmed.alerts.kept[FILL.id] = replace(FILL, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS)
        page.get_by_role("button", name="To do").click()
        card(page, "Refill White tee M").get_by_role("button").click()
        expect(page.locator(".toast.is-bad")).to_contain_text("It has gone on meanwhile")
        expect(card(page, "Refill White tee M")).to_have_count(0)


def test_one_alert_tells_what_it_rests_on_and_takes_every_act(browser: Browser, alarmed: PageShop) -> None:
    """Evidence in words and as a picture; put off, given, commented, judged and ended, each with its trace."""
    with alerts(browser, alarmed, path=f"alerts/{FEW.id}") as page:
        expect(page.get_by_role("heading", name="Oxford shirt 40 is running low")).to_be_visible()
        expect(page.locator(".alarm-details .facts")).to_have_text("To sell2On hand2Alert at or below2")
        expect(page.locator(".picture figcaption")).to_have_text(
            "From 16:46 on: 6 at first, 2 at last, 1 at the least. The dashed line is the threshold, 2."
        )
        expect(page.locator(".picture .fired-text")).to_have_text("told 18:56")
        expect(page.locator(".picture .threshold")).to_have_count(1)
        page.get_by_role("button", name="No, false alarm").click()
        expect(page.get_by_role("button", name="No, false alarm")).to_have_attribute("aria-pressed", "true")
        page.get_by_text("Put off, give, comment, end").click()
        page.get_by_label("Comment").fill("Boxes are on their way")
        page.get_by_role("button", name="Add").click()
        expect(page.locator(".alarm-log")).to_contain_text("you: Boxes are on their way")
        page.get_by_label("Who sees to it").fill("Camille")
        page.get_by_role("button", name="Give").click()
        expect(page.locator(".alarm-head")).to_contain_text("Camille sees to it")
        page.get_by_role("button", name="1 hour").click()
        expect(page.locator(".alarm-hold")).to_have_text("Put off until 20:02.")
        page.get_by_role("button", name=re.compile("until opening")).click()
        expect(page.locator(".alarm-hold")).to_have_text("Put off until Sun 09:30.")
        page.get_by_role("button", name="No longer put off").click()
        expect(page.locator(".alarm-hold")).to_have_count(0)
        page.get_by_label("Over, because").fill("Taken out of the range")
        page.get_by_role("button", name="End it").click()
        expect(page.locator(".alarm-log")).to_contain_text("Ended by you: Taken out of the range")
        expect(page.get_by_role("button", name="I see to it")).to_be_hidden()
        after = state_of(alarmed, FEW)
        assert (after.state, after.assignee, after.useful) == (AlertState.RESOLVED, "Camille", False)
        assert [comment.text for comment in after.comments] == ["Boxes are on their way"]
        page.get_by_role("link", name="All alerts").click()
        expect(page.locator(".alarm")).to_have_count(2)
        page.get_by_text("How useful were the alerts?").click()
        expect(page.locator(".precision")).to_contain_text("Running low")
        expect(page.locator(".precision")).to_contain_text("0 of 1 of use; between 0%")


def test_a_dead_reader_is_drawn_as_silence_and_fits_each_screen(browser: Browser, alarmed: PageShop) -> None:
    """Its last sign of life and the silence since are a picture; with all forms open everything can be read and
    tapped, at each size and in both schemes."""
    alarmed.set_device("m100-denim", "silent", last_seen_at_ns=NOW_NS - 330 * S)
    alarmed.set_alert(numbered(DOWN, 7))
    with alerts(browser, alarmed, PHONE, "fr-FR", f"alerts/{7:016x}") as page:
        expect(page.get_by_role("heading", name="Vérifier m100-denim")).to_be_visible()
        expect(page.locator(".picture figcaption")).to_contain_text("Entendu pour la dernière fois à 18:56")
        expect(page.locator(".alarm-details .facts")).to_contain_text("Muet")
        page.evaluate(CHECKS)
        page.locator(".alarm-more summary").click()
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                assert settled(page) == {}, (scheme, width)
        assert inaccessible(page) == []


def test_an_act_without_a_line_is_kept_marked_and_sent_once(browser: Browser, alarmed: PageShop) -> None:
    """Offline an act waits, visibly; with the line again it is sent, and the alert is taken on."""
    with alerts(browser, alarmed, expected=GONE) as page:
        sold = card(page, "Navy jumper L is sold out")
        expect(sold).to_be_visible()
        page.context.set_offline(True)
        sold.get_by_role("button").click()
        expect(sold.locator(".is-waiting")).to_have_text("Waits for the connection")
        expect(sold.get_by_role("button")).to_be_disabled()
        assert state_of(alarmed, SOLD).state == AlertState.FIRING
        page.context.set_offline(False)
        expect(sold).to_contain_text("You see to it", timeout=60_000)
        assert state_of(alarmed, SOLD).state == AlertState.ACKNOWLEDGED


def test_alerts_come_change_and_go_while_one_looks(browser: Browser, alarmed: PageShop) -> None:
    """A new one appears and is told to screen readers; an open one shows what others do; one that is over goes."""
    with alerts(browser, alarmed, WIDE, path=f"alerts/{SOLD.id}") as page:
        alarmed.set_alert(numbered(LOW, 9, sku="CANDLE-FIG"))
        expect(card(page, "Fig candle is running low")).to_be_visible()
        expect(page.locator(".alarm-list > [aria-live=polite]")).to_have_text(
            "New alert: Fig candle is running low"
        )
        said = replace(SOLD, comments=(Comment(NOW_NS, IDS["associate"], "Ordered"),))
        alarmed.set_alert(said)
        expect(page.locator(".alarm-log")).to_contain_text("Associate: Ordered")
        alarmed.set_alert(replace(said, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS))
        expect(card(page, "Navy jumper L")).to_have_count(0)
        expect(page.locator(".alarm-head")).to_contain_text("Over")


def test_alerts_are_silenced_for_a_time_and_told_again(browser: Browser, alarmed: PageShop) -> None:
    """A silence is made of what it matches, for how long and why; it is listed, and ended by a tap."""
    with alerts(browser, alarmed, PHONE) as page:
        page.get_by_text("Silences").click()
        expect(page.get_by_text("No alert is silenced.")).to_be_visible()
        page.get_by_label("Which", exact=True).select_option("low_stock")
        page.get_by_label("Zone").select_option("denim")
        page.get_by_label("For", exact=True).select_option("four_hours")
        page.get_by_label("Why").fill("The wall is being rebuilt")
        page.get_by_role("button", name="Silence", exact=True).click()
        expect(page.locator(".silence")).to_contain_text("Running low · Denim wall")
        expect(page.locator(".silence")).to_contain_text("until 23:02")
        (made,) = alarmed.alerts.book.active(NOW_NS)
        assert (made.matcher.store, made.matcher.type, made.matcher.zone) == (STORE, "low_stock", "denim")
        assert made.until_ns == NOW_NS + 4 * 3_600 * S
        page.get_by_role("button", name="End: Running low · Denim wall").click()
        expect(page.locator(".silence")).to_have_count(0)
        assert alarmed.alerts.book.active(NOW_NS) == []


def test_two_hundred_alerts_stand_by_zone_and_stay_quick(browser: Browser, alarmed: PageShop) -> None:
    """Many alerts are grouped by zone; one that changes is drawn alone."""
    zones, skus = ("front", "denim", "back-room"), [article.sku for article in alarmed.inventory.listed]
    for number in range(MANY - 3):
        alarmed.set_alert(numbered(LOW, 1_000 + number, zone=zones[number % 3], sku=skus[number % len(skus)]))
    with alerts(browser, alarmed) as page:
        expect(page.locator(".alarm")).to_have_count(MANY)
        expect(page.locator(".alarm-group h3")).to_have_count(4)
        page.evaluate(CHECKS)
        page.evaluate(
            "window.touched = new Set(); new MutationObserver((found) => found.forEach(({ target }) => touched.add("
            "(target.closest ? target : target.parentElement).closest('li.alarm')))).observe("
            "document.querySelector('.alarm-groups'), { subtree: true, childList: true, characterData: true, attributes: true })"
        )
        one = numbered(LOW, 1_000, zone="front", sku=skus[0], assignee="Camille")
        alarmed.set_alert(one)
        expect(page.locator(f"[data-alert='{one.id}']")).to_contain_text("Camille sees to it")
        assert page.evaluate("[...touched].filter(Boolean).length") == 1
        took_ms = min(
            page.evaluate(
                "new Promise((done) => { const from = performance.now(); document.querySelectorAll('.chips .chip')[1].click();"
                "document.querySelectorAll('.chips .chip')[0].click(); requestAnimationFrame(() => done(performance.now() - from)); })"
            )
            for _ in range(DRAWN)
        )
        assert took_ms < MAX_DRAWN_MS


def test_silences_know_every_type_of_alert() -> None:
    """What can be silenced are the gateway's own types."""
    text = page_files()["parts/silences.js"].content.decode()
    listed = re.search(r"const TYPES = \[(.*?)\];", text, re.DOTALL)
    assert listed is not None
    assert set(re.findall(r'"(\w+)"', listed[1])) == set(AlertType)
