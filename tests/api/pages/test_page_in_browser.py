"""The page in a real browser, served by the real app: what staff see, and what they see when it breaks.

A Content-Security-Policy that is broken, a script that fails or a file that is missing is a message on
the browser's console: each test ends by asking that there was none.
"""

import json
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.app import ApiSettings
from gateway.alerts.records import AlertState
from gateway.calibration import Answered, Calibration
from gateway.ports.inventory import ArticleInfo, Belief
from tests.support.api_ports import EXACT, NOW_NS, READ, S
from tests.support.page_shop import PageShop
from tests.support.page_stock import HELD, LOW, REFILL, SOLD_OUT, STORE, stock
from tests.support.tablets import (
    CHECKS,
    MIN_CONTRAST,
    MIN_TOUCH_PX,
    SCHEMES,
    SIZES,
    XSS,
    live,
    settled,
    tablet,
)

pytestmark = pytest.mark.browser


def row(page: Page, sku: str) -> Locator:
    """Return the row of an article."""
    return page.locator("li.article", has=page.locator(".sku", has_text=sku))


def test_the_page_shows_what_the_gateway_knows(browser: Browser, shop: PageShop) -> None:
    """Store, clock, zones, articles with status, quantity, places and freshness, alerts and readers are there."""
    with tablet(browser, shop) as page:
        live(page)
        expect(page.locator("h1")).to_have_text("Lyon Part-Dieu")
        expect(page.locator(".clock")).to_have_text("19:02")
        expect(page.locator("li.article")).to_have_count(13)
        jeans = row(page, "DEN-501-32")
        expect(jeans.locator(".badge")).to_have_text("In stock")
        expect(jeans.locator(".available")).to_have_text("11")
        expect(jeans.locator(".on-hand")).to_have_text("of 12 on hand")
        expect(jeans.locator(".place")).to_have_text(["Denim wall 5", "Fitting rooms 1", "Back room 6"])
        expect(row(page, "DEN-501-34").locator(".freshness")).to_have_text("12 secs ago")
        expect(row(page, "TOTE-CANVAS").locator(".freshness")).to_have_text("counted by scans")
        expect(page.locator("g.tile")).to_have_count(6)
        expect(page.locator("g.tile[data-zone=denim] .tile-number")).to_have_text("14")
        expect(page.locator(".unknown .article .name")).to_have_text("Unknown product 04006381333931")
        expect(page.locator(".devices .device")).to_have_count(7)
        expect(page.locator(".to-alerts")).to_have_attribute("aria-label", "3 alerts")


def test_a_change_in_the_shop_is_on_the_page_at_once(browser: Browser, shop: PageShop) -> None:
    """An event of the stream changes a row and its zone without asking for anything else."""
    with tablet(browser, shop) as page:
        live(page)
        shop.set_stock(stock("DEN-501-32", {"denim": 4, "back-room": 6, "in-hand": 1}))
        expect(row(page, "DEN-501-32").locator(".available")).to_have_text("10")
        expect(row(page, "DEN-501-32").locator(".place")).to_have_text(
            ["Denim wall 4", "Back room 6", "With customers 1"]
        )
        expect(page.locator("g.tile[data-zone=denim] .tile-number")).to_have_text("13")
        shop.set_stock(stock("DEN-501-32", {}))
        expect(row(page, "DEN-501-32").locator(".badge")).to_have_text("Out of stock")
        expect(row(page, "DEN-501-32").locator(".nowhere")).to_be_visible()


def test_an_alert_appears_is_told_and_goes(browser: Browser, shop: PageShop) -> None:
    """A firing alert says what to bring from where to where; when the last one is over, all is calm."""
    with tablet(browser, shop) as page:
        live(page)
        refill = page.locator(".alert", has_text="Refill White tee M")
        expect(refill.locator(".route .place")).to_have_text(["Back room", "Front of shop"])
        expect(refill).to_contain_text("8 pieces wait out of sight")
        expect(refill).to_contain_text("since 18:49, 13 mins")
        expect(page.locator("g.tile[data-zone=front]")).to_have_attribute(
            "class", "tile is-watched has-warning"
        )
        shop.set_alert(replace(LOW, id="new", sku="CANDLE-FIG"))
        expect(page.locator(".alert", has_text="Fig candle is running low")).to_be_visible()
        expect(page.locator(".todo [aria-live=polite]")).to_have_text("New alert: Fig candle is running low")
        for record in (REFILL, SOLD_OUT, LOW, replace(LOW, id="new", sku="CANDLE-FIG")):
            shop.set_alert(replace(record, state=AlertState.RESOLVED, resolved_at_ns=NOW_NS))
        expect(page.locator(".calm-title")).to_be_visible()
        expect(page.locator("g.tile[data-zone=front]")).to_have_attribute("class", "tile is-watched")


def test_an_alert_that_somebody_sees_to_stays_in_sight(browser: Browser, shop: PageShop) -> None:
    """An acknowledged alert stands last and says who sees to it; one that was put off or silenced is on hold."""
    with tablet(browser, shop) as page:
        live(page)
        shop.set_alert(replace(SOLD_OUT, state=AlertState.ACKNOWLEDGED, assignee="Camille"))
        expect(page.locator(".alert:not(.is-held)").last).to_contain_text("Camille sees to it")
        put_off = replace(REFILL, state=AlertState.SNOOZED, snoozed_until_ns=NOW_NS + 3_600 * S)
        shop.set_alert(put_off)
        expect(page.locator(".alert.is-held", has_text="Refill White tee M")).to_contain_text(
            "Put off until 20:02"
        )
        shop.set_alert(replace(LOW, suppressed_by="silence:si_6f1c2a0b9d3e"))
        expect(page.locator(".alert.is-held")).to_have_count(2)
        expect(page.locator(".alert.is-held", has_text="silenced")).to_have_count(1)


def test_what_nobody_watches_is_shown_as_unknown(browser: Browser, shop: PageShop) -> None:
    """With its reader silent a zone is hatched, its articles are unknown with their last known numbers, and
    their alerts are on hold."""
    with tablet(browser, shop) as page:
        live(page)
        shop.let_the_denim_reader_die()
        expect(page.locator("g.tile[data-zone=denim]")).to_have_attribute(
            "class", "tile is-unwatched has-critical"
        )
        jeans = row(page, "DEN-501-32")
        expect(jeans.locator(".badge")).to_have_text("Unknown")
        expect(jeans.locator(".last-known")).to_be_visible()
        expect(jeans.locator(".available")).to_have_text("11")
        expect(jeans.locator(".freshness")).to_have_text("5 mins ago")
        expect(page.locator(".alert").first).to_contain_text("Check m100-denim")
        page.locator(".on-hold summary").click()
        expect(page.locator(".on-hold .alert")).to_contain_text("On hold while m100-denim is down.")
        silent = page.locator(".device").first
        expect(silent).to_contain_text("Silent")
        silent.locator("summary").click()
        expect(silent).to_contain_text("41 × tag damaged on the air")


def test_a_lost_connection_is_said_and_numbers_are_marked_until_it_is_back(
    browser: Browser, shop: PageShop
) -> None:
    """Without the gateway the page says since when its numbers stand; with it again it shows the new ones."""
    with tablet(browser, shop, expected=("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED")) as page:
        live(page)
        shop.close()
        expect(page.locator(".live")).to_have_attribute("data-state", "lost", timeout=60_000)
        expect(page.locator(".notice.is-lost")).to_contain_text("These numbers are from 19:02:11")
        expect(page.locator(".shell.is-stale")).to_be_visible()
        expect(row(page, "DEN-501-32").locator(".available")).to_have_text("11")
        shop.inventory.found[STORE, "DEN-501-32"] = stock("DEN-501-32", {"denim": 2})
        shop.open()
        page.get_by_role("button", name="Try now").click()
        live(page)
        expect(page.locator(".notice.is-lost")).to_be_hidden()
        expect(row(page, "DEN-501-32").locator(".available")).to_have_text("2")


def test_who_looks_is_asked_while_the_texts_are_on_their_way(browser: Browser, shop: PageShop) -> None:
    """What does not depend on each other comes side by side: the first view waits for the slowest alone."""
    with tablet(browser, shop) as page:
        live(page)
        page.route("**/messages/en.json", lambda _: None)
        with page.expect_request("**/session"), page.expect_request("**/v1/stores"):
            page.reload(wait_until="commit")
        page.unroute("**/messages/en.json")  # lets go what was kept waiting
        live(page)


def test_a_phone_has_room_for_all_screens_and_for_what_is_chosen(browser: Browser, shop: PageShop) -> None:
    """What is behind "more" opens above the links under the thumb, which stay; the sorting is read in full."""
    with tablet(browser, shop, (390, 844), "fr-FR", path="now") as page:
        live(page)
        under_the_thumb = page.locator(".nav > .nav-link")
        places = under_the_thumb.evaluate_all("links => links.map((link) => link.getBoundingClientRect().y)")
        page.get_by_role("button", name="Plus").click()
        behind = page.locator(".nav-behind .nav-link")
        expect(behind.last).to_be_visible()
        assert (
            under_the_thumb.evaluate_all("links => links.map((link) => link.getBoundingClientRect().y)")
            == places
        )
        lowest = behind.evaluate_all(
            "links => Math.max(...links.map((link) => link.getBoundingClientRect().bottom))"
        )
        assert lowest <= min(places)
        page.keyboard.press("Escape")
        expect(behind.first).to_be_hidden()
        asked_px, had_px = page.locator(".sort select").evaluate(
            """(select) => { const free = select.cloneNode(true); free.style.cssText = "position: absolute; min-width: auto";
            document.body.append(free); const asked = free.offsetWidth; free.remove(); return [asked, select.offsetWidth]; }"""
        )
        assert had_px >= asked_px


def test_the_page_speaks_french_and_remembers_it(browser: Browser, shop: PageShop) -> None:
    """A tap changes all texts and numbers; the choice outlives a reload."""
    with tablet(browser, shop) as page:
        live(page)
        page.get_by_role("button", name="Français").click()
        for _ in range(2):
            live(page)
            expect(page.locator("html")).to_have_attribute("lang", "fr")
            expect(page.locator("#stock-title")).to_have_text("Stock")
            expect(row(page, "DEN-501-32").locator(".name")).to_have_text("Jean droit 32")
            expect(row(page, "DEN-501-34").locator(".freshness")).to_have_text(
                "il y a 12\u202fs", use_inner_text=True
            )
            expect(page.locator(".alert", has_text="Réassortir\u00a0: T-shirt blanc M")).to_be_visible()
            page.reload()


def test_a_zone_a_search_and_a_sorting_narrow_the_list(browser: Browser, shop: PageShop) -> None:
    """A tap on a zone lists what is in it; words find names without accents; sorting brings up what needs it."""
    with tablet(browser, shop) as page:
        live(page)
        page.locator("g.tile[data-zone=denim]").focus()
        page.keyboard.press("Enter")
        expect(page.locator("li.article")).to_have_count(4)
        expect(page.locator("g.tile[data-zone=denim]")).to_have_attribute("aria-pressed", "true")
        page.get_by_role("button", name="In Denim wall").click()
        page.get_by_role("searchbox").fill("WHITE tee-wht")
        expect(page.locator("li.article .sku")).to_have_text(["TEE-WHT-L", "TEE-WHT-M", "TEE-WHT-S"])
        page.get_by_role("searchbox").fill("nothing like it")
        expect(page.locator(".stock .nothing")).to_have_text("No article matches.")
        page.get_by_role("searchbox").fill("")
        page.locator(".sort select").select_option("attention")
        expect(page.locator("li.article .badge").first).to_have_text("Out of stock")


def test_the_way_in_takes_a_key_and_never_shows_it(browser: Browser) -> None:
    """With sign-in on, a wrong key is refused in words, a key without the right too; a good one opens the page,
    is in no address, and signing out closes it."""
    with PageShop(ApiSettings()) as shop, tablet(browser, shop, expected=("401", "403")) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        key = page.get_by_label("Access key")
        for given, said in (("wrong", "not known"), (READ, "may not see quantities")):
            key.fill(given)
            key.press("Enter")
            expect(page.get_by_role("alert")).to_contain_text(said)
        key.fill(EXACT)
        page.get_by_role("button", name="Sign in").click()
        live(page)
        assert [url for url in (*asked, page.url) if EXACT in url or "wrong" in url] == []
        assert EXACT not in json.dumps(
            page.evaluate("[document.cookie, {...localStorage}, {...sessionStorage}]")
        )
        page.get_by_role("button", name="Sign out").click()
        expect(key).to_be_visible()


def test_foreign_text_is_shown_and_never_run(browser: Browser, shop: PageShop) -> None:
    """Names, details and evidence from outside are text, whatever they look like."""
    first, *others = XSS
    for number, text in enumerate(XSS):
        sku = f"XSS-{number}"
        shop.inventory.listed.append(ArticleInfo(sku, (), {"en": text}, "tag", True))
        shop.inventory.found[STORE, sku] = stock(sku, {"front": 1})
        shop.set_alert(
            replace(LOW, id=f"x{number}", sku=sku, evidence={"available": text, "threshold": text})
        )
    shop.set_alert(replace(HELD, suppressed_by=f"reader_down|{first}"))
    shop.set_device("m100-denim", "offline", detail=first, dropped={others[0]: 1})
    with tablet(browser, shop) as page:
        live(page)
        page.locator(".device summary").first.click()
        for text in XSS:
            expect(page.locator("li.article .name", has_text=text)).to_have_count(1)
        assert page.evaluate("window.pwned") is None
        assert page.locator("img, iframe, main script").count() == 0


def test_thousands_of_articles_stay_light(browser: Browser, shop: PageShop) -> None:
    """Of 2,000 articles a page of rows is drawn, and more on demand; a change of one touches one row."""
    for number in range(2_000):
        sku = f"ART-{number:04d}"
        shop.inventory.listed.append(ArticleInfo(sku, (), {"en": f"Article {number:04d}"}, "tag", True))
        shop.inventory.found[STORE, sku] = stock(sku, {"front": number % 9, "back-room": 4})
    with tablet(browser, shop) as page:
        live(page)
        expect(page.locator(".stock .section-note")).to_have_text("2,013 articles")
        expect(page.locator("li.article")).to_have_count(60)
        page.evaluate(CHECKS)
        page.evaluate("window.touched = countChanges('.articles')")
        shop.set_stock(stock("ART-0003", {"front": 1}))
        expect(row(page, "ART-0003").locator(".available")).to_have_text("1")
        assert page.evaluate("window.touched.rows.size") == 1
        page.get_by_role("button", name="Show 60 more articles").click()
        expect(page.locator("li.article")).to_have_count(120)
        page.get_by_role("searchbox").fill("article 9999")
        expect(page.locator("li.article")).to_have_count(0)
        page.get_by_role("searchbox").fill("article 1999")
        expect(page.locator("li.article")).to_have_count(1)


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_everybody_can_read_and_tap_it(browser: Browser, shop: PageShop, locale: str) -> None:
    """At each size, in both languages, light and dark, live and stale: nothing runs over, each target is large
    enough for a thumb, and each text stands out from what is behind it."""
    shop.let_the_denim_reader_die()
    with tablet(browser, shop, locale=locale) as page:
        live(page)
        page.evaluate(CHECKS)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                for state in ("live", "stale"):
                    page.evaluate(
                        f"document.querySelector('.shell').classList.toggle('is-stale', {state == 'stale':d})"
                    )
                    assert settled(page) == {}, f"{width} × {height}, {scheme}, {state}"


def test_a_number_that_is_not_sure_says_so_and_a_sure_one_stands_alone(
    browser: Browser, shop: PageShop
) -> None:
    """Between which numbers the pieces lie is said where that is more than one; it follows the stream."""

    def jeans(low: int, high: int, **changes: Any) -> None:
        belief = Belief(float(high), (1.0,), (low, high))
        found = stock("DEN-501-30", {"denim": 3, "back-room": 4}, belief=belief, **changes)
        shop.set_stock(found)

    jeans(7, 7)
    with tablet(browser, shop) as page:
        live(page)
        likely = row(page, "DEN-501-30").locator(".likely")
        expect(likely).to_be_hidden()
        jeans(6, 7)
        expect(likely).to_have_text("likely 6–7")
        expect(likely).to_have_attribute("title", "With 90 % certainty there are 6 to 7 pieces in the store.")
        jeans(6, 7, status="UNKNOWN")
        expect(likely).to_be_hidden()


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_it_tells_how_right_its_numbers_were(browser: Browser, shop: PageShop, locale: str) -> None:
    """Nothing while nothing is proved; then sentences with their numbers; and a picture of what is enough."""
    english = locale == "en-GB"
    with tablet(browser, shop, (390, 844), locale) as page:
        live(page)
        opened = page.locator("#proof summary")
        opened.click()
        said = page.locator(".proof-body")
        expect(said).to_contain_text("Nothing has proved" if english else "Rien n’a encore")
        calibration = Calibration()
        for number in range(30):
            answered = Answered(2, 2.0, 0.97 if number else 0.4)
            calibration.counted(STORE, answered, 2 if number > 1 else 0, NOW_NS, tells_of_none=True)
        calibration.sold(STORE, Answered(0, 0.1, 0.1), NOW_NS)
        report = calibration.report(STORE)
        assert report is not None
        shop.inventory.proved[STORE] = report
        opened.click()
        opened.click()
        expect(said).to_contain_text("28 of 30 counted" if english else "28 chiffres comptés sur 30")
        expect(said).to_contain_text("1 of 1 sale was" if english else "1 vente sur 1")
        points = said.locator(".point")
        expect(points).to_have_count(1)
        assert points.locator("title").text_content() == (
            "said 97%, so in 96.6% (29 counts)"
            if english
            else "annoncé 97\u00a0%, constaté 96,6\u00a0% (29 comptages)"
        )
        page.evaluate(CHECKS)
        assert page.evaluate("overflows()") == []
        assert page.evaluate(f"smallTargets({MIN_TOUCH_PX})") == []
        assert page.evaluate(f"faintTexts({MIN_CONTRAST})") == []
