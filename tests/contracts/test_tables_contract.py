"""The laws of the transactional tables: state, applied events, alerts and what waits of them, samples, keys."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.records import AlertState, Comment
from gateway.storage.errors import CommitRefused
from gateway.storage.ports import ApiKey, AppliedEvent, Commit, DeadLetter, StateRow
from tests.support.stores import STORES, Reopen, a_store, alert, reopened


@pytest.fixture(params=STORES)
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reopen]:
    """Return a function that closes the store, if it is open, and opens the same one again."""
    with reopened(STORES[request.param], tmp_path / "store.db") as open_again:
        yield open_again


def _event(event_id: str, source: str = "till-1") -> AppliedEvent:
    return AppliedEvent(source, event_id, "d1", 7, '{"outcome":"applied"}')


def test_state_rows_are_replaced_and_deleted(reopen: Reopen) -> None:
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


def test_an_applied_event_is_known_by_source_and_id(reopen: Reopen) -> None:
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


def test_the_outbox_holds_what_people_are_told_in_order(reopen: Reopen) -> None:
    """Changes of what fired wait until marked, oldest first; pending and unchanged ones do not."""
    store = reopen()
    pending, firing = alert("a1", state=AlertState.PENDING), alert("a1")
    resolved = replace(alert("a1", state=AlertState.RESOLVED), resolved_at_ns=9)
    acked = replace(
        firing, state=AlertState.ACKNOWLEDGED, assignee="Camille", comments=(Comment(8, "k", "é"),)
    )
    store.commit(Commit(1, alerts=[pending, alert("a2")]))
    store.commit(Commit(2, alerts=[firing, acked]))
    assert store.alerts(assignee="Camille", severities=["warning"]) == [acked]
    assert store.alerts(assignee="Nobody") == store.alerts(severities=["critical"]) == []
    store.commit(Commit(3, alerts=[acked, resolved]))
    assert store.alerts(limit=1) == [alert("a2")]
    waiting = store.unpublished_alerts(10)
    assert [record for _, record in waiting] == [alert("a2"), firing, acked, resolved]
    store.mark_published([waiting[0][0], waiting[2][0], waiting[3][0]])
    store = reopen()
    assert store.unpublished_alerts(10) == [waiting[1]]
    store.commit(Commit(4, alerts=[alert("a3")]))
    assert store.unpublished_alerts(1) == [waiting[1]]
    assert store.unpublished_alerts(2)[1][0] > waiting[3][0]


def test_dead_letters_come_newest_first(reopen: Reopen) -> None:
    """The newest that were asked for, and no more; they are there after a restart."""
    store = reopen()
    letters = [
        DeadLetter("m100-front", "checksum", f"n{number}", bytes([number]), number) for number in range(5)
    ]
    store.commit(Commit(1, dead_letters=letters[:3]))
    store.commit(Commit(2, dead_letters=letters[3:]))
    assert reopen().dead_letters(2) == [letters[4], letters[3]]
    assert reopen().dead_letters(99) == letters[::-1]


def test_a_key_is_revoked_once(reopen: Reopen) -> None:
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
