"""Following what changed, over a kill: with a real gateway, its file and its HTTP server."""

from pathlib import Path
from typing import Any

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
zones = [{{ id = "front", role = "floor" }}]
"""
ARTICLES = "sku,name_en,tracked_by\nTOTE,Tote bag,count\nMUG,Mug,count\n"


def event(event_id: str, sku: str, kind: str = "receive") -> dict[str, Any]:
    """Return what a till tells."""
    return {
        "event_id": event_id, "type": kind, "store": "lyon-1", "sku": sku, "at": "2026-11-21T08:00:00Z",
        **({"zone": "front"} if kind == "receive" else {}),
    }  # fmt: skip


def test_who_follows_the_log_misses_nothing_over_a_kill(tmp_path: Path) -> None:
    """Sequences without a gap, each acknowledged change among them, and a restart is where it was."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        position = gateway.get("/v1/changes", store="lyon-1")["after"]
        followed: list[dict[str, Any]] = []
        for number, sku in enumerate(["TOTE", "MUG", "TOTE"]):
            gateway.post("/v1/events", {"events": [event(str(number), sku)]})
            if number == 1:
                gateway.kill()
                gateway.start()
            page = gateway.get("/v1/changes", store="lyon-1", after=position)
            followed += page["items"]
            position = page["after"]
        sequences = [item["sequence"] for item in followed]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
        stock = [item["subject"] for item in followed if item["type"] == "availability"]
        assert set(stock) == {"TOTE", "MUG"}
        assert stock[-1] == "TOTE"
        held = gateway.http.post(
            "/v1/reservations",
            json={"store": "lyon-1", "lines": [{"sku": "TOTE", "qty": 1}], "channel": "web"},
            headers={"Idempotency-Key": "k1"},
        )
        assert held.status_code == 201, held.text
        page = gateway.get("/v1/changes", store="lyon-1", after=position)
        assert {(i["type"], i["subject"]) for i in page["items"]} == {
            ("reservation", held.json()["id"]), ("availability", "TOTE"),
        }  # fmt: skip
        for item in page["items"]:
            assert gateway.http.get(item["href"]).status_code == 200
