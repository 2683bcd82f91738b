"""`storefloor record`: a running gateway's recording, killed in the middle, replayed to the same stock."""

import json
import signal
from pathlib import Path

from gateway.cli import main
from tests.support.polling import eventually
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
zones = [{{ id = "floor", role = "floor" }}, {{ id = "back", role = "back_room" }}]
"""
ARTICLES = "sku,gtin,name,tracked_by\nTOTE,03012345000123,Tote bag,count\n"


def test_a_killed_recording_is_replayed_to_the_stock_that_was_answered(tmp_path: Path) -> None:
    """What was flushed before a kill is read, and gives the level that the gateway gave."""
    port, site = free_port(), tmp_path / "site.toml"
    site.write_text(SITE.format(port=port))
    (tmp_path / "articles.csv").write_text(ARTICLES)
    recording, levels = tmp_path / "obs.jsonl.gz", tmp_path / "levels.jsonl"
    with Gateway(site, port) as gateway:
        gateway.arguments[1:2] = ["record", "--output", str(recording)]
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        events = [
            {"event_id": "r", "type": "receive", "store": "lyon-1", "sku": "TOTE", "qty": 9, "at": "2026-03-14T09:00:00Z"},
            {"event_id": "s", "type": "sale", "store": "lyon-1", "sku": "TOTE", "qty": 2, "at": "2026-03-14T09:00:01Z"},
            {"event_id": "c", "type": "count", "store": "lyon-1", "sku": "TOTE", "zone": "floor", "qty": 1,
             "complete": True, "at": "2026-03-14T09:00:02Z"},
        ]  # fmt: skip
        headers = {"Authorization": f"Bearer {gateway.key}"}
        for batch in (events[:1], events, events[1:]):  # repeats are no events
            gateway.http.post("/v1/events", json={"events": batch}, headers=headers).raise_for_status()
        answer = gateway.http.get("/v1/stores/lyon-1/availability/TOTE", headers=headers).json()

        def is_all_flushed() -> bool:
            words = ["replay", "--config", str(site), "--input", str(recording), "--levels", str(levels)]
            return main(words) == 0 and levels.read_text().count("\n") > 0 and last_row()["on_hand"] == 8

        def last_row() -> dict[str, object]:
            row: dict[str, object] = json.loads(levels.read_text().splitlines()[-1])
            return row

        eventually(is_all_flushed, "the events in the file", 90.0, 0.2)
        gateway.kill()
        assert is_all_flushed()
    assert answer["quantities"]["on_hand"] == last_row()["on_hand"]
    assert last_row()["zones"] == {"floor": 1, "back": 7}


def test_a_recording_that_is_stopped_has_an_end(tmp_path: Path) -> None:
    """SIGTERM ends the file as it ends the gateway; a second run does not write over it."""
    port, site = free_port(), tmp_path / "site.toml"
    site.write_text(SITE.format(port=port))
    (tmp_path / "articles.csv").write_text(ARTICLES)
    with Gateway(site, port) as gateway:
        gateway.arguments[1:2] = ["record", "--output", str(tmp_path / "obs.jsonl")]
        gateway.start()
        assert gateway.stop() in {0, -signal.SIGTERM}
        assert "0 lines" in gateway.output
        gateway.launch()
        eventually(lambda: "exists" in gateway.output, "a refusal")
