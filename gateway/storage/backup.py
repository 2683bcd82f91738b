"""Backups of a store: made beside a running gateway, checked, named whole; and put back. I/O.

    store ─▶ copy at one instant ─▶ checked ─▶ sealed ─▶ renamed      backup
    backup ─▶ checked ─▶ copied ─▶ new journal ─▶ old store aside ─▶ in its place      restore

A backup is one SQLite file: the store's tables, and one more, `backup`, with what it was made of, the
secret under which API keys are hashed (without it no key would work on another machine), and a digest
over all its other bytes: a flipped bit on a stick shows, which SQLite's own check would not see.
"""

import errno
import hashlib
import json
import mmap
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.storage.connection import copy_online, opened_file
from gateway.storage.creation import RESTORING_SUFFIX, first_damage, require_ours, schema_version
from gateway.storage.errors import BackupFailed, BackupUnusable, SchemaTooNew, StoreCorrupt, StoreError
from gateway.storage.files import NEW_SUFFIX, os_failure, renamed_when_whole, sync_folder, write_once
from gateway.storage.lock import StoreLock
from gateway.storage.schema import APPLICATION_ID, BACKUP_APPLICATION_ID
from gateway.storage.sql import Sql
from gateway.storage.staff import forget_member

FLUSH_EVERY_PAGES = 4_096
"""Copied pages (16 MiB) between flushes: one flush of all of it at the end would hold up the gateway's own."""
DIGEST_BYTES = 32
HASH_CHUNK_BYTES = 1 << 20
BACKUPS_FOLDER = "backups"
"""Folder beside the store where backups go unless told otherwise: copy them to another machine."""
ASIDE = ".before-"
"""Between a file's name and the time at which a restore set it aside."""

_NAME_ANOTHER = "name a store of storefloor, or a file that `storefloor backup` made"
_NAME = re.compile(r"storefloor-[0-9]{8}-[0-9]{6}Z\.backup")
_CREATE_TABLE = "CREATE TABLE backup (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID"
_TABLES = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'backup'"
)
_LAST = """SELECT store, max(seq) FROM movements WHERE journal = ? GROUP BY store"""
_REVOKED = "SELECT id, revoked_at_ns FROM api_keys WHERE revoked_at_ns IS NOT NULL"
_REVOKE = "UPDATE api_keys SET revoked_at_ns = ? WHERE id = ? AND revoked_at_ns IS NULL"
_REMOVED = "SELECT id, removed_ns FROM staff WHERE removed_ns IS NOT NULL"
_HAS_STAFF = "SELECT 1 FROM sqlite_schema WHERE name = 'staff'"
_WAYS_IN = ("staff_links", "staff_sessions")
"""Links and sign-ins: those of a backup may have ended since, so nobody is signed in in a restored store."""

OnStep = Callable[[int, int], None]
"""Told how many pages are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store held when it was copied. `sequences`: the last one of each store in the current journal."""

    journal_id: str
    sequences: Mapping[str, int]
    schema: int
    version: int
    pages: int


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup on disk. `rows` by table; `made_at_ns` is None for a plain store, which is no backup."""

    path: Path
    contents: Contents
    rows: Mapping[str, int]
    made_at_ns: int | None
    pepper: bytes | None
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore did: `aside` are the files that it replaced, `journal_id` the new journal."""

    backup: Backup
    journal_id: str
    aside: tuple[Path, ...]
    still_revoked: int


def backup_name(now_ns: int) -> str:
    """Return the name of a backup in a folder of dated ones: their order is that of time."""
    return f"storefloor-{_stamp(now_ns)}.backup"


def backups_in(folder: Path) -> list[Path]:
    """Return the dated backups in a folder, oldest first; nothing where there is no such folder."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if _NAME.fullmatch(entry.name))
    except OSError:
        return []
    return [folder / name for name in names]


def keep_newest(folder: Path, count: int) -> list[Path]:
    """Delete all dated backups but the newest `count`, and return those deleted.

    Files of backups that were broken off (a kill) go with them: no other may be under way there.
    """
    older = backups_in(folder)[:-count]
    for path in (*older, *folder.glob(f".storefloor-*.backup-*{NEW_SUFFIX}")):
        path.unlink(missing_ok=True)
    return older


def make_backup(store: Path, to: Path, pepper: Path, now_ns: int, on_step: OnStep) -> Backup:
    """Write a checked backup of `store` to the new file `to`, beside a gateway that runs or without one.

    Raises BackupFailed where it cannot be written, and another StoreError where the store is at fault.
    """
    with _failing_as_backup(store, to), renamed_when_whole(to) as new:
        fd = os.open(new, os.O_RDWR)
        try:
            contents = copy_online(store, new, lambda sql: _seen(sql, store), _flushing(fd, on_step))
            with opened_file(new, writes=True) as sql:
                rows = _counted(sql)
                backup = Backup(to, contents, rows, now_ns, _pepper(pepper), 0)
                digest = _complete(sql, backup)
                _require_sound(sql, StoreCorrupt, store)
            _seal(fd, digest)
            os.fsync(fd)
            size_bytes = os.fstat(fd).st_size
        finally:
            os.close(fd)
    return replace(backup, size_bytes=size_bytes)


def check_backup(path: Path, pepper: Path) -> Backup:
    """Return what a backup holds, once all of it was read and found good; raise BackupUnusable else.

    Takes a plain store too, as a restore sets one aside, with the secret beside it that is named as `pepper`.
    """
    try:
        if not path.is_file():
            raise BackupUnusable(path, "there is no such file", _NAME_ANOTHER)
        with opened_file(path) as sql:
            sealed = _is_sealed(sql, path)
            contents, rows = _contents(sql, path), _counted(sql)
            _require_sound(sql, BackupUnusable, path)
            manifest = _manifest(sql) if sealed else {}
        if sealed:
            _require_seal(path, manifest)
            if json.loads(str(manifest["rows"])) != rows:
                raise BackupUnusable(path, "its tables are not those that were copied")
    except (BackupUnusable, SchemaTooNew):
        raise
    except StoreError as error:
        raise BackupUnusable(path, error.detail) from error
    except (KeyError, ValueError) as error:
        raise BackupUnusable(path, f"its own table is damaged ({error})") from error
    except OSError as error:
        raise BackupUnusable(path, error.strerror or str(error), "make it readable for this user") from error
    secret = manifest["pepper"] if sealed else _pepper_of_store(path, pepper.name)
    return Backup(path, contents, rows, manifest.get("made_at_ns"), secret, path.stat().st_size)


def require_readable(path: Path) -> None:
    """Raise unless `path` is a store or a backup of one."""
    if not path.is_file():
        raise BackupUnusable(path, "there is no such file", _NAME_ANOTHER)
    with opened_file(path) as sql:
        _is_sealed(sql, path)
        schema_version(sql, path)


def restore(backup: Backup, store: Path, pepper: Path, now_ns: int, on_step: OnStep) -> Restored:
    """Put a checked backup in the place of `store`, under a new journal; set what was there aside.

    Refused (StoreLocked) while a gateway runs. At every instant of it the store is whole, or no
    gateway starts on it; broken off anywhere, it is run again.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    lock_file = store.with_name(f"{store.name}.lock")
    lock = StoreLock(lock_file)
    try:
        _give_to(lock_file, store.parent.stat())
        return _restored(backup, store, pepper, now_ns, on_step)
    except OSError as error:
        raise os_failure(store, error) from error
    finally:
        lock.release()


# -- making ------------------------------------------------------------------------------------------


@contextmanager
def _failing_as_backup(store: Path, to: Path) -> Iterator[None]:
    """Tell faults of the backup's place from those of the store."""
    try:
        yield
    except StoreError as error:
        if to.name in Path(error.path).name:  # the new file's name too
            if isinstance(error, StoreCorrupt):
                raise StoreCorrupt(store, error.detail) from error
            raise BackupFailed(to, error.detail) from error
        raise
    except OSError as error:
        if error.filename is not None and to.name not in str(error.filename):
            raise os_failure(Path(str(error.filename)), error) from error
        raise BackupFailed(to, error.strerror or str(error)) from error


def _seen(sql: Sql, path: Path) -> Contents:
    require_ours(sql, path)
    return _contents(sql, path)


def _contents(sql: Sql, path: Path) -> Contents:
    schema = schema_version(sql, path)
    number, journal_id = sql.execute(
        "SELECT number, journal_id FROM journals ORDER BY number DESC LIMIT 1"
    ).fetchone()
    [(version,)] = sql.execute("SELECT value FROM counters WHERE name = 'version'").fetchall()
    [(pages,)] = sql.execute("PRAGMA page_count").fetchall()
    return Contents(journal_id, dict(sql.execute(_LAST, (number,))), schema, version, pages)


def _flushing(fd: int, on_step: OnStep) -> Callable[[int], None]:
    """Return what is told the pages to come: it tells how far it is, and flushes now and then."""
    total, flushed = 0, 0

    def step(rest: int) -> None:
        nonlocal total, flushed
        total = max(total, rest)
        done = total - rest
        if done - flushed >= FLUSH_EVERY_PAGES:
            os.fdatasync(fd)
            flushed = done
        on_step(done, total)

    return step


def _complete(sql: Sql, backup: Backup) -> bytes:
    """Check the copy against its source, mark it as a backup; return the seal's place holder."""
    if _contents(sql, backup.path) != backup.contents:
        raise BackupFailed(backup.path, "the copy differs from its store", "look at this disk, and try again")
    place_holder = secrets.token_bytes(DIGEST_BYTES)
    rows = {
        "made_at_ns": backup.made_at_ns,
        "rows": json.dumps(backup.rows),
        "pepper": backup.pepper,
        "digest": place_holder,
    }
    sql.execute("BEGIN")
    sql.execute(_CREATE_TABLE)
    sql.executemany("INSERT INTO backup VALUES (?, ?)", list(rows.items()))
    sql.execute(f"PRAGMA application_id = {BACKUP_APPLICATION_ID}")
    sql.execute("COMMIT")
    return place_holder


def _require_sound(sql: Sql, error: type[StoreError], path: Path) -> None:
    """Raise `error` unless tables and indexes are whole and agree. Reads all of the file."""
    [(verdict,)] = sql.execute("PRAGMA integrity_check(1)").fetchall()
    if verdict != "ok":
        raise error(path, first_damage(verdict))


def _counted(sql: Sql) -> dict[str, int]:
    """Return the number of rows of each table."""
    names = sorted(name for (name,) in sql.execute(_TABLES))
    return {name: sql.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in names}  # noqa: S608 - our own names


def _pepper(path: Path) -> bytes | None:
    """Return the secret of the API keys; None before the first key, and where it cannot be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


# -- the seal ----------------------------------------------------------------------------------------


def _seal(fd: int, place_holder: bytes) -> None:
    """Put in the place holder's stead a digest of all other bytes."""
    with mmap.mmap(fd, 0) as content:
        at = content.find(place_holder)
        content[at : at + DIGEST_BYTES] = _digest_around(content, at)
        content.flush()


def _require_seal(path: Path, manifest: Mapping[str, Any]) -> None:
    digest = manifest["digest"]
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not isinstance(digest, bytes) or _digest_around(content, content.find(digest)) != digest:
            raise BackupUnusable(path, "its content is not what was written: the medium damaged it")


def _digest_around(content: mmap.mmap, at: int) -> bytes:
    """Return the digest of `content` without the digest's own bytes at `at`."""
    hashed = hashlib.blake2b(digest_size=DIGEST_BYTES)
    for begin, end in ((0, at), (at + DIGEST_BYTES, len(content))):
        for start in range(begin, end, HASH_CHUNK_BYTES):
            hashed.update(content[start : min(start + HASH_CHUNK_BYTES, end)])
    return hashed.digest()


# -- putting back ------------------------------------------------------------------------------------


def _is_sealed(sql: Sql, path: Path) -> bool:
    """Return whether the file is a backup; raise unless it is that or a store of ours."""
    [(application,)] = sql.execute("PRAGMA application_id").fetchall()
    if application not in {APPLICATION_ID, BACKUP_APPLICATION_ID}:
        raise BackupUnusable(path, "this is no file of storefloor", _NAME_ANOTHER)
    return bool(application == BACKUP_APPLICATION_ID)


def _manifest(sql: Sql) -> dict[str, Any]:
    return dict(sql.execute("SELECT name, value FROM backup"))


def _restored(backup: Backup, store: Path, pepper: Path, now_ns: int, on_step: OnStep) -> Restored:
    suffix = f"{ASIDE}{_stamp(now_ns)}"
    marker = store.with_name(f"{store.name}{RESTORING_SUFFIX}")
    for left in store.parent.glob(f".{store.name}-*{NEW_SUFFIX}"):
        left.unlink(missing_ok=True)
    owner = (store if store.exists() else store.parent).stat()
    ended = _ended_in(store)
    with renamed_when_whole(store) as new:
        journal_id, still_revoked = _write_anew(backup.path, new, ended, on_step)
        _give_to(new, owner)
        write_once(marker, b"`storefloor restore` was broken off here: run it again\n")
        aside = [
            *_set_aside(store, f"{store.name}{suffix}"),
            *_set_aside(store.with_name(f"{store.name}-wal"), f"{store.name}{suffix}-wal"),
        ]
        store.with_name(f"{store.name}-shm").unlink(missing_ok=True)
        if backup.pepper is not None and backup.pepper != _pepper(pepper):
            aside += _set_aside(pepper, f"{pepper.name}{suffix}")
            write_once(pepper, backup.pepper)
            _give_to(pepper, owner)
        sync_folder(store.parent)
    marker.unlink()
    sync_folder(store.parent)
    return Restored(backup, journal_id, tuple(aside), still_revoked)


def _write_anew(source: Path, new: Path, ended: "_Ended", on_step: OnStep) -> tuple[str, int]:
    """Make a store of a backup in `new`, on disk; return its journal's id, and how many keys stay revoked.

    Who was removed of the staff since stays removed, and nobody is signed in.
    """
    fd = os.open(new, os.O_RDWR)
    try:
        copy_online(source, new, lambda _: None, _flushing(fd, on_step))
        with opened_file(new, writes=True) as sql:
            journal_id, still_revoked = secrets.token_hex(8), 0
            sql.execute("PRAGMA secure_delete = ON")  # the secret of the keys stays in no free page
            sql.execute("BEGIN")
            sql.execute("DROP TABLE IF EXISTS backup")
            sql.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            sql.execute("INSERT INTO journals (journal_id) VALUES (?)", (journal_id,))
            for key_id, at_ns in ended.revoked.items():
                still_revoked += sql.execute(_REVOKE, (at_ns, key_id)).rowcount
            if sql.execute(_HAS_STAFF).fetchone() is not None:
                for table in _WAYS_IN:
                    sql.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
                for member_id, at_ns in ended.removed.items():
                    forget_member(sql, member_id, at_ns)
            sql.execute("COMMIT")
        os.fsync(fd)
    finally:
        os.close(fd)
    return journal_id, still_revoked


@dataclass(frozen=True, slots=True)
class _Ended:
    """When keys were revoked, and members of the staff removed, by id; times in ns."""

    revoked: Mapping[str, int]
    removed: Mapping[str, int]


def _ended_in(store: Path) -> _Ended:
    """Return what is over in the store to be replaced, as far as it can be read."""
    return _Ended(_times_in(store, _REVOKED), _times_in(store, _REMOVED))


def _times_in(store: Path, query: str) -> dict[str, int]:
    if not store.exists():
        return {}
    try:
        with opened_file(store) as sql:
            return dict(sql.execute(query))
    except StoreError:
        return {}  # it is replaced because it is damaged, or of a version that knew nothing of it


def _set_aside(path: Path, name: str) -> list[Path]:
    """Give a file another name, and return it; an empty log is nothing to keep."""
    if not path.exists():
        return []
    if name.endswith("-wal") and path.stat().st_size == 0:
        path.unlink()
        return []
    aside = path.with_name(name)
    if aside.exists():
        raise FileExistsError(errno.EEXIST, "there is a file of this name already", str(aside))
    return [path.rename(aside)]


def _give_to(path: Path, owner: os.stat_result) -> None:
    """Give a file that root wrote to the gateway's user."""
    if os.geteuid() == 0:
        os.chown(path, owner.st_uid, owner.st_gid)


def _pepper_of_store(path: Path, name: str) -> bytes | None:
    """Return the secret that belongs to a plain store: set aside with it, or beside it."""
    _, _, stamp = path.name.partition(ASIDE)
    return _pepper(path.with_name(f"{name}{ASIDE}{stamp}")) or _pepper(path.with_name(name))


def _stamp(now_ns: int) -> str:
    return datetime.fromtimestamp(now_ns // 1_000_000_000, UTC).strftime("%Y%m%d-%H%M%SZ")
