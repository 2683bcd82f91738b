"""The embedded store on SQLite: one file, one writing connection, a few reading ones. I/O.

Opening refuses what it cannot trust (see errors.py); a commit is one transaction in WAL mode with
synchronous=FULL, so what is acknowledged survives a power cut.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

from gateway.audit import AuditEntry
from gateway.movements import LevelPoint
from gateway.storage import levels, notices, privacy, records, reservations, retention, snapshots, webhooks
from gateway.storage.audit import write_audit
from gateway.storage.changes import ChangesTable
from gateway.storage.connection import REFUSED, Connection, Synchronous, connected, translated
from gateway.storage.creation import (
    migrate,
    require_current,
    require_no_remains,
    require_no_restore,
    require_ours,
    require_writable,
)
from gateway.storage.errors import CommitRefused, StoreClosed, StoreFailed
from gateway.storage.file_look import FileLook
from gateway.storage.files import appearing_whole, has_bytes
from gateway.storage.integrity import require_sound
from gateway.storage.journal import JournalTable
from gateway.storage.kpis import write_kpi_days
from gateway.storage.lock import StoreLock
from gateway.storage.outbox import OutboxWriter, settle
from gateway.storage.outbox_reads import OutboxReads
from gateway.storage.ports import Commit, Committed, GroupOutcome, SeriesEncoder, Settlement
from gateway.storage.privacy import Erased
from gateway.storage.reading import ReaderPool
from gateway.storage.reads import StoreReads
from gateway.storage.sizes import Sizes
from gateway.storage.sql import Sql
from gateway.storage.table_writes import TableWrites

STORE_FILE = "storefloor.db"
"""Name of the store within gateway.data_dir; its -wal, -shm and .lock stand beside it."""
MAX_OUTBOX_BYTES = 512 * 1024 * 1024
"""What waits for a time-series server at most, where the site says nothing else."""

T = TypeVar("T")


def _create(path: Path) -> None:
    require_no_remains(path)
    with appearing_whole(path) as new, ExitStack() as closing:
        connection = connected(new, "rw", "FULL")
        closing.callback(connection.close)
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table, or never
        connection.execute("PRAGMA journal_mode = WAL")
        migrate(connection, path)


class SqliteStore(StoreReads, OutboxReads, TableWrites):
    """The gateway's one file. See gateway/storage/ports.py for what each method promises."""

    def __init__(self, path: Path, connection: Connection, lock: StoreLock | None) -> None:
        """Use `open` or `attach`."""
        self.path = path
        self._connection = connection
        self._lock = lock
        self._writing_now = threading.Lock()
        self._closed = False
        self._synchronous: Synchronous = "FULL"
        self.checked_s: float | None = None
        """Real seconds that the look at the whole file took before the start; None where it was not whole."""
        self._readers = ReaderPool(path, lambda: connected(path, "ro", "OFF"))
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
        with translated(path), ExitStack() as undo:
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
        with translated(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            require_no_restore(path)
            if not path.exists():
                _create(path)
            return cls._opened(path, "FULL", None)

    @classmethod
    def _opened(cls, path: Path, synchronous: Synchronous, lock: StoreLock | None) -> "SqliteStore":
        with ExitStack() as undo:
            connection = connected(path, "rw", synchronous)
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
        except REFUSED as error:
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
        with self._writing_now, translated(self.path):
            if self._lock is not None:  # nobody else writes: the whole file may be written anew
                self._connection.execute("VACUUM")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            files = self.path, self.path.with_name(f"{self.path.name}-wal")
            remains = [path.name for path in files if path.exists() and has_bytes(path, owner_ref)]
        return Erased(erased, tuple(remains))

    def looked_up(self, work: Callable[[Sql], T]) -> T:
        """Return what `work` reads of one state of the store; any thread."""
        with self._reading() as sql:
            return work(sql)

    def give_back_names(self) -> None:
        """Overwrite in the write-ahead log what was deleted, as far as nobody reads it; any process, any thread."""
        with self._writing_now, translated(self.path):
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
        with self._writing_now, translated(self.path), ExitStack() as after:
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
        with translated(self.path), closing(connected(self.path, "ro", "OFF")) as connection:
            yield FileLook(self.path, connection)

    @contextmanager
    def _reading(self) -> Iterator[Sql]:
        """Give a reading connection that sees one state of the store throughout."""
        with translated(self.path), self._readers.borrowed() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        """Close the file and free its lock, after a write that is under way; idempotent."""
        with self._writing_now, translated(self.path):
            if self._closed:
                return
            self._closed = True
            self._readers.close()
            self._connection.close()  # last of all: it takes the write-ahead log into the file
            if self._lock is not None:
                self._lock.release()
