"""Export ─▶ import ─▶ export is the same; an import is done twice without harm, and never touches the stock."""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.alerts.records import AlertState
from gateway.audit import AuditEntry
from gateway.interchange.lines import Format, decode, encode, encode_header
from gateway.interchange.tables import ALERTS, AUDIT, JOURNAL, LEVELS, Row, RowRefused, Table
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.backup import check_backup, restore
from gateway.storage.connection import opened_file
from gateway.storage.errors import ImportRefused
from gateway.storage.exporting import (
    PAGE_ROWS,
    Reading,
    Wanted,
    alert_pages,
    audit_pages,
    count,
    deltas_text,
    journal_pages,
    level_pages,
)
from gateway.storage.importing import Import, JournalImport, LevelImport
from gateway.storage.ports import Commit
from gateway.storage.sqlite import SqliteStore
from tests.support.stores import alert

FORMS: tuple[Format, ...] = ("jsonl", "csv")
ALL = Wanted()
STORES, SKUS, ZONES = ("lyon-1", "nice-2"), ("A", "B"), ("back", "front")


def moved(store: str, sku: str, at_ns: int, front: int = 1, note: str = "") -> Movement:
    """Return a movement that adds pieces to the front."""
    deltas = (ZoneDelta("front", front),) if front else ()
    return Movement(MovementKind.COUNTED, "count", store, sku, at_ns, at_ns, 1, deltas=deltas, note=note)


COMMITS = st.lists(
    st.builds(
        Commit,
        at_ns=st.just(1),
        movements=st.lists(
            st.builds(
                moved,
                st.sampled_from(STORES),
                st.sampled_from(SKUS),
                st.integers(0, 99),
                st.integers(-3, 3),
                st.sampled_from(["", "=a", "x\ny"]),
            ),
            max_size=4,
        ),
        levels=st.lists(
            st.builds(
                LevelPoint,
                st.sampled_from(STORES),
                st.sampled_from(SKUS),
                st.sampled_from(ZONES),
                st.integers(0, 9 * 3_600 * 10**9),
                st.integers(0, 9),
            ),
            max_size=4,
        ),
    ),
    max_size=4,
)


@contextmanager
def a_file(commits: list[Commit]) -> Iterator[Path]:
    """Give a closed store of these commits."""
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder:
        path = Path(folder) / "storefloor.db"
        store = SqliteStore.open(path, synchronous="OFF")
        for commit in commits:
            store.commit(commit)
        store.close()
        yield path


def reading(path: Path) -> Reading:
    """Return what gives connections to read a file."""
    return partial(opened_file, path)


def journal(path: Path, wanted: Wanted = ALL) -> list[Row]:
    """Return the rows of the journals."""
    return [row for page in journal_pages(reading(path), wanted) for row in page]


def levels(path: Path, wanted: Wanted = ALL) -> list[Row]:
    """Return the rows of the levels."""
    return [row for page in level_pages(reading(path), wanted) for row in page]


def through_text(table: Table, rows: list[Row], form: Format) -> list[Row]:
    """Return rows after they were a file."""
    text = encode_header(table, form) + encode(table, rows, form)
    found = [row for _, row in decode(table, [f"{line}\n" for line in text.split("\n")[:-1]], form)]
    assert not [row for row in found if isinstance(row, RowRefused)]
    return [row for row in found if not isinstance(row, RowRefused)]


def taken(made: Import, path: Path, rows: list[Row]) -> tuple[int, int, int]:
    """Import rows as one batch; return how many were added, replaced and there."""
    with opened_file(path, writes=True) as sql:
        made.write(sql, rows)
    return made.imported.added, made.imported.replaced, made.imported.same


def assert_balanced(path: Path) -> None:
    """Opening balances and all kept deltas add up to the newest levels."""
    store = SqliteStore.open(path)
    try:
        for name in STORES:
            sums = Counter(store.opening_balances(name))
            for entry in store.entries_after(name, store.first_seq(name) - 1, 10_000):
                for delta in entry.movement.deltas:
                    sums[entry.movement.sku, delta.zone] += delta.pieces
            newest = {(p.sku, p.zone): p.pieces for p in store.latest_levels() if p.store == name}
            assert {key: n for key, n in sums.items() if n} == {key: n for key, n in newest.items() if n}
    finally:
        store.close()


@settings(max_examples=15, deadline=None)
@given(COMMITS, COMMITS, st.sampled_from(FORMS))
def test_an_export_goes_into_another_store_unchanged(
    commits: list[Commit], others: list[Commit], form: Format
) -> None:
    """Journals and levels come out of a fresh store as they went in; a store with its own keeps these too."""
    with a_file(commits) as first, a_file([]) as fresh, a_file(others) as used:
        rows, points = journal(first), levels(first)
        for path, own in ((fresh, []), (used, journal(used))):
            taken(JournalImport(path), path, through_text(JOURNAL, rows, form))
            assert journal(path) == [*rows, *own]
        taken(LevelImport(fresh), fresh, through_text(LEVELS, points, form))
        assert levels(fresh) == points
        assert_balanced(fresh)


@settings(max_examples=15, deadline=None)
@given(COMMITS)
def test_an_import_done_twice_changes_nothing(commits: list[Commit]) -> None:
    """The second time all rows are there already, and the store's own history answers as before."""
    with a_file(commits) as first, a_file([]) as fresh:
        rows, points = journal(first), levels(first)
        assert taken(JournalImport(fresh), fresh, rows) == (len(rows), 0, 0)
        assert taken(JournalImport(fresh), fresh, rows) == (0, 0, len(rows))
        assert taken(LevelImport(fresh), fresh, points) == (len(points), 0, 0)
        assert taken(LevelImport(fresh), fresh, points) == (0, 0, len(points))
        assert (journal(fresh), levels(fresh)) == (rows, points)
        ours, theirs = SqliteStore.open(first), SqliteStore.open(fresh)
        assert set(ours.latest_levels()) == set(theirs.latest_levels())
        hour_ns = 3_600 * 10**9
        for sku in SKUS:
            asked = ("lyon-1", sku, 0, 10 * hour_ns, hour_ns, "front")
            assert ours.history(*asked) == theirs.history(*asked)
        ours.close()
        theirs.close()


def test_its_own_export_is_all_there(tmp_path: Path) -> None:
    """A store takes its own journal as told again, and refuses to have it continued by anybody else."""
    with a_file([Commit(1, movements=[moved("lyon-1", "A", 1)])]) as path:
        [row] = journal(path)
        assert taken(JournalImport(path), path, [row]) == (0, 0, 1)
        with pytest.raises(ImportRefused, match="goes on to write"):
            taken(JournalImport(path), path, [row, (*row[:2], 2, *row[3:])])
        assert journal(path) == [row]


def test_a_sequence_is_given_once() -> None:
    """Another movement under a journal and sequence that are taken is refused, and its batch with it."""
    rows = [("00112233445566ff", "lyon-1", seq, "counted", "count", "A", 5, 5, 1, None, None, None, "", None, "")
            for seq in (1, 2)]  # fmt: skip
    with a_file([]) as path:
        taken(JournalImport(path), path, rows[:1])
        made = JournalImport(path)
        other = (*rows[0][:5], "B", *rows[0][6:])
        with opened_file(path) as sql:
            assert "another movement" in str(made.refusal(sql, other))
            assert made.refusal(sql, rows[1]) is None
        with pytest.raises(ImportRefused, match="lyon-1 1"):
            taken(made, path, [rows[1], other])
        with pytest.raises(ImportRefused, match="lyon-1 2"):
            taken(made, path, [rows[1], (*rows[1][:5], "B", *rows[1][6:])])
        assert journal(path) == rows[:1]
        assert made.imported.rows == 0


def test_the_tail_that_a_restore_set_aside_can_be_brought_back(tmp_path: Path) -> None:
    """After a restore, the movements since the backup go into the older journal; the stock stays as restored."""
    path, saved = tmp_path / "storefloor.db", tmp_path / "saved.db"
    store = SqliteStore.open(path)
    store.commit(Commit(1, [moved("lyon-1", "A", 1, 3)], [LevelPoint("lyon-1", "A", "front", 1, 3)]))
    store.close()
    saved.write_bytes(path.read_bytes())
    store = SqliteStore.open(path)
    store.commit(Commit(2, [moved("lyon-1", "A", 2, 1)], [LevelPoint("lyon-1", "A", "front", 2, 4)]))
    store.close()
    pepper = tmp_path / "pepper"
    [aside] = restore(check_backup(saved, pepper), path, pepper, 10**18, lambda _done, _total: None).aside
    assert [row[2] for row in journal(path)] == [1]
    assert taken(JournalImport(path), path, journal(aside)) == (1, 0, 1)
    assert [row[2] for row in journal(path)] == [1, 2]
    assert_balanced(path)
    store = SqliteStore.open(path)
    assert store.latest_levels() == [LevelPoint("lyon-1", "A", "front", 1, 3)]
    store.close()


def test_levels_replace_those_of_the_same_time() -> None:
    """Same series and time: the imported one holds, and is counted as replaced."""
    with a_file(
        [Commit(1, levels=[LevelPoint("lyon-1", "A", "front", at_ns, 1) for at_ns in (5, 9)])]
    ) as path:
        rows: list[Row] = [
            ("lyon-1", "A", "front", 5, 2),
            ("lyon-1", "A", "front", 9, 1),
            ("lyon-1", "A", "back", 5, 4),
        ]
        assert taken(LevelImport(path), path, rows) == (1, 1, 1)
        assert levels(path) == sorted(rows)


def test_levels_of_a_closed_time_are_counted_as_too_old() -> None:
    """What retention has let go stays so; the newest level before it holds from there on."""
    with a_file([]) as path:
        with opened_file(path, writes=True) as sql:
            sql.execute("INSERT OR REPLACE INTO kept VALUES ('levels', 50)")
        rows: list[Row] = [("lyon-1", "A", "front", at_ns, at_ns) for at_ns in (10, 20, 50, 60)]
        made = LevelImport(path)
        assert taken(made, path, rows) == (3, 0, 0)
        assert made.imported.too_old == 1
        assert levels(path) == rows[1:]
        assert taken(LevelImport(path), path, rows) == (0, 0, 3)


def test_only_what_is_asked_for_is_exported() -> None:
    """By time (from the first, before the second), store and SKU; of levels, journal and alerts."""
    commit = Commit(
        1,
        movements=[moved(store, sku, at_ns) for store in STORES for sku in SKUS for at_ns in (5, 6, 7)],
        levels=[
            LevelPoint(store, sku, "front", at_ns, 1)
            for store in STORES
            for sku in SKUS
            for at_ns in (5, 6, 7)
        ],
        alerts=[alert(f"a{since_ns}", since_ns) for since_ns in (5, 6, 7)],
    )
    wanted = Wanted(6, 7, "nice-2", "B")
    with a_file([commit]) as path:
        assert [(row[1], row[5], row[6]) for row in journal(path, wanted)] == [("nice-2", "B", 6)]
        assert levels(path, wanted) == [("nice-2", "B", "front", 6, 1)]
        found = [row for page in alert_pages(reading(path), Wanted(6, 7)) for row in page]
        assert [row[0] for row in found] == ["a6"]
        none = alert_pages(reading(path), Wanted(6, 7, "nice-2"))
        assert not [row for page in none for row in page]
        with opened_file(path) as sql:
            assert (count(sql, "journal"), count(sql, "levels"), count(sql, "alerts")) == (12, 12, 3)


def test_alerts_are_flat() -> None:
    """An alert's evidence is one text of JSON; every column is there."""
    with a_file([Commit(1, alerts=[alert("a1", 7, AlertState.PENDING)])]) as path:
        [[row]] = alert_pages(reading(path), ALL)
    values = json.loads(encode(ALERTS, [row], "jsonl"))
    assert list(values) == [column.name for column in ALERTS.columns]
    assert json.loads(values["evidence"])["note"] == "é"
    assert (values["since_utc"], values["fired_at_ns"]) == ("1970-01-01T00:00:00.000000007Z", None)


def test_the_audit_log_is_told_in_its_order() -> None:
    """By time and store; times stand twice, as in every table."""
    entries = [
        AuditEntry(at_ns, "k1", "10.0.0.7", "reservations.create", store, f"r{at_ns}", "TOTE ×1")
        for at_ns, store in ((5, "lyon-1"), (6, ""), (7, "lyon-1"))
    ]
    with a_file([Commit(1, audited=entries)]) as path:
        found = [row for page in audit_pages(reading(path), Wanted(from_ns=6)) for row in page]
        assert [row[0] for row in found] == [2, 3]
        [[one]] = audit_pages(reading(path), Wanted(from_ns=6, store="lyon-1"))
        with opened_file(path) as sql:
            assert count(sql, "audit") == 3
    assert encode(AUDIT, [one], "csv") == (
        "3,1970-01-01T00:00:00.000000007Z,7,k1,10.0.0.7,reservations.create,lyon-1,r7,TOTE ×1\n"
    )


def test_pages_are_bounded_and_lose_no_row() -> None:
    """More rows than a page holds, of one series too, come in several pages, each once."""
    many = PAGE_ROWS + 7
    commit = Commit(
        1,
        movements=[moved("lyon-1", "A", at_ns, 0) for at_ns in range(many)],
        levels=[LevelPoint("lyon-1", "A", "front", at_ns, at_ns % 3) for at_ns in range(many)],
    )
    with a_file([commit]) as path:
        pages = list(journal_pages(reading(path), ALL))
        assert [len(page) for page in pages] == [PAGE_ROWS, 7]
        assert [row[2] for page in pages for row in page] == list(range(1, many + 1))
        points = list(level_pages(reading(path), ALL))
        assert max(len(page) for page in points) < 2 * PAGE_ROWS
        assert [row[3] for page in points for row in page] == list(range(many))


def test_deltas_as_text() -> None:
    """Zones with their signs; none is an empty text."""
    assert deltas_text('[["front",-1],["in-hand",2]]') == "front:-1 in-hand:+2"
    assert deltas_text("[]") == ""
