"""A signal is noted at every instant, and raised where nothing can be lost by it alone."""

import signal
from collections.abc import Iterator

import pytest

from gateway.cli.ending import EndSignals

HEARD = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def handlers_are_left_alone() -> Iterator[None]:
    """Whoever was there before hears of signals again."""
    before = {number: signal.getsignal(number) for number in HEARD}
    yield
    assert {number: signal.getsignal(number) for number in HEARD} == before


@pytest.mark.parametrize("number", HEARD)
def test_a_signal_is_raised_where_it_is_looked_for(number: signal.Signals) -> None:
    """Nowhere else, however many come."""
    before = signal.signal(number, signal.SIG_DFL)  # whoever runs the tests may have had it ignored
    try:
        with EndSignals() as ending:
            ending.check()
            signal.raise_signal(number)
            signal.raise_signal(number)
            assert ending.is_asked
            with pytest.raises(KeyboardInterrupt):
                ending.check()
            with pytest.raises(KeyboardInterrupt), ending.interruptible():
                pytest.fail("the end was asked for before")
    finally:
        signal.signal(number, before)


def test_a_wait_ends_at_once_and_what_follows_in_peace() -> None:
    """The first signal in a wait is raised, the next is noted: it would cut off what ends the others."""
    with EndSignals() as ending:
        with pytest.raises(KeyboardInterrupt), ending.interruptible():
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)


def test_a_loop_is_told_of_what_came_before_it() -> None:
    """And of each signal while it runs; not after it."""
    told: list[str] = []
    with EndSignals() as ending:
        with ending.telling(lambda: told.append("early")):
            assert told == []
            signal.raise_signal(signal.SIGINT)
            assert told == ["early"]
        signal.raise_signal(signal.SIGINT)
        assert told == ["early"]
        with ending.telling(lambda: told.append("late")):
            assert told == ["early", "late"]


def test_ctrl_c_is_heard_where_a_shell_had_it_ignored() -> None:
    """As in a program that it started in the background; but `nohup` is there to have a closed terminal ignored."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGHUP)}
    try:
        with EndSignals() as ending:
            signal.raise_signal(signal.SIGHUP)
            assert not ending.is_asked
            signal.raise_signal(signal.SIGINT)
            assert ending.is_asked
        assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
