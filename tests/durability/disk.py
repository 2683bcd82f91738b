"""A small disk whose power can be cut: ext4 on a loop device, shut down without flushing its log. I/O, as root.

    image file ─▶ loop device ─▶ ext4, mounted         cut: EXT4_IOC_SHUTDOWN, then unmount
                                                       come back: mount, which replays the log

What was not flushed when the power went is gone: dirty pages are dropped at the unmount, and what
ext4's own journal had not committed never happened. What fdatasync had returned for is kept.
"""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

SHUTDOWN = (2 << 30) | (4 << 16) | (ord("X") << 8) | 125
"""EXT4_IOC_SHUTDOWN = _IOR('X', 125, __u32), of Linux fs/ext4/ext4.h."""
NO_LOG_FLUSH = struct.pack("=I", 2)
"""EXT4_GOING_FLAGS_NOLOGFLUSH: as a power cut, the journal's last transaction is dropped too."""
IMAGE_BYTES = 64 << 20
NEEDED_COMMANDS = ("losetup", "mkfs.ext4", "mount", "umount")
BESIDE_PATH = ("/usr/sbin", "/sbin")
COMMAND_S = 120.0


class NoDisk(Exception):  # noqa: N818 - named by what is so
    """There can be no such disk here; says why."""


def _run(*command: str) -> str:
    path = os.pathsep.join([os.environ.get("PATH", ""), *BESIDE_PATH])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
        env={**os.environ, "PATH": path, "LC_ALL": "C"},
    )
    if done.returncode:
        raise NoDisk(f"{' '.join(command)}: {done.stderr.strip() or f'exit code {done.returncode}'}")
    return done.stdout.strip()


class CutDisk:
    """One ext4 disk, mounted at `place`. Use `cut_disk`, which cleans up."""

    def __init__(self, folder: Path) -> None:
        self.place = folder / "disk"
        self.place.mkdir()
        self._image = folder / "disk.img"
        with self._image.open("wb") as image:
            image.truncate(IMAGE_BYTES)
        self._device = _run("losetup", "--find", "--show", str(self._image))
        self._is_mounted = False

    def make(self) -> None:
        """Make an empty file system and mount it; the one before is gone."""
        self.unmount()
        _run("mkfs.ext4", "-q", "-F", "-E", "nodiscard", self._device)
        self.mount()

    def cut(self) -> None:
        """Cut the power, this instant. Who still writes gets errors."""
        fd = os.open(self.place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.ioctl(fd, SHUTDOWN, NO_LOG_FLUSH)
        except OSError as error:
            raise NoDisk(f"EXT4_IOC_SHUTDOWN: {error.strerror}") from error
        finally:
            os.close(fd)

    def come_back(self) -> None:
        """Let the power come back. Nobody may have a file open there."""
        self.unmount()
        self.mount()

    def mount(self) -> None:
        """Mount it."""
        _run("mount", "-t", "ext4", self._device, str(self.place))
        self._is_mounted = True

    def unmount(self) -> None:
        """Unmount it; idempotent."""
        if self._is_mounted:
            _run("umount", str(self.place))
            self._is_mounted = False

    def remove(self) -> None:
        """Give the device back."""
        with contextlib.suppress(NoDisk):
            self.unmount()
        _run("losetup", "--detach", self._device)


@contextlib.contextmanager
def cut_disk(folder: Path) -> Iterator[CutDisk]:
    """Give an empty mounted disk; raise NoDisk, saying why, where there can be none."""
    if os.geteuid() != 0:
        raise NoDisk("power cuts need root: they mount an ext4 file system on a loop device")
    path = os.pathsep.join([os.environ.get("PATH", ""), *BESIDE_PATH])
    missing = [name for name in NEEDED_COMMANDS if shutil.which(name, path=path) is None]
    if missing:
        raise NoDisk(f"power cuts need {', '.join(missing)}: apt-get install mount e2fsprogs")
    disk = CutDisk(folder)
    try:
        disk.make()
        yield disk
    finally:
        disk.remove()
