"""The way into the staff app, in the browser: a name and a PIN on the shop's tablet, a link, a key; and out again."""

import pytest
from playwright.sync_api import Browser, expect

from api.app import ApiSettings
from tests.support.page_shop import PageShop
from tests.support.plain_staff import PINS
from tests.support.signing_in import enroll_browser
from tests.support.tablets import CHECKS, SIZES, inaccessible, live, settled, tablet

pytestmark = pytest.mark.browser

REFUSED = ("401", "403", "429")


@pytest.mark.parametrize("locale", ["en-GB", "fr-FR"])
def test_on_the_shops_tablet_people_choose_their_name_and_enter_a_pin(browser: Browser, locale: str) -> None:
    """A wrong PIN is refused in words; the right one opens the shop under the person's name; out, the names are back."""
    said = {"en-GB": ("not the PIN", "Sign out Lead"), "fr-FR": ("pas le bon code", "Déconnecter Lead")}[
        locale
    ]
    with PageShop(ApiSettings()) as shop, tablet(browser, shop, SIZES[2], locale, REFUSED) as page:
        enroll_browser(page.context, shop.address)
        page.reload()
        expect(page.locator(".person")).to_have_count(3)
        page.evaluate(CHECKS)
        assert (settled(page), inaccessible(page)) == ({}, [])
        page.locator(".person", has_text="Lead").click()
        assert (settled(page), inaccessible(page)) == ({}, [])
        page.keyboard.type("111122")
        expect(page.get_by_role("alert")).to_contain_text(said[0])
        for digit in PINS["lead"]:
            page.locator(".pad-key", has_text=digit).click()
        live(page)
        assert PINS["lead"] not in page.url
        page.get_by_role("button", name=said[1]).click()
        expect(page.locator(".person")).to_have_count(3)


@pytest.mark.parametrize(("locale", "sign_in"), [("en-GB", "Sign in"), ("fr-FR", "Se connecter")])
def test_where_all_may_look_somebody_signs_in_from_the_top_line_and_comes_back_where_they_were(
    browser: Browser, shop: PageShop, locale: str, sign_in: str
) -> None:
    """The button has a name on a phone too; whoever only wants to look goes back to the screen that they left."""
    with tablet(browser, shop, SIZES[2], locale, REFUSED, path="/find") as page:
        live(page)
        page.get_by_role("banner").get_by_role("button", name=sign_in).click()
        expect(page.locator("main.entrance")).to_be_visible()
        page.locator(".sign-in .quiet").last.click()
        live(page)
        expect(page.locator(".find-bar, .find")).not_to_have_count(0)
        page.evaluate(CHECKS)
        assert settled(page) == {}


def test_a_link_that_is_worth_nothing_is_refused_and_the_page_can_still_be_looked_at(
    browser: Browser, shop: PageShop
) -> None:
    """It says so in words, is in no address from then on, and where looking is open to all, one may go on looking."""
    with tablet(browser, shop, expected=REFUSED, path="#link=sl_unknown") as page:
        expect(page.get_by_role("alert")).to_contain_text("used already")
        assert "sl_unknown" not in page.url
        page.get_by_role("button", name="Look only").click()
        live(page)
