"""What is stored of one store over a time, as the steps of a backtest. SQL over a connection that it is given.

                     begin                                   end
    journal  ··· ─────┼──── entries, page by page ───────────┼──── ··· now
                      └ levels then = newest levels - all deltas since

Entries are in the order of the journal, at the times when they were written down: so the live gateway judged them.
Each page is a read of its own, as an export's is: what is read slowly holds no snapshot.
"""

import json
from collections.abc import Iterable, Iterator
from heapq import merge
from operator import attrgetter

from gateway.alerts.records import AlertType
from gateway.backtest.model import Moved, Past, Promised, Sight, Step
from gateway.storage.exporting import Reading
from gateway.storage.rows import MOVEMENT_COLUMNS, journal_entry
from gateway.storage.sql import Sql

PAGE_ROWS = 2_000
"""Entries of a page: some ten milliseconds."""
MAX_PROMISES = 500_000
"""Reservations that are taken into account (some 200 B each); of more, the newest are left out."""
MAX_SIGHTS = 100_000
"""Outages of devices: more than this is no shop whose past tells anything."""

_LEVELS = """SELECT sku, zone, sum(pieces) FROM (
        SELECT sku, zone, pieces FROM latest JOIN series ON id = latest.series WHERE store = ? AND zone <> ''
        UNION ALL
        SELECT sku, delta.value ->> 0, -(delta.value ->> 1) FROM movements, json_each(deltas) AS delta
        WHERE journal = ? AND store = ? AND seq >= ?
    ) GROUP BY sku, zone"""
_PROMISES = """SELECT record ->> '$.created_ns', coalesce(closed_ns, expires_ns), record -> '$.lines' FROM reservations
    WHERE store = ? AND created_ns < ? AND coalesce(closed_ns, expires_ns) > ? ORDER BY created_ns LIMIT ?"""
_SIGHTS = """SELECT type, record ->> '$.device', since_ns, record ->> '$.resolved_at_ns' FROM alerts
    WHERE store = ? AND type IN (?, ?) AND since_ns < ? ORDER BY since_ns LIMIT ?"""


def past_of(reading: Reading, store: str, from_ns: int, to_ns: int, settle_ns: int) -> Past:
    """Return what is stored of a store in [from_ns, to_ns); later from the first entry on that is kept.

    `settle_ns`: how long a reader that is back is not believed yet.
    """
    with reading() as sql:
        [(journal, journal_id)] = sql.execute(
            "SELECT number, journal_id FROM journals ORDER BY number DESC LIMIT 1"
        ).fetchall()
        first, last = _bounds(sql, journal, store)
        begin = _seq_at(sql, journal, store, first, last, from_ns)
        end = max(begin, _seq_at(sql, journal, store, first, last, to_ns))
        known_ns = _recorded_ns(sql, journal, store, first) if first <= last else to_ns
        rows = sql.execute(_LEVELS, (store, journal, store, begin))
        levels = {(sku, zone): pieces for sku, zone, pieces in rows if pieces}
        begin_ns = min(max(from_ns, known_ns), to_ns)
        rest = [*_promises(sql, store, begin_ns, to_ns), *_sights(sql, store, begin_ns, to_ns, settle_ns)]
    rest.sort(key=attrgetter("at_ns"))
    entries = _entries(reading, journal, journal_id, store, begin, end, begin_ns)
    steps: Iterator[Step] = merge(rest, entries, key=attrgetter("at_ns"))
    return Past(store, begin_ns, to_ns, levels, steps, end - begin)


def _bounds(sql: Sql, journal: int, store: str) -> tuple[int, int]:
    """Return the first and last sequence that is kept; the first beyond the last where none is."""
    [(first, last)] = sql.execute(
        "SELECT (SELECT min(seq) FROM movements WHERE journal = ?1 AND store = ?2),"
        " (SELECT max(seq) FROM movements WHERE journal = ?1 AND store = ?2)",
        (journal, store),
    ).fetchall()
    return (1, 0) if first is None else (first, last)


def _recorded_ns(sql: Sql, journal: int, store: str, seq: int) -> int:
    [(recorded_ns,)] = sql.execute(
        "SELECT recorded_ns FROM movements WHERE journal = ? AND store = ? AND seq = ?", (journal, store, seq)
    ).fetchall()
    return int(recorded_ns)


def _seq_at(sql: Sql, journal: int, store: str, first: int, last: int, at_ns: int) -> int:
    """Return the sequence of the first entry from a time on, by halving: sequences have no gaps."""
    low, high = first, last + 1
    while low < high:
        middle = (low + high) // 2
        if _recorded_ns(sql, journal, store, middle) < at_ns:
            low = middle + 1
        else:
            high = middle
    return low


def _entries(
    reading: Reading, journal: int, journal_id: str, store: str, begin: int, end: int, begin_ns: int
) -> Iterator[Step]:
    at_ns = begin_ns
    while begin < end:
        with reading() as sql:
            rows = sql.execute(
                f"SELECT seq, {MOVEMENT_COLUMNS} FROM movements"  # noqa: S608 - a constant
                " WHERE journal = ? AND store = ? AND seq >= ? AND seq < ? ORDER BY seq LIMIT ?",
                (journal, store, begin, end, PAGE_ROWS),
            ).fetchall()
        if not rows:
            return  # retention let them go meanwhile
        for row in rows:
            movement = journal_entry(journal_id, store, row).movement
            at_ns = max(at_ns, movement.recorded_ns)  # a clock that was set back does not turn time round
            yield Moved(at_ns, movement)
        begin = rows[-1][0] + 1


def _promises(sql: Sql, store: str, begin_ns: int, to_ns: int) -> Iterator[Step]:
    for created_ns, until_ns, lines in sql.execute(_PROMISES, (store, to_ns, begin_ns, MAX_PROMISES)):
        for sku, _, secured, *_ in json.loads(lines):
            yield Promised(max(begin_ns, created_ns), sku, secured)
            if until_ns < to_ns:
                yield Promised(until_ns, sku, -secured)


def _sights(sql: Sql, store: str, begin_ns: int, to_ns: int, settle_ns: int) -> Iterator[Step]:
    kinds = str(AlertType.READER_DOWN), str(AlertType.COVERAGE_LOW)
    for kind, device, since_ns, resolved_ns in sql.execute(_SIGHTS, (store, *kinds, to_ns, MAX_SIGHTS)):
        until_ns = to_ns if resolved_ns is None else resolved_ns + settle_ns
        if until_ns <= begin_ns or device is None:
            continue
        by = f"{kind}|{store}||{device}"
        yield Sight(max(begin_ns, since_ns), device, by, is_lost=True)
        if until_ns < to_ns:
            yield Sight(until_ns, device, by, is_lost=False)


def newest_ns(sql: Sql, stores: Iterable[str]) -> int | None:
    """Return when the newest movement of some stores was written down; None where there is none."""
    rows = [
        sql.execute(
            "SELECT recorded_ns FROM movements WHERE journal = (SELECT max(number) FROM journals) AND store = ?"
            " ORDER BY seq DESC LIMIT 1",
            (store,),
        ).fetchone()
        for store in stores
    ]
    return max((int(row[0]) for row in rows if row is not None), default=None)
