"""A disk of a few MB that tests may fill or make read-only: a tmpfs, mounted by root. I/O."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.needed import needs

CHUNK_BYTES = 64 * 1024


class SmallDisk:
    """A mounted tmpfs. `fill` leaves no room on it, `free` gives it back."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Take all the room that is left."""
        with contextlib.suppress(OSError), self._filler.open("ab", buffering=0) as file:
            while file.write(b"\0" * CHUNK_BYTES):
                pass

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink()

    def make_read_only(self) -> None:
        """Let nothing be written any more; nobody may have a file open for writing."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.folder)], check=True)


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Give an empty disk of its own at `folder`; skip where it cannot be mounted, or fail where nothing may skip."""
    needs("mount", "mount")
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "storefloor-test", str(folder)]
    done = subprocess.run(mounting, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = f"a disk to fill is mounted by root alone: {done.stderr.strip()}"
        if os.geteuid() == 0 and os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
