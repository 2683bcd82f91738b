"""The port probe against simulated devices and against odd wires, in virtual time."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.doctor.port_probe import ANSWER_S, LISTEN_S, Plan
from readers.probes import PROBES
from simulators.air import TagSeen
from simulators.devices.faults import LineFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.m100_frames import Framing
from simulators.devices.scanner import LineScanner
from simulators.devices.serial_kinds import make_reader
from simulators.devices.uhfreader import UhfReader, UhfReaderOptions
from tests.support.probed_wire import Deaf, Joined

READERS = ("cf", "m100", "r2000", "uhfreader18", "uhfreader288")


@pytest.mark.parametrize("kind", READERS)
def test_each_reader_is_found(kind: str) -> None:
    """Each kind of reader is known by its answer, with model, region and power."""
    probed = Joined(make_reader(kind)).run()
    assert probed.identity is not None
    assert (probed.identity.kind, probed.baud) == (kind, 115_200)
    assert probed.identity.region in {"us", "cn-900"}
    assert probed.identity.power_dbm is not None


@pytest.mark.parametrize("framing", list(Framing))
def test_both_dialects_of_the_m100_are_found(framing: Framing) -> None:
    """An R200 that speaks AA … DD is found as one that speaks BB … 7E."""
    probed = Joined(M100(M100Options(framing=framing))).run()
    assert probed.identity is not None
    assert probed.identity.detail == "hardware M100 26dBm V1.0, software V2.3.5, maker MagicRf"


@pytest.mark.parametrize("kind", READERS)
def test_a_noisy_wire_hides_no_reader(kind: str) -> None:
    """With garbage before every other frame and one in ten broken a reader is found all the same."""
    faults = LineFaults(garbage_share=0.5, corrupt_share=0.1)
    for seed in range(5):
        probed = Joined(make_reader(kind, faults, seed)).run()
        assert probed.identity is not None
        assert probed.identity.kind == kind


def test_a_reader_that_speaks_first_is_known_by_its_speech() -> None:
    """A reader left in real-time mode is known as one that reports by itself; it is told nothing."""
    reader = UhfReader(UhfReaderOptions())
    reader.mode = 1
    probed = Joined(reader, tags=True).run()
    assert probed.identity is not None
    assert probed.identity.kind == "uhfreader288"
    assert probed.identity.speaks_first


def test_a_reader_that_never_listens_is_known_too() -> None:
    """Frames that come without being asked for name their protocol, whether or not its reader answers."""

    class Monologue(Deaf):
        def __init__(self) -> None:
            self._reader = UhfReader(UhfReaderOptions())
            self._reader.mode = 1

        def emit(self, seen: list[TagSeen], now_ns: int) -> bytes:
            return self._reader.emit(seen, now_ns)

    probed = Joined(Monologue(), tags=True).run()
    assert probed.identity is not None
    assert (probed.identity.kind, probed.identity.speaks_first) == ("uhfreader288", True)


def test_a_scanner_is_known_by_its_line() -> None:
    """Text in whole lines is a scanner's, at whatever baud it was heard."""

    class Till(Deaf):
        def __init__(self) -> None:
            self._scanner = LineScanner()

        def emit(self, seen: list[TagSeen], now_ns: int) -> bytes:
            return self._scanner.scan("04006381333931") if now_ns % 200_000_000 == 0 else b""

    probed = Joined(Till()).run()
    assert probed.identity is not None
    assert probed.identity.kind == "scanner"


def test_a_silent_port_is_given_up_in_bounded_time() -> None:
    """Nothing on the port: every kind was asked at its bauds, within the sum of the waits."""
    wire = Joined(Deaf())
    probed = wire.run()
    assert probed.identity is None
    assert {kind for tried in probed.tried for kind in tried.kinds} == set(PROBES)
    assert all(tried.heard_bytes == 0 for tried in probed.tried)
    assert wire.took_s <= len(probed.tried) * (LISTEN_S + 0.1) + wire.exchanges * (ANSWER_S + 0.1)
    assert wire.took_s < 12


def test_an_echo_is_told_from_a_reader() -> None:
    """A wire that gives back what is written is no reader, and is known for what it is."""

    class Echo(Deaf):
        def feed(self, data: bytes, now_ns: int) -> bytes:
            return data

    probed = Joined(Echo()).run()
    assert probed.identity is None
    assert any(tried.is_echo for tried in probed.tried)


def test_noise_is_no_reader() -> None:
    """A wire full of noise names nobody, though noise hits a protocol's checksum once in a while."""

    class Noise(Deaf):
        def __init__(self) -> None:
            self._rng = Random(5)

        def emit(self, seen: list[TagSeen], now_ns: int) -> bytes:
            return self._rng.randbytes(570)

    probed = Joined(Noise()).run()
    assert probed.identity is None
    assert all(tried.heard_bytes for tried in probed.tried)


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=8))
def test_any_bytes_end_in_a_verdict(pieces: list[bytes]) -> None:
    """Whatever a wire says, the probe ends, and asks a bounded number of questions."""

    class Babble(Deaf):
        def __init__(self) -> None:
            self.turn = 0

        def feed(self, data: bytes, now_ns: int) -> bytes:
            self.turn += 1
            return pieces[self.turn % len(pieces)]

    wire = Joined(Babble())
    wire.run(Plan(listen_s=0.1, answer_s=0.1))
    assert wire.exchanges < 80


def test_one_baud_and_one_kind_may_be_asked_for() -> None:
    """A baud that is given is tried with every kind; a kind that is given is asked alone."""
    at_one_baud = Joined(Deaf()).run(Plan(bauds=(230_400,)))
    assert [(tried.baud, set(tried.kinds)) for tried in at_one_baud.tried] == [(230_400, set(PROBES))]
    of_one_kind = Joined(Deaf()).run(Plan(kinds=("m100",)))
    assert [(tried.baud, tried.kinds) for tried in of_one_kind.tried] == [(115_200, ("m100",))]
