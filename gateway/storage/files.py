"""Small files made durable and whole, and errors of the operating system by who can act. I/O."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from gateway.storage.errors import StoreError, StoreFailed, StoreFull, StoreReadOnly

NEW_SUFFIX = ".new"
"""Ends the names of files that are not whole yet; what a kill left behind may be removed."""
SCAN_BYTES = 1024 * 1024

_UNWRITABLE = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})
_NO_FOLDER = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EEXIST})
_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT})


def os_failure(path: Path, error: OSError) -> StoreError:
    """Return the store error that an error of the operating system on `path` means."""
    detail = error.strerror or str(error)
    if error.errno in _UNWRITABLE:
        return StoreReadOnly(path, detail)
    if error.errno in _NO_SPACE:
        return StoreFull(path, detail)
    if error.errno in _NO_FOLDER:
        return StoreFailed(path, detail, "its folder cannot be made there: set gateway.data_dir to another")
    return StoreFailed(path, detail)


def disk_failure(path: Path, detail: str) -> StoreError:
    """Return what an input/output error that names no cause means, by the state of the file system of `path`."""
    with suppress(OSError):
        state = os.statvfs(path.parent)
        if state.f_flag & os.ST_RDONLY:
            return StoreReadOnly(path, f"{detail}: the file system is read-only")
        if state.f_bavail == 0:
            return StoreFull(path, f"{detail}: the file system is full")
    return StoreFailed(path, detail)


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """Give an empty file, readable by its owner alone, that becomes `path` at the end, or never does.

    What is written to it is the caller's to flush. Where another process was faster, its file stays.
    """
    fd, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=NEW_SUFFIX, dir=path.parent)
    os.close(fd)
    new = Path(name)
    try:
        yield new
        with suppress(FileExistsError):
            os.link(new, path)
        sync_folder(path.parent)
    finally:
        new.unlink()


@contextmanager
def renamed_when_whole(path: Path) -> Iterator[Path]:
    """Give an empty file, readable by its owner alone, that is renamed to `path` at the end, or never is.

    Also where a file system has no links (a USB stick). What is written to it is the caller's to flush.
    Raises FileExistsError rather than replace a file.
    """
    fd, name = tempfile.mkstemp(prefix=f".{path.name}-", suffix=NEW_SUFFIX, dir=path.parent)
    os.close(fd)
    new = Path(name)
    try:
        yield new
        if path.exists():
            raise FileExistsError(errno.EEXIST, "there is a file of this name already", str(path))
        new.rename(path)
        sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)


def write_once(path: Path, content: bytes) -> None:
    """Make `path` with this content, on disk when it returns; leave a file that is there already."""
    with appearing_whole(path) as new, new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make a new name durable: without this a power cut may take the file, and all that is in it."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def has_bytes(path: Path, text: str) -> bool:
    """Return whether a text stands anywhere in the raw bytes of a file, deleted or not. Blocks."""
    wanted, tail = text.encode("utf-8", "surrogatepass"), b""
    with path.open("rb") as file:
        while chunk := file.read(SCAN_BYTES):
            if wanted in tail + chunk:
                return True
            tail = (tail + chunk)[-len(wanted) :]
    return False
