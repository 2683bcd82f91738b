"""The log of changes, for every store: contiguous per store, bounded, and honest about what it let go."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gateway.storage.changes as table
from gateway.changes.model import Change, ChangeNote
from gateway.storage.errors import CommitRefused
from gateway.storage.ports import AppliedEvent, ChangeLog, Commit
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from tests.support.stores import a_store


def note(subject: str = "TEE", store: str = "lyon-1") -> ChangeNote:
    """Return a note about an article."""
    return ChangeNote(store, "availability", subject)


def write(store: SqliteStore, notes: Sequence[ChangeNote], at_ns: int = 1) -> None:
    """Commit notes."""
    store.commit(Commit(at_ns, changes=list(notes)))


def test_each_store_has_a_sequence_of_its_own() -> None:
    """From 1 on, without a gap, in the order of the notes, over commits."""
    with a_store() as store:
        write(store, [note("a"), note("b", "paris-1"), note("c")], 7)
        write(store, [note("a")], 8)
        log: ChangeLog = store
        assert log.changes_after("lyon-1", 0, 10) == [
            Change("lyon-1", 1, 7, "availability", "a"),
            Change("lyon-1", 2, 7, "availability", "c"),
            Change("lyon-1", 3, 8, "availability", "a"),
        ]
        assert log.changes_after("lyon-1", 1, 1) == [Change("lyon-1", 2, 7, "availability", "c")]
        assert [c.seq for c in log.changes_after("paris-1", 0, 10) or ()] == [1]
        assert (log.last_change("lyon-1"), log.last_change("paris-1"), log.last_change("nice-1")) == (3, 1, 0)
        assert log.changes_after("nice-1", 0, 10) == []


def test_what_never_was_is_not_known() -> None:
    """A position ahead of the log is of another life: None, not an empty page that waits for ever."""
    with a_store() as store:
        write(store, [note()])
        assert store.changes_after("lyon-1", 1, 10) == []
        assert store.changes_after("lyon-1", 2, 10) is None
        assert store.changes_after("lyon-1", -1, 10) is None


def test_a_sequence_goes_on_after_a_restart(tmp_path: Path) -> None:
    """Nothing begins anew."""
    path = tmp_path / STORE_FILE
    for _ in range(2):
        store = SqliteStore.open(path, synchronous="OFF")
        write(store, [note()])
        store.close()
    store = SqliteStore.open(path, synchronous="OFF")
    assert store.last_change("lyon-1") == 2
    store.close()


def test_a_refused_commit_leaves_no_hole() -> None:
    """The sequence that it would have taken is the next one's."""
    event = AppliedEvent("till", "1", "0", 1, "{}")
    with a_store() as store:
        store.commit(Commit(1, applied=[event], changes=[note("a")]))
        with pytest.raises(CommitRefused):
            store.commit(Commit(2, applied=[event], changes=[note("b")]))
        write(store, [note("c")])
        found = store.changes_after("lyon-1", 0, 10) or []
        assert [(c.seq, c.subject) for c in found] == [(1, "a"), (2, "c")]


@given(sizes=st.lists(st.integers(0, 40), max_size=12), most=st.integers(1, 60))
def test_the_log_is_bounded_and_says_where_it_begins(sizes: list[int], most: int) -> None:
    """At most so many rows; a position before the oldest is not known any more, every later one gives the rest."""
    with a_store() as store:
        store._changes = table.ChangesTable(most)
        for size in sizes:
            write(store, [note(str(number)) for number in range(size)])
        last = store.last_change("lyon-1")
        assert last == sum(sizes)
        first = max(1, last - most + 1)
        for seq in range(last + 1):
            found = store.changes_after("lyon-1", seq, 1_000)
            if seq < first - 1:
                assert found is None
            else:
                assert [c.seq for c in found or ()] == list(range(seq + 1, last + 1))


def test_letting_go_is_cut_into_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that is far too long shrinks commit by commit, by a bounded number each."""
    monkeypatch.setattr(table, "LET_GO_AT_ONCE", 10)
    with a_store() as store:
        write(store, [note(str(number)) for number in range(100)])
        store._changes = table.ChangesTable(5)
        lengths = []
        for _ in range(12):
            write(store, [note()])
            lengths.append(store.last_change("lyon-1") - table_first(store.changes_after) + 1)
        assert lengths[0] == 101 - 13
        assert lengths[-1] == 5


def table_first(after: Callable[[str, int, int], list[Change] | None]) -> int:
    """Return the oldest sequence that is kept."""
    return next(seq for seq in range(200) if after("lyon-1", seq, 1) is not None) + 1
