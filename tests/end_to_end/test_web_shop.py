"""The web shop of docs/web_shop.md, clicked through against a real gateway: it is run as the page says."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.source import ROOT

pytestmark = pytest.mark.slow

SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back-room", role = "back_room" }}]
[[stores]]
id = "paris-2"
name = "Paris"
zones = [{{ id = "floor", role = "floor" }}]
"""


PATIENT = """
import runpy, sys, urllib.request
sys.argv = sys.argv[1:]
ask = urllib.request.urlopen
urllib.request.urlopen = lambda request, timeout: ask(request, timeout=60.0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Run the page's program, which gives the gateway three seconds for an answer: on a busy machine that is no sign of one
that is gone.
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with two totes in Lyon and one in Paris, counted by scans."""
    port = free_port()
    (tmp_path / "site.toml").write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text("sku,gtin,name_en,tracked_by\nTOTE,,Tote bag,count\n", "utf-8")
    with Gateway(tmp_path / "site.toml", port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for store, qty in (("lyon-1", 2), ("paris-2", 1)):
            event = {
                "event_id": store,
                "type": "receive",
                "store": store,
                "sku": "TOTE",
                "qty": qty,
                "at": at,
            }
            assert gateway.post("/v1/events", {"events": [event]})["applied"] == 1
        yield gateway


@pytest.fixture
def shop(gateway: Gateway, tmp_path: Path) -> Iterator[str]:
    """The web shop's address; it has a key that sees no quantity."""
    key, _ = gateway.make_key("availability:read", "reservations:write")
    port = free_port()
    environment = {**os.environ, "STOREFLOOR_URL": gateway.url, "STOREFLOOR_KEY": key}
    command = [sys.executable, "-c", PATIENT, str(ROOT / "docs/web_shop/shop.py"), "--port", str(port)]
    with (tmp_path / "shop.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return httpx.get(f"{url}/cart", timeout=60.0).status_code == 200
        except httpx.TransportError:
            return False

    try:
        eventually(answers, "the web shop to answer")
        yield url
    finally:
        process.kill()
        process.wait()


def customer(url: str) -> httpx.Client:
    """Return a browser that follows the shop's redirects and keeps its cookie."""
    return httpx.Client(base_url=url, follow_redirects=True, timeout=60.0)


def field(page: httpx.Response, name: str) -> str:
    """Return a hidden field of a page's first form that has it."""
    found = re.search(rf"name={name} value=['\"]([^'\"]*)['\"]", page.text)
    assert found, page.text
    return found.group(1)


def totes(gateway: Gateway) -> tuple[int, int]:
    """Return what is on hand and what is reserved."""
    told = gateway.stock(["TOTE"])["TOTE"]["quantities"]
    return told["on_hand"], told["reserved"]


def test_from_the_product_page_to_the_counter(gateway: Gateway, shop: str) -> None:
    """Reserve (with two clicks), order, hand over; the next customers find what is left, and where else."""
    with customer(shop) as ann, customer(shop) as bea, customer(shop) as staff:
        page = ann.get("/p/TOTE")
        assert "Only a few left" in page.text
        click = {"sku": "TOTE", "token": field(page, "token")}
        for _ in range(2):
            assert "held until" in ann.post("/cart", data=click).text
        assert totes(gateway) == (2, 1)
        assert "empty" in bea.get("/cart").text
        assert (
            "held until"
            in bea.post("/cart", data={"sku": "TOTE", "token": field(bea.get("/p/TOTE"), "token")}).text
        )
        assert "<button" not in ann.get("/p/TOTE").text
        late = ann.post("/cart", data={"sku": "TOTE", "token": "another"})
        assert late.status_code == 409
        assert "Somebody was quicker" in late.text
        assert "collect it in: paris-2" in late.text
        put_back = bea.post("/release", data={"id": field(bea.get("/cart"), "id")})
        assert "released" in put_back.text
        assert "confirmed until" in ann.post("/order").text
        for step, told in (("ready", "ready"), ("collect", "nothing")):
            row = staff.get("/counter")
            assert told in staff.post("/counter", data={"id": field(row, "id"), "step": step}).text
        assert "collected" in ann.get("/cart").text
        assert totes(gateway) == (1, 0)


def test_without_an_answer_it_sells_nothing(gateway: Gateway, shop: str) -> None:
    """A gateway that is gone is told as such: no stock, no button, no hold; foreign pages fill no cart."""
    with customer(shop) as ann:
        assert ann.get("/p/NO-SUCH").status_code == 404
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert ann.post("/cart", data={"sku": "TOTE", "token": "t"}, headers=foreign).status_code == 403
        gateway.kill()
        page = ann.get("/p/TOTE")
        assert "cannot see the shop" in page.text
        assert "<button" not in page.text
        assert ann.post("/cart", data={"sku": "TOTE", "token": "t"}).status_code == 503
