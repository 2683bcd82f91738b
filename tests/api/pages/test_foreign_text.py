"""Foreign text on every screen: hundreds of texts that would run as markup are shown as they are, and none runs."""

import re
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.pages.mount import page_files
from gateway.alerts.records import AlertType, Comment
from gateway.ports.inventory import ArticleInfo
from tests.support.api_ports import NOW_NS
from tests.support.page_shop import PageShop
from tests.support.page_stock import LOW, STORE, stock
from tests.support.page_work import FILL, a_task
from tests.support.signing_in import sign_in, sign_in_browser
from tests.support.tablets import tablet
from tests.support.xss_payloads import PAYLOADS

pytestmark = pytest.mark.browser

FILES = page_files()
SCREENS = re.findall(r'\{ id: "([a-z-]+)"', FILES["screens.js"].content.decode())
MORE_PATHS = (
    "find/XSS-0",
    "why/XSS-0",
    "find/%3Cimg%20src=x%20onerror=window.pwned=1%3E",
    "alerts/x0",
    "rules/low_stock",
    "01/%22%3E%3Csvg%20onload=window.pwned=1%3E",
    "kiosk/XSS-0",
)
RULES = 40
"""And deliveries: of each as many as a page shows at once."""
FOREIGN = "img, iframe, object, main script, main style, embed"


@pytest.fixture(scope="module")
def shop() -> Iterator[PageShop]:
    """Return a shop whose articles, alerts, comments, devices and tasks are all named by such texts."""
    with PageShop() as served:
        for number, text in enumerate(PAYLOADS):
            sku = f"XSS-{number}"
            served.inventory.listed.append(
                ArticleInfo(
                    sku,
                    (),
                    {"en": text, "fr": text},
                    "tag",
                    True,
                    model="XSS",
                    size=text,
                    colour=text,
                )
            )
            served.set_stock(stock(sku, {"front": 1, "back-room": 2}))
            served.set_alert(
                replace(
                    LOW, id=f"x{number}", fingerprint=f"low_stock|{STORE}|{sku}", sku=sku, assignee=text, changed_by=text,
                    type=list(AlertType)[number % len(AlertType)], suppressed_by=text if number % 7 == 0 else None,
                    evidence={"available": text, "threshold": text, "state": text, "text": text},
                    comments=(Comment(NOW_NS, text, text),),
                )
            )  # fmt: skip
            if number < 60:
                served.set_task(
                    replace(a_task(number, sku=sku, qty=1), note=text[:200], claimed_by=text[:64])
                )
        make_rules(served)
        for text in PAYLOADS[:RULES]:
            served.expected.announce(("TEE-WHT-M", 1), reference=text, source=text)
        served.set_device("m100-denim", "offline", detail=PAYLOADS[0], dropped={PAYLOADS[1]: 3})
        served.set_task(FILL)
        yield served


def make_rules(served: PageShop) -> None:
    """Make rules of alerts whose departments and notes are such texts."""
    with httpx.Client(base_url=served.address) as client:
        sign_in(client, served.address, "manager")
        for number, text in enumerate(PAYLOADS[:RULES]):
            rule = {
                "id": f"own-{number}",
                "type": "low_stock",
                "stores": [STORE],
                "departments": [text[:100]],
            }
            answer = client.post(
                "v1/alert-rules", json={**rule, "note": text[:500]}, headers={"Idempotency-Key": rule["id"]}
            )
            assert answer.status_code == 201, answer.text


def test_there_are_enough_of_them_and_they_do_run_where_text_is_read_as_markup(browser: Browser) -> None:
    """The same texts, put into a page as markup, do run: a screen that did so would be found."""
    assert len(set(PAYLOADS)) >= 200
    context = browser.new_context()
    page = context.new_page()
    page.evaluate(
        """(texts) => texts.forEach((text) => {
            const frame = document.createElement("iframe");
            frame.srcdoc = `<p>${text}</p>`;
            document.body.append(frame);
        })""",
        PAYLOADS[:: len(PAYLOADS) // 12],
    )
    page.wait_for_function(
        "Array.from(window, (_, place) => window[place]).filter((frame) => frame.pwned === 1).length >= 4",
        timeout=60_000,
    )
    context.close()


@pytest.fixture(scope="module")
def page(browser: Browser, shop: PageShop) -> Iterator[Page]:
    """Return a tablet on which a manager is signed in."""
    with tablet(browser, shop, (800, 1280), expected=("404", "400", "422")) as opened:
        sign_in_browser(opened.context, shop.address, "manager")
        yield opened


@pytest.mark.parametrize("path", [*SCREENS, *MORE_PATHS])
def test_none_of_them_runs_on_a_screen(page: Page, shop: PageShop, path: str) -> None:
    """Each is a text, wherever it stands: no element comes of it, nothing runs, nothing is asked of another host."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{shop.address}{path}")
    expect(page.locator("main > *").first).to_be_visible()
    settle(page)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    settle(page)
    assert page.evaluate("window.pwned") is None
    assert page.locator(FOREIGN).count() == 0
    assert [url for url in asked if not url.startswith(shop.address)] == []


def settle(page: Page) -> None:
    """Wait until what the screen asked for is drawn: two frames without a change of its text."""
    page.wait_for_function(
        """() => { const text = document.querySelector("main").textContent.length;
                   const same = text > 0 && window.drawn === text; window.drawn = text; return same; }""",
        polling=300,
    )
