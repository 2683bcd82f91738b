"""The stream of a real gateway: all there is at the beginning, then changes; bands for who may not count; and who did it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.sse import EventListener

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
zones = [{{ id = "front", role = "floor" }}]
"""
ARTICLES = "sku,name_en,tracked_by\nTOTE,Tote bag,count\nMUG,Mug,count\n"
SNAPSHOT = "/v1/stream?snapshot=true&types=availability&types=reservation"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway with six totes."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as running:
        running.make_key(*EVERY_SCOPE)
        running.start()
        running.post("/v1/events", {"events": [event("1", "receive", 6)]})
        yield running


def event(event_id: str, kind: str, qty: int) -> dict[str, Any]:
    """Return what a till tells of totes."""
    zone = {"zone": "front"} if kind == "receive" else {}
    return {"event_id": event_id, "type": kind, "store": "lyon-1", "sku": "TOTE", "qty": qty,
            "at": "2026-11-21T08:00:00Z", **zone}  # fmt: skip


def heard(listener: EventListener, kind: str, count: int) -> list[Any]:
    """Return the data of the events of a type, once there are so many."""
    eventually(lambda: len(listener.of(kind)) >= count, f"{count} events of {kind}")
    return [found.data for found in listener.of(kind)]


def test_a_stream_begins_with_all_there_is_and_goes_on_with_what_changes(gateway: Gateway) -> None:
    """Over a restart too: what nobody touched since is in the snapshot, and a client that comes back is told what it
    missed or all of it anew.
    """
    with EventListener(gateway.url, gateway.key, SNAPSHOT) as stream:
        assert heard(stream, "snapshot", 1) == [{"subjects": 2}]
        begun = {found["sku"]: found["quantities"]["on_hand"] for found in heard(stream, "availability", 2)}
        assert begun == {"TOTE": 6, "MUG": 0}
        gateway.post("/v1/events", {"events": [event("2", "sale", 1)]})
        assert heard(stream, "availability", 3)[2]["quantities"]["on_hand"] == 5
        last = stream.events[-1].id
    gateway.post("/v1/events", {"events": [event("3", "sale", 1)]})
    with EventListener(gateway.url, gateway.key, SNAPSHOT, last) as again:
        assert heard(again, "availability", 1)[0]["quantities"]["on_hand"] == 4
        assert not again.of("snapshot")
    gateway.kill()
    gateway.start()
    with EventListener(gateway.url, gateway.key, SNAPSHOT, last) as anew:
        heard(anew, "snapshot", 1)
        assert next(found.type for found in anew.events if found.data is not None) == "reset"
        begun = {found["sku"]: found["quantities"]["on_hand"] for found in heard(anew, "availability", 2)}
        assert begun == {"TOTE": 4, "MUG": 0}


def test_who_may_not_count_hears_of_bands_when_they_change(gateway: Gateway) -> None:
    """Six to five is no news to the public; to two is, and never a number in it."""
    public, _ = gateway.make_key("availability:read")
    with (
        EventListener(gateway.url, public, "/v1/stream?snapshot=true") as banded,
        EventListener(gateway.url, gateway.key, "/v1/stream?on=band&types=availability") as on_band,
    ):
        heard(banded, "snapshot", 1)
        for number, qty in enumerate((1, 3), 2):
            gateway.post("/v1/events", {"events": [event(str(number), "sale", qty)]})
        told = heard(banded, "availability", 3)
        assert [found["band"] for found in told if found["sku"] == "TOTE"] == ["OK", "LOW"]
        assert {tuple(found) for found in told} == {("store", "sku", "status", "band")}
        assert heard(on_band, "availability", 1)[-1]["quantities"]["on_hand"] == 2


def test_who_changed_what_is_there_after_a_kill(gateway: Gateway) -> None:
    """With the key's id; the command line's keys too."""
    admin, admin_id = gateway.make_key("admin")
    asked = {"store": "lyon-1", "lines": [{"sku": "TOTE", "qty": 1}], "channel": "web", "owner_ref": "anna"}
    held = gateway.http.post("/v1/reservations", json=asked, headers={"Idempotency-Key": "k1"})
    assert held.status_code == 201, held.text
    gateway.kill()
    gateway.start()
    told = gateway.http.get("/v1/audit", headers={"Authorization": f"Bearer {admin}"})
    assert told.status_code == 200, told.text
    newest, *others = told.json()["items"]
    assert (newest["action"], newest["subject"], newest["address"]) == (
        "reservations.create", held.json()["id"], "127.0.0.1",
    )  # fmt: skip
    assert [item["action"] for item in others] == ["keys.create", "keys.create"]
    assert others[0]["subject"] == admin_id
    assert "anna" not in told.text
