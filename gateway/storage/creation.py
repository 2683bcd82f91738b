"""How a store file comes to be, is checked and is brought up to date. I/O over a connection it is given.

A store is made under another name and appears whole (see files.py): a crash at any instant leaves
none or all of it. So a file without content, or a log without its file, means a loss: refuse it.
"""

import logging
import secrets
from collections.abc import Callable
from pathlib import Path

from gateway.storage.errors import SchemaTooNew, SchemaTooOld, StoreCorrupt
from gateway.storage.levels import fill_rollups
from gateway.storage.schema import APPLICATION_ID, BACKUP_APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION
from gateway.storage.sql import Sql

log = logging.getLogger(__name__)

RESTORING_SUFFIX = ".restoring"
"""Behind the store's name: a file that is there while a restore swaps the stores."""

_RESTORE_AGAIN = "run `storefloor restore` again: it goes on from there; nothing was deleted"
_IS_BACKUP = "put it back by `storefloor restore`, which gives the store a journal of its own"
FILLS: dict[int, Callable[[Sql], None]] = {2: fill_rollups}
"""What fills the new tables of a version from what older ones hold, in the same transaction."""

_FOREIGN = "choose another gateway.data_dir: this file belongs to another program"


def require_no_restore(path: Path) -> None:
    """Raise StoreCorrupt while a restore has the old store set aside and the new one not in its place yet."""
    marker = path.with_name(f"{path.name}{RESTORING_SUFFIX}")
    if marker.exists():
        raise StoreCorrupt(path, f"a restore was broken off ({marker.name} is there)", _RESTORE_AGAIN)


def require_no_remains(path: Path) -> None:
    """Raise StoreCorrupt where the file is gone and its write-ahead log is not: commits would be lost."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size > 0:
        raise StoreCorrupt(path, f"the file is missing, but {log.name} holds commits of it")


def require_ours(sql: Sql, path: Path) -> None:
    """Raise StoreCorrupt unless the file is a store of this program."""
    if path.stat().st_size == 0:
        raise StoreCorrupt(path, "the file is empty")
    [(application,)] = sql.execute("PRAGMA application_id").fetchall()
    if application == BACKUP_APPLICATION_ID:
        raise StoreCorrupt(path, "this is a backup, not the store itself", _IS_BACKUP)
    if application != APPLICATION_ID:
        raise StoreCorrupt(path, "this is no storefloor store", _FOREIGN)


def require_writable(sql: Sql) -> None:
    """Let the driver raise where the file can only be read, by a write that is taken back.

    SQLite opens such a file without a word, and there turns BEGIN IMMEDIATE into BEGIN.
    """
    [(version,)] = sql.execute("PRAGMA user_version").fetchall()
    sql.execute("BEGIN IMMEDIATE")
    sql.execute(f"PRAGMA user_version = {version:d}")
    sql.execute("ROLLBACK")


def first_damage(verdict: object) -> str:
    """Return what SQLite's check found first, in one line."""
    return " ".join(line for line in str(verdict).splitlines() if not line.startswith("***"))


def schema_version(sql: Sql, path: Path) -> int:
    """Return how many migrations the file has; raise SchemaTooNew if more than are known here."""
    [(version,)] = sql.execute("PRAGMA user_version").fetchall()
    if version > SCHEMA_VERSION:
        raise SchemaTooNew(path, f"schema version {version} is newer than {SCHEMA_VERSION}, the newest known")
    return int(version)


def require_current(sql: Sql, path: Path) -> None:
    """Raise unless the file has every migration that is known, and no other."""
    version = schema_version(sql, path)
    if version < SCHEMA_VERSION:
        raise SchemaTooOld(path, f"schema version {version} is older than {SCHEMA_VERSION}")


def migrate(sql: Sql, path: Path) -> None:
    """Apply the missing migrations in one transaction, which the caller's failure rolls back."""
    version = schema_version(sql, path)
    if version == SCHEMA_VERSION:
        return
    if version > 0:
        log.warning(
            "store: bringing %s from version %d to %d; a large one takes a minute, and is left as it was if that fails",
            path, version, SCHEMA_VERSION,
        )  # fmt: skip
    sql.execute("BEGIN IMMEDIATE")
    for number, statements in enumerate(MIGRATIONS[version:], version + 1):
        for statement in statements:
            sql.execute(statement)
        if version > 0 and number in FILLS:
            FILLS[number](sql)
    if version == 0:
        sql.execute("INSERT INTO counters VALUES ('version', 0)")
        sql.execute("INSERT INTO journals (journal_id) VALUES (?)", (secrets.token_hex(8),))
        sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    sql.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    sql.execute("COMMIT")
