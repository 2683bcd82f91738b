"""The embedded store on SQLite: one file, one writing connection, a few reading ones. I/O.

The only importer of sqlite3. Opening refuses what it cannot trust (see errors.py); a commit is one
transaction in WAL mode with synchronous=FULL, so what is acknowledged survives a power cut.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Literal, TypeVar

from gateway.audit import AuditEntry
from gateway.delivery.model import NoticeTry
from gateway.movements import LevelPoint
from gateway.storage import levels, notices, privacy, records, reservations, retention, snapshots, webhooks
from gateway.storage.audit import write_audit
from gateway.storage.changes import ChangesTable
from gateway.storage.creation import (
    migrate,
    require_current,
    require_no_remains,
    require_no_restore,
    require_ours,
    require_writable,
)
from gateway.storage.errors import (
    CommitRefused,
    StoreClosed,
    StoreCorrupt,
    StoreError,
    StoreFailed,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
)
from gateway.storage.files import appearing_whole, disk_failure, has_bytes, os_failure
from gateway.storage.integrity import require_sound, require_table, tables
from gateway.storage.journal import JournalTable
from gateway.storage.kpis import write_kpi_days
from gateway.storage.lock import StoreLock
from gateway.storage.outbox import OutboxWriter, add_gap, settle
from gateway.storage.outbox_reads import OutboxReads
from gateway.storage.ports import (
    ApiKey,
    Commit,
    Committed,
    GroupOutcome,
    SeriesEncoder,
    Settlement,
)
from gateway.storage.privacy import Erased
from gateway.storage.reading import ReaderPool
from gateway.storage.reads import StoreReads
from gateway.storage.sizes import Sizes
from gateway.storage.sql import Sql
from gateway.webhooks.model import Delivery, Endpoint, Position

Synchronous = Literal["FULL", "NORMAL", "OFF"]

STORE_FILE = "storefloor.db"
"""Name of the store within gateway.data_dir; its -wal, -shm and .lock stand beside it."""
BUSY_TIMEOUT_MS = 5_000
"""How long a write waits for another process (`keys create`, a backup) before it fails as locked."""
MAX_WAL_BYTES = 64 * 1024 * 1024
"""The write-ahead log is cut back to this after a checkpoint; a burst may not hold the disk for good."""
CACHE_KIB = 16 * 1024
"""Page cache of a connection: the tails of all series that a shop writes stay in memory."""
MAX_OUTBOX_BYTES = 512 * 1024 * 1024
"""What waits for a time-series server at most, where the site says nothing else."""
MAX_STATEMENTS = 256
"""Prepared statements kept per connection: more than this module has."""
COPY_STEP_PAGES = 256
"""Pages copied at once, 1 MiB: the disk is the gateway's again after some milliseconds."""

T = TypeVar("T")

_REFUSED = (
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
def _translated(path: Path) -> Iterator[None]:
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


def _connect(path: Path, mode: Literal["rw", "ro"], synchronous: Synchronous) -> sqlite3.Connection:
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


def _create(path: Path) -> None:
    require_no_remains(path)
    with appearing_whole(path) as new, ExitStack() as closing:
        connection = _connect(new, "rw", "FULL")
        closing.callback(connection.close)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or never
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, path)


@contextmanager
def opened_file(path: Path, *, writes: bool = False) -> Iterator[Sql]:
    """Give a connection to an existing file as it is: what it holds is the caller's to check.

    For what is done to a store as a whole: backup, restore, export, import.
    """
    with _translated(path), closing(_connect(path, "rw" if writes else "ro", "FULL")) as connection:
        yield connection


def copy_online(source: Path, target: Path, look: Callable[[Sql], T], on_step: Callable[[int], None]) -> T:
    """Copy a store as it is at this instant into the empty file `target`; return what `look` sees of it.

    A read transaction pins what is copied, so that a gateway's commits neither wait nor make it begin
    anew; the write-ahead log grows meanwhile. `on_step` is told the pages still to come. The copy is
    one file without a log, and is the caller's to flush.
    """
    with _translated(source), closing(_connect(source, "ro", "OFF")) as pinned:
        pinned.execute("BEGIN")
        seen = look(pinned)
        with _translated(target), closing(_connect(target, "rw", "OFF")) as copy:
            copy.execute("PRAGMA journal_mode = OFF")  # what fails in the middle is thrown away
            pinned.backup(
                copy, pages=COPY_STEP_PAGES, progress=lambda _status, rest, _total: on_step(rest), sleep=0.001
            )
            copy.execute("PRAGMA journal_mode = DELETE")  # the copied header asks for a log
        return seen


class FileLook:
    """Implements gateway.storage.inspector.Look."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.tables = tables(connection)
        self._path = path
        self._connection = connection

    def at(self, table: str) -> None:
        """Look a table through; raise StoreCorrupt where it is damaged. Blocks."""
        with _translated(self._path):
            require_table(self._connection, self._path, table)

    def stop(self) -> None:
        """Break off the look that is under way, from any thread."""
        self._connection.interrupt()


class SqliteStore(StoreReads, OutboxReads):
    """The gateway's one file. See gateway/storage/ports.py for what each method promises."""

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: StoreLock | None) -> None:
        """Use `open` or `attach`."""
        self.path = path
        self._connection = connection
        self._lock = lock
        self._writing_now = threading.Lock()
        self._closed = False
        self._synchronous: Synchronous = "FULL"
        self.checked_s: float | None = None
        """Real seconds that the look at the whole file took before the start; None where it was not whole."""
        self._readers = ReaderPool(path, lambda: _connect(path, "ro", "OFF"))
        self._levels = levels.LevelWriter()
        self._changes = ChangesTable()
        self._outbox: OutboxWriter | None = None
        super().__init__(JournalTable.current(connection))
        [(self._version,)] = connection.execute(
            "SELECT value FROM counters WHERE name = 'version'"
        ).fetchall()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        synchronous: Synchronous = "FULL",
        encoder: SeriesEncoder | None = None,
        max_outbox_bytes: int = MAX_OUTBOX_BYTES,
    ) -> "SqliteStore":
        """Open the gateway's store, creating or migrating it; raise StoreError naming file and remedy.

        Holds an exclusive lock until closed. A `synchronous` below FULL may lose what was
        acknowledged in a power cut: for tests and measurements alone. With an `encoder`, each commit
        is told to the outbox too.
        """
        with _translated(path), ExitStack() as undo:
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = StoreLock(path.with_name(f"{path.name}.lock"))
            undo.callback(lock.release)
            require_no_restore(path)
            if not path.exists():
                _create(path)
            store = cls._opened(path, synchronous, lock)
            if encoder is not None:
                undo.callback(store.close)
                store.tell_outbox(OutboxWriter(encoder, max_outbox_bytes))
            undo.pop_all()
            return store

    @classmethod
    def attach(cls, path: Path) -> "SqliteStore":
        """Open the store beside a running gateway (or without one), to read, and to manage keys.

        Creates a missing store; never migrates one. `commit` is refused: the gateway alone commits.
        """
        with _translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            require_no_restore(path)
            if not path.exists():
                _create(path)
            return cls._opened(path, "FULL", None)

    @classmethod
    def _opened(cls, path: Path, synchronous: Synchronous, lock: StoreLock | None) -> "SqliteStore":
        with ExitStack() as undo:
            connection = _connect(path, "rw", synchronous)
            undo.callback(connection.close)
            require_ours(connection, path)
            checked_s: float | None = None
            if lock is None:
                require_current(connection, path)
            else:
                require_writable(connection)
                started_s = time.monotonic()
                if require_sound(connection, path):
                    checked_s = time.monotonic() - started_s
                migrate(connection, path)
            [(mode,)] = connection.execute("PRAGMA journal_mode = WAL").fetchall()
            if mode != "wal":
                raise StoreFailed(path, f"this file system allows no write-ahead log (mode {mode})")
            store = cls(path, connection, lock)
            store._synchronous, store.checked_s = synchronous, checked_s
            undo.pop_all()
            return store

    # -- writing -------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Return the version of the newest commit, as `Committed.version`; 0 before the first."""
        return int(self._version)

    def commit(self, commit: Commit) -> Committed:
        """Write all of it in one durable transaction, or raise and write none."""
        outcome = self.commit_group((commit,))
        if outcome.failure is not None:
            raise outcome.failure
        return outcome.committed[0]

    def commit_group(
        self,
        commits: Sequence[Commit],
        published: Sequence[int] = (),
        settlements: Sequence[Settlement] = (),
    ) -> GroupOutcome:
        """Write several commits, mark alert changes as published and settle the outbox, in one transaction.

        A commit that is refused by its own fault leaves nothing; those before it are written, those
        behind it are not tried. Any other failure raises, and nothing at all is written.
        """
        if self._lock is None:
            raise RuntimeError("a store that was attached never commits: open it")
        committed: list[Committed] = []
        failure: Exception | None = None
        with self._writing() as sql:
            records.mark_published(sql, published)
            for settlement in settlements:
                settle(sql, settlement)
            for commit in commits:
                try:
                    committed.append(self._write(sql, commit))
                except CommitRefused as error:
                    failure = error
                    break
            sql.execute("UPDATE counters SET value = ? WHERE name = 'version'", (self._version,))
        return GroupOutcome(tuple(committed), failure)

    def _write(self, sql: Sql, commit: Commit) -> Committed:
        sql.execute("SAVEPOINT one")
        try:
            entries = self._journal.append(sql, commit.movements)
            self._levels.write(sql, commit.levels)
            self._changes.append(sql, commit.changes, commit.at_ns)
            records.write_state(sql, commit.state)
            snapshots.write_snapshots(sql, commit.snapshots)
            records.write_applied(sql, commit.applied, commit.at_ns)
            records.write_alerts(sql, commit.alerts)
            records.write_dead_letters(sql, commit.dead_letters)
            reservations.write_reservations(sql, commit.reservations)
            reservations.write_answered(sql, commit.answered)
            write_audit(sql, commit.audited)
            write_kpi_days(sql, commit.kpi_days)
            notices.queue_notices(sql, commit.notices)
            for made in commit.endpoints:
                webhooks.put_endpoint(sql, made.endpoint)
                webhooks.put_positions(sql, made.positions)
            if commit.forgetting is not None:
                reservations.forget(sql, commit.forgetting)
            if self._outbox is not None:
                self._outbox.append(sql, commit, entries, self._version + 1)
        except _REFUSED as error:
            sql.execute("ROLLBACK TO one")
            sql.execute("RELEASE one")
            self._forget()
            raise CommitRefused(self.path, f"{type(error).__name__}: {error}") from error
        sql.execute("RELEASE one")
        self._version += 1
        return Committed(entries, self._version)

    def append(self, points: Sequence[LevelPoint]) -> None:
        """Write points that come with no commit, in one durable transaction."""
        self.commit(Commit(0, levels=list(points)))

    def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Mark alert changes as delivered to the broker."""
        self.commit_group((), outbox_ids)

    def tell_outbox(self, outbox: OutboxWriter) -> None:
        """Tell each commit from now on to the outbox too; what was not told before becomes a gap."""
        with self._writing() as sql:
            outbox.begin(sql, self._version)
        self._outbox = outbox

    def settle_outbox(self, settlement: Settlement) -> None:
        """Take out what was delivered and note what was refused, durably."""
        self.commit_group((), (), (settlement,))

    def ask_backfill(self, reason: str, from_ns: int, to_ns: int) -> None:
        """Have times told to the time-series server (again) from what is kept; any process, any thread."""
        with self._writing() as sql:
            add_gap(sql, reason, from_ns, to_ns)

    def add_key(self, key: ApiKey, audited: AuditEntry | None = None) -> None:
        """Store a new API key, and who made it; any process, any thread."""
        with self._writing() as sql:
            records.add_key(sql, key)
            write_audit(sql, [audited] if audited is not None else [])

    def erase_owner(self, owner_ref: str, audited: AuditEntry) -> Erased:
        """Take a customer's reference out of all rows, of free pages and of the log, and look whether any byte of it
        is left; any process, any thread. A store that was opened, not attached, is written anew as a whole.
        """
        with self._writing() as sql:
            erased = privacy.erase_owner(sql, owner_ref)
            write_audit(sql, [audited])
        before = left = -1
        while left:  # an older version may have freed pages without overwriting them
            with self._writing(is_flushed=False) as sql:
                before, left = left, privacy.give_back_free_pages(sql)
            if left == before:  # a file that was made without the means keeps its free pages
                break
        with self._writing_now, _translated(self.path):
            if self._lock is not None:  # nobody else writes: the whole file may be written anew
                self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            files = self.path, self.path.with_name(f"{self.path.name}-wal")
            remains = [path.name for path in files if path.exists() and has_bytes(path, owner_ref)]
        return Erased(erased, tuple(remains))

    def revoke_key(self, key_id: str, at_ns: int, audited: AuditEntry | None = None) -> bool:
        """Mark a key as revoked, and who did it where there was one; any process, any thread."""
        with self._writing() as sql:
            is_revoked = records.revoke_key(sql, key_id, at_ns)
            write_audit(sql, [audited] if audited is not None and is_revoked else [])
            return is_revoked

    def keep_webhook(
        self,
        endpoint: Endpoint | None,
        positions: Sequence[Position],
        delivery: Delivery | None,
        audited: AuditEntry | None = None,
    ) -> None:
        """Write an endpoint, how far it was told, a try, and who changed it. Writer thread only."""
        with self._writing() as sql:
            if endpoint is not None:
                webhooks.put_endpoint(sql, endpoint)
            webhooks.put_positions(sql, positions)
            if delivery is not None:
                webhooks.add_delivery(sql, delivery)
            write_audit(sql, [audited] if audited is not None else [])

    def drop_webhook(self, endpoint_id: str, audited: AuditEntry) -> bool:
        """Delete an endpoint with all of it; return whether there was one. Writer thread only."""
        with self._writing() as sql:
            is_dropped = webhooks.drop_endpoint(sql, endpoint_id)
            write_audit(sql, [audited] if is_dropped else [])
            return is_dropped

    def settle_notice(self, row: int | None, tried: NoticeTry) -> None:
        """Note what became of a try to tell a target a notice. Writer thread only."""
        with self._writing() as sql:
            notices.settle_notice(sql, row, tried)

    def give_up_notices(self, target: str, at_ns: int, reason: str) -> int:
        """Give up what waits for a target since before a time; return how many. Writer thread only."""
        with self._writing() as sql:
            return notices.give_up_before(sql, target, at_ns, reason)

    def forget_notice_targets(self, known: Sequence[str]) -> dict[str, int]:
        """Delete all of targets that are not known any more; return how many notices waited. Writer thread only."""
        with self._writing() as sql:
            return notices.forget_targets(sql, known)

    def housekeep(self, work: Callable[[Sql], T]) -> T:
        """Do `work` in a transaction that is not flushed: a power cut may undo it, and it is done again.

        For what is promised to nobody (gateway/storage/retention.py). Writer thread only.
        """
        with self._writing(is_flushed=False) as sql:
            return work(sql)

    def written(self, work: Callable[[Sql], T], *, is_flushed: bool = True) -> T:
        """Do `work` in a transaction of its own, and return what it does; any process, any thread."""
        with self._writing(is_flushed=is_flushed) as sql:
            return work(sql)

    def looked_up(self, work: Callable[[Sql], T]) -> T:
        """Return what `work` reads of one state of the store; any thread."""
        with self._reading() as sql:
            return work(sql)

    def give_back_names(self) -> None:
        """Overwrite in the write-ahead log what was deleted, as far as nobody reads it; any process, any thread."""
        with self._writing_now, _translated(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def forget_levels(self) -> None:
        """Have the boundaries of the level tables read anew, which a `housekeep` moved. Writer thread only."""
        self._levels.forget()

    def sizes(self) -> Sizes:
        """Return how large the store is on disk."""
        log = self.path.with_name(f"{self.path.name}-wal")
        with self._reading() as sql:
            return retention.sizes(sql, log.stat().st_size if log.exists() else 0)

    @contextmanager
    def _writing(self, *, is_flushed: bool = True) -> Iterator[Sql]:
        """Give the writing connection within a transaction, committed at the end or rolled back."""
        with self._writing_now, _translated(self.path), ExitStack() as after:
            if self._closed:
                raise StoreClosed(self.path, "the store is closed")
            connection = self._connection
            version = self._version
            if not is_flushed and self._synchronous == "FULL":
                connection.execute("PRAGMA synchronous = NORMAL")
                after.callback(connection.execute, "PRAGMA synchronous = FULL")
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                self._version = version
                self._forget()
                if connection.in_transaction:  # SQLite itself rolls back on a full disk
                    connection.execute("ROLLBACK")
                raise

    def _forget(self) -> None:
        self._levels.forget()
        self._journal.forget()
        self._changes.forget()

    # -- reading -------------------------------------------------------------------------------

    @contextmanager
    def looking(self) -> Iterator["FileLook"]:
        """Give a look at the whole file for damage, on a connection of its own."""
        with _translated(self.path), closing(_connect(self.path, "ro", "OFF")) as connection:
            yield FileLook(self.path, connection)

    @contextmanager
    def _reading(self) -> Iterator[Sql]:
        """Give a reading connection that sees one state of the store throughout."""
        with _translated(self.path), self._readers.borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file and free its lock, after a write that is under way; idempotent."""
        with self._writing_now, _translated(self.path):
            if self._closed:
                return
            self._closed = True
            self._readers.close()
            self._connection.close()  # last of all: it takes the write-ahead log into the file
            if self._lock is not None:
                self._lock.release()
