"""Device clocks: offsets, drift and steps found in the times of messages alone, whatever comes late or twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.devices.clocks import MAX_STRAYS, DeviceClocks

NS_PER_S = 1_000_000_000
START_NS = 1_795_284_130 * NS_PER_S
SETTLED_S = 90.0
"""After the first message, or after a step: what has not settled by then never does."""
PRECISION_S = 0.4
"""The dead band of a quarter of a second, and the delay of a usual message."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it is received, and when it really was sent."""

    true_ns: int
    at_ns: int
    received_ns: int


@dataclass(frozen=True, slots=True)
class Faults:
    """What is wrong with a clock and its messages. A step of `step_s` comes at `step_at_s`."""

    offset_s: float = 0.0
    drift_ppm: float = 0.0
    step_s: float = 0.0
    step_at_s: float = 1_800.0
    late: float = 0.02
    twice: float = 0.01
    every_s: float = 1.0


def messages(faults: Faults, seed: int, seconds: float = 3_600) -> Iterator[Heard]:
    """Yield messages in the order of their receipt; late ones by a median of 5 s, 95 % below 60 s, none above 300."""
    rng, heard, second = Random(seed), [], 0.0
    while second < seconds:
        second += rng.uniform(0.5, 1.5) * faults.every_s
        ahead_s = faults.offset_s + 1e-6 * faults.drift_ppm * second
        ahead_s += faults.step_s if second >= faults.step_at_s else 0
        for _ in range(2 if rng.random() < faults.twice else 1):
            delay_s = 0.01 + rng.expovariate(20)
            if rng.random() < faults.late:
                delay_s += min(300.0, rng.lognormvariate(1.61, 1.5))
            times = second, second + ahead_s, second + delay_s
            heard.append(Heard(*(START_NS + round(t * NS_PER_S) for t in times)))
    yield from sorted(heard, key=lambda message: message.received_ns)


def errors_s(faults: Faults, seed: int, clocks: DeviceClocks) -> Iterator[tuple[float, float]]:
    """Yield (when it was sent, in s since the start; error in s) of each message's corrected time."""
    for message in messages(faults, seed):
        corrected_ns = clocks.corrected("r-1", message.at_ns, message.received_ns)
        assert corrected_ns <= message.received_ns
        yield (message.true_ns - START_NS) / NS_PER_S, (corrected_ns - message.true_ns) / NS_PER_S


faulty = st.builds(
    Faults,
    offset_s=st.floats(-2, 2),
    drift_ppm=st.floats(-20, 20),
    step_s=st.sampled_from([0.0, 30.0, -30.0]),
    late=st.sampled_from([0.0, 0.02, 0.06]),
    twice=st.sampled_from([0.0, 0.03]),
)


@settings(max_examples=40, deadline=None)
@given(faulty, st.integers(0, 10**6))
def test_corrected_times_are_right_once_the_clock_is_known(faults: Faults, seed: int) -> None:
    """Whatever the offset, drift and step, and however late a message: its corrected time is when it happened."""
    for second, error_s in errors_s(faults, seed, DeviceClocks(["r-1"])):
        # What was sent before a step and comes after it is dated by the clock that has been set since.
        is_old = faults.step_s != 0 and faults.step_at_s - 600 < second < faults.step_at_s
        since_s = second - faults.step_at_s if faults.step_s and second >= faults.step_at_s else second
        is_settled = since_s > SETTLED_S and not is_old
        if is_settled and abs(error_s) > PRECISION_S:
            pytest.fail(f"off by {error_s:.2f} s at {second:.0f} s")


def test_a_clock_set_forward_is_seen_at_once() -> None:
    """No message after the step is dated after its receipt, and all that is on time is right."""
    faults = Faults(step_s=30, late=0)
    assert all(abs(error_s) < PRECISION_S for _, error_s in errors_s(faults, 1, DeviceClocks(["r-1"])))


@settings(max_examples=25, deadline=None)
@given(st.floats(-1_000, -5), st.floats(0.5, 10))
def test_a_clock_set_back_is_seen_within_a_few_messages(step_s: float, every_s: float) -> None:
    """A clock that was set back is right again after about ten messages or ten seconds, and one step is told."""
    clocks = DeviceClocks(["r-1"])
    faults = Faults(step_s=step_s, late=0, twice=0, step_at_s=600, every_s=every_s)
    wrong = [s for s, error_s in errors_s(faults, 2, clocks) if s > SETTLED_S and abs(error_s) > PRECISION_S]
    assert wrong[0] >= 600
    assert wrong[-1] <= 600 + max(10.0, 10 * every_s)
    judged = clocks.judge("r-1", START_NS + 3_600 * NS_PER_S)
    assert (judged.state, judged.steps) == ("stepped", 1)
    assert judged.offset_s == pytest.approx(step_s, abs=PRECISION_S)


@pytest.mark.parametrize(
    ("faults", "state"),
    [
        (Faults(), "ok"),
        (Faults(offset_s=2), "offset"),
        (Faults(offset_s=-2), "offset"),
        (Faults(drift_ppm=20), "drifting"),
        (Faults(drift_ppm=-20), "drifting"),
        (Faults(step_s=30, step_at_s=5_000), "stepped"),
        (Faults(step_s=-30, step_at_s=5_000), "stepped"),
    ],
)
def test_a_clock_is_judged(faults: Faults, state: str) -> None:
    """A clock is ok, offset, drifting or stepped, with its offset in seconds, ahead above 0, and its drift."""
    clocks, seconds = DeviceClocks(["r-1"]), 3 * 3_600.0
    for message in messages(faults, 3, seconds):
        clocks.corrected("r-1", message.at_ns, message.received_ns)
    judged = clocks.judge("r-1", START_NS + round(seconds * NS_PER_S))
    assert judged.state == state
    ahead_s = faults.offset_s + faults.step_s + 1e-6 * faults.drift_ppm * seconds
    assert judged.offset_s == pytest.approx(ahead_s, abs=0.1)
    assert judged.steps == (1 if faults.step_s else 0)
    if not faults.step_s:
        assert judged.drift_ppm == pytest.approx(faults.drift_ppm, abs=3)


def test_a_device_without_a_clock_is_left_alone() -> None:
    """Where all times are the gateway's own, they stay, and nothing is said of a clock."""
    clocks = DeviceClocks(["r-1"])
    for second in range(1_000):
        at_ns = START_NS + second * NS_PER_S
        assert clocks.corrected("r-1", at_ns, at_ns) == at_ns
    assert clocks.judge("r-1", START_NS).state == "no_clock"
    assert clocks.judge("never-heard", START_NS).state == "no_clock"


def test_a_foreign_device_has_no_memory() -> None:
    """A device that the site does not name is bounded by its receipt alone."""
    clocks = DeviceClocks([])
    assert clocks.corrected("ghost", START_NS + 9, START_NS) == START_NS
    assert clocks.corrected("ghost", START_NS - 9, START_NS) == START_NS - 9


def test_a_backlog_is_late_and_no_step() -> None:
    """Twenty minutes that a broker hands over in a minute keep their own times."""
    clocks = DeviceClocks(["r-1"])
    for second in range(600):
        clocks.corrected("r-1", START_NS + second * NS_PER_S, START_NS + second * NS_PER_S + 20_000_000)
    for second in range(600, 1_800):
        at_ns = START_NS + second * NS_PER_S
        received_ns = START_NS + 1_800 * NS_PER_S + (second - 600) * NS_PER_S // 20
        assert clocks.corrected("r-1", at_ns, received_ns) == at_ns
    assert clocks.judge("r-1", START_NS).steps == 0


far_ns = st.integers(2 * NS_PER_S, 10**18)


@given(st.lists(far_ns | far_ns.map(lambda wrong_ns: -wrong_ns), min_size=1, max_size=2))
def test_garbage_times_do_not_move_a_clock(garbage_ns: list[int]) -> None:
    """One or two messages of another century leave the times of the others as they are."""
    clocks = DeviceClocks(["r-1"])
    for second in range(200):
        at_ns = START_NS + second * NS_PER_S
        if second == 100:
            for number, wrong_ns in enumerate(garbage_ns):
                clocks.corrected("r-1", at_ns + wrong_ns, at_ns + 1 + number)
        assert clocks.corrected("r-1", at_ns, at_ns + 30_000_000) == at_ns


@given(st.lists(st.tuples(st.integers(0, 10**10), st.integers(-(10**11), 10**11)), max_size=60))
def test_a_corrected_time_is_never_in_the_future(steps: list[tuple[int, int]]) -> None:
    """Whatever a device says, no corrected time is after its receipt."""
    clocks, received_ns = DeviceClocks(["r-1"]), START_NS
    for later_ns, excess_ns in steps:
        received_ns += later_ns
        assert clocks.corrected("r-1", received_ns - excess_ns, received_ns) <= received_ns


def test_a_late_message_before_a_step_does_not_hide_it() -> None:
    """A clock set back is found although the first message above the floor agrees with no other."""
    clocks = DeviceClocks(["r-1"])
    corrected = []
    for second in range(400):
        true_ns = START_NS + second * NS_PER_S
        back_s = 30 if second >= 200 else 4 if second == 199 else 0
        corrected.append(clocks.corrected("r-1", true_ns - back_s * NS_PER_S, true_ns + 10_000_000) - true_ns)
    first_right = next(s for s in range(200, 400) if abs(corrected[s]) < NS_PER_S)
    assert first_right <= 200 + 2 * MAX_STRAYS + 6
    assert all(abs(error_ns) < NS_PER_S for error_ns in corrected[first_right:])


@pytest.mark.parametrize("faults", [Faults(offset_s=7_200.0), Faults(drift_ppm=60.0), Faults(step_s=-40.0)])
def test_a_clock_is_known_over_a_restart(faults: Faults) -> None:
    """Its first message after it is corrected as if nothing had been; so is all that follows."""
    heard = list(messages(faults, seed=5))
    whole, cut, again = (DeviceClocks(["d"]) for _ in range(3))
    half = len(heard) * 3 // 5  # ten minutes after the step
    for one in heard[:half]:
        whole.corrected("d", one.at_ns, one.received_ns)
        cut.corrected("d", one.at_ns, one.received_ns)
    ((device, text),) = cut.dirty_rows()
    assert cut.dirty_rows() == []
    again.restore(device, text)
    again.restore("gone", text)
    apart_s = [
        abs(whole.corrected("d", m.at_ns, m.received_ns) - again.corrected("d", m.at_ns, m.received_ns))
        / NS_PER_S
        for m in heard[half:]
    ]
    assert max(apart_s) < PRECISION_S
    now_ns = heard[-1].received_ns
    assert again.judge("d", now_ns).state == whole.judge("d", now_ns).state
    assert again.judge("d", now_ns).steps == whole.judge("d", now_ns).steps
