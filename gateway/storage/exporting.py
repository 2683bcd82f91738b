"""Pages of what a store holds, for an export. SQL over a connection that it is given.

Each page is a read of its own: a slow reader (a pipe over a line) holds no snapshot, so the write-ahead
log of a running gateway does not grow under it. What is committed meanwhile may be in or not; what
was there at the start is in, but for what retention lets go.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from gateway.interchange.tables import INT64, Row
from gateway.storage.audit import COLUMNS as AUDIT_COLUMNS
from gateway.storage.rows import MOVEMENT_COLUMNS
from gateway.storage.sql import Sql, SqlValue

PAGE_ROWS = 5_000
"""Rows of a page: some MB at most, read in some ten milliseconds."""
PAGE_SERIES = 200
"""Series looked up at once."""

Reading = Callable[[], AbstractContextManager[Sql]]
"""Gives a connection for one page."""

_JOURNALS = "SELECT number, journal_id FROM journals ORDER BY number"
_SERIES = """SELECT id, store, sku, zone FROM series WHERE (store, sku, zone) > (?, ?, ?) AND zone <> ''
    AND (? IS NULL OR store = ?) AND (? IS NULL OR sku = ?) ORDER BY store, sku, zone LIMIT ?"""
_LEVELS = """SELECT at_ns, pieces FROM levels WHERE series = ? AND at_ns >= ? AND at_ns < ?
    ORDER BY at_ns LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of a table is asked for: [from_ns, to_ns), one store or all, one SKU or all."""

    from_ns: int = -INT64
    to_ns: int = INT64 - 1
    store: str | None = None
    sku: str | None = None


def count(sql: Sql, table: str) -> int:
    """Return how many rows the table has in all, for a bar that shows how far it is."""
    name = {"journal": "movements"}.get(table, table)
    return int(sql.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - our own names


def journal_pages(reading: Reading, wanted: Wanted) -> Iterator[list[Row]]:
    """Yield the movements of all journals, oldest journal first, each by store and sequence."""
    with reading() as sql:
        journals = sql.execute(_JOURNALS).fetchall()
    where, values = _matching(wanted, "at_ns")
    for number, journal_id in journals:
        at: tuple[SqlValue, ...] = ("", 0)
        while True:
            with reading() as sql:
                rows = sql.execute(
                    f"SELECT store, seq, {MOVEMENT_COLUMNS} FROM movements"  # noqa: S608 - constants and marks
                    f" WHERE journal = ? AND (store, seq) > (?, ?) AND {where} ORDER BY store, seq LIMIT ?",
                    (number, *at, *values, PAGE_ROWS),
                ).fetchall()
            if not rows:
                break
            at = rows[-1][:2]
            yield [_journal_row(journal_id, row) for row in rows]


def _journal_row(journal_id: str, row: tuple[Any, ...]) -> Row:
    """Return a row of interchange's JOURNAL from (store, seq, *MOVEMENT_COLUMNS)."""
    return (journal_id, *row[:11], deltas_text(row[11]), *row[12:])


def deltas_text(stored: str) -> str:
    """Return deltas as stored (JSON) in the form of an export: `front:-1 denim:+1`."""
    return " ".join(f"{zone}:{pieces:+d}" for zone, pieces in json.loads(stored))


def level_pages(reading: Reading, wanted: Wanted) -> Iterator[list[Row]]:
    """Yield the changes of levels by store, SKU, zone and time."""
    place: tuple[str, str, str] = ("", "", "")
    rows: list[Row] = []
    while True:
        with reading() as sql:
            series = sql.execute(
                _SERIES, (*place, wanted.store, wanted.store, wanted.sku, wanted.sku, PAGE_SERIES)
            ).fetchall()
        if not series:
            break
        place = series[-1][1:]
        for number, *names in series:
            from_ns = wanted.from_ns
            while True:
                with reading() as sql:
                    points = sql.execute(_LEVELS, (number, from_ns, wanted.to_ns, PAGE_ROWS)).fetchall()
                rows += [(*names, at_ns, pieces) for at_ns, pieces in points]
                if len(rows) >= PAGE_ROWS:
                    yield rows
                    rows = []
                if len(points) < PAGE_ROWS:
                    break
                from_ns = points[-1][0] + 1
    if rows:
        yield rows


def alert_pages(reading: Reading, wanted: Wanted) -> Iterator[list[Row]]:
    """Yield alert episodes by the time since which they hold."""
    where, values = _matching(Wanted(wanted.from_ns, wanted.to_ns, wanted.store), "since_ns")
    at: tuple[SqlValue, ...] = (-INT64, "")
    while True:
        with reading() as sql:
            rows = sql.execute(
                f"SELECT since_ns, id, record FROM alerts WHERE (since_ns, id) > (?, ?) AND {where}"  # noqa: S608 - as above
                " ORDER BY since_ns, id LIMIT ?",
                (*at, *values, PAGE_ROWS),
            ).fetchall()
        if not rows:
            return
        at = rows[-1][:2]
        found = [_alert_row(json.loads(text)) for _, _, text in rows]
        yield [row for row in found if wanted.sku is None or row[8] == wanted.sku]


def audit_pages(reading: Reading, wanted: Wanted) -> Iterator[list[Row]]:
    """Yield the audit log in the order of its commits; it knows no SKUs."""
    where, values = _matching(Wanted(wanted.from_ns, wanted.to_ns, wanted.store), "at_ns")
    last = 0
    while True:
        with reading() as sql:
            rows = sql.execute(
                f"SELECT id, {AUDIT_COLUMNS} FROM audit WHERE id > ? AND {where} ORDER BY id LIMIT ?",  # noqa: S608 - as above
                (last, *values, PAGE_ROWS),
            ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield rows


def _alert_row(record: dict[str, Any]) -> Row:
    """Return a row of interchange's ALERTS from a record's JSON."""
    evidence = json.dumps(record["evidence"], separators=(",", ":"), sort_keys=True)
    names = ("id", "fingerprint", "type", "severity", "store", "state", "since_ns", "zone", "sku", "device")
    ends = ("fired_at_ns", "resolved_at_ns", "suppressed_by")
    return (*(record[name] for name in names), *(record[name] for name in ends), evidence)


def _matching(wanted: Wanted, time_column: str) -> tuple[str, list[SqlValue]]:
    """Return the condition on a table's rows, and its values."""
    where, values = (
        [f"{time_column} >= ?", f"{time_column} < ?"],
        list[SqlValue]([wanted.from_ns, wanted.to_ns]),
    )
    for column, value in (("store", wanted.store), ("sku", wanted.sku)):
        if value is not None:
            where.append(f"{column} = ?")
            values.append(value)
    return " AND ".join(where), values
