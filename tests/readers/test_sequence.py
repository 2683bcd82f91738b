"""Gaps in the numbers of a device's events: counted once they cannot be filled any more, and only then."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from readers.sequence import MOST_MISSING, WINDOW, Sequence


def missing_of(numbers: list[int]) -> int:
    """Return how many numbers are found missing."""
    sequence = Sequence()
    return sum(sequence.take(number) for number in numbers)


def test_what_comes_in_order_misses_nothing() -> None:
    """Wherever a device begins to count; one that is told twice is not missing either."""
    assert missing_of([7, 8, 9, 9, 10]) == 0
    assert missing_of(list(range(5_000))) == 0


def test_a_gap_is_counted_once_nothing_can_fill_it() -> None:
    """Not while it may still come; then each number of it once."""
    sequence = Sequence()
    assert [sequence.take(n) for n in (1, 2, 6)] == [0, 0, 0]
    assert sum(sequence.take(n) for n in range(7, 6 + WINDOW)) == 3
    assert sum(sequence.take(n) for n in range(6 + WINDOW, 3 * WINDOW)) == 0


def test_what_comes_late_is_not_missing() -> None:
    """A reader hands over what it kept, behind newer events."""
    live = list(range(1, 10)) + list(range(500, 520)) + list(range(10, 500))
    assert missing_of(live + list(range(520, 520 + 3 * WINDOW))) == 0


def test_a_device_that_counts_anew_is_no_gap() -> None:
    """A restart of the reader: what was open before it is missing, nothing else."""
    assert missing_of([*range(5_000), 5_002, *range(10), *range(10, 3_000)]) == 2


def test_a_jump_is_bounded() -> None:
    """A number of garbage costs no memory; all but the end of its gap is counted at once."""
    sequence = Sequence()
    sequence.take(1)
    assert sequence.take(2**62) == 2**62 - 2 - MOST_MISSING + MOST_MISSING - WINDOW + 1
    assert len(sequence._open) < WINDOW


@given(st.sets(st.integers(0, 400)), st.integers(0, 100))
def test_each_missing_number_is_counted_once(lost: set[int], seed: int) -> None:
    """Whatever is lost, and however the rest is shuffled within a window."""
    rng = Random(seed)
    numbers = sorted((n for n in range(1, 400) if n not in lost), key=lambda n: n + rng.uniform(0, 50))
    told = [0, *numbers, *range(500, 500 + 2 * WINDOW)]
    assert missing_of(told) == len([n for n in range(1, 500) if n not in numbers])
