"""From an empty cart to a collected piece over HTTP, with a gateway that is killed on the way."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

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
"""


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A running gateway with three totes, counted by scans."""
    port = free_port()
    (tmp_path / "site.toml").write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text("sku,gtin,name_en,tracked_by\nTOTE,,Tote bag,count\n", "utf-8")
    with Gateway(tmp_path / "site.toml", port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        event = {"event_id": "1", "type": "receive", "store": "lyon-1", "sku": "TOTE", "qty": 3, "at": at}
        assert gateway.post("/v1/events", {"events": [event]})["applied"] == 1
        yield gateway


def hold(gateway: Gateway, key: str, qty: int) -> httpx.Response:
    """Return the answer to a request for totes."""
    body = {
        "store": "lyon-1",
        "lines": [{"sku": "TOTE", "qty": qty}],
        "channel": "web",
        "owner_ref": "cart-1",
    }
    return gateway.http.post("/v1/reservations", json=body, headers={"Idempotency-Key": key})


def quantities(gateway: Gateway) -> Any:
    """Return the terms of what is available."""
    return gateway.stock(["TOTE"])["TOTE"]["quantities"]


def first_event(gateway: Gateway) -> Any:
    """Return the first event of the stream about a reservation, which a hold of one tote makes."""
    with gateway.http.stream("GET", "/v1/stream", params={"types": "reservation"}) as stream:
        assert hold(gateway, "streamed", 1).status_code == 201
        for line in stream.iter_lines():
            if line.startswith("data: "):
                return json.loads(line.removeprefix("data: "))
    raise AssertionError("the stream ended")


def test_a_piece_is_held_through_a_crash_and_collected_once(gateway: Gateway) -> None:
    """The hold, its key and what it takes are there after kill -9; the collected pieces leave stock once."""
    held = hold(gateway, "a", 2)
    assert held.status_code == 201
    address = held.headers["location"]
    assert hold(gateway, "b", 2).json()["shortfalls"][0]["obtainable"] == 1
    assert gateway.http.post(f"{address}/confirm").json()["state"] == "confirmed"
    gateway.kill()
    gateway.start()
    again = hold(gateway, "a", 2)
    assert (again.content, again.headers["idempotent-replayed"]) == (held.content, "true")
    assert gateway.get(address)["state"] == "confirmed"
    assert (quantities(gateway)["reserved"], quantities(gateway)["available"]) == (2, 1)
    event = first_event(gateway)
    assert (event["state"], event["owner_ref"], event["lines"][0]["secured"]) == ("held", None, 1)
    for _ in range(2):
        assert gateway.http.post(f"{address}/collect").json()["state"] == "collected"
    assert gateway.get(f"/v1/reservations/{event['id']}")["owner_ref"] == "cart-1"
    assert (quantities(gateway)["on_hand"], quantities(gateway)["reserved"]) == (1, 1)
    holds = gateway.get("/v1/stores/lyon-1/availability/TOTE/explain")["holds"]
    assert [(one["id"], one["pieces"]) for one in holds] == [(event["id"], 1)]
    assert [r["id"] for r in gateway.get("/v1/reservations", state="held")["items"]] == [event["id"]]
    assert gateway.metric("storefloor_reservations_open") == 1
