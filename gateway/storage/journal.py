"""The journal of movements: sequences are allotted in the commit. SQL over a connection it is given."""

from collections.abc import Sequence

from gateway.movements import JournalEntry, Movement
from gateway.storage.errors import EntriesLetGo
from gateway.storage.rows import MOVEMENT_COLUMNS, journal_entry, movement_row
from gateway.storage.sql import Sql

_INSERT = f"INSERT INTO movements (journal, store, seq, {MOVEMENT_COLUMNS}) VALUES ({', '.join('?' * 15)})"  # noqa: S608 - constants

_OPENING = """SELECT sku, zone, sum(pieces) FROM (
        SELECT sku, zone, pieces FROM opening WHERE store = ?
        UNION ALL
        SELECT sku, delta.value ->> 0, delta.value ->> 1 FROM movements, json_each(deltas) AS delta
        WHERE store = ? AND journal < ?
    ) GROUP BY sku, zone"""


class JournalTable:
    """The current journal: the newest row of `journals`. Older ones stay readable to an export only."""

    def __init__(self, number: int, journal_id: str) -> None:
        self.journal_id = journal_id
        self._number = number
        self._last: dict[str, int] = {}

    @classmethod
    def current(cls, sql: Sql) -> "JournalTable":
        """Return the journal that new movements go to."""
        [(number, journal_id)] = sql.execute(
            "SELECT number, journal_id FROM journals ORDER BY number DESC LIMIT 1"
        ).fetchall()
        return cls(number, journal_id)

    def forget(self) -> None:
        """Drop the remembered sequences: the transaction that they came from was rolled back."""
        self._last.clear()

    def append(self, sql: Sql, movements: Sequence[Movement]) -> tuple[JournalEntry, ...]:
        """Write the movements, each with the next sequence of its store. Writer only."""
        entries: list[JournalEntry] = []
        for movement in movements:
            last = self._last.get(movement.store)
            if last is None:
                last = self.last_seq(sql, movement.store)
            self._last[movement.store] = last + 1
            entries.append(JournalEntry(self.journal_id, last + 1, movement))
        sql.executemany(
            _INSERT,
            [(self._number, e.movement.store, e.seq, *movement_row(e.movement)) for e in entries],
        )
        return tuple(entries)

    def first_seq(self, sql: Sql, store: str) -> int:
        """Return the oldest sequence of `store` that is kept; one more than the last where none is."""
        return self._pruned_seq(sql, store) + 1

    def last_seq(self, sql: Sql, store: str) -> int:
        """Return the newest sequence of `store` on disk; 0 before the first."""
        [(seq,)] = sql.execute(
            "SELECT max(seq) FROM movements WHERE journal = ? AND store = ?", (self._number, store)
        ).fetchall()
        return seq or self._pruned_seq(sql, store)

    def _pruned_seq(self, sql: Sql, store: str) -> int:
        row = sql.execute(
            "SELECT seq FROM pruned WHERE journal = ? AND store = ?", (self._number, store)
        ).fetchone()
        return 0 if row is None else int(row[0])

    def entries_after(self, sql: Sql, store: str, seq: int, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` after `seq`, in order; raise EntriesLetGo where a gap would be."""
        pruned = self._pruned_seq(sql, store)
        if seq < pruned:
            raise EntriesLetGo(f"journal {self.journal_id}", store, seq, pruned + 1)
        rows = sql.execute(
            f"SELECT seq, {MOVEMENT_COLUMNS} FROM movements"  # noqa: S608 - a constant
            " WHERE journal = ? AND store = ? AND seq > ? ORDER BY seq LIMIT ?",
            (self._number, store, seq, max(limit, 0)),
        )
        return [journal_entry(self.journal_id, store, row) for row in rows]

    def adjustments(self, sql: Sql, store: str, before_seq: int | None, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` that are adjustments by people, newest first."""
        rows = sql.execute(
            f"SELECT seq, {MOVEMENT_COLUMNS} FROM movements"  # noqa: S608 - a constant
            " WHERE journal = ? AND store = ? AND cause = 'adjustment' AND seq < ? ORDER BY seq DESC LIMIT ?",
            (self._number, store, 2**63 - 1 if before_seq is None else before_seq, max(limit, 0)),
        )
        return [journal_entry(self.journal_id, store, row) for row in rows]

    def opening_balances(self, sql: Sql, store: str) -> dict[tuple[str, str], int]:
        """Return pieces by (sku, zone): what all entries let go, and those of older journals, add up to."""
        rows = sql.execute(_OPENING, (store, store, self._number))
        return {(sku, zone): pieces for sku, zone, pieces in rows if pieces}
