"""A serial port on the running loop; the only user of pyserial. I/O.

pyserial opens and configures. It does not read or write: its read() and write() stand on select(),
which fails at file descriptors from 1024 on, and take a system call per wanted byte or a thread per
port. Here the loop says that a port is readable, and one bulk read takes what there is.
"""

import asyncio
import errno
import os
import termios
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from readers.errors import DeviceRefused, LinkLost
from readers.off_loop import off_loop
from readers.usb_ids import UsbPort, find_port, is_usb_name

READ_BYTES = 8_192
"""The most that one wake-up takes: a device that floods gets one turn per round, like all others. The
dearest codec needs 7 ms for this much; 64 KiB of a babbling line held up the loop for 58 ms."""
OUT_BUFFER_BYTES = 65_536
"""Commands are some tens of bytes; a port that took none of this much for so long is stuck."""
CLOSE_WAIT_S = 2.0
"""The kernel may hold close() for up to 30 s while a stuck port drains: we wait this long for it."""


@dataclass(frozen=True, slots=True)
class SerialLine:
    """Where the device is and how fast it speaks; all the kinds we know are 8N1 without flow control."""

    path: str
    baud: int = 115_200


@dataclass(frozen=True, slots=True)
class FoundPort:
    """A serial port of this machine. `path` is its stable name, where it has one; `detail` is for people."""

    path: str
    detail: str = ""


STABLE_NAMES = Path("/dev/serial/by-id")
"""Names that a port keeps wherever it is plugged in; udev makes them for USB adapters."""


def found_ports() -> list[FoundPort]:
    """Return the serial ports of this machine, by name."""
    links = STABLE_NAMES.iterdir() if STABLE_NAMES.is_dir() else ()
    stable = {str(link.resolve()): str(link) for link in sorted(links)}
    ports = sorted(list_ports.comports(), key=lambda port: port.device)
    return [FoundPort(stable.get(port.device, port.device), _about(port)) for port in ports]


def _path_of(line: SerialLine) -> str:
    """Return the path to open now: an adapter named by its ids may have moved since the last time."""
    if not is_usb_name(line.path):
        return line.path
    listed = (UsbPort(p.device, p.vid, p.pid, p.serial_number) for p in list_ports.comports())
    return find_port(line.path, listed)


def _about(port: ListPortInfo) -> str:
    ids = f"USB {port.vid:04x}:{port.pid:04x}" if port.vid is not None and port.pid is not None else ""
    about = port.description if port.description not in (None, "n/a", port.name) else ""
    return " ".join(part for part in (ids, about, f"({port.device})" if ids else "") if part)


class SerialPort:
    """One opened port. Use from the loop that opened it."""

    def __init__(self, device: str, line: SerialLine, opened: serial.Serial) -> None:
        self._device = device
        self._line = line
        self._serial = opened
        self._fd = opened.fileno()
        self._loop = asyncio.get_running_loop()
        self._out = bytearray()
        self._flushed = asyncio.Event()
        self._flushed.set()
        self._gone = False
        self._on_bytes: Callable[[bytes], None] | None = None
        self._on_lost: Callable[[LinkLost], None] | None = None

    @classmethod
    async def open(cls, device: str, line: SerialLine) -> "SerialPort":
        """Return the opened port; bytes that came before are discarded.

        Raises LinkLost where the port is missing, busy or forbidden, DeviceRefused where it cannot
        be set as the line says.
        """

        def open_now() -> serial.Serial:
            path = _path_of(line)
            # inter_byte_timeout=0 sets VMIN=1: a read of nothing then says EAGAIN, and only a hung-up
            # port gives b"". With pyserial's VMIN=0 the two look the same.
            return serial.Serial(path, line.baud, timeout=0, inter_byte_timeout=0, exclusive=True)

        try:
            opened = await off_loop(open_now, name=f"open {device}", discard=serial.Serial.close)
        except LookupError as error:
            raise LinkLost(device, str(error)) from error
        except (OSError, termios.error) as error:
            raise LinkLost(device, _why_not_open(line, error)) from error
        except ValueError as error:
            raise DeviceRefused(f"{device}: {line.path} at {line.baud} bit/s: {error}") from error
        return cls(device, line, opened)

    def listen(self, on_bytes: Callable[[bytes], None], on_lost: Callable[[LinkLost], None]) -> None:
        """Begin to read. `on_bytes` gets what arrives, `on_lost` at most once the end of the link."""
        self._on_bytes = on_bytes
        self._on_lost = on_lost
        self.resume()

    def pause(self) -> None:
        """Stop reading; the kernel keeps what fits (some KiB), the device's own buffer the rest."""
        self._loop.remove_reader(self._fd)

    def resume(self) -> None:
        """Read again."""
        if not self._gone:
            self._loop.add_reader(self._fd, self._readable)

    def write(self, data: bytes) -> None:
        """Send `data`, after all that was written before; never blocks, never raises."""
        if self._gone:
            return
        if not self._out:
            data = data[self._send(data) :]
        if data and not self._gone:
            self._keep(data)

    async def flush(self, timeout_s: float) -> bool:
        """Wait until the kernel has taken all that was written; return whether it did in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._flushed.wait()
        except TimeoutError:
            return False
        return not self._gone

    async def close(self) -> None:
        """Close the port, after the kernel has sent what it took, within CLOSE_WAIT_S."""
        self._leave()
        opened = self._serial
        try:
            async with asyncio.timeout(CLOSE_WAIT_S):
                await off_loop(opened.close, name=f"close {self._device}", discard=lambda _: None)
        except TimeoutError:
            pass  # its thread goes on; nothing here waits for it

    def _readable(self) -> None:
        try:
            data = os.read(self._fd, READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(f"read failed: {error.strerror}")
            return
        if data and self._on_bytes is not None:
            self._on_bytes(data)
        elif not data:
            self._lose("unplugged")  # readable, and nothing to read: hung up

    def _writable(self) -> None:
        del self._out[: self._send(self._out)]
        if not self._out and not self._gone:
            self._loop.remove_writer(self._fd)
            self._flushed.set()

    def _send(self, data: bytes | bytearray) -> int:
        """Return how many bytes the kernel took."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            self._lose(f"write failed: {error.strerror}")
            return 0

    def _keep(self, data: bytes) -> None:
        if len(self._out) + len(data) > OUT_BUFFER_BYTES:
            self._lose(f"stuck: took none of the last {OUT_BUFFER_BYTES} bytes written to it")
            return
        if not self._out:
            self._flushed.clear()
            self._loop.add_writer(self._fd, self._writable)
        self._out += data

    def _lose(self, why: str) -> None:
        if self._gone:
            return
        self._leave()
        if self._on_lost is not None:
            self._on_lost(LinkLost(self._device, f"{self._line.path}: {why}"))

    def _leave(self) -> None:
        """Take the port off the loop, before its file descriptor can mean something else."""
        if not self._gone:
            self._gone = True
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)
            self._flushed.set()


def _why_not_open(line: SerialLine, error: Exception) -> str:
    reasons = {
        errno.ENOENT: "no such port: is it plugged in?",
        errno.EACCES: "permission denied: put the service's user into the port's group (dialout)",
        errno.EAGAIN: "in use by another process",
        errno.EBUSY: "in use by another process",
    }
    code = error.errno if isinstance(error, OSError) else None
    return f"{line.path}: {reasons.get(code or 0, str(error))}"
