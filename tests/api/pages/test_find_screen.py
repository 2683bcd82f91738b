"""The screen "find": a scan, a word or a label leads to an article, and all about it; what a person does about it is sent once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, expect

from gateway.ports.inventory import ArticleInfo
from gateway.reservations.model import Refusal
from tests.support.api_ports import PARIS
from tests.support.page_shop import PageShop
from tests.support.page_stock import STORE, S, stock, why
from tests.support.signing_in import sign_in_browser
from tests.support.tablets import CHECKS, SCHEMES, XSS, live, scan, settled, tablet

pytestmark = pytest.mark.browser

PHONE, TABLET = (390, 844), (800, 1280)
CAMERA = """(code) => import("/static/parts/scan-dialog.js").then(({ useCamera }) => useCamera({
  open: async () => Object.assign(document.createElement("canvas"), { width: 4, height: 3 }).captureStream(1),
  show: async (video, stream) => { video.srcObject = stream; },
  close: (stream) => { window.closedTracks = stream.getTracks().length; },
  reader: async () => ({ detect: async () => [{ rawValue: code }] }),
}))"""
"""A camera that sees a code at once: Debian's Chromium has no BarcodeDetector to try."""


@contextmanager
def find(
    browser: Browser, shop: PageShop, size: tuple[int, int] = TABLET, locale: str = "en-GB", path: str = "find",
    expected: tuple[str, ...] = (),
) -> Iterator[Page]:  # fmt: skip
    """Yield the screen, live."""
    with tablet(browser, shop, size, locale, expected, path) as page:
        live(page)
        yield page


def with_paris(shop: PageShop) -> PageShop:
    """Return the shop with another store that has a pair of jeans, in two sizes."""
    shop.inventory.places.append(PARIS)
    for sku, zones in (("DEN-501-32", {"floor": 3}), ("DEN-501-34", {"floor": 1})):
        shop.inventory.found[PARIS.id, sku] = replace(stock(sku, zones), store=PARIS.id)
    return shop


def test_words_narrow_the_list_and_codes_open_their_article(browser: Browser, shop: PageShop) -> None:
    """Typed letter by letter; an EAN, a scan by a hand scanner, and what is wrong with a code that is none."""
    with find(browser, shop, PHONE) as page:
        field = page.get_by_role("searchbox")
        expect(page.locator(".found-row")).to_have_count(13)
        field.fill("jeans 3")
        expect(page.locator(".found-row .name")).to_have_text(
            ["Straight jeans 30", "Straight jeans 32", "Straight jeans 34"]
        )
        shop.set_stock(stock("DEN-501-30", {"denim": 1}))
        expect(page.locator(".found-row").first.locator(".found-number")).to_have_text("1")
        field.fill("3012345000025")
        field.press("Enter")
        expect(page.locator(".find-says")).to_have_text("That code has a wrong check digit. Scan it again.")
        field.fill("5901234123457")
        field.press("Enter")
        expect(page.locator(".find-says")).to_contain_text("no catalogue names it here")
        field.fill("3012345000024")
        field.press("Enter")
        expect(page.get_by_role("heading", name="Straight jeans 32")).to_be_focused()
        scan(page, "]E03012345000062")
        expect(page.get_by_role("heading", name="White tee M")).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name="Straight jeans 32")).to_be_visible()
        page.get_by_role("button", name="All articles").click()
        expect(page.locator(".found-row")).to_have_count(13)


def test_all_about_an_article_stands_on_its_page(browser: Browser, shop: PageShop) -> None:
    """Sizes side by side, zones, other stores, each piece, its past: in French too; a sale changes it at once."""
    with find(browser, with_paris(shop), TABLET, "fr-FR", "01/03012345000024/21/4711") as page:
        expect(page.get_by_role("heading", name="Jean droit 32")).to_be_visible()
        assert page.url.endswith("/find/DEN-501-32")
        expect(page.locator(".variant-size")).to_have_text(["30", "32", "34"])
        expect(page.locator(".variant[aria-current]")).to_contain_text("32")
        expect(page.locator(".where-row")).to_have_count(3)
        expect(page.locator(".mini-tile.has-pieces")).to_have_count(3)
        expect(page.locator(".store-row")).to_contain_text("Paris Rivoli")
        expect(page.locator(".store-row .store-number")).to_have_text("3")
        expect(page.locator(".piece")).to_have_count(12)
        expect(page.locator(".piece").first).to_contain_text("98 %")
        expect(page.locator(".spark svg")).to_have_attribute(
            "aria-label", "Depuis un jour, entre 4 et 12 pièces\u00a0; 10 à la fin."
        )
        page.get_by_role("button", name="Dernière semaine").click()
        expect(page.locator(".spark figcaption")).to_contain_text("Depuis une semaine")
        shop.set_stock(stock("DEN-501-32", {"denim": 4, "back-room": 6}))
        expect(page.locator(".article-number")).to_have_text("10")
        expect(page.locator(".variant[aria-current] .variant-number")).to_have_text("10")
        expect(page.locator(".piece")).to_have_count(10)
        page.get_by_role("link", name="Pourquoi ce nombre ?").click()
        expect(page.get_by_role("heading", name="Pourquoi ce nombre de Jean droit 32 ?")).to_be_visible()


def test_what_is_done_about_an_article_is_sent_once(browser: Browser, shop: PageShop) -> None:
    """A hold here and there, a task; a refusal is told in words; without a line it waits and is sent when there is one."""
    lost = ("ERR_INTERNET_DISCONNECTED", "409 (Conflict)")
    with find(browser, with_paris(shop), path="find/DEN-501-32", expected=lost) as page:
        sign_in_browser(page.context, shop.address, "associate")
        page.reload()
        live(page)
        page.get_by_role("button", name="Hold one", exact=True).click()
        expect(page.locator(".toast")).to_contain_text("One of Straight jeans 32 is held in Lyon Part-Dieu")
        page.get_by_role("button", name="Hold one in Paris Rivoli").click()
        expect(page.locator(".act-note")).to_contain_text("in Paris Rivoli")
        assert [(a.stores, a.lines[0].sku, a.lines[0].qty, a.ttl_ns) for a in shop.reservations.asked] == [
            ((STORE,), "DEN-501-32", 1, 1_800 * S), ((PARIS.id,), "DEN-501-32", 1, 7_200 * S),
        ]  # fmt: skip
        page.get_by_role("button", name="Have it counted").click()
        expect(page.locator(".toasts")).to_contain_text("Task made: Count Straight jeans 32")
        shop.reservations.refuses = Refusal("insufficient_availability", "no piece is left")
        page.get_by_role("button", name="Hold one", exact=True).click()
        expect(page.locator(".toast.is-bad")).to_have_text("There are not enough pieces for it.")
        shop.reservations.refuses = None
        page.context.set_offline(True)
        page.get_by_role("button", name="Hold one", exact=True).click()
        expect(page.locator(".act-note")).to_have_text("It is held as soon as there is a connection.")
        expect(page.get_by_role("button", name="Hold one", exact=True)).to_be_disabled()
        page.context.set_offline(False)
        expect(page.locator(".act-note")).to_have_text("", timeout=60_000)
        assert len(shop.reservations.asked) == 4


def test_the_camera_reads_a_label_where_it_can(browser: Browser, shop: PageShop) -> None:
    """Through an injected camera; without one the page says what to do instead, and takes what is typed."""
    with find(browser, shop, PHONE) as page:
        assert not page.evaluate("'BarcodeDetector' in window")
        page.get_by_role("button", name="Scan with the camera").click()
        expect(page.locator(".scan-says")).to_contain_text("This browser cannot read codes with the camera.")
        page.evaluate(CHECKS)
        assert settled(page) == {}
        page.locator(".scan-field").fill("TEE-WHT-S")
        page.locator(".scan-field").press("Enter")
        expect(page.get_by_role("heading", name="White tee S")).to_be_visible()
        page.evaluate(CAMERA, f"{shop.address}01/03012345000079")
        page.get_by_role("button", name="Scan with the camera").click()
        expect(page.get_by_role("heading", name="White tee L")).to_be_visible()
        assert page.evaluate("window.closedTracks") == 1
        expect(page.locator("dialog")).to_have_count(0)


def test_a_catalogue_of_thousands_stays_fluid_and_runs_nothing(browser: Browser, shop: PageShop) -> None:
    """A page of rows is drawn, however many match; those beyond the overview are asked for; names are text."""
    many = [ArticleInfo(f"SKU-{n:04}", (), {"en": f"Scarf {n}"}, "tag", True) for n in range(5_000)]
    evil = [
        ArticleInfo(f"X-{n}", (), {"en": text}, "tag", True, None, "X", text, text)
        for n, text in enumerate(XSS)
    ]
    shop.inventory.listed = [*many[:1_990], *evil, *many[1_990:]]
    for article in shop.inventory.listed:
        shop.inventory.found[STORE, article.sku] = stock(article.sku, {"front": 2})
    shop.inventory.explained = {key: why(found) for key, found in shop.inventory.found.items()}
    with find(browser, shop) as page:
        expect(page.locator(".found-panel .section-note")).to_have_text("5,005 articles")
        expect(page.locator(".found-row")).to_have_count(40)
        page.get_by_role("searchbox").fill("scarf 4999")
        expect(page.locator(".found-row .name")).to_have_text(["Scarf 4999"])
        expect(page.locator(".found-row .found-number")).to_have_text("2")
        page.get_by_role("searchbox").fill("window.pwned")
        expect(page.locator(".found-row")).to_have_count(5)
        page.locator(".found-link").first.click()
        expect(page.locator(".variant")).to_have_count(5)
        assert page.evaluate("window.pwned") is None
        page.get_by_role("searchbox").fill("4999")
        page.locator(".found-link").click()
        expect(page.locator(".article-number")).to_have_text("2")
        shop.set_stock(stock("SKU-4999", {"front": 4}))
        expect(page.locator(".article-number")).to_have_text("4")


def test_what_nobody_knows_is_said(browser: Browser, shop: PageShop) -> None:
    """An empty shop, an unknown article, a store that is not watched; nothing runs over, in the dark too."""
    with find(browser, shop, path="find/DEN-501-32") as page:
        page.evaluate(CHECKS)
        shop.let_the_denim_reader_die()
        expect(page.locator(".article-head[data-status=UNKNOWN]")).to_be_visible()
        expect(page.locator(".where-row.is-last-known")).to_have_count(3)
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert settled(page) == {}, scheme
        page.goto(f"{shop.address}find/NO-SUCH")
        expect(page.get_by_text("No article is known as NO-SUCH.")).to_be_visible()
        expect(page.get_by_role("button", name="Hold one")).to_be_hidden()
        expect(page.get_by_role("link", name="Why this number?")).to_be_hidden()
