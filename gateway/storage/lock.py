"""One gateway per store: a lock file that the kernel frees when its holder ends, however it ends. I/O."""

import fcntl
import os
from pathlib import Path

from gateway.storage.errors import StoreLocked
from gateway.storage.files import os_failure

_PID_BYTES = 20
"""A process id in decimal has at most 7 digits; what is longer is not ours."""


class StoreLock:
    """An exclusive lock on `path`, held until `release` or the end of the process (kill -9 included).

    flock belongs to the open file: a second opener is refused in this process too, and no child
    inherits it (Python opens with O_CLOEXEC). The file stays: removing it would let two hold it.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock, or raise StoreLocked naming the holder."""
        self._fd: int | None = None
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise os_failure(path, error) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.write(fd, str(os.getpid()).encode())
        except BlockingIOError as error:
            holder = os.read(fd, _PID_BYTES).decode("ascii", "replace")
            os.close(fd)
            raise StoreLocked(path, f"held by the gateway with process id {holder or 'unknown'}") from error
        except OSError as error:
            os.close(fd)
            raise os_failure(path, error) from error
        self._fd = fd

    def release(self) -> None:
        """Let another gateway have it; idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None
