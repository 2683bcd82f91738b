"""The machine's clock is set by an hour, to and fro, while a shop is at work and while it is down."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gateway.clock import NS_PER_S, SteadyClock
from gateway.movements import Movement, MovementKind
from gateway.pipeline import CLOCK_PART
from gateway.storage.ports import Commit, StateRow
from gateway.storage.sqlite import SqliteStore
from simulators.params import Pace, shop_params
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.stored import stored
from tests.support.virtual_shop import VirtualShop

HOUR_NS = 3_600 * NS_PER_S
BEFORE_S, AFTER_S = 300, 900


@dataclass(frozen=True, slots=True)
class Lived:
    """What a shop's gateway wrote down, what it believes in the end, how its time went, how many devices' clocks
    are in each state.
    """

    movements: Sequence[Movement]
    levels: dict[tuple[str, str], dict[str, int]]
    ahead_s: float
    clocks: Counter[str]


@cache
def lived(step_ns: int) -> Lived:
    """Let a simulated shop and its gateway live; in the midst of it the machine's clock is set by `step_ns`."""
    movements: list[Movement] = []
    shop = VirtualShop(
        params=shop_params(Pace.DAY), on_changes=lambda changes, _now_ns: movements.extend(changes.movements)
    )
    set_by_ns = 0
    clock = SteadyClock(lambda: shop.now_ns + set_by_ns, lambda: shop.now_ns)
    for second in range(BEFORE_S + AFTER_S):
        set_by_ns = step_ns if second >= BEFORE_S else 0
        shop.clock_ahead_ns = clock.now_ns() - shop.now_ns
        shop.step()
    ledger, clocks = shop.engine.state.ledger, shop.engine.state.clocks
    return Lived(
        movements,
        {key: dict(ledger.levels(*key)) for key in ledger.line_keys()},
        clock.ahead_s(),
        Counter(clocks.judge(device, shop.gateway_ns).state for device in shop.engine.state.devices),
    )


def what_happened(movements: Sequence[Movement]) -> Counter[tuple[str, str, str, str | None]]:
    """Return what came, left and was sold. (A piece in a customer's hands may be seen to move at another second.)"""
    return Counter(
        (m.kind, m.cause, m.sku, m.epc)
        for m in movements
        if m.kind is not MovementKind.MOVED or m.deltas == ()
    )


@pytest.mark.parametrize("step_ns", [HOUR_NS, -HOUR_NS])
def test_a_clock_set_by_an_hour_makes_and_loses_nothing(step_ns: int) -> None:
    """The same pieces come, are sold and leave as without it; the same levels; the journal's time never goes back.
    Set forward, devices whose own clocks no longer agree are told of; set back, how far time here is ahead.
    """
    plain, stepped = lived(0), lived(step_ns)
    assert what_happened(stepped.movements) == what_happened(plain.movements)
    assert stepped.levels == plain.levels
    recorded = [movement.recorded_ns for movement in stepped.movements]
    assert recorded == sorted(recorded)
    assert all(movement.at_ns <= movement.recorded_ns for movement in stepped.movements)
    assert stepped.ahead_s == (0 if step_ns > 0 else pytest.approx(3_600 - AFTER_S / 10, abs=1))
    assert (stepped.clocks["stepped"] > 0) == (step_ns > 0), "set back, time here does not step"
    assert plain.clocks["stepped"] == 0


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
