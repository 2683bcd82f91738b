"""Plays one serial device on a pseudo-terminal: the `storefloor simulate device` command. I/O.

python -m simulators.device --kind uhfreader288 --tags 40 --rate 60 --flip 0.001

Prints `port: /dev/pts/N`. Orders on standard input: reboot, silence SECONDS, unplug, plug, quit.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random

from simulators.agenda import NS_PER_S
from simulators.devices.faults import NO_FAULTS, PERFECT_WIRE, FaultyWire, LineFaults, WireFaults
from simulators.devices.scanner import LineScanner, ScannerOptions
from simulators.devices.serial_kinds import make_reader
from simulators.devices.serial_reader import SerialReader
from simulators.layout import SERIAL_READERS
from simulators.pty_port import PtyPort
from simulators.tag_stream import TagStream, epcs, gtins

KINDS = (*SERIAL_READERS, "scanner")
TICK_S = 0.005
STDIN_FD = 0
MAX_LINE_BYTES = 256
ORDERS = "reboot, silence SECONDS, unplug, plug or quit"


@dataclass(frozen=True, slots=True)
class DeviceOptions:
    """What to play. `tags`: EPCs as hex; for a scanner, codes."""

    kind: str
    tags: Sequence[str]
    rate: float = 20.0
    seed: int = 1
    antennas: tuple[int, ...] = (1,)
    dead_antennas: frozenset[int] = frozenset()
    line: LineFaults = NO_FAULTS
    wire: WireFaults = PERFECT_WIRE
    link: Path | None = None
    duration_s: float | None = None


class PlayedDevice:
    """A device, the tags before it, and its wire; `step` it often."""

    def __init__(self, options: DeviceOptions) -> None:
        ports = max(options.antennas)
        self.is_scanner = options.kind == "scanner"
        self.scanner = LineScanner(ScannerOptions(faults=options.line), options.seed)
        self.reader: SerialReader | None = None
        if not self.is_scanner:
            self.reader = make_reader(options.kind, options.line, options.seed, ports, options.dead_antennas)
        self.wire = FaultyWire(options.wire, Random(f"{options.seed}:wire"))
        self._stream = TagStream(options.tags, options.antennas, options.rate, options.seed)
        self._silent_until_ns = 0

    def hear(self, data: bytes, now_ns: int) -> None:
        """Take what the host wrote."""
        if self.reader is not None:
            self._send(self.reader.feed(data, now_ns), now_ns)

    def step(self, now_ns: int) -> list[bytes]:
        """Return the writes that reach the host until now."""
        if self.reader is not None:
            self._send(self.reader.emit(self._stream.until(now_ns), now_ns), now_ns)
        else:
            for code in self._stream.pick(now_ns):
                if now_ns >= self._silent_until_ns:
                    self._send(self.scanner.scan(code), now_ns)
        return self.wire.arrive(now_ns)

    def silence(self, until_ns: int) -> None:
        """Say nothing until a time."""
        self._silent_until_ns = until_ns
        if self.reader is not None:
            self.reader.silence(until_ns)

    def reboot(self, now_ns: int) -> None:
        """Lose power for a moment."""
        self.wire.cut()
        if self.reader is not None:
            self.reader.power_on(now_ns)

    def _send(self, data: bytes, now_ns: int) -> None:
        if data:
            self.wire.send(data, now_ns)


class DeviceRun:
    """One played device on its port, and the orders it is given."""

    def __init__(self, options: DeviceOptions) -> None:
        self.port = PtyPort(options.link)
        self.played = PlayedDevice(options)
        self._options = options
        self._stop = asyncio.Event()
        self._held = b""

    async def run(self) -> None:
        """Play until told to quit, or until the time is up."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        with suppress(PermissionError):  # a file or /dev/null gives no orders
            loop.add_reader(STDIN_FD, self._ordered)
        self._plug()
        ends_s = loop.time() + (self._options.duration_s or float("inf"))
        try:
            while not self._stop.is_set() and loop.time() < ends_s:
                for data in self.played.step(time.monotonic_ns()):
                    self.port.write(data)
                await asyncio.sleep(TICK_S)
        finally:
            self._unplug()
            with suppress(PermissionError, ValueError):
                loop.remove_reader(STDIN_FD)

    def obey(self, line: str) -> str:
        """Do what one line orders; return what is to be said of it."""
        now_ns = time.monotonic_ns()
        match line.split():
            case ["reboot"]:
                self.played.reboot(now_ns)
            case ["silence", seconds] if seconds.replace(".", "", 1).isdecimal():
                self.played.silence(now_ns + round(float(seconds) * NS_PER_S))
            case ["unplug"]:
                self._unplug()
            case ["plug"] if not self.port.is_open:
                self.played.reboot(now_ns)
                self._plug()
            case ["quit"]:
                self._stop.set()
            case _:
                return f"error {line[:MAX_LINE_BYTES]!r}: write {ORDERS}"
        return f"ok {line}"

    def _plug(self) -> None:
        self.port.open()
        asyncio.get_running_loop().add_reader(self.port.fileno(), self._host_wrote)
        print(f"port: {self.port.path or self.port.tty}", flush=True)

    def _unplug(self) -> None:
        if self.port.is_open:
            asyncio.get_running_loop().remove_reader(self.port.fileno())
            self.port.close()

    def _host_wrote(self) -> None:
        self.played.hear(self.port.read(), time.monotonic_ns())

    def _ordered(self) -> None:
        data = os.read(STDIN_FD, MAX_LINE_BYTES)
        if not data:
            asyncio.get_running_loop().remove_reader(STDIN_FD)
        *lines, self._held = (self._held + data).split(b"\n")
        self._held = self._held[-MAX_LINE_BYTES:]
        for line in lines:
            print(self.obey(line.decode("utf-8", "replace").strip()), flush=True)


def main(argv: Sequence[str]) -> int:
    """Run from a command line; return the exit code."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    try:
        options = _options(arguments)
    except (OSError, ValueError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    asyncio.run(_run(options))
    return 0


async def _run(options: DeviceOptions) -> None:
    await DeviceRun(options).run()


def _options(arguments: argparse.Namespace) -> DeviceOptions:
    return DeviceOptions(
        kind=arguments.kind,
        tags=_tags(arguments.kind, arguments.tags),
        rate=arguments.rate,
        seed=arguments.seed,
        antennas=tuple(arguments.antennas),
        dead_antennas=frozenset(arguments.dead_antenna),
        line=LineFaults(
            arguments.garbage, arguments.corrupt, arguments.bad_checksum, arguments.loss, arguments.errors
        ),
        wire=WireFaults(
            arguments.flip, arguments.byte_loss, arguments.split, arguments.merge, tuple(arguments.delay_ms)
        ),
        link=arguments.link,
        duration_s=arguments.seconds,
    )


def _tags(kind: str, given: str) -> list[str]:
    """Return so many tags or codes of our own, or those in a file, one a line."""
    if given.isdecimal():
        return gtins(int(given)) if kind == "scanner" else epcs(int(given))
    lines = [line.strip() for line in Path(given).read_text("ascii").splitlines()]
    if kind == "scanner":
        return [line.zfill(14) for line in lines if line]
    return [bytes.fromhex(line).hex().upper() for line in lines if line]


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share: write a number from 0 to 1")
    return share


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 16:
        raise argparse.ArgumentTypeError(f"{text} is no antenna port: they count from 1 to 16")
    return port


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="storefloor simulate device",
        description=f"Play one serial device on a pseudo-terminal. Orders on standard input: {ORDERS}.",
    )
    add = parser.add_argument
    add("--kind", choices=KINDS, required=True, help="which device")
    add("--tags", default="20", help="how many tags, or a file of EPCs (scanner: of GTINs), one a line")
    add("--rate", type=float, default=20.0, help="answers of tags (scanner: scans) a second")
    add("--antennas", type=_port, nargs="+", default=[1], help="ports that the tags answer")
    add("--dead-antenna", type=_port, action="append", default=[], help="a port with nothing on it")
    add("--seed", type=int, default=1, help="same seed, same play")
    add("--link", type=Path, help="a stable name for the port")
    add("--seconds", type=float, help="how long to play; default: until told to quit")
    for name, what in (
        ("--garbage", "frames with garbage before them"),
        ("--corrupt", "frames with one byte flipped"),
        ("--bad-checksum", "frames with a wrong checksum"),
        ("--loss", "frames that never come"),
        ("--errors", "frames followed by a firmware's error frame"),
        ("--flip", "bytes flipped on the wire"),
        ("--byte-loss", "bytes lost on the wire"),
        ("--split", "writes cut into pieces"),
        ("--merge", "writes joined to the next"),
    ):
        add(name, type=_share, default=0.0, metavar="SHARE", help=f"share of {what}, 0 to 1")
    add("--delay-ms", type=float, nargs=2, default=[0.0, 0.0], metavar=("LEAST", "MOST"), help="on the wire")
    return parser


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
