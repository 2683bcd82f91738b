"""The staff app without a line: it opens from what the device kept, says how old its numbers are, and keeps no one's."""

import pytest
from playwright.sync_api import Browser, Route, expect

from api.app import ApiSettings
from tests.support.api_ports import EXACT
from tests.support.page_shop import PageShop
from tests.support.polling import eventually
from tests.support.tablets import live, tablet

pytestmark = pytest.mark.browser

NO_LINE = ("ERR_CONNECTION", "ERR_INCOMPLETE_CHUNKED", "ERR_FAILED", "FetchEvent", "503", "script evaluation")
KEPT = "caches.keys().then((names) => names.some((name) => name.startsWith('storefloor-page-')))"
SEEN = "caches.has('storefloor-seen')"


def test_the_page_opens_without_a_line_and_marks_what_it_shows(browser: Browser, shop: PageShop) -> None:
    """Opened again while the gateway is away, the page shows what it saw last, marked; back on line it is live."""
    with tablet(browser, shop, expected=NO_LINE, service_workers="allow") as page:
        live(page)
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.wait_for_function(KEPT)
        page.reload()  # from now on the worker sees what is asked for
        live(page)
        page.wait_for_function(SEEN)
        shop.close()
        page.reload()
        expect(page.locator(".live")).to_have_attribute("data-state", "lost", timeout=60_000)
        expect(page.locator(".notice.is-lost")).to_contain_text("These numbers are from 19:02:11")
        expect(page.locator("h1")).to_have_text("Lyon Part-Dieu")
        expect(page.locator("li.article")).to_have_count(13)
        shop.open()
        page.get_by_role("button", name="Try now").click()
        live(page)


def test_what_was_seen_goes_with_who_saw_it(browser: Browser) -> None:
    """Signing out forgets what the device kept of the shop; the page itself stays."""
    with (
        PageShop(ApiSettings()) as shop,
        tablet(browser, shop, expected=("401", *NO_LINE), service_workers="allow") as page,
    ):
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.get_by_label("Access key").fill(EXACT)
        page.get_by_role("button", name="Sign in").click()
        live(page)
        page.reload()
        live(page)
        page.wait_for_function(SEEN)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_label("Access key")).to_be_visible()
        page.wait_for_function(f"{SEEN}.then((has) => !has)")
        assert page.evaluate(KEPT)


def test_a_browser_may_install_it(browser: Browser, shop: PageShop) -> None:
    """Manifest, icons and service worker are such that a browser offers to put the page among a device's apps."""
    with tablet(browser, shop, service_workers="allow") as page:
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        devtools = page.context.new_cdp_session(page)
        assert devtools.send("Page.getAppManifest")["errors"] == []
        faults = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
        assert {fault["errorId"] for fault in faults} <= {"in-incognito"}  # as each browser of a test is


def test_a_screen_that_never_comes_is_said_in_words_and_opens_when_it_is_asked_for_again(
    browser: Browser, shop: PageShop
) -> None:
    """Out of reach of the network requests hang: the tap is answered all the same, and the way back stays."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    with tablet(browser, shop) as page:
        live(page)
        page.route("**/screens/find.js", hold)
        page.clock.install()
        page.get_by_role("link", name="Find").click()

        def is_said() -> bool:  # the page begins to wait a moment after the tap
            page.clock.run_for(6_000)
            return page.locator(".missing").is_visible()

        eventually(is_said, "the page to say so")
        held[0].continue_()
        page.locator(".missing").get_by_role("button", name="Try now").click()
        expect(page.locator(".find")).to_be_visible()


def test_without_tls_the_other_screens_are_fetched_while_there_is_a_line(
    browser: Browser, shop: PageShop
) -> None:
    """A browser that keeps no page for us opens a screen that it never showed, texts and all, after the line is lost."""
    with tablet(browser, shop, expected=(*NO_LINE, "ERR_INTERNET_DISCONNECTED")) as page:
        page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined })")
        page.reload()
        live(page)
        page.wait_for_function(
            "() => performance.getEntriesByType('resource').some(({ name }) => name.endsWith('/why.json'))"
        )
        page.context.set_offline(True)
        page.locator(".nav-link[href='/count']").click()
        expect(page.locator(".count h2")).to_have_text("Count")
