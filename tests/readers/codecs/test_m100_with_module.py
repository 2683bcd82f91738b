"""The M100 session and the simulated module, joined by a plain wire in virtual time.

The two share no code: what one writes the other has to understand.
"""

import pytest

from readers.codecs.conversation import COMMAND_TIMEOUT_S, SILENT_AFTER_S
from readers.codecs.m100_session import M100Session
from readers.observations import Identified, Observation, Read
from readers.settings import RfidSettings
from simulators.air import TagSeen
from simulators.devices.faults import LineFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.m100_frames import Framing

S = 1_000_000_000
STEP_NS = S // 2
START_NS = 1_763_000_000 * S
EU = 3
EPC = "3066C4409047E140075BCD15"


class Wire:
    """Carries bytes both ways, half a second at a time; a tag answers every two seconds."""

    def __init__(self, module: M100, now_ns: int = START_NS) -> None:
        self.module = module
        self.reader = M100Session(RfidSettings("m100-front", region="eu", power_dbm=20))
        self.now_ns = now_ns
        self.shown: list[int] = []
        self.seen: list[Observation] = []
        self._say(self.reader.opened(now_ns).writes)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * S / STEP_NS)):
            self.now_ns += STEP_NS
            tags = [TagSeen(self.now_ns, 1, EPC, -55.0)] if self.now_ns % (2 * S) == 0 else []
            sent = self.module.emit(tags, self.now_ns)
            if tags and sent:
                self.shown.append(self.now_ns)
            self._hear(sent)
            deadline_ns = self.reader.deadline_ns
            if deadline_ns is not None and deadline_ns <= self.now_ns:
                steps = self.reader.tick(self.now_ns)
                self.seen += steps.observations
                self._say(steps.writes)

    def _say(self, writes: list[bytes]) -> None:
        for data in writes:
            self._hear(self.module.feed(data, self.now_ns))

    def _hear(self, data: bytes) -> None:
        for cut in (data[:5], data[5:]):
            steps = self.reader.feed(cut, self.now_ns)
            self.seen += steps.observations
            self._say(steps.writes)

    def reads(self) -> list[Read]:
        return [observation for observation in self.seen if isinstance(observation, Read)]


@pytest.mark.parametrize("framing", list(Framing))
def test_a_module_is_started_and_each_tag_read(framing: Framing) -> None:
    """Whatever its dialect, the module is identified, set and started, and each tag it shows is read."""
    wire = Wire(M100(M100Options(framing=framing)))
    wire.run(60)
    assert (wire.module.region, wire.module.power_cdbm) == (EU, 2_000)
    assert [o.detail for o in wire.seen if isinstance(o, Identified)] == [
        "hardware M100 26dBm V1.0; software V2.3.5; maker MagicRf"
    ]
    assert [read.at_ns for read in wire.reads()] == wire.shown
    assert len(wire.shown) >= (60 - COMMAND_TIMEOUT_S - 2) // 2
    assert {(read.epc, read.rssi_dbm) for read in wire.reads()} == {(EPC, -55.0)}


def test_the_inventory_goes_on_after_its_rounds() -> None:
    """65,535 rounds end after half an hour: no more than the silence and a restart are lost."""
    wire = Wire(M100())
    wire.run(4_000)
    gaps = [b - a for a, b in zip(wire.shown, wire.shown[1:], strict=False)]
    assert max(gaps) <= (SILENT_AFTER_S + 4) * S
    assert sum(gap > 2 * S for gap in gaps) == 2


def test_a_rebooted_module_gets_its_region_back() -> None:
    """A module that lost its settings over a reboot is not left to transmit in another region."""
    wire = Wire(M100())
    wire.run(30)
    wire.module.power_on(wire.now_ns)
    assert wire.module.region != EU
    wire.run(SILENT_AFTER_S + 2)
    assert wire.module.region == EU
    assert wire.module.is_inventorying(wire.now_ns)


def test_a_bad_line_costs_frames_and_nothing_else() -> None:
    """With noise, lost and broken bytes the inventory still runs, and no tag is made up."""
    wire = Wire(M100(M100Options(faults=LineFaults(garbage_share=0.1, corrupt_share=0.02)), seed=3))
    wire.run(600)
    assert 200 <= len(wire.reads()) <= len(wire.shown)
    assert {read.epc for read in wire.reads()} == {EPC}
    assert wire.reader.bytes_counts.dropped.total() > 0
    assert wire.reader.bytes_counts.is_conserved()
    assert wire.reader.frame_counts.is_conserved()
