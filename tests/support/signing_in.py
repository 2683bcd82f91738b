"""Signs people in to a test's shop: a program's client or a browser, at tests/support/page_shop.py or at a real gateway.

    with PageShop() as shop:                          # its people: tests/support/plain_staff.py
        sign_in(http_client, shop.address, "lead")    # httpx
        sign_in_browser(context, shop.address, "lead")  # a Playwright context, before or after a page is opened

    gateway.sign_in("lead")                           # tests/support/processes.py: made by the real command, over a link

A shop whose page asks for a sign-in (`Settings(page_sign_in=True)`) is shown on its tablet with `on_tablet=True`.
"""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from api.auth import DEVICE_COOKIE
from gateway.staff.model import Role
from tests.support.plain_staff import DEVICE_TOKEN, IDS, PINS

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


def sign_in(client: httpx.Client, address: str, role: Role, *, on_tablet: bool = False) -> Any:
    """Sign a client in by PIN; return who it is. From then on it sends the page's header too."""
    if on_tablet:
        client.cookies.set(DEVICE_COOKIE, DEVICE_TOKEN, domain=urlsplit(address).hostname or "")
    answer = client.post(f"{address.rstrip('/')}/session", json={"person": IDS[role], "pin": PINS[role]})
    assert answer.status_code == 200, answer.text
    client.headers["X-Storefloor"] = "1"
    return answer.json()


def enroll_browser(context: "BrowserContext", address: str) -> None:
    """Make a browser the shop's tablet: its page lists the people, and asks for a PIN."""
    context.add_cookies([{"name": DEVICE_COOKIE, "value": DEVICE_TOKEN, "url": address}])


def sign_in_browser(context: "BrowserContext", address: str, role: Role, *, on_tablet: bool = False) -> None:
    """Sign a browser in by PIN, with the cookies that its pages have."""
    if on_tablet:
        enroll_browser(context, address)
    answer = context.request.post(
        f"{address.rstrip('/')}/session", data={"person": IDS[role], "pin": PINS[role]}
    )
    assert answer.status == 200, answer.text()


def storage_of(address: str, role: Role) -> Any:
    """Sign somebody in by PIN; return what a browser context is made with (`storage_state`) to be signed in from the start."""
    with httpx.Client() as client:
        sign_in(client, address, role)
        cookies = [
            {"name": cookie.name, "value": cookie.value, "domain": cookie.domain, "path": "/", "expires": -1,
             "httpOnly": True, "secure": False, "sameSite": "Strict"}
            for cookie in client.cookies.jar
        ]  # fmt: skip
    return {"cookies": cookies, "origins": []}
