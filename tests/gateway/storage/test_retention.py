"""What is old is let go, a little at a time, and no answer of what is kept changes by it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.records import AlertState
from gateway.audit import AuditEntry, AuditQuery
from gateway.movements import LevelPoint, Movement, ZoneDelta
from gateway.storage.errors import EntriesLetGo
from gateway.storage.ports import AppliedEvent, Commit, DeadLetter, HistoryStep
from gateway.storage.retention import (
    MAX_SLICE_ROWS,
    MIN_FREE_PAGES,
    MIN_SLICE_ROWS,
    SLICE_S,
    Pace,
    let_go,
    sweep_round,
)
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.sqlite import SqliteStore
from tests.support.level_model import LevelModel
from tests.support.stores import a_store, alert, movement

TICK_NS = HOUR_NS // 2
DAY_TICKS = DAY_NS // TICK_NS
SHORT = Retention(
    levels_ns=DAY_NS,
    hourly_ns=2 * DAY_NS,
    daily_ns=4 * DAY_NS,
    movements_ns=DAY_NS,
    applied_ns=DAY_NS,
    alerts_ns=DAY_NS,
    dead_letters_ns=DAY_NS,
    audit_ns=DAY_NS,
    kpis_ns=DAY_NS,
)
MANY_SLICES = 10_000


def sweep(store: SqliteStore, now_ns: int, slices: int = MANY_SLICES, rows: int = 3) -> Counter[str]:
    """Do so many slices of a round, each in its own transaction; return the rows that went, by table."""
    gone: Counter[str] = Counter()
    round_ = sweep_round(store._connection, SHORT, now_ns, Pace(rows))
    for _ in range(slices):
        done = store.housekeep(lambda _: next(round_, None))
        if done is None:
            break
        gone[done.table] += done.rows
        store.forget_levels()
    return gone


_AT = st.integers(0, 7 * DAY_TICKS).map(lambda tick: tick * TICK_NS)
_POINTS = st.lists(
    st.builds(
        LevelPoint,
        st.just("lyon-1"),
        st.just("A"),
        st.sampled_from(["front", "back"]),
        _AT,
        st.integers(0, 9),
    ),
    min_size=1,
    max_size=6,
)
_SWEEPS = st.tuples(st.integers(0, 9 * DAY_TICKS).map(lambda tick: tick * TICK_NS), st.integers(1, 12))


def _rounded(steps: Sequence[HistoryStep]) -> list[HistoryStep]:
    return [replace(step, mean=round(step.mean, 6)) for step in steps]


@given(
    st.lists(_POINTS | _SWEEPS, max_size=9),
    st.integers(0, 8 * DAY_TICKS),
    st.integers(0, 4 * DAY_TICKS),
    st.sampled_from([1, 2, 3, 7, 24, DAY_TICKS, 2 * DAY_TICKS]),
    st.sampled_from([None, "front"]),
)
@settings(max_examples=120, deadline=None)
def test_answers_equal_the_model_at_their_resolution(
    acts: list[list[LevelPoint] | tuple[int, int]], from_tick: int, ticks: int, step: int, zone: str | None
) -> None:
    """Whatever the order of points (late ones too), of rounds (broken off ones too) and of questions."""
    model = LevelModel(TICK_NS)
    with a_store() as store:
        for number, act in enumerate(acts):
            if isinstance(act, list):
                store.commit(Commit(number, levels=act))
                model.add(act)
            else:
                now_ns, slices = act
                sweep(store, now_ns, slices)
                day_ns = now_ns - now_ns % DAY_NS
                model.roll_up(day_ns - DAY_NS, day_ns - 2 * DAY_NS, day_ns - 4 * DAY_NS)
        assert set(store.latest_levels()) == model.latest()
        from_ns, to_ns = from_tick * TICK_NS, (from_tick + ticks) * TICK_NS
        asked = ("lyon-1", "A", from_ns, to_ns, step * TICK_NS, zone)
        for at_ns in (from_ns, to_ns):
            assert store.levels_at("lyon-1", "A", at_ns) == model.levels_at("lyon-1", "A", at_ns)
        assert _rounded(store.history(*asked)) == _rounded(model.history(*asked))


def _moved(store: str, at_ns: int, zone: str, pieces: int) -> Movement:
    return replace(movement(store, at_ns), recorded_ns=at_ns, deltas=(ZoneDelta(zone, pieces),))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lyon-1", "nice-2"]), st.sampled_from(["front", "back"]), st.integers(-3, 9)
        )
        | st.integers(1, 40),
        max_size=40,
    )
)
@settings(max_examples=60, deadline=None)
def test_levels_are_the_opening_balances_and_all_that_follows(
    acts: list[tuple[str, str, int] | int],
) -> None:
    """However many movements were let go, the opening balances and the kept deltas add up to the same levels."""
    levels: dict[tuple[str, str], int] = {}
    counts = {"lyon-1": 0, "nice-2": 0}
    with a_store() as store:
        for hour, act in enumerate(acts):
            if isinstance(act, int):
                sweep(store, DAY_NS + (hour - act) * HOUR_NS)
                continue
            name, zone, pieces = act
            levels[name, zone] = levels.get((name, zone), 0) + pieces
            counts[name] += 1
            entry = store.commit(Commit(1, movements=[_moved(name, hour * HOUR_NS, zone, pieces)])).entries[0]
            assert entry.seq == counts[name]
        for name in counts:
            found = {zone: n for (_, zone), n in store.opening_balances(name).items()}
            first = store.first_seq(name)
            for entry in store.entries_after(name, first - 1, 100):
                for delta in entry.movement.deltas:
                    found[delta.zone] = found.get(delta.zone, 0) + delta.pieces
            assert {z: n for z, n in found.items() if n} == {
                z: n for (of, z), n in levels.items() if of == name and n
            }
            assert store.last_seq(name) == counts[name]
            if first > 1:
                with pytest.raises(EntriesLetGo) as caught:
                    store.entries_after(name, first - 2, 100)
                assert caught.value.first_seq == first


def test_a_journal_of_which_all_was_let_go_continues_its_sequence() -> None:
    """The next sequence follows the last one, though its entry is gone; a reader behind it is told apart."""
    with a_store() as store:
        store.commit(Commit(1, movements=[_moved("lyon-1", 1, "front", 2)] * 5))
        sweep(store, 30 * DAY_NS)
        assert (store.first_seq("lyon-1"), store.last_seq("lyon-1")) == (6, 5)
        assert store.entries_after("lyon-1", 5, 10) == []
        assert store.opening_balances("lyon-1") == {("DEN-501-32", "front"): 10}
        store.forget_levels()
        assert store.commit(Commit(2, movements=[movement()])).entries[0].seq == 6
        assert let_go(store._connection)["movements"] == 5


def test_small_tables_let_go_what_is_old() -> None:
    """Applied events, resolved alerts, dead letters and the audit log go at their age; alerts that still fire stay."""
    old, new = DAY_NS, 9 * DAY_NS
    resolved = [
        replace(alert(name, since_ns=1, state=AlertState.RESOLVED), resolved_at_ns=at_ns)
        for name, at_ns in (("gone", old), ("recent", new))
    ]
    with a_store() as store:
        for at_ns, name in ((old, "e1"), (new, "e2")):
            event = AppliedEvent("till", name, "d", 5 * DAY_NS, "{}")
            letter = DeadLetter("m100", name, "", b"", at_ns)
            who = AuditEntry(at_ns, "k1", "", "reservations.create", "lyon-1", name)
            store.commit(Commit(at_ns, applied=[event], dead_letters=[letter], audited=[who]))
        store.commit(Commit(new, alerts=[*resolved, alert("fires", since_ns=2)]))
        sweep(store, new + DAY_NS - 1)
        assert store.applied_event("till", "e1") is None
        assert store.applied_event("till", "e2") is not None
        assert [letter.reason for letter in store.dead_letters(9)] == ["e2"]
        assert [row.entry.subject for row in store.audit_rows(AuditQuery())] == ["e2"]
        assert {record.id for record in store.alerts()} == {"recent", "fires"}
        assert let_go(store._connection) == {"applied": 1, "alerts": 1, "dead_letters": 1, "audit": 1}


def test_what_comes_too_late_to_matter_is_counted() -> None:
    """A point older than what is kept, with a newer one known, changes nothing and is counted."""
    with a_store() as store:
        store.commit(Commit(1, levels=[LevelPoint("lyon-1", "A", "front", DAY_NS, 3)]))
        sweep(store, 9 * DAY_NS)
        store.commit(Commit(2, levels=[LevelPoint("lyon-1", "A", "front", DAY_NS - 1, 8)]))
        assert store.latest_levels() == [LevelPoint("lyon-1", "A", "front", DAY_NS, 3)]
        assert store.dropped() == {"levels_too_old": 1}


def test_slices_follow_the_disk() -> None:
    """A slice that takes long makes the next one smaller, a quick one larger, within bounds."""
    pace = Pace(100)
    pace.took(SLICE_S * 3)
    assert pace.rows == 50
    pace.took(SLICE_S / 9)
    assert pace.rows == 62
    for _ in range(40):
        pace.took(1.0)
    assert pace.rows == MIN_SLICE_ROWS
    for _ in range(40):
        pace.took(0.0)
    assert pace.rows == MAX_SLICE_ROWS


def test_each_slice_is_bounded() -> None:
    """However much is to go, no slice deletes more rows than its pace allows, in whatever table."""
    points = [LevelPoint("lyon-1", f"A{sku}", "front", t * HOUR_NS, t) for sku in range(6) for t in range(90)]
    with a_store() as store:
        moved = [_moved("lyon-1", 1, "front", 1)] * 200
        events = [AppliedEvent("till", f"e{n}", "d", 1, "{}") for n in range(200)]
        store.commit(Commit(1, levels=points, movements=moved, applied=events))
        rows: dict[str, list[int]] = {}
        round_ = sweep_round(store._connection, SHORT, 40 * DAY_NS, Pace(25))
        while (done := store.housekeep(lambda _: next(round_, None))) is not None:
            rows.setdefault(done.table, []).append(done.rows)
        assert all(max(counts) <= 25 for counts in rows.values())
        assert sum(rows["levels"]) == 6 * 89
        assert sum(rows["movements"]) == sum(rows["applied"]) == 200


def test_pages_are_given_back_to_the_disk() -> None:
    """A file that lost most of its rows shrinks, but for a reserve for the rows of tomorrow."""
    with a_store() as store:
        many = [movement(at_ns=1, note="x" * 400) for _ in range(6_000)]
        store.commit(Commit(1, movements=many))
        before = store.sizes()
        given_back = sweep(store, 40 * DAY_NS, rows=1_000)["pages"]
        after = store.sizes()
        assert given_back == pytest.approx(
            (before.file_bytes - after.file_bytes) // 4_096, abs=4
        )  # maps of pages go too
        assert before.file_bytes > 3_000_000
        assert after.file_bytes < before.file_bytes / 2
        assert after.free_bytes <= MIN_FREE_PAGES * 4_096
