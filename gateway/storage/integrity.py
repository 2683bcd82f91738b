"""Whether a store's file is whole: what is looked at before the start, and what soon after. SQL over a connection.

    before the start   its head and length (SQLite itself) · all of a file up to MAX_CHECKED_BYTES,
                       of a larger one the tables that decisions rest on
    soon after         history and what the start read row by row anyway, on a reading connection (inspector.py)

A look at everything takes 4 to 9 s per GB: no shop waits for that at each start. History that is damaged
can still be asked for until it is found; it tells an error then, and is never written over.
"""

from pathlib import Path

from gateway.storage.creation import first_damage
from gateway.storage.errors import StoreCorrupt
from gateway.storage.sql import Sql

MAX_CHECKED_BYTES = 64 * 1024 * 1024
"""A file up to this is looked through whole before the start: half a second, and weeks of a small shop."""
LATER = frozenset({"levels", "hourly", "daily", "movements", "outbox", "state", "snapshots"})
"""Tables of a larger file that are looked through after the start: history, what waits for a server, and the
state, all of which the start reads anyway, and which is refused there where it is damaged."""


def require_sound(sql: Sql, path: Path) -> bool:
    """Raise StoreCorrupt quoting the first damage found before the start; return whether all was looked at."""
    if path.stat().st_size <= MAX_CHECKED_BYTES:
        [(verdict,)] = sql.execute("PRAGMA quick_check(1)").fetchall()
        if verdict != "ok":
            raise StoreCorrupt(path, first_damage(verdict))
        return True
    for table in tables(sql):
        if table not in LATER:
            require_table(sql, path, table)
    return False


def tables(sql: Sql) -> list[str]:
    """Return the names of all tables, the small ones first."""
    rows = sql.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
    )
    return sorted((name for (name,) in rows.fetchall()), key=lambda name: (name in LATER, name))


def require_table(sql: Sql, path: Path, table: str) -> None:
    """Raise StoreCorrupt quoting the first damage of a table or its indexes. Reads all of them."""
    [(verdict,)] = sql.execute(f'PRAGMA quick_check("{table}")').fetchall()[:1]
    if verdict != "ok":
        raise StoreCorrupt(path, f"table {table}: {first_damage(verdict)}")
