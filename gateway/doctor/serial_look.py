"""Looks at serial ports: drives the probe of each, then watches its tags. I/O."""

import asyncio
import time
from dataclasses import replace

from gateway.clock import SystemClock
from gateway.doctor.evidence import PortEvidence, Watched
from gateway.doctor.open_intake import OpenIntake
from gateway.doctor.port_probe import MAX_HEARD_BYTES, Exchange, Plan, Probed, Probing, probe_port
from gateway.doctor.reader_settings import ports_to_ask
from gateway.doctor.tally import Tally
from readers.errors import DeviceRefused, LinkLost
from readers.probes import Identity
from readers.protocol import SerialProtocol, Steps
from readers.registry import SERIAL_KINDS
from readers.serial_port import SerialLine, SerialPort
from readers.serial_session import SerialSession
from readers.settings import RfidSettings, ScannerSettings

NAME = "doctor"


async def look_at(evidence: PortEvidence, plan: Plan, watch_s: float) -> PortEvidence:
    """Return what is on a port: who, and what it reads within `watch_s` (0: is not watched)."""
    try:
        evidence = replace(evidence, probed=await drive(evidence.path, probe_port(plan)))
        identity, baud = evidence.probed.identity, evidence.probed.baud
        if identity is not None and baud is not None and watch_s:
            watched = await watch(SerialLine(evidence.path, baud), identity, watch_s)
            evidence = replace(evidence, watched=watched)
    except (LinkLost, DeviceRefused) as error:
        evidence = replace(evidence, failure=error.detail if isinstance(error, LinkLost) else str(error))
    return evidence


async def drive(path: str, probing: Probing) -> Probed:
    """Do what a probe asks for; return what it found out. Raises LinkLost, DeviceRefused."""
    wire: _Wire | None = None
    try:
        exchange = next(probing)
        while True:
            if wire is None or wire.baud != exchange.baud:
                if wire is not None:
                    await wire.close()
                wire = await _Wire.open(path, exchange.baud)
            exchange = probing.send(await wire.exchange(exchange))
    except StopIteration as done:
        found: Probed = done.value
        return found
    finally:
        if wire is not None:
            await wire.close()


class _Wire:
    """One opened port, and what was heard on it since the last question."""

    def __init__(self, port: SerialPort, baud: int) -> None:
        self.baud = baud
        self._port = port
        self._heard = b""
        self._lost: LinkLost | None = None
        self._stirred = asyncio.Event()
        port.listen(self._on_bytes, self._on_lost)

    @classmethod
    async def open(cls, path: str, baud: int) -> "_Wire":
        return cls(await SerialPort.open(NAME, SerialLine(path, baud)), baud)

    async def exchange(self, exchange: Exchange) -> bytes:
        """Ask, and return what was heard. Raises LinkLost."""
        loop = asyncio.get_running_loop()
        self._heard = b""
        self._port.resume()
        self._port.write(exchange.ask)
        ends_s = loop.time() + exchange.wait_s
        while len(self._heard) < MAX_HEARD_BYTES and not exchange.enough(self._heard):
            if self._lost is not None:
                raise self._lost
            self._stirred.clear()
            try:
                async with asyncio.timeout_at(ends_s):
                    await self._stirred.wait()
            except TimeoutError:
                break
        return self._heard

    async def close(self) -> None:
        await self._port.close()

    def _on_bytes(self, data: bytes) -> None:
        self._heard += data[: MAX_HEARD_BYTES - len(self._heard)]
        if len(self._heard) >= MAX_HEARD_BYTES:
            self._port.pause()
        self._stirred.set()

    def _on_lost(self, error: LinkLost) -> None:
        self._lost = error
        self._stirred.set()


async def watch(line: SerialLine, identity: Identity, seconds: float) -> Watched:
    """Return what a reader or scanner says in `seconds`. Raises LinkLost, DeviceRefused.

    A reader that waits to be asked is started as the gateway starts it, with its own region and power, and
    stopped again. One that speaks by itself is listened to, and told nothing.
    """
    asked = ports_to_ask(identity)
    protocol = make_protocol(identity, asked)
    tally = Tally()
    session = SerialSession(
        NAME,
        await SerialPort.open(NAME, line),
        Muted(protocol) if identity.speaks_first else protocol,
        OpenIntake(tally.take),
        SystemClock(),
        port_is_life=False,
    )
    started_s = time.monotonic()
    try:
        async with asyncio.timeout(seconds):
            await session.run()
    except TimeoutError:
        pass  # all that is wanted: the session has told the device to stop
    lasted_s = min(seconds, time.monotonic() - started_s)
    return tally.watched(lasted_s, asked, protocol.bytes_counts, protocol.frame_counts)


def make_protocol(identity: Identity, antennas: tuple[int, ...]) -> SerialProtocol:
    """Return the conversation with a device, which leaves its region and power alone."""
    kind = SERIAL_KINDS[identity.kind]
    if identity.kind == "scanner":
        return kind.make(ScannerSettings(NAME))
    return kind.make(RfidSettings(NAME, antennas=antennas))


class Muted:
    """A protocol that hears and does not speak."""

    def __init__(self, protocol: SerialProtocol) -> None:
        self.bytes_counts = protocol.bytes_counts
        self.frame_counts = protocol.frame_counts
        self._protocol = protocol

    def opened(self, now_ns: int) -> Steps:
        """Begin, silently."""
        return Steps(observations=self._protocol.opened(now_ns).observations)

    def feed(self, data: bytes, now_ns: int) -> Steps:
        """Hear."""
        return Steps(observations=self._protocol.feed(data, now_ns).observations)

    def tick(self, now_ns: int) -> Steps:
        """Let time pass, silently."""
        return Steps(observations=self._protocol.tick(now_ns).observations)

    def closing(self, now_ns: int) -> Steps:  # noqa: ARG002 - the port's contract
        """Say nothing."""
        return Steps()

    @property
    def deadline_ns(self) -> int | None:
        """When the protocol wants to be ticked."""
        return self._protocol.deadline_ns
