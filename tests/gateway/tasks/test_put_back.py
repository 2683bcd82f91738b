"""A piece that stands elsewhere is put back: the very tag, not another of its article."""

from dataclasses import replace
from typing import cast

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.movements import Movement, MovementKind, ZoneDelta
from gateway.site import Site
from gateway.state import State
from gateway.tasks.watch import TaskWatch
from tests.support.small_site import STORE, T0, articles, epc, small_site

STRAY, OTHER = epc("TEE", 1), epc("TEE", 2)
ALERT = AlertRecord(
    "a1",
    "misplaced_item|lyon-1|TEE|",
    cast("AlertType", "misplaced_item"),
    Severity.INFO,
    STORE,
    AlertState.FIRING,
    T0,
    zone="back",
    sku="TEE",
    evidence={"epc": STRAY, "to_zone": "floor"},
)


def moved(tag: str) -> Movement:
    """Return a tag that came to the floor."""
    deltas = (ZoneDelta("back", -1), ZoneDelta("floor", 1))
    return Movement(MovementKind.MOVED, "rfid", STORE, "TEE", T0, T0, 1, tag, "back", "floor", deltas)


def test_the_task_names_the_tag_and_waits_for_it() -> None:
    """Another piece of the article on its way ticks nothing off."""
    state = State(Site(small_site()), articles())
    watch = TaskWatch(state, list)
    watch.take([ALERT], [], [], T0)
    (task,) = state.tasks.live()
    assert (task.kind, task.epc, task.qty, task.priority) == ("put_back", STRAY, 1, "low")
    assert (task.from_zone, task.to_zone) == ("back", "floor")
    watch.take([], [moved(OTHER)], [], T0)
    assert [found.done for found in state.tasks.live()] == [0]
    watch.take([], [moved(STRAY)], [], T0)
    done = state.tasks.get(task.id)
    assert done is not None
    assert (done.state, done.verified_by, done.seen) == ("completed", "rfid", (STRAY,))


def test_a_stray_piece_that_is_sold_needs_no_carrying() -> None:
    """The alert ends, and nobody is asked any more; the next time it is another task."""
    state = State(Site(small_site()), articles())
    watch = TaskWatch(state, list)
    watch.take([ALERT], [], [], T0)
    (task,) = state.tasks.live()
    watch.take([replace(ALERT, state=AlertState.RESOLVED)], [], [], T0)
    assert [found.state for found in state.tasks.of_cause("alert", ALERT.fingerprint)] == ["withdrawn"]
    watch.take([ALERT], [], [], T0)
    assert not state.tasks.live()
    watch.take([replace(ALERT, id="a2")], [], [], T0)
    assert [found.id for found in state.tasks.live()] != [task.id]
    assert len(state.tasks.live()) == 1
