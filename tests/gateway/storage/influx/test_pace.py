"""How long is waited after failures, and how much is sent at once."""

import random

from hypothesis import given
from hypothesis import strategies as st

from gateway.storage.influx.errors import BatchTooLarge, ServerAway, ServerDenies
from gateway.storage.influx.pace import (
    DENIED_WAIT_S,
    GROW_AFTER,
    MAX_BODY_BYTES,
    MAX_WAIT_S,
    MIN_BODY_BYTES,
    MIN_WAIT_S,
    Pace,
)


def test_waits_double_up_to_a_minute_and_begin_anew_after_a_success() -> None:
    """The bounds of the waits, as chance may reach them."""
    pace = Pace(max)
    assert [pace.failed(ServerAway("x")) for _ in range(9)] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    pace.succeeded()
    assert pace.failed(ServerAway("x")) == 1


def test_jitter_is_full() -> None:
    """A thousand gateways that lost one server at one instant do not come back at one."""
    waits = []
    for seed in range(1_000):
        pace = Pace(random.Random(seed).uniform)
        for _ in range(8):
            wait_s = pace.failed(ServerAway("x"))
        waits.append(wait_s)
    assert min(waits) < 2
    assert max(waits) > MAX_WAIT_S - 2
    tenths = [sum(k * 6 <= wait < (k + 1) * 6 for wait in waits) for k in range(10)]
    assert min(tenths) > 60


@given(st.lists(st.sampled_from(["away", "slow", "denied", "large", "after", "good"]), max_size=60))
def test_whatever_happens_wait_and_size_are_bounded(story: list[str]) -> None:
    """No story makes it wait for ever or not at all, nor send nothing or without bound."""
    pace = Pace(random.Random(1).uniform)
    for what in story:
        if what == "good":
            pace.succeeded()
        elif what == "large":
            assert pace.failed(BatchTooLarge("x")) == 0.0
        elif what == "denied":
            assert DENIED_WAIT_S / 2 <= pace.failed(ServerDenies("x", "y")) <= DENIED_WAIT_S
        elif what == "after":
            assert pace.failed(ServerAway("x", retry_after_s=300.0)) == 300.0
        else:
            assert MIN_WAIT_S <= pace.failed(ServerAway("x", was_slow=what == "slow")) <= MAX_WAIT_S
        assert 1 <= pace.body_bytes <= MAX_BODY_BYTES


def test_a_slow_server_gets_less_until_it_goes_well_and_a_small_one_for_good() -> None:
    """Halved down to a bound and doubled again after some successes; what was too large never comes again."""
    pace = Pace(min)
    for _ in range(20):
        pace.failed(ServerAway("x", was_slow=True))
    assert pace.body_bytes == MIN_BODY_BYTES
    for _ in range(GROW_AFTER * 20):
        pace.succeeded()
    assert pace.body_bytes == MAX_BODY_BYTES
    pace.failed(BatchTooLarge("x"))
    for _ in range(GROW_AFTER * 20):
        pace.succeeded()
    assert pace.body_bytes == MAX_BODY_BYTES // 2
