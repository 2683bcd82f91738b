"""The laws of a journal of movements: contiguous, in order, and provable from its opening balances."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.movements import Movement, ZoneDelta
from gateway.storage.ports import Commit
from tests.support.stores import STORES, Reopen, a_store, movement, reopened


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Return a function that closes the store, if it is open, and opens the same one again."""
    with reopened(STORES[request.param], tmp_path / "store.db") as open_again:
        yield open_again


@given(st.lists(st.lists(st.sampled_from(["lyon-1", "nice-2", "web"]), max_size=6), max_size=12))
@settings(max_examples=30, deadline=None)
def test_sequences_are_contiguous_per_store(commits: list[list[str]]) -> None:
    """However movements of several stores interleave, each store's sequences are 1, 2, 3 … in its order."""
    given_to: dict[str, list[Movement]] = {"lyon-1": [], "nice-2": [], "web": []}
    with a_store() as store:
        for number, names in enumerate(commits):
            movements = [movement(store=name, at_ns=100 * number + i) for i, name in enumerate(names)]
            entries = store.commit(Commit(number, movements=movements)).entries
            assert [entry.movement for entry in entries] == movements
            for moved in movements:
                given_to[moved.store].append(moved)
        for name, expected in given_to.items():
            read = store.entries_after(name, 0, 1_000)
            assert [entry.seq for entry in read] == list(range(1, len(expected) + 1))
            assert [entry.movement for entry in read] == expected
            assert {entry.journal_id for entry in read} <= {store.journal_id}
            assert store.last_seq(name) == len(expected)
            assert store.entries_after(name, 2, 2) == read[2:4]


def test_an_empty_journal_begins_at_one(reopen: Reopen) -> None:
    """Before the first movement nothing is kept: the first to come is 1, the last is 0, and nothing is owed."""
    store = reopen()
    assert (store.first_seq("lyon-1"), store.last_seq("lyon-1")) == (1, 0)
    assert store.entries_after("lyon-1", 0, 10) == []
    assert store.entries_after("lyon-1", 7, 10) == []
    assert store.opening_balances("lyon-1") == {}


def test_a_journal_keeps_its_id_and_its_place(reopen: Reopen) -> None:
    """A restart changes neither the id nor the sequence; what was let go is none of it."""
    store = reopen()
    moved = replace(movement(), deltas=(ZoneDelta("front", -1), ZoneDelta("denim", 1)))
    [first] = store.commit(Commit(1, movements=[moved])).entries
    journal_id = store.journal_id
    store = reopen()
    [second] = store.commit(Commit(2, movements=[moved])).entries
    assert (first.journal_id, second.journal_id, store.journal_id) == (journal_id,) * 3
    assert (first.seq, second.seq, store.first_seq("lyon-1")) == (1, 2, 1)
    assert store.entries_after("lyon-1", 1, 10) == [second]
    assert store.opening_balances("lyon-1") == {}
