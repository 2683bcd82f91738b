"""The wires and clocks of the benchmark's shop err as often, and as far, as they should."""

from random import Random
from statistics import median

import pytest

from simulators.benchmark.clocks import DeviceClock, make_clocks
from simulators.benchmark.families import FAULTY, FAULTY_X3, Transport
from simulators.benchmark.messages import HttpEvents, Message, MqttMessage, SerialBytes
from simulators.benchmark.transport import Wires

NS = 1_000_000_000
SENT = 40_000
GAP_NS = NS
START_NS = 1_000 * NS
END_NS = START_NS + SENT * GAP_NS


def through(transport: Transport, messages: list[Message], seed: int = 1) -> list[Message]:
    """Return what comes in of messages that were sent."""
    wires = Wires(transport, ["reader", "till"], Random(seed), START_NS, 43_200 * NS, END_NS)
    got: list[Message] = []
    for message in messages:
        wires.send([message])
        got += wires.receive(message.received_ns)
    return [*got, *wires.receive(END_NS + 10**6 * NS)]


def published() -> list[Message]:
    """Return messages of one reader, each a second after the other."""
    return [MqttMessage(START_NS + n * GAP_NS, "reader", "t", b"%d" % n) for n in range(SENT)]


def test_perfect_wires_change_nothing() -> None:
    """Without faults all that is sent comes in, at its time and in its order."""
    assert through(Transport(), published()) == published()


@pytest.mark.parametrize(("transport", "factor"), [(FAULTY, 1), (FAULTY_X3, 3)])
def test_faults_come_at_their_shares(transport: Transport, factor: int) -> None:
    """1 % twice, 0.5 % lost and bursts beside, 2 % late with a median of 5 s and a p95 of 60 s, 2 % swapped."""
    sent = {m.payload: m.received_ns for m in published() if isinstance(m, MqttMessage)}
    got = [m for m in through(transport, published()) if isinstance(m, MqttMessage)]
    assert [m.received_ns for m in got] == sorted(m.received_ns for m in got)
    first: dict[bytes, int] = {}
    for message in got:
        first[message.payload] = min(message.received_ns, first.get(message.payload, message.received_ns))
    assert (len(got) - len(first)) / SENT == pytest.approx(0.01 * factor, rel=0.25)
    lost = 1 - len(first) / SENT
    assert 0.004 * factor < lost < 0.012 * factor
    delays = [first[payload] - sent[payload] for payload in first]
    assert 0.03 * factor < sum(delay > 0 for delay in delays) / SENT < 0.05 * factor
    long = sorted(delay / NS for delay in delays if delay > 2 * NS)
    assert sum(delay > 60 for delay in long) / SENT == pytest.approx(0.05 * 0.02 * factor, rel=0.5)
    assert sum(delay > 5 for delay in long) / SENT == pytest.approx(0.5 * 0.02 * factor, rel=0.2)
    assert 5 < median(long) < 25


def test_what_is_posted_is_never_lost() -> None:
    """A till posts until it is answered: its events come late or twice, under one id, but they come."""
    events: list[Message] = [
        HttpEvents(START_NS + n * GAP_NS, ({"event_id": f"sale-{n}"},)) for n in range(5_000)
    ]
    got = [m.events[0]["event_id"] for m in through(FAULTY_X3, events) if isinstance(m, HttpEvents)]
    assert set(got) == {f"sale-{n}" for n in range(5_000)}
    assert len(got) > 5_050


def test_a_serial_line_turns_single_bits() -> None:
    """One byte in 10,000 comes with one bit turned; none is lost, none is late."""
    lines: list[Message] = [SerialBytes(START_NS + n * GAP_NS, "till", bytes(100)) for n in range(4_000)]
    got = through(FAULTY, lines)
    assert [m.received_ns for m in got] == [m.received_ns for m in lines]
    turned = [byte for m in got if isinstance(m, SerialBytes) for byte in m.data if byte]
    assert 15 <= len(turned) <= 75
    assert all(byte.bit_count() == 1 for byte in turned)


def test_clocks_are_off_drift_and_step() -> None:
    """Each clock is within 2 s at the start and drifts at most 20 ppm; one of them steps by 30 s in the run."""
    devices = [f"reader-{n}" for n in range(8)]
    clocks = make_clocks(FAULTY, devices, Random(3), START_NS, END_NS)
    offsets = [clock.shift_ns(START_NS) / NS for clock in clocks.values()]
    assert max(map(abs, offsets)) <= 2.0
    assert max(offsets) - min(offsets) > 1.0
    moved = [(c.shift_ns(END_NS) - c.shift_ns(START_NS)) / NS for c in clocks.values()]
    stepped = [by for by in moved if abs(by) > 20]
    assert len(stepped) == 1
    assert abs(stepped[0]) == pytest.approx(30.0, abs=SENT * 20e-6)
    assert all(abs(by) <= SENT * 20e-6 for by in moved if by not in stepped)


def test_a_perfect_clock_is_never_off() -> None:
    """Without faults a device's time is the true time."""
    clocks = make_clocks(Transport(), ["a", "b"], Random(1), START_NS, END_NS)
    assert {clock.shift_ns(END_NS) for clock in clocks.values()} == {0}
    assert DeviceClock().shift_ns(END_NS) == 0
