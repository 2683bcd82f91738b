"""A code read twice by a shaky hand is one scan; a count by scanner ends when scanning stops."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.scans import CountSession, RepeatFilter

MS = 1_000_000
WINDOW = 800 * MS


def test_the_same_code_within_the_window_is_the_same_scan() -> None:
    """Just inside it is, at its end it is a scan of its own."""
    repeats = RepeatFilter(WINDOW)
    assert repeats.is_new("A", 1_000 * MS)
    assert not repeats.is_new("A", 1_799 * MS)
    assert repeats.is_new("A", 2_599 * MS)


def test_a_code_held_before_the_scanner_is_one_scan() -> None:
    """The window slides: read every half second for a minute, it is one."""
    repeats = RepeatFilter(WINDOW)
    assert sum(repeats.is_new("A", n * 500 * MS) for n in range(120)) == 1


def test_another_code_in_between_makes_it_new() -> None:
    """Two pieces scanned by turns are scanned by turns."""
    repeats = RepeatFilter(WINDOW)
    assert [repeats.is_new(text, n * 100 * MS) for n, text in enumerate("ABAB")] == [True] * 4


def test_no_window_repeats_nothing() -> None:
    """A window of zero lets every scan through."""
    repeats = RepeatFilter(0)
    assert all(repeats.is_new("A", 5) for _ in range(3))


@pytest.mark.parametrize("window_ns", [0, WINDOW])
def test_a_scan_that_is_told_late_is_a_scan_of_its_own(window_ns: int) -> None:
    """A broker or a scanner may tell an older scan behind a newer one of the same code: two pieces."""
    repeats = RepeatFilter(window_ns)
    assert repeats.is_new("A", 10_000 * MS)
    assert repeats.is_new("A", 5_000 * MS)
    assert repeats.is_new("A", 12_000 * MS)


@given(st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 2_000)), max_size=50))
def test_scans_are_conserved_and_never_twice_within_the_window(scans: list[tuple[str, int]]) -> None:
    """Received is passed and dropped; two passed scans of one code in a row are a window apart."""
    repeats = RepeatFilter(WINDOW)
    passed: list[tuple[str, int]] = []
    now = 0
    for text, later_ms in scans:
        now += later_ms * MS
        if repeats.is_new(text, now):
            passed.append((text, now))
    assert repeats.counts.is_conserved()
    assert repeats.counts.passed == len(passed)
    for (text, at), (next_text, next_at) in pairwise(passed):
        assert text != next_text or next_at - at >= WINDOW


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2)])
def test_a_count_adds_pieces_and_keeps_its_newest_time(order: tuple[int, ...]) -> None:
    """A scan told late does not make a count end sooner."""
    session = CountSession("counter:1", 1, 1)
    for at_ns in order:
        session.add("TOTE", at_ns)
    assert session.pieces == {"TOTE": 3}
    assert session.last_ns == 3
