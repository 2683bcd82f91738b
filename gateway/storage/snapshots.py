"""Snapshots of an engine part's state: each stands for the rows under its prefix that it was made of. I/O.

SQL over a connection that it is given. A snapshot and the rows that it takes the place of change in one
transaction: at each instant snapshot and rows together tell the state, whatever was cut off.
"""

from collections.abc import Sequence

from gateway.storage.ports import Snapshot
from gateway.storage.sql import Sql

PAGE = 16
"""Snapshots that are read at once: a start holds a few MB of them beside what it makes of them."""


def write_snapshots(sql: Sql, snapshots: Sequence[Snapshot]) -> None:
    """Set snapshots, and delete the state rows under their prefixes, those of this commit too."""
    for snapshot in snapshots:
        sql.execute(
            "INSERT INTO snapshots VALUES (?, ?, ?) ON CONFLICT (part, prefix) DO UPDATE SET body = excluded.body",
            (snapshot.part, snapshot.prefix, snapshot.body),
        )
        sql.execute(
            "DELETE FROM state WHERE part = ? AND key >= ? AND key < ?",
            (snapshot.part, snapshot.prefix, _after(snapshot.prefix)),
        )


def snapshots_after(sql: Sql, part: str, prefix: str) -> list[Snapshot]:
    """Return the next PAGE snapshots of a part behind `prefix`, in order."""
    rows = sql.execute(
        "SELECT part, prefix, body FROM snapshots WHERE part = ? AND prefix > ? ORDER BY prefix LIMIT ?",
        (part, prefix, PAGE),
    )
    return [Snapshot(*row) for row in rows]


def _after(prefix: str) -> str:
    """Return the first text behind all that begin with `prefix`, which ends in an ASCII character."""
    return prefix[:-1] + chr(ord(prefix[-1]) + 1)
