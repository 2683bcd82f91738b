"""Rows of an export into a store, batch by batch: each batch is written whole, or not at all. SQL over a connection.

What is imported is the past. Movements keep their journal's own id, as journals older than the store's
own; levels go to the series as if they had come late. The stock is not touched: what imported rows add to
the sum of all movements, or to the newest levels, is entered as opening balance, so that opening balance
and movements go on to add up to the levels.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.interchange.tables import Row
from gateway.movements import LevelPoint
from gateway.storage.errors import ImportRefused
from gateway.storage.exporting import deltas_text
from gateway.storage.levels import LevelWriter
from gateway.storage.rows import MOVEMENT_COLUMNS, to_json
from gateway.storage.sql import Sql

FIRST_IMPORTED = -(2**40)
"""Number of the first journal that is imported: before all of the store's own, which begin at 1."""

_ENTRY = f"SELECT {MOVEMENT_COLUMNS} FROM movements WHERE journal = ? AND store = ? AND seq = ?"  # noqa: S608 - constants
_INSERT = f"INSERT INTO movements (journal, store, seq, {MOVEMENT_COLUMNS}) VALUES ({', '.join('?' * 15)})"  # noqa: S608 - constants
_POINT = """SELECT pieces FROM levels WHERE at_ns = ? AND series =
    (SELECT id FROM series WHERE store = ? AND sku = ? AND zone = ?)"""
_LATEST = """SELECT pieces FROM latest WHERE series =
    (SELECT id FROM series WHERE store = ? AND sku = ? AND zone = ?)"""
_OPEN = """INSERT INTO opening (journal, store, sku, zone, pieces) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (journal, store, sku, zone) DO UPDATE SET pieces = pieces + excluded.pieces"""


@dataclass(slots=True)
class Imported:
    """What became of the rows: written anew, over another value, there already, or older than what is kept."""

    added: int = 0
    replaced: int = 0
    same: int = 0
    too_old: int = 0

    @property
    def rows(self) -> int:
        """Return how many there were."""
        return self.added + self.replaced + self.same + self.too_old


class Import(Protocol):
    """Writes rows of one table."""

    imported: Imported

    def refusal(self, sql: Sql, row: Row) -> str | None:
        """Return why a row contradicts what is stored; None where it may be written."""
        ...

    def write(self, sql: Sql, rows: Sequence[Row]) -> None:
        """Write a batch in one transaction; raise ImportRefused and write none of it."""
        ...


class JournalImport:
    """Movements into journals other than the store's own. `path` is the store's, for messages."""

    def __init__(self, path: Path) -> None:
        self.imported = Imported()
        self._path = path
        self._numbers: dict[str, int] = {}
        self._own: int | None = None

    def refusal(self, sql: Sql, row: Row) -> str | None:
        """Return why a movement cannot be: its sequence is taken, or is this store's own to give."""
        return self._judged(sql, row)[0]

    def write(self, sql: Sql, rows: Sequence[Row]) -> None:
        """Add what is not there yet."""
        self._numbers.clear()  # of an earlier batch that was taken back, perhaps
        with _transaction(sql):
            added = 0
            for row in rows:
                reason, is_there = self._judged(sql, row)
                if reason is not None:
                    raise ImportRefused(self._path, reason)
                if not is_there:
                    added += 1
                    self._add(sql, row)
        self.imported.added += added
        self.imported.same += len(rows) - added

    def _judged(self, sql: Sql, row: Row) -> tuple[str | None, bool]:
        """Return why a movement is refused, if it is, and whether it is stored already."""
        number = self._number(sql, str(row[0]))
        stored = None if number is None else sql.execute(_ENTRY, (number, *row[1:3])).fetchone()
        if stored is not None:
            if _same(stored, row):
                return None, True
            return f"another movement is stored as {row[1]} {row[2]} of journal {row[0]}", True
        if number is not None and number == self._own:
            return (
                f"{row[0]} is the journal that this store goes on to write: nobody else may add to it",
                False,
            )
        return None, False

    def _add(self, sql: Sql, row: Row) -> None:
        number, deltas = self._number(sql, str(row[0])), _deltas(str(row[12]))
        if number is None:
            number = self._begin(sql, str(row[0]))
        sql.execute(_INSERT, (number, *row[1:12], to_json(deltas), *row[13:]))
        store, sku = row[1], row[5]
        sql.executemany(_OPEN, [(number, store, sku, zone, -pieces) for zone, pieces in deltas])

    def _number(self, sql: Sql, journal_id: str) -> int | None:
        """Return a journal's number, None for one that is new here; note which one the store itself writes."""
        number = self._numbers.get(journal_id)
        if number is None:
            found = sql.execute("SELECT number FROM journals WHERE journal_id = ?", (journal_id,)).fetchone()
            if found is None:
                return None
            number = self._numbers[journal_id] = int(found[0])
            self._own = _current(sql)
        return number

    def _begin(self, sql: Sql, journal_id: str) -> int:
        """Give a journal that is new here its number: behind those imported before, ahead of our own."""
        [(number,)] = sql.execute(
            "SELECT coalesce(max(number), ?) + 1 FROM journals WHERE number < 1", (FIRST_IMPORTED - 1,)
        ).fetchall()
        sql.execute("INSERT INTO journals (number, journal_id) VALUES (?, ?)", (number, journal_id))
        return int(number)


class LevelImport:
    """Changes of levels into their series: of the same series and time, the imported one holds."""

    def __init__(self, path: Path) -> None:
        self.imported = Imported()
        self._path = path
        self._writer = LevelWriter()

    def refusal(self, sql: Sql, row: Row) -> str | None:  # noqa: ARG002 - the port's
        """Return None: a level never contradicts, it replaces."""
        return None

    def write(self, sql: Sql, rows: Sequence[Row]) -> None:
        """Write the points, and what becomes of the newest levels."""
        added = replaced = too_old = 0
        places = {row[:3] for row in rows}
        try:
            with _transaction(sql):
                before = {place: _one(sql, _LATEST, place) for place in places}
                for row in rows:
                    stored = _one(sql, _POINT, (row[3], *row[:3]))
                    added += stored is None
                    replaced += stored is not None and stored != row[4]
                self._writer.write(sql, [_point(row) for row in rows])
                too_old = _left_out(sql, rows)
                number = _current(sql)
                after = {place: _one(sql, _LATEST, place) for place in places}
                changes = {place: (after[place] or 0) - (before[place] or 0) for place in places}
                sql.executemany(_OPEN, [(number, *place, by) for place, by in changes.items() if by])
        except BaseException:
            self._writer.forget()
            raise
        self.imported.added += added - too_old
        self.imported.too_old += too_old
        self.imported.replaced += replaced
        self.imported.same += len(rows) - added - replaced


def _left_out(sql: Sql, rows: Sequence[Row]) -> int:
    """Return how many of the points were not written: retention has closed their time."""
    kept = sql.execute("SELECT from_ns FROM kept WHERE name = 'levels'").fetchone()
    old = [] if kept is None else [row for row in rows if _whole(row[3]) < kept[0]]
    return sum(_one(sql, _POINT, (row[3], *row[:3])) is None for row in old)


def _point(row: Row) -> LevelPoint:
    store, sku, zone, at_ns, pieces = row
    return LevelPoint(str(store), str(sku), str(zone), _whole(at_ns), _whole(pieces))


def _whole(value: object) -> int:
    assert isinstance(value, int)  # noqa: S101 - the columns say so
    return value


def _deltas(text: str) -> list[tuple[str, int]]:
    """Return the deltas that `deltas_text` wrote."""
    parts = [part.rpartition(":") for part in text.split()]
    return [(zone, int(pieces)) for zone, _, pieces in parts]


def _same(stored: tuple[Any, ...], row: Row) -> bool:
    """Return whether a stored movement (MOVEMENT_COLUMNS) is that of a row."""
    return (*stored[:9], deltas_text(stored[9]), *stored[10:]) == row[3:]


def _one(sql: Sql, query: str, values: Sequence[Any]) -> int | None:
    found = sql.execute(query, values).fetchone()
    return None if found is None else int(found[0])


def _current(sql: Sql) -> int:
    """Return the number of the journal that the store writes."""
    return int(sql.execute("SELECT max(number) FROM journals").fetchone()[0])


@contextmanager
def _transaction(sql: Sql) -> Iterator[None]:
    sql.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        sql.execute("ROLLBACK")
        raise
    sql.execute("COMMIT")
