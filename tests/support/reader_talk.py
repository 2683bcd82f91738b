"""A session and a simulated reader joined by a faulty wire, in virtual time. Pure."""

from collections.abc import Iterable
from random import Random
from typing import Any

from readers.observations import Fault, Heartbeat, Identified, Observation, Read
from readers.protocol import SerialProtocol, Steps
from simulators.air import TagSeen
from simulators.devices.faults import FaultyWire, WireFaults
from simulators.devices.serial_reader import SerialReader

S = 1_000_000_000
STEP_NS = S // 20
START_NS = 1_763_000_000 * S


class ReaderTalk:
    """Carries bytes both ways, 50 ms at a time. `bytewise`: the host reads single bytes.

    A tag with an EPC of its own is shown each `every_s`; `shown` maps it to its time.
    """

    def __init__(
        self,
        session: SerialProtocol,
        device: SerialReader,
        faults: WireFaults | None = None,
        *,
        bytewise: bool = False,
        every_s: float = 0.5,
        seed: int = 1,
    ) -> None:
        self.session, self.device = session, device
        self.wire = FaultyWire(faults or WireFaults(), Random(f"{seed}:wire"))
        self.now_ns = START_NS
        self.seen: list[Observation] = []
        self.shown: dict[str, int] = {}
        self.said: list[bytes] = []
        self._bytewise = bytewise
        self._every_ns = round(every_s * S)
        self._next_tag_ns = START_NS
        self._plugged = True
        self.plug()

    def plug(self) -> None:
        """Open the port."""
        self._plugged = True
        self._take(self.session.opened(self.now_ns))

    def unplug(self) -> None:
        """Pull the plug, in the middle of what is under way."""
        self._plugged = False
        self.wire.cut()

    def run(self, seconds: float, *, tags: bool = True) -> None:
        """Let time pass."""
        for _ in range(round(seconds * S / STEP_NS)):
            self.now_ns += STEP_NS
            self._air(tags=tags)
            for data in self.wire.arrive(self.now_ns):
                self._hear(data)
            deadline_ns = self.session.deadline_ns
            if self._plugged and deadline_ns is not None and deadline_ns <= self.now_ns:
                self._take(self.session.tick(self.now_ns))

    def of(self, kind: type, since_ns: int = 0) -> list[Any]:
        """Return the observations of one type."""
        return [o for o in self.seen if isinstance(o, kind) and o.at_ns >= since_ns]

    def epcs(self, since_ns: int = 0) -> list[str]:
        """Return what was read, in order."""
        return [read.epc for read in self.of(Read, since_ns)]

    def beats(self, since_ns: int = 0) -> list[int]:
        """Return when life was proved."""
        return [beat.at_ns for beat in self.of(Heartbeat, since_ns)]

    def fault_codes(self) -> set[str]:
        """Return the codes of the faults that people were told of."""
        return {fault.code for fault in self.of(Fault)}

    def identified(self) -> list[str]:
        """Return what the reader said that it is."""
        return [found.detail for found in self.of(Identified)]

    def _air(self, *, tags: bool) -> None:
        seen = []
        if tags and self.now_ns >= self._next_tag_ns:
            self._next_tag_ns = self.now_ns + self._every_ns
            epc = f"30{len(self.shown) + 1:022X}"
            self.shown[epc] = self.now_ns
            seen.append(TagSeen(self.now_ns, 1, epc, -55.0))
        self._from_device(self.device.emit(seen, self.now_ns))

    def _from_device(self, data: bytes) -> None:
        if data and self._plugged:
            self.wire.send(data, self.now_ns)

    def _hear(self, data: bytes) -> None:
        for piece in [data[n : n + 1] for n in range(len(data))] if self._bytewise else [data]:
            self._take(self.session.feed(piece, self.now_ns))

    def _take(self, steps: Steps) -> None:
        self.seen += steps.observations
        self._tell(steps.writes)

    def _tell(self, writes: Iterable[bytes]) -> None:
        for data in writes:
            self.said.append(data)
            self._from_device(self.device.feed(data, self.now_ns))
