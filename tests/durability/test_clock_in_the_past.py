"""A machine that starts in the past, as one without a battery does after a power cut: a real gateway on it."""

import json
from pathlib import Path

from gateway.clock import NS_PER_S
from gateway.pipeline import CLOCK_PART
from gateway.storage.ports import Commit, StateRow
from gateway.storage.sqlite import SqliteStore
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.stored import stored

HOUR_NS = 3_600 * NS_PER_S

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


def test_a_machine_that_starts_in_the_past_goes_on_from_the_last_commit(tmp_path: Path) -> None:
    """A machine without a battery comes back an hour early: the journal's time goes on, and that is told."""
    port = free_port()
    site = tmp_path / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (tmp_path / "articles.csv").write_text("sku,gtin,tracked_by\nTOTE,,count\n", "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        assert gateway.metric("storefloor_clock_ahead_seconds") == 0
        receive(gateway, "a")
        gateway.kill()
        store = SqliteStore.open(gateway.store_path)
        [row] = store.state_rows(CLOCK_PART)
        ahead_ns = int(row.value or 0) + HOUR_NS
        store.commit(Commit(ahead_ns, state=[StateRow(CLOCK_PART, "", str(ahead_ns))]))
        store.close()
        gateway.start()
        assert 3_500 < gateway.metric("storefloor_clock_ahead_seconds") < 3_600
        assert "the machine's clock stands" in gateway.output
        receive(gateway, "b")
        assert gateway.stock(["TOTE"])["TOTE"]["quantities"]["on_hand"] == 2
        first, second = stored(gateway.store_path).entries
    assert second.movement.recorded_ns >= ahead_ns > first.movement.recorded_ns


def receive(gateway: Gateway, event_id: str) -> None:
    """Receive a piece, of a time that lies in the past by every clock."""
    event = {
        "event_id": event_id,
        "type": "receive",
        "store": "lyon-1",
        "sku": "TOTE",
        "at": "2026-01-01T00:00:00Z",
    }
    answer = gateway.post("/v1/events", {"events": [event]})
    assert [result["outcome"] for result in answer["results"]] == ["applied"], json.dumps(answer)
