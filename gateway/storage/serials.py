"""Serials of old movements made into pseudonyms, a few rows at a time. SQL over a connection that it is given.

Nothing else of a movement changes: its place, time, article and deltas stay, and so do all levels. How far this is, is
kept per journal and store, so that each row is looked at once.
"""

from collections.abc import Iterator

from gateway.serials import is_pseudonym, pseudonym
from gateway.storage.sql import Sql

_COUNTER = "serials:"


def pseudonymise(sql: Sql, before_ns: int, key: bytes, rows_at_once: int) -> Iterator[int]:
    """Replace the EPCs of movements that were recorded before; yield how many after each slice."""
    journals = sql.execute("SELECT DISTINCT journal, store FROM movements").fetchall()
    for journal, store in journals:
        name = f"{_COUNTER}{journal}:{store}"
        known = sql.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
        seq = 0 if known is None else known[0]
        while rows := sql.execute(
            "SELECT seq, epc, recorded_ns FROM movements WHERE journal = ? AND store = ? AND seq > ?"
            " ORDER BY seq LIMIT ?",
            (journal, store, seq, rows_at_once),
        ).fetchall():
            old = []
            for row in rows:
                if row[2] >= before_ns:
                    break
                old.append(row)
            if not old:
                break
            changed = [
                (pseudonym(key, epc), journal, store, row_seq)
                for row_seq, epc, _ in old
                if epc is not None and not is_pseudonym(epc)
            ]
            sql.executemany(
                "UPDATE movements SET epc = ? WHERE journal = ? AND store = ? AND seq = ?", changed
            )
            seq = old[-1][0]
            sql.execute("INSERT OR REPLACE INTO counters VALUES (?, ?)", (name, seq))
            yield len(changed)
