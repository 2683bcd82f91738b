"""The laws that every GatewayStore keeps, whatever it is made of: each test runs on each of STORES."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.records import AlertState
from gateway.movements import LevelPoint, Movement
from gateway.storage.errors import CommitRefused, StoreClosed
from gateway.storage.ports import (
    ApiKey,
    AppliedEvent,
    Commit,
    DeadLetter,
    GatewayStore,
    StateRow,
)
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import a_store, alert, movement

STORES: dict[str, Callable[[Path], GatewayStore]] = {"sqlite": SqliteStore.open}


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], GatewayStore]]:
    """Return a function that closes the store, if it is open, and opens the same one again."""
    opened: list[GatewayStore] = []

    def open_again() -> GatewayStore:
        if opened:
            opened.pop().close()
        opened.append(STORES[request.param](tmp_path / "store.db"))
        return opened[0]

    yield open_again
    for store in opened:
        store.close()


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


def test_a_commit_is_read_back_as_it_was_given(reopen: Callable[[], GatewayStore]) -> None:
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


def test_a_restart_changes_nothing(reopen: Callable[[], GatewayStore]) -> None:
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
def test_a_commit_that_fails_in_the_middle_leaves_nothing(
    reopen: Callable[[], GatewayStore], bad: Commit
) -> None:
    """A refused commit leaves no trace, and the next one is allotted the sequence that it would have had."""
    store = reopen()
    version = store.commit(_everything()).version
    before = _seen(store)
    with pytest.raises(CommitRefused):
        store.commit(replace(bad, state=[StateRow("presence", "tag", None)], alerts=[alert("a2")]))
    assert _seen(store) == before
    committed = store.commit(Commit(12, movements=[movement()]))
    assert (committed.entries[0].seq, committed.version) == (2, version + 1)


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


def test_state_rows_are_replaced_and_deleted(reopen: Callable[[], GatewayStore]) -> None:
    """Of several changes to one key in a commit the last holds; None deletes; parts are apart."""
    store = reopen()
    rows = [
        StateRow("p", "a", "1"),
        StateRow("p", "a", None),
        StateRow("p", "b", None),
        StateRow("p", "b", "2"),
    ]
    store.commit(Commit(1, state=[*rows, StateRow("q", "a", "3")]))
    assert list(store.state_rows("p")) == [StateRow("p", "b", "2")]
    store.commit(Commit(2, state=[StateRow("p", "b", None)]))
    assert list(store.state_rows("p")) == []
    assert list(store.state_rows("q")) == [StateRow("q", "a", "3")]


def test_an_applied_event_is_known_by_source_and_id(reopen: Callable[[], GatewayStore]) -> None:
    """The same event id from another source is another event."""
    store = reopen()
    store.commit(Commit(1, applied=[_event("e1"), _event("e1", "till-2")]))
    assert store.applied_event("till-2", "e1") == _event("e1", "till-2")
    assert store.applied_event("till-3", "e1") is None
    assert store.applied_event("till-1", "e2") is None


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.sampled_from(["lyon-1", "nice-2"]), st.sampled_from(AlertState)),
        max_size=25,
    ),
    st.integers(1, 6),
    st.sampled_from([(), (AlertState.FIRING,), (AlertState.FIRING, AlertState.RESOLVED)]),
    st.sampled_from([None, "lyon-1"]),
)
@settings(max_examples=40, deadline=None)
def test_pages_of_alerts_together_are_all_of_them(
    drawn: list[tuple[int, str, AlertState]], limit: int, states: tuple[AlertState, ...], store_id: str | None
) -> None:
    """Page by page from the newest: none left out, none twice, whatever the filter and equal times."""
    records = [alert(f"a{i}", since, state, store=name) for i, (since, name, state) in enumerate(drawn)]
    wanted = [
        record
        for record in sorted(records, key=lambda record: (record.since_ns, record.id), reverse=True)
        if (not states or record.state in states) and store_id in (None, record.store)
    ]
    with a_store() as store:
        store.commit(Commit(1, alerts=records))
        paged, before = [], None
        while page := store.alerts(store=store_id, states=states, before=before, limit=limit):
            assert len(page) <= limit
            paged += page
            before = (page[-1].since_ns, page[-1].id)
        assert paged == wanted
        assert store.alerts(types=["stock_out"]) == []


def test_the_outbox_holds_what_people_are_told_in_order(reopen: Callable[[], GatewayStore]) -> None:
    """Changes to firing and resolved wait until marked, oldest first; pending and unchanged ones do not."""
    store = reopen()
    pending, firing = alert("a1", state=AlertState.PENDING), alert("a1")
    resolved = replace(alert("a1", state=AlertState.RESOLVED), resolved_at_ns=9)
    store.commit(Commit(1, alerts=[pending, alert("a2")]))
    store.commit(Commit(2, alerts=[firing]))
    store.commit(Commit(3, alerts=[firing, resolved]))
    assert store.alerts(limit=1) == [alert("a2")]
    waiting = store.unpublished_alerts(10)
    assert [record for _, record in waiting] == [alert("a2"), firing, resolved]
    store.mark_published([waiting[0][0], waiting[2][0]])
    store = reopen()
    assert store.unpublished_alerts(10) == [waiting[1]]
    store.commit(Commit(4, alerts=[alert("a3")]))
    assert store.unpublished_alerts(1) == [waiting[1]]
    assert store.unpublished_alerts(2)[1][0] > waiting[2][0]


def test_a_key_is_revoked_once(reopen: Callable[[], GatewayStore]) -> None:
    """A revoked key stays known with its time; revoking it again, or an unknown one, says no."""
    store = reopen()
    key = ApiKey("k1", "till", "0a", ("ingest:write", "admin"), (), 5)
    store.add_key(key)
    assert store.keys() == [key]
    assert store.revoke_key("k1", 9)
    assert not store.revoke_key("k1", 10)
    assert not store.revoke_key("k2", 10)
    assert store.keys() == [replace(key, revoked_at_ns=9)]
    with pytest.raises(CommitRefused):
        store.add_key(key)


def test_a_closed_store_says_so(reopen: Callable[[], GatewayStore]) -> None:
    """Closing twice is fine; asking afterwards is a StoreClosed, for reads and writes."""
    store = reopen()
    store.close()
    store.close()
    with pytest.raises(StoreClosed):
        store.keys()
    with pytest.raises(StoreClosed):
        store.commit(_everything())
