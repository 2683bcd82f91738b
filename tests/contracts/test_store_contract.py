"""The laws of a whole gateway store, whatever it is made of: each test runs on each of STORES."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.movements import LevelPoint
from gateway.storage.errors import CommitRefused, StoreClosed
from gateway.storage.ports import ApiKey, AppliedEvent, Commit, DeadLetter, GatewayStore, StateRow
from tests.support.stores import STORES, Reopen, alert, movement, reopened


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Return a function that closes the store, if it is open, and opens the same one again."""
    with reopened(STORES[request.param], tmp_path / "store.db") as open_again:
        yield open_again


def _event(event_id: str, source: str = "till-1") -> AppliedEvent:
    return AppliedEvent(source, event_id, "d1", 7, '{"outcome":"applied"}')


def _everything(at_ns: int = 10) -> Commit:
    """Return a commit with something in every table."""
    return Commit(
        at_ns,
        movements=[movement(), movement(store="nice-2")],
        levels=[LevelPoint("lyon-1", "DEN-501-32", "denim", 5, 3)],
        state=[StateRow("presence", "tag", '{"zone":"denim"}')],
        alerts=[alert("a1")],
        applied=[_event("e1")],
        dead_letters=[DeadLetter("m100-front", "checksum", "want 7F", b"\xbb\x00", 9)],
    )


def _seen(store: GatewayStore) -> tuple[object, ...]:
    """Return all that can be read."""
    return (
        store.journal_id,
        [store.entries_after(name, 0, 1_000) for name in ("lyon-1", "nice-2")],
        [store.last_seq(name) for name in ("lyon-1", "nice-2")],
        set(store.latest_levels()),
        store.history("lyon-1", "DEN-501-32", 0, 20, 5),
        list(store.state_rows("presence")),
        store.applied_event("till-1", "e1"),
        store.alerts(),
        store.unpublished_alerts(100),
        store.dead_letters(100),
        store.keys(),
    )


def test_a_commit_is_read_back_as_it_was_given(reopen: Reopen) -> None:
    """What was committed is read back equal, field by field, in every table."""
    store, commit = reopen(), _everything()
    committed = store.commit(commit)
    assert [entry.movement for entry in committed.entries] == commit.movements
    assert store.entries_after("lyon-1", 0, 10) == [committed.entries[0]]
    assert store.latest_levels() == commit.levels
    assert list(store.state_rows("presence")) == commit.state
    assert store.applied_event("till-1", "e1") == commit.applied[0]
    assert store.alerts() == commit.alerts
    assert [record for _, record in store.unpublished_alerts(10)] == commit.alerts
    assert store.dead_letters(10) == commit.dead_letters


def test_a_restart_changes_nothing(reopen: Reopen) -> None:
    """A store that was closed and opened again answers as before, and goes on where it was."""
    store = reopen()
    version = store.commit(_everything()).version
    store.add_key(ApiKey("k1", "till", "00", ("admin",), ("lyon-1",), 5))
    before = _seen(store)
    store = reopen()
    assert _seen(store) == before
    committed = store.commit(Commit(11, movements=[movement()]))
    assert committed.entries[0].seq == 2
    assert committed.version > version


@pytest.mark.parametrize(
    "bad",
    [
        Commit(11, movements=[movement(note="x"), replace(movement(), pieces=2**63)]),
        Commit(11, levels=[LevelPoint("lyon-1", "DEN-501-32", "denim", 6, 2**63)]),
        Commit(11, movements=[movement()], applied=[_event("e1")]),
        Commit(11, movements=[movement(note="\ud800")]),
    ],
    ids=["integer too large", "level too large", "event twice", "no text"],
)
def test_a_commit_that_fails_in_the_middle_leaves_nothing(reopen: Reopen, bad: Commit) -> None:
    """A refused commit leaves no trace, and the next one is allotted the sequence that it would have had."""
    store = reopen()
    version = store.commit(_everything()).version
    before = _seen(store)
    with pytest.raises(CommitRefused):
        store.commit(replace(bad, state=[StateRow("presence", "tag", None)], alerts=[alert("a2")]))
    assert _seen(store) == before
    committed = store.commit(Commit(12, movements=[movement()]))
    assert (committed.entries[0].seq, committed.version) == (2, version + 1)


def test_a_closed_store_says_so(reopen: Reopen) -> None:
    """Closing twice is fine; asking afterwards is a StoreClosed, for reads and writes."""
    store = reopen()
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        store.keys()
    with pytest.raises(StoreClosed):
        store.commit(_everything())
