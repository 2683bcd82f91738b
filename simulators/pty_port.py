"""A pseudo-terminal that stands in for a serial device, under a stable name. I/O, never blocks."""

import os
import tty
from contextlib import suppress
from pathlib import Path

READ_BYTES = 4_096


class PtyPort:
    """The device's end of a serial line; the host opens `path`, as it would /dev/serial/by-id/…, or, where
    there is none, `tty`.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self.tty = ""
        self.dropped_bytes = 0
        self._device_fd = -1
        self._host_fd = -1

    @property
    def is_open(self) -> bool:
        """Return whether the device is plugged in."""
        return self._device_fd >= 0

    def fileno(self) -> int:
        """Return the descriptor that becomes readable when the host wrote."""
        return self._device_fd

    def open(self) -> None:
        """Plug the device in. The host's end is held open here too, so a host may come and go."""
        self._device_fd, self._host_fd = os.openpty()
        tty.setraw(self._host_fd)
        os.set_blocking(self._device_fd, False)
        self.tty = os.ttyname(self._host_fd)
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fresh = self.path.with_name(self.path.name + ".new")
            fresh.unlink(missing_ok=True)
            fresh.symlink_to(self.tty)
            fresh.replace(self.path)

    def close(self) -> None:
        """Unplug the device: the name goes, and a host that has it open sees the line hang up."""
        if not self.is_open:
            return
        if self.path is not None:
            self.path.unlink(missing_ok=True)
        for fd in (self._device_fd, self._host_fd):
            with suppress(OSError):
                os.close(fd)
        self._device_fd = self._host_fd = -1

    def read(self) -> bytes:
        """Return what the host wrote."""
        try:
            return os.read(self._device_fd, READ_BYTES)
        except BlockingIOError:
            return b""

    def write(self, data: bytes) -> None:
        """Send what the line takes; a host that does not read loses the rest, as with a real module."""
        if not self.is_open:
            self.dropped_bytes += len(data)
            return
        try:
            sent = os.write(self._device_fd, data)
        except BlockingIOError:
            sent = 0
        self.dropped_bytes += len(data) - sent
