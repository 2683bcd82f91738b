"""Connections to a store's file: how they are set, and their driver's errors as the store's own. I/O.

The only importer of sqlite3.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Literal, TypeVar

from gateway.storage.errors import (
    CommitRefused,
    StoreCorrupt,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from gateway.storage.files import disk_failure, os_failure
from gateway.storage.sql import Sql

Connection = sqlite3.Connection
Synchronous = Literal["FULL", "NORMAL", "OFF"]

BUSY_TIMEOUT_MS = 5_000
"""How long a write waits for another process (`keys create`, a backup) before it fails as locked."""
MAX_WAL_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a checkpoint; a burst may not hold the disk for good."""
CACHE_KIB = 16 * 1024
"""Page cache of a connection: the tails of all series that a shop writes stay in memory."""
MAX_STATEMENTS = 256
"""Prepared statements kept per connection: more than this module has."""
COPY_STEP_PAGES = 256
"""Pages copied at once, 1 MiB: the disk is the gateway's again after some milliseconds."""

T = TypeVar("T")

REFUSED = (
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
    sqlite3.DataError,
    OverflowError,
    UnicodeError,
    TypeError,
    ValueError,
)
"""The commit's own fault: a double event, an integer beyond 64 bits, text that is no text."""
_BY_CODE: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_CORRUPT: StoreCorrupt,
    sqlite3.SQLITE_NOTADB: StoreCorrupt,
    sqlite3.SQLITE_FULL: StoreFull,
    sqlite3.SQLITE_READONLY: StoreReadOnly,
    sqlite3.SQLITE_PERM: StoreReadOnly,
    sqlite3.SQLITE_CANTOPEN: StoreReadOnly,
    sqlite3.SQLITE_BUSY: StoreLocked,
    sqlite3.SQLITE_LOCKED: StoreLocked,
    sqlite3.SQLITE_CONSTRAINT: CommitRefused,
}


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn the driver's errors into the store's own, here and nowhere else."""
    try:
        yield
    except sqlite3.Error as error:
        primary = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte; the rest is detail
        if primary == sqlite3.SQLITE_IOERR:
            raise disk_failure(path, str(error)) from error
        raise _BY_CODE.get(primary, StoreFailed)(path, str(error)) from error
    except OSError as error:
        raise os_failure(path, error) from error


def connected(path: Path, mode: Literal["rw", "ro"], synchronous: Synchronous) -> sqlite3.Connection:
    """Return a connection to an existing file.

    check_same_thread is off on purpose: a connection passes between threads, never to two at once
    (the writer's by a lock, the readers' by their pool), and any thread may close it.
    """
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=BUSY_TIMEOUT_MS / 1_000,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=MAX_STATEMENTS,
    )
    try:
        for setting in (
            f"synchronous = {synchronous}",
            f"cache_size = -{CACHE_KIB}",
            f"journal_size_limit = {MAX_WAL_BYTES}",
            "trusted_schema = OFF",
            "cell_size_check = ON",
            "secure_delete = ON",  # what is erased is overwritten, whatever the library was built with
        ):
            connection.execute(f"PRAGMA {setting}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


@contextmanager
def opened_file(path: Path, *, writes: bool = False) -> Iterator[Sql]:
    """Give a connection to an existing file as it is: what it holds is the caller's to check.

    For what is done to a store as a whole: backup, restore, export, import.
    """
    with translated(path), closing(connected(path, "rw" if writes else "ro", "FULL")) as connection:
        yield connection


def copy_online(source: Path, target: Path, look: Callable[[Sql], T], on_step: Callable[[int], None]) -> T:
    """Copy a store as it is at this instant into the empty file `target`; return what `look` sees of it.

    A read transaction pins what is copied, so that a gateway's commits neither wait nor make it begin
    anew; the write-ahead log grows meanwhile. `on_step` is told the pages still to come. The copy is
    one file without a log, and is the caller's to flush.
    """
    with translated(source), closing(connected(source, "ro", "OFF")) as pinned:
        pinned.execute("BEGIN")
        seen = look(pinned)
        with translated(target), closing(connected(target, "rw", "OFF")) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # what fails in the middle is thrown away
            pinned.backup(
                copy, pages=COPY_STEP_PAGES, progress=lambda _status, rest, _total: on_step(rest), sleep=0.001
            )
            copy.execute("PRAGMA journal_mode = DELETE")  # the copied header asks for a log
        return seen
