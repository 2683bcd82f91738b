"""The log of changes: what reads differently now, in one contiguous sequence per store. SQL over a connection it is given.

A row says *that* something changed, not what it is now: whoever follows the log asks for that, and so never
shows an old state after a newer one.
"""

from collections.abc import Sequence

from gateway.changes.model import Change, ChangeNote
from gateway.storage.sql import Sql

MAX_CHANGES = 200_000
"""Rows kept per store, about 10 MB: weeks of a shop. Who was away for longer begins anew."""
LET_GO_AT_ONCE = 1_000
"""Rows that one commit lets go at most, besides twice what it adds: no commit stalls on it."""


class ChangesTable:
    """Appends to the log; remembers each store's newest sequence until told to `forget`."""

    def __init__(self, most: int = MAX_CHANGES) -> None:
        self._most = most
        self._last: dict[str, int] = {}

    def forget(self) -> None:
        """Drop what is remembered: the transaction that it came from was rolled back."""
        self._last.clear()

    def append(self, sql: Sql, notes: Sequence[ChangeNote], at_ns: int) -> None:
        """Write what changed, each with the next sequence of its store, and let the oldest go."""
        if not notes:
            return
        rows: list[tuple[str, int, int, str, str]] = []
        first: dict[str, int] = {}
        for note in notes:
            last = self._last.get(note.store)
            if last is None:
                last = last_change(sql, note.store)
            self._last[note.store] = last + 1
            first.setdefault(note.store, last + 1)
            rows.append((note.store, last + 1, at_ns, note.type, note.subject))
        sql.executemany("INSERT INTO changes VALUES (?, ?, ?, ?, ?)", rows)
        for store, seq in first.items():
            last = self._last[store]
            oldest = first_change(sql, store)
            through = min(last - self._most, oldest + LET_GO_AT_ONCE + 2 * (last - seq + 1))
            if through >= oldest:
                sql.execute("DELETE FROM changes WHERE store = ? AND seq <= ?", (store, through))


def last_change(sql: Sql, store: str) -> int:
    """Return the newest sequence of a store; 0 before the first."""
    [(seq,)] = sql.execute("SELECT max(seq) FROM changes WHERE store = ?", (store,)).fetchall()
    return seq or 0


def first_change(sql: Sql, store: str) -> int:
    """Return the oldest sequence of a store that is kept; 1 where there is none."""
    [(seq,)] = sql.execute("SELECT min(seq) FROM changes WHERE store = ?", (store,)).fetchall()
    return seq or 1


def changes_after(sql: Sql, store: str, seq: int, limit: int) -> list[Change] | None:
    """Return up to `limit` changes after `seq`, in order; None where some of them are gone, or never were."""
    if not first_change(sql, store) - 1 <= seq <= last_change(sql, store):
        return None
    rows = sql.execute(
        "SELECT store, seq, at_ns, type, subject FROM changes WHERE store = ? AND seq > ? ORDER BY seq LIMIT ?",
        (store, seq, max(limit, 0)),
    )
    return [Change(*row) for row in rows]
