"""The machine's clock may be set to and fro; the gateway's time follows it forward, and never goes back."""

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import NS_PER_S, SteadyClock

HOUR_NS = 3_600 * NS_PER_S
START_NS = 1_795_000_000 * NS_PER_S


@dataclass
class Machine:
    """A machine's two clocks."""

    wall_ns: int = START_NS
    monotonic_ns: int = 7 * NS_PER_S

    def clock(self) -> SteadyClock:
        """Return a clock on them."""
        return SteadyClock(lambda: self.wall_ns, lambda: self.monotonic_ns)

    def run(self, seconds: float) -> None:
        """Let time pass."""
        self.wall_ns += round(seconds * NS_PER_S)
        self.monotonic_ns += round(seconds * NS_PER_S)


def test_it_shows_the_machines_time() -> None:
    """While nobody sets the clock, both are the same, also when the machine was asleep meanwhile."""
    machine = Machine()
    clock = machine.clock()
    machine.run(5)
    assert clock.now_ns() == START_NS + 5 * NS_PER_S
    machine.wall_ns += HOUR_NS  # asleep: the monotonic clock of Linux stood still
    machine.run(1)
    assert clock.now_ns() == machine.wall_ns
    assert clock.ahead_s() == 0


def test_set_back_it_runs_on_slower_until_the_machine_has_caught_up() -> None:
    """An hour back: time goes on at nine tenths, and after ten hours both agree again."""
    machine = Machine()
    clock = machine.clock()
    machine.wall_ns -= HOUR_NS
    before_ns = clock.now_ns()
    assert before_ns == START_NS
    machine.run(600)
    assert clock.now_ns() == before_ns + 540 * NS_PER_S
    assert clock.ahead_s() == 3_600 - 60
    for _ in range(60):
        machine.run(600)
        clock.now_ns()
    assert clock.now_ns() == machine.wall_ns
    assert clock.ahead_s() == 0


def test_a_life_does_not_begin_before_the_last_one_ended() -> None:
    """A machine that starts in the past goes on from the time that is given; one that does not, ignores it."""
    machine = Machine()
    clock = machine.clock()
    clock.not_before(START_NS - HOUR_NS)
    assert clock.now_ns() == START_NS
    clock.not_before(START_NS + HOUR_NS)
    machine.run(10)
    assert clock.now_ns() == START_NS + HOUR_NS + 9 * NS_PER_S
    machine.wall_ns = START_NS + 2 * HOUR_NS  # NTP came
    assert clock.now_ns() == machine.wall_ns


@given(st.lists(st.tuples(st.floats(0, 1_000), st.integers(-4 * HOUR_NS, 4 * HOUR_NS)), max_size=30))
def test_it_never_goes_back_nor_stays_behind(steps: list[tuple[float, int]]) -> None:
    """However the machine's clock is set: time grows by nine tenths of what passed at least, and is never before it."""
    machine = Machine()
    clock = machine.clock()
    before_ns = clock.now_ns()
    for seconds, set_by_ns in steps:
        passed_ns = round(seconds * NS_PER_S)
        machine.monotonic_ns += passed_ns
        machine.wall_ns += passed_ns + set_by_ns
        now_ns = clock.now_ns()
        assert now_ns >= before_ns + passed_ns - passed_ns // 10
        assert now_ns >= machine.wall_ns
        before_ns = now_ns
