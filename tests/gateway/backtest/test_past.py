"""The past as it is read back from a store on disk: levels at its begin, steps in order, whatever was let go."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.records import AlertState, AlertType
from gateway.backtest.model import Moved, Past, Promised, Sight
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.reservations.model import Reservation, ReservedLine
from gateway.storage import past as past_module
from gateway.storage.ports import Commit
from gateway.storage.retention import Pace, sweep_round
from gateway.storage.retention_rule import Retention
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store, alert

STORE, OTHER = "lyon-1", "paris-1"
S = 1_000_000_000
SETTLE_NS = 60 * S
DAY_NS = 86_400 * S
Change = tuple[str, str, int]
"""(SKU, zone, pieces more)."""
CHANGES = st.lists(
    st.tuples(st.sampled_from(("A", "B")), st.sampled_from(("front", "back")), st.integers(-2, 3)),
    max_size=30,
)


def written(store: SqliteStore, changes: Iterable[Change], name: str = STORE) -> list[Movement]:
    """Write movements of one second each, and the levels that they make, as the gateway does."""
    levels: Counter[tuple[str, str]] = Counter()
    movements: list[Movement] = []
    points: list[LevelPoint] = []
    for second, (sku, zone, pieces) in enumerate(changes, 1):
        levels[sku, zone] += pieces
        movement = Movement(
            MovementKind.COUNTED, "count", name, sku, (second - 1) * S, second * S, 1,
            deltas=(ZoneDelta(zone, pieces),) if pieces else (),
        )  # fmt: skip
        points.append(LevelPoint(name, sku, zone, second * S, levels[sku, zone]))
        movements.append(movement)
    store.commit(Commit(at_ns=S, movements=movements, levels=points))
    return movements


def moves(found: Past) -> list[Movement]:
    """Return the movements of a past."""
    return [step.movement for step in found.steps if isinstance(step, Moved)]


@settings(max_examples=40)
@given(CHANGES, st.integers(0, 32), st.integers(0, 32))
def test_levels_at_the_begin_and_what_moved_since_are_the_levels_at_the_end(
    changes: list[Change], from_s: int, to_s: int
) -> None:
    """Whichever period is asked for: nothing is lost, and nothing counted twice."""
    with a_store() as store:
        movements = written(store, changes)
        written(store, [("A", "front", 7)], OTHER)
        found = store.past(STORE, from_s * S, to_s * S, SETTLE_NS)
        inside = [m for m in movements if from_s * S <= m.recorded_ns < to_s * S]
        assert moves(found) == inside
        assert found.movements == len(inside)
        begin: Counter[tuple[str, str]] = Counter()
        for m in movements:
            if m.recorded_ns < from_s * S:
                begin.update({(m.sku, delta.zone): delta.pieces for delta in m.deltas})
        assert found.levels == {key: pieces for key, pieces in begin.items() if pieces}


def test_history_begins_with_the_first_entry() -> None:
    """What is asked of the time before is answered from there on."""
    with a_store() as store:
        written(store, [("A", "front", 1)] * 5)
        assert store.past(STORE, -100 * S, 9 * S, SETTLE_NS).from_ns == S
        assert store.past(STORE, 3 * S, 9 * S, SETTLE_NS).from_ns == 3 * S
        assert store.past("nice-2", 3 * S, 9 * S, SETTLE_NS).from_ns == 9 * S, "none of it is known"


def test_what_was_let_go_makes_history_begin_later_and_no_level_wrong() -> None:
    """Five movements, the first two older than a day: three are lived through, from the level that those left."""
    of_a_day = Retention(*[7 * DAY_NS] * 3, DAY_NS, *[7 * DAY_NS] * 5)
    with a_store() as store:
        movements = written(store, [("A", "front", 1)] * 5)
        for _ in sweep_round(store._connection, of_a_day, DAY_NS + 3 * S, Pace()):
            pass
        found = store.past(STORE, 0, 99 * S, SETTLE_NS)
        assert (found.from_ns, found.levels) == (3 * S, {("A", "front"): 2})
        assert moves(found) == movements[2:]


def test_entries_come_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than one page holds, in order."""
    monkeypatch.setattr(past_module, "PAGE_ROWS", 3)
    with a_store() as store:
        movements = written(store, [("A", "front", 1)] * 7)
        assert moves(store.past(STORE, 0, 99 * S, SETTLE_NS)) == movements


def test_a_clock_that_was_set_back_does_not_turn_time_round() -> None:
    """What was written down later comes later, at the same time at the earliest."""
    with a_store() as store:
        for recorded_s in (5, 9, 6, 11):
            movement = Movement(MovementKind.SOLD, "till", STORE, "A", 0, recorded_s * S)
            store.commit(Commit(at_ns=recorded_s * S, movements=[movement]))
        steps = list(store.past(STORE, 0, 99 * S, SETTLE_NS).steps)
        assert [step.at_ns // S for step in steps] == [5, 9, 9, 11]


def reservation(name: str, created_s: int, closed_s: int | None, expires_s: int) -> Reservation:
    """Return a reservation of two pieces of A and one of B."""
    return Reservation(
        id=name, store=STORE, state="held" if closed_s is None else "released",
        lines=(ReservedLine("A", 2, 2), ReservedLine("B", 3, 1)), channel="web", owner_ref=None,
        min_probability=0.9, created_ns=created_s * S, changed_ns=created_s * S, expires_ns=expires_s * S,
        closed_ns=None if closed_s is None else closed_s * S,
    )  # fmt: skip


def test_promises_hold_from_when_they_were_made_until_they_ended() -> None:
    """Released, expired, open, over before, made after."""
    with a_store() as store:
        written(store, [("A", "front", 1)])
        made = (
            reservation("a", 10, 20, 30),
            reservation("b", 2, None, 15),
            reservation("c", 12, None, 999),
            reservation("d", 2, 4, 30),
            reservation("e", 60, None, 999),
        )
        store.commit(Commit(at_ns=S, reservations=list(made)))
        steps = list(store.past(STORE, 5 * S, 50 * S, SETTLE_NS).steps)
        of_a = [(s.at_ns // S, s.pieces) for s in steps if isinstance(s, Promised) and s.sku == "A"]
        assert sorted(of_a) == [(5, 2), (10, 2), (12, 2), (15, -2), (20, -2)]
        assert sum(s.pieces for s in steps if isinstance(s, Promised) and s.sku == "B") == 1


def test_devices_are_dark_from_the_begin_of_their_alert_until_they_settled() -> None:
    """One that lasts has no end; one of a type that says nothing of sight is left out."""
    down = replace(
        alert("r1", 10 * S, AlertState.RESOLVED), type=AlertType.READER_DOWN, store=STORE, sku=None,
        device="front", resolved_at_ns=20 * S,
    )  # fmt: skip
    dim = replace(down, id="r2", type=AlertType.COVERAGE_LOW, device="rear", resolved_at_ns=None,
                  state=AlertState.FIRING)  # fmt: skip
    over = replace(down, id="r3", since_ns=S, resolved_at_ns=2 * S, device="old")
    other = replace(down, id="r4", type=AlertType.CLOCK_SKEW)
    with a_store() as store:
        written(store, [("A", "front", 1)] * 4)
        store.commit(Commit(at_ns=S, alerts=[down, dim, over, other]))
        steps = list(store.past(STORE, 63 * S, 990 * S, SETTLE_NS).steps)
        assert steps == [
            Sight(63 * S, "front", "reader_down|lyon-1||front", is_lost=True),
            Sight(63 * S, "rear", "coverage_low|lyon-1||rear", is_lost=True),
            Sight(80 * S, "front", "reader_down|lyon-1||front", is_lost=False),
        ]
