"""Taking a customer's reference out of the file itself, its free space and its log. SQL over a connection it is given.

rows set to NULL (their old bytes become zeros) ─▶ free pages given back ─▶ log taken in, and cut to nothing
"""

from dataclasses import dataclass

from gateway.storage.sql import Sql

PAGES_AT_ONCE = 256
"""Free pages given back in one transaction, 1 MiB: a commit of a running gateway waits some milliseconds."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done. `remains`: names of files in which the bytes of the reference still stand somewhere: a log that
    is being read, old bytes in a page that an older build did not overwrite, or the same letters by chance."""

    reservations: int
    remains: tuple[str, ...]


def erase_owner(sql: Sql, owner_ref: str) -> int:
    """Take a reference out of all reservations, open ones too; return of how many."""
    return sql.execute("UPDATE reservations SET owner_ref = NULL WHERE owner_ref = ?", (owner_ref,)).rowcount


def give_back_free_pages(sql: Sql) -> int:
    """Give up to PAGES_AT_ONCE free pages back to the disk; return how many are left."""
    for _ in range(PAGES_AT_ONCE):  # one at a time: the driver stops after the first page of several
        sql.execute("PRAGMA incremental_vacuum(1)")
    [(left,)] = sql.execute("PRAGMA freelist_count").fetchall()
    return int(left)
