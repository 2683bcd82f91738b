"""A serial device's end of a wire: a pseudo terminal behind a stable name, to plug and unplug."""

import asyncio
import os
import tty
from pathlib import Path


class PtyDevice:
    """`path` is what the host opens. Plugged in when made; `plug` and `unplug` from then on."""

    def __init__(self, path: Path, *, plugged: bool = True) -> None:
        self.path = path
        self.received = bytearray()
        self.sent_bytes = 0
        self._master: int | None = None
        if plugged:
            self.plug()

    def plug(self) -> None:
        """Make the port appear."""
        master, slave = os.openpty()
        tty.setraw(master)
        tty.setraw(slave)
        self.path.symlink_to(os.ttyname(slave))
        os.close(slave)
        os.set_blocking(master, False)
        self._master = master
        asyncio.get_running_loop().add_reader(master, self._readable, master)

    def unplug(self) -> None:
        """Make the port vanish, with the host in the middle of it."""
        if self._master is not None:
            asyncio.get_running_loop().remove_reader(self._master)
            os.close(self._master)
            self._master = None
            self.path.unlink()

    async def send(self, data: bytes) -> None:
        """Write all of `data`, as fast as the host reads."""
        assert self._master is not None, "unplugged"
        while data:
            try:
                taken = os.write(self._master, data)
            except BlockingIOError:
                await asyncio.sleep(0.001)
                continue
            self.sent_bytes += taken
            data = data[taken:]

    def send_what_fits(self, data: bytes) -> int:
        """Write as much of `data` as the wire takes now; return how much."""
        assert self._master is not None, "unplugged"
        try:
            taken = os.write(self._master, data)
        except BlockingIOError:
            taken = 0
        self.sent_bytes += taken
        return taken

    def _readable(self, master: int) -> None:
        try:
            self.received += os.read(master, 65_536)
        except BlockingIOError:
            pass
        except OSError:  # the host has closed its end: readable for ever
            asyncio.get_running_loop().remove_reader(master)
            asyncio.get_running_loop().call_later(0.005, self._listen_again, master)

    def _listen_again(self, master: int) -> None:
        if self._master == master:
            asyncio.get_running_loop().add_reader(master, self._readable, master)
