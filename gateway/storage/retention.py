"""Letting go of what is old, a few rows at a time. SQL over a connection that it is given.

    round:  boundaries move ─▶ levels ─▶ hourly ─▶ daily ─▶ movements ─▶ applied ─▶ alerts ─▶ dead letters ─▶ audit ─▶ kpis ─▶ pages
            └ one slice ┘      └ slices of a few hundred rows, each a transaction of its own ────────────────────────────┘

A round may end anywhere, and the next one goes on: answers rest on the boundaries (see resolution.py), not
on what is deleted yet. Of each series the newest row before a boundary stays, for it says the level there.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gateway.storage.clock_trust import ClockTrust
from gateway.storage.kpis import EPOCH_DAY, let_go_kpis
from gateway.storage.level_reads import kept
from gateway.storage.resolution import START_COLUMN, TABLES, Table
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS, start_of
from gateway.storage.serials import pseudonymise
from gateway.storage.sizes import Sizes
from gateway.storage.sql import Sql

MAX_SLICE_ROWS, MIN_SLICE_ROWS = 2_000, 16
"""Rows looked at or deleted in a slice, as fast as the disk is: see Pace."""
SLICE_S = 0.004
"""What a slice should take: a commit that comes in the middle of it hardly waits."""
FREE_SHARE = 10
"""A tenth of the pages may lie free: tomorrow's rows go there. What is beyond is given back to the disk."""
MIN_FREE_PAGES = 256
_PAGES_PER_ROW = 16
"""Moving a page takes about as long as deleting so many rows."""
_INCREMENTAL = 2
"""PRAGMA auto_vacuum of a file whose free pages can be given back."""
_COUNTER = "let_go:"
_CLOCK = ("clock_trusted_ns", "clock_seen_ns", "clock_since_ns")


class Slice(NamedTuple):
    """What one slice did: rows let go of a table (pages given back, for the table `pages`)."""

    table: str
    rows: int


@dataclass(slots=True)
class Pace:
    """How many rows the next slice may touch."""

    rows: int = 128

    def took(self, seconds: float) -> None:
        """Follow the disk: the next slice is sized so that it takes SLICE_S."""
        if seconds > SLICE_S:
            self.rows = max(MIN_SLICE_ROWS, self.rows // 2)
        elif seconds < SLICE_S / 2:
            self.rows = min(MAX_SLICE_ROWS, self.rows * 5 // 4)


def sweep_round(sql: Sql, retention: Retention, now_ns: int, pace: Pace) -> Iterator[Slice]:
    """Yield after each slice of a round. Whoever asks for the next one puts it into a transaction.

    `now_ns` is a time that is trusted (see clock_trust.py). After the first slice the boundaries of the
    levels stand where they will; a LevelWriter must forget what it knows of them.
    """
    _move_boundaries(sql, retention, now_ns)
    yield Slice("kept", 0)
    boundaries = kept(sql)
    for table in reversed(TABLES):
        yield from _counted(sql, table, _clustered(sql, table, getattr(boundaries, table), pace))
    yield from _counted(sql, "movements", _movements(sql, now_ns - retention.movements_ns, pace))
    yield from _counted(sql, "applied", _applied(sql, now_ns - retention.applied_ns, pace))
    yield from _counted(sql, "alerts", _alerts(sql, now_ns - retention.alerts_ns, pace))
    yield from _counted(sql, "dead_letters", _dead_letters(sql, now_ns - retention.dead_letters_ns))
    yield from _counted(sql, "audit", _audit(sql, now_ns - retention.audit_ns, pace))
    yield from _counted(sql, "kpis", let_go_kpis(sql, (now_ns - retention.kpis_ns) // DAY_NS + EPOCH_DAY))
    if retention.serials_ns is not None:
        before_ns = now_ns - retention.serials_ns
        for rows in pseudonymise(sql, before_ns, retention.serials_key, pace.rows):
            yield Slice("serials", rows)
    yield from (Slice("pages", pages) for pages in _pages(sql, pace))


def let_go(sql: Sql) -> dict[str, int]:
    """Return how many rows of each table were let go for their age since the store was made."""
    rows = sql.execute("SELECT name, value FROM counters WHERE name LIKE 'let!_go:%' ESCAPE '!'")
    return {name.removeprefix(_COUNTER): value for name, value in rows}


def sizes(sql: Sql, wal_bytes: int) -> Sizes:
    """Return how large the store is."""
    page_bytes, pages, free = (
        sql.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_size", "page_count", "freelist_count")
    )
    return Sizes(pages * page_bytes, wal_bytes, free * page_bytes)


def clock_trust(sql: Sql, now_ns: int) -> ClockTrust:
    """Return what is known of the clock. A store that knows nothing yet trusts the newest level in it."""
    known = dict(sql.execute("SELECT name, value FROM counters WHERE name IN (?, ?, ?)", _CLOCK).fetchall())
    if _CLOCK[0] in known:
        return ClockTrust(known[_CLOCK[0]], known[_CLOCK[1]], known.get(_CLOCK[2]))
    [(newest_ns,)] = sql.execute("SELECT max(at_ns) FROM latest").fetchall()
    return ClockTrust(now_ns if newest_ns is None else int(newest_ns), now_ns)


def keep_clock_trust(sql: Sql, trust: ClockTrust) -> None:
    """Write down what is known of the clock."""
    for name, value in zip(_CLOCK, (trust.trusted_ns, trust.seen_ns, trust.since_ns), strict=True):
        if value is None:
            sql.execute("DELETE FROM counters WHERE name = ?", (name,))
        else:
            sql.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, value))


def _move_boundaries(sql: Sql, retention: Retention, now_ns: int) -> None:
    before = kept(sql)
    levels = max(before.levels, start_of(now_ns - retention.levels_ns, DAY_NS))
    hourly = max(before.hourly, min(levels, start_of(now_ns - retention.hourly_ns, DAY_NS)))
    daily = max(before.daily, min(hourly, start_of(now_ns - retention.daily_ns, DAY_NS)))
    for table, from_ns in zip(TABLES, (daily, hourly, levels), strict=True):
        if from_ns > getattr(before, table):
            sql.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (table, from_ns))


def _counted(sql: Sql, table: str, slices: Iterator[int]) -> Iterator[Slice]:
    for rows in slices:
        if rows:
            sql.execute(
                "INSERT INTO counters VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                (_COUNTER + table, rows),
            )
        yield Slice(table, rows)


def _clustered(sql: Sql, table: Table, from_ns: int, pace: Pace) -> Iterator[int]:
    """Let go of the rows of each series before the newest one that is before `from_ns`."""
    start = START_COLUMN[table]
    newest = f"SELECT max({start}) FROM {table} WHERE series = ? AND {start} < ?"  # noqa: S608 - our own names
    beyond = f"SELECT {start} FROM {table} WHERE series = ? ORDER BY {start} LIMIT 1 OFFSET ?"  # noqa: S608 - as above
    delete = f"DELETE FROM {table} WHERE series = ? AND {start} < ?"  # noqa: S608 - as above
    if from_ns == 0:
        return
    last, rows, touched = 0, 0, 0
    while ids := sql.execute(
        "SELECT id FROM series WHERE id > ? ORDER BY id LIMIT ?", (last, pace.rows)
    ).fetchall():
        for (series,) in ids:
            last = series
            [(keep_ns,)] = sql.execute(newest, (series, from_ns)).fetchall()
            touched += 1
            while keep_ns is not None:
                room = max(pace.rows - touched, 1)
                row = sql.execute(beyond, (series, room)).fetchone()
                until_ns = keep_ns if row is None else min(keep_ns, row[0])
                deleted = sql.execute(delete, (series, until_ns)).rowcount
                rows, touched = rows + deleted, touched + deleted
                if until_ns == keep_ns:
                    break
                yield rows
                rows = touched = 0
            if touched >= pace.rows:
                yield rows
                rows = touched = 0
    if touched:
        yield rows


def _movements(sql: Sql, before_ns: int, pace: Pace) -> Iterator[int]:
    """Let go of the oldest movements of each journal and store, and keep what they added up to."""
    place = (-1, "")
    while row := sql.execute(
        "SELECT journal, store FROM movements WHERE (journal, store) > (?, ?) ORDER BY journal, store LIMIT 1",
        place,
    ).fetchone():
        place = row
        while rows := _oldest_movements(sql, place, before_ns, pace.rows):
            sums: Counter[tuple[str, str]] = Counter()
            for _, sku, deltas in rows:
                for zone, pieces in json.loads(deltas):
                    sums[sku, zone] += pieces
            sql.executemany(
                """INSERT INTO opening VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (journal, store, sku, zone) DO UPDATE SET pieces = pieces + excluded.pieces""",
                [(*place, sku, zone, pieces) for (sku, zone), pieces in sums.items() if pieces],
            )
            last = rows[-1][0]
            sql.execute("DELETE FROM movements WHERE journal = ? AND store = ? AND seq <= ?", (*place, last))
            sql.execute("INSERT OR REPLACE INTO pruned VALUES (?, ?, ?)", (*place, last))
            yield len(rows)


def _oldest_movements(
    sql: Sql, place: tuple[int, str], before_ns: int, limit: int
) -> list[tuple[int, str, str]]:
    """Return (seq, sku, deltas) of the oldest movements, up to the first that was recorded later."""
    rows = sql.execute(
        "SELECT seq, sku, deltas, recorded_ns FROM movements WHERE journal = ? AND store = ? ORDER BY seq LIMIT ?",
        (*place, limit),
    ).fetchall()
    old: list[tuple[int, str, str]] = []
    for seq, sku, deltas, recorded_ns in rows:
        if recorded_ns >= before_ns:
            break
        old.append((seq, sku, deltas))
    return old


def _applied(sql: Sql, before_ns: int, pace: Pace) -> Iterator[int]:
    while rows := sql.execute(
        "DELETE FROM applied WHERE id IN"
        " (SELECT id FROM applied WHERE recorded_ns < ? ORDER BY recorded_ns LIMIT ?)",
        (before_ns, pace.rows),
    ).rowcount:
        yield rows


def _alerts(sql: Sql, before_ns: int, pace: Pace) -> Iterator[int]:
    """Let go of episodes that were resolved before; others stay, however old."""
    place: tuple[int, str] = (-(2**63), "")
    while rows := sql.execute(
        "SELECT since_ns, id, record ->> '$.resolved_at_ns' FROM alerts"
        " WHERE since_ns < ? AND (since_ns, id) > (?, ?) AND state = 'resolved' ORDER BY since_ns, id LIMIT ?",
        (before_ns, *place, pace.rows),
    ).fetchall():
        place = rows[-1][:2]
        old = [(alert_id,) for _, alert_id, resolved_ns in rows if (resolved_ns or 0) < before_ns]
        sql.executemany("DELETE FROM alerts WHERE id = ?", old)
        yield len(old)


def _dead_letters(sql: Sql, before_ns: int) -> Iterator[int]:
    yield sql.execute("DELETE FROM dead_letters WHERE at_ns < ?", (before_ns,)).rowcount


def _audit(sql: Sql, before_ns: int, pace: Pace) -> Iterator[int]:
    while rows := sql.execute(
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ns < ? ORDER BY at_ns LIMIT ?)",
        (before_ns, pace.rows),
    ).rowcount:
        yield rows


def _pages(sql: Sql, pace: Pace) -> Iterator[int]:
    """Give free pages beyond a reserve back to the disk; a file that was made without the means keeps them."""
    [(mode,)] = sql.execute("PRAGMA auto_vacuum").fetchall()
    while mode == _INCREMENTAL:
        [(free,)], [(pages,)] = (
            sql.execute(f"PRAGMA {name}").fetchall() for name in ("freelist_count", "page_count")
        )
        surplus = free - max(MIN_FREE_PAGES, pages // FREE_SHARE)
        if surplus <= 0:
            return
        count = min(surplus, max(1, pace.rows // _PAGES_PER_ROW))
        for _ in range(count):  # one at a time: the driver stops after the first page of several
            sql.execute("PRAGMA incremental_vacuum(1)")
        yield count
