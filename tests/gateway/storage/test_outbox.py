"""The outbox of a real store: written with its commit or not at all, bounded, and its losses become gaps."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.alerts.records import AlertState
from gateway.movements import LevelPoint
from gateway.storage import outbox
from gateway.storage.backlog_page import START
from gateway.storage.connection import opened_file
from gateway.storage.errors import CommitRefused
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.ports import AppliedEvent, Commit, OutboxGap, RefusedLine, Settlement
from gateway.storage.sqlite import SqliteStore
from tests.support.line_parser import Point, parse_lines
from tests.support.stores import alert, movement

HOUR_NS = 3_600 * 10**9


def opened(folder: Path, *, encodes: bool = True, max_bytes: int = 10**9) -> SqliteStore:
    """Return the store of a folder, without the cost of flushes."""
    return SqliteStore.open(
        folder / "s.db",
        synchronous="OFF",
        encoder=LineEncoder() if encodes else None,
        max_outbox_bytes=max_bytes,
    )


def level(number: int, at_ns: int | None = None) -> LevelPoint:
    """Return the number-th level of one article."""
    return LevelPoint("lyon-1", "TEE", "front", number if at_ns is None else at_ns, number % 50)


def told(store: SqliteStore, after: int = 0) -> list[Point]:
    """Return all points that wait."""
    return [point for batch in store.outbox_after(after, 10**6) for point in parse_lines(batch.body)]


def kept(store: SqliteStore, gap: OutboxGap, limit: int = 3) -> list[Point]:
    """Return all that the store tells of a gap, page by page."""
    points, encoder = [], LineEncoder()
    cursor: str | None = START
    while cursor is not None:
        page = store.backlog_page(OutboxGap(gap.id, gap.reason, gap.from_ns, gap.to_ns, 0, cursor), limit)
        assert len(page.levels) <= limit
        assert len(page.entries) <= limit
        points += parse_lines(encoder.encode(page.entries, page.levels, page.alerts))
        cursor = page.cursor
    return points


def test_a_commit_is_told_with_all_that_it_brings(tmp_path: Path) -> None:
    """Levels, movements, alerts and samples stand in the outbox as one batch, with the commit's time."""
    store = opened(tmp_path)
    store.commit(
        Commit(9, movements=[movement(at_ns=5)], levels=[level(5)], alerts=[alert("a", 7)], lines=[b"kpi x=1i 9\nkpi y=1i 9"])
    )  # fmt: skip
    [batch] = store.outbox_after(0, 100)
    assert (batch.points, batch.at_ns) == (5, 9)
    assert [point.measurement for point in parse_lines(batch.body)] == [
        "stock",
        "movement",
        "alert",
        "kpi",
        "kpi",
    ]
    totals = store.outbox_totals()
    assert (totals.points, totals.bytes, totals.oldest_at_ns) == (5, len(batch.body), 9)
    store.close()


def test_a_commit_that_is_refused_is_not_told(tmp_path: Path) -> None:
    """What was rolled back stands nowhere, and the totals are those of what stands."""
    store = opened(tmp_path)
    event = AppliedEvent("till", "1", "d", 1, "{}")
    store.commit(Commit(1, levels=[level(1)], applied=[event]))
    with pytest.raises(CommitRefused):
        store.commit(Commit(2, levels=[level(2)], applied=[event]))
    store.commit(Commit(3, levels=[level(3)]))
    assert [point.at_ns for point in told(store)] == [1, 3]
    assert store.outbox_totals().points == 2
    store.close()


def test_without_an_encoder_nothing_waits(tmp_path: Path) -> None:
    """A shop without InfluxDB has no outbox and no gaps."""
    store = opened(tmp_path, encodes=False)
    store.commit(Commit(1, levels=[level(1)], lines=[b"kpi x=1i 1"]))
    assert store.outbox_after(0, 100) == []
    assert store.outbox_totals().points == 0
    assert store.outbox_gaps() == []
    store.close()


def test_what_is_delivered_leaves_and_its_ids_never_come_again(tmp_path: Path) -> None:
    """Settling takes out up to the id, keeps the rest, and is idempotent, over a restart as well."""
    store = opened(tmp_path)
    for number in range(1, 6):
        store.commit(Commit(number, levels=[level(number)]))
    ids = [batch.id for batch in store.outbox_after(0, 100)]
    for _ in range(2):
        store.settle_outbox(Settlement(through_id=ids[2]))
    assert [batch.id for batch in store.outbox_after(0, 100)] == ids[3:]
    assert store.outbox_totals().points == 2
    store.settle_outbox(Settlement(through_id=ids[-1]))
    assert store.outbox_totals() == type(store.outbox_totals())(0, 0, 0, 0, None)
    store.close()
    store = opened(tmp_path)
    store.commit(Commit(9, levels=[level(9)]))
    [batch] = store.outbox_after(0, 100)
    assert batch.id > ids[-1]
    assert store.outbox_gaps() == []
    store.close()


def test_a_reading_is_bounded_by_points_and_bytes(tmp_path: Path) -> None:
    """Batches come whole, no more points than asked for but at least one batch; a large commit is parted."""
    store = opened(tmp_path)
    for number in range(10):
        store.commit(Commit(number + 1, levels=[level(number * 3 + i, number * 3 + i) for i in range(3)]))
    assert [b.points for b in store.outbox_after(0, 7)] == [3, 3]
    assert [b.points for b in store.outbox_after(0, 1)] == [3]
    newest = store.outbox_after(0, 1000)[-1].id
    many = [LevelPoint("lyon-1", f"SKU-{i}", "front", i, i) for i in range(45_000)]
    store.commit(Commit(99, levels=many))
    parts = store.outbox_after(newest, 10**6)
    assert sum(len(part.body) for part in parts) <= outbox.MAX_READ_BYTES + outbox.MAX_ROW_BYTES
    assert all(len(part.body) <= outbox.MAX_ROW_BYTES for part in parts)
    found = 0
    while parts:
        found += sum(part.body.count(b" pieces=") for part in parts)
        assert all(part.points == part.body.count(b"\n") + 1 for part in parts)
        assert not any(part.body.startswith(b"\n") or part.body.endswith(b"\n") for part in parts)
        parts = store.outbox_after(parts[-1].id, 10**6)
    assert found == len(many)
    store.settle_outbox(Settlement(through_id=10**9))
    assert (store.outbox_totals().points, store.outbox_totals().bytes) == (0, 0)
    store.close()


def test_a_full_outbox_lets_the_oldest_go_and_remembers_when(tmp_path: Path) -> None:
    """Its bytes never exceed the bound, the newest stay, and what went can be told from the store."""
    store = opened(tmp_path, max_bytes=2_000)
    start_ns = 1_000 * HOUR_NS
    for number in range(200):
        store.commit(Commit(start_ns + number, levels=[level(number, start_ns + number)]))
        assert store.outbox_totals().bytes <= 2_000
    totals = store.outbox_totals()
    waiting = told(store)
    assert totals.points == len(waiting)
    assert totals.points + totals.let_go == 200
    assert waiting[-1].at_ns == start_ns + 199
    [gap] = store.outbox_gaps()
    assert (gap.reason, gap.points, gap.from_ns) == ("outbox_full", totals.let_go, start_ns - outbox.LATE_NS)
    times = {point.at_ns for point in waiting} | {point.at_ns for point in kept(store, gap)}
    assert times == {start_ns + number for number in range(200)}
    store.close()


def test_a_gap_that_is_being_told_does_not_grow(tmp_path: Path) -> None:
    """Once begun it is fixed, and what leaves later is another gap: nothing slips in behind the cursor."""
    store = opened(tmp_path, max_bytes=200)
    for number in range(20):
        store.commit(Commit(number + 1, levels=[level(number)]))
    [gap] = store.outbox_gaps()
    store.settle_outbox(Settlement(gap_id=gap.id, gap_cursor=START))
    for number in range(20, 40):
        store.commit(Commit(number + 1, levels=[level(number)]))
    begun, later = store.outbox_gaps()
    assert (begun.id, begun.to_ns, begun.cursor) == (gap.id, gap.to_ns, START)
    assert later.to_ns > gap.to_ns
    store.settle_outbox(Settlement(gap_id=gap.id, gap_cursor=None))
    assert store.outbox_gaps() == [later]
    store.close()


def test_all_history_is_the_first_gap(tmp_path: Path) -> None:
    """A store that had no InfluxDB tells all that it keeps: levels, movements, and each change of its alerts."""
    store = opened(tmp_path, encodes=False)
    resolved = replace(alert("a", 3, AlertState.RESOLVED), fired_at_ns=4, resolved_at_ns=5)
    for number in range(1, 11):
        store.commit(Commit(number, movements=[movement(at_ns=number)], levels=[level(number), LevelPoint("lyon-1", "CAP", "back", number, 1)]))  # fmt: skip
    store.commit(Commit(11, alerts=[resolved]))
    store.close()
    store = opened(tmp_path)
    [gap] = store.outbox_gaps()
    assert (gap.reason, gap.from_ns) == ("not_told", 0)
    points = kept(store, gap)
    by_kind = {m: [p for p in points if p.measurement == m] for m in ("stock", "movement", "alert")}
    assert [p.at_ns for p in by_kind["stock"]] == [*range(1, 11), *range(1, 11)]
    assert [p.fields["seq"] for p in by_kind["movement"]] == list(range(1, 11))
    assert [(p.fields["state"], p.at_ns) for p in by_kind["alert"]] == [("firing", 4), ("resolved", 5)]
    store.close()
    store = opened(tmp_path)
    assert len(store.outbox_gaps()) == 1
    store.close()


def test_what_is_only_kept_by_the_hour_or_day_is_told_so(tmp_path: Path) -> None:
    """Single changes that retention let go: the level at the end of each hour, then day, that had one."""
    day_ns = 24 * HOUR_NS
    store = opened(tmp_path, encodes=False)
    ticks = [
        LevelPoint("lyon-1", "TEE", "front", tick * HOUR_NS // 2 + 7, tick % 5) for tick in range(5 * 48)
    ]
    for tick in ticks:
        store.commit(Commit(tick.at_ns, levels=[tick]))
    store.close()
    with opened_file(tmp_path / "s.db", writes=True) as sql:
        for table, from_ns in (("levels", 4 * day_ns), ("hourly", 2 * day_ns)):
            sql.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (table, from_ns))
        sql.execute("DELETE FROM levels WHERE at_ns < ?", (4 * day_ns,))
        sql.execute("DELETE FROM hourly WHERE hour_ns < ?", (2 * day_ns,))
    store = opened(tmp_path)
    [gap] = store.outbox_gaps()
    found = [(p.at_ns, p.fields["pieces"]) for p in kept(store, gap, 7)]
    ends = [((day + 1) * day_ns - 1, ticks[(day + 1) * 48 - 1].pieces) for day in range(2)]
    ends += [((hour + 1) * HOUR_NS - 1, ticks[(hour + 1) * 2 - 1].pieces) for hour in range(48, 96)]
    assert sorted(found) == sorted([*ends, *((p.at_ns, p.pieces) for p in ticks[4 * 48 :])])
    store.close()


def test_commits_made_without_an_encoder_are_noticed(tmp_path: Path) -> None:
    """InfluxDB was taken out of the site's file and put back: the time between becomes a gap."""
    start_ns = 1_000 * HOUR_NS
    for encodes, at_ns in ((True, start_ns), (False, start_ns + HOUR_NS), (True, start_ns + 2 * HOUR_NS)):
        store = opened(tmp_path, encodes=encodes)
        if at_ns == start_ns + 2 * HOUR_NS:
            [gap] = store.outbox_gaps()
            assert gap.from_ns == start_ns - outbox.LATE_NS
            assert [p.at_ns for p in kept(store, gap)] == [start_ns, start_ns + HOUR_NS]
        store.commit(Commit(at_ns, levels=[level(1, at_ns)]))
        store.close()


def test_an_import_is_told_too(tmp_path: Path) -> None:
    """Points that come with no commit of a pass stand in the outbox at their own time."""
    store = opened(tmp_path)
    store.append([level(1, 77), level(2, 78)])
    [batch] = store.outbox_after(0, 10)
    assert (batch.points, batch.at_ns) == (2, 77)
    store.close()


def test_refused_lines_are_kept_with_their_reasons_and_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are there for a person to look at, cut to a bound; their number is not lost."""
    monkeypatch.setattr(outbox, "MAX_REFUSED", 5)
    store = opened(tmp_path)
    for start in (0, 6):
        refused = tuple(RefusedLine(n, "bad " * 500, b"x" * 9_000) for n in range(start, start + 6))
        store.settle_outbox(Settlement(refused=refused))
    lines = store.refused_lines(100)
    assert [line.at_ns for line in lines] == [11, 10, 9, 8, 7]
    assert all(len(line.reason) == outbox.MAX_REASON_CHARS for line in lines)
    assert all(len(line.line) == outbox.MAX_LINE_BYTES for line in lines)
    assert store.outbox_totals().refused == 12
    letters = store.dead_letters(100)
    assert len(letters) == 2 * outbox.SAMPLES_AT_ONCE
    assert {(letter.device, letter.reason) for letter in letters} == {("influxdb", "line_refused")}
    store.close()


def test_a_person_can_ask_for_times_again(tmp_path: Path) -> None:
    """From beside the running gateway: the times become a gap, which the gateway tells."""
    store = opened(tmp_path)
    for number in range(1, 6):
        store.commit(Commit(number, levels=[level(number)]))
    beside = SqliteStore.attach(tmp_path / "s.db")
    beside.ask_backfill("asked", 2, 4)
    beside.close()
    [gap] = store.outbox_gaps()
    assert [p.at_ns for p in kept(store, gap)] == [2, 3]
    store.close()
