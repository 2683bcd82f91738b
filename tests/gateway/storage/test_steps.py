"""Steps of a history: how stretches of time are cut and gathered."""

import pytest

from gateway.storage.ports import HistoryStep
from gateway.storage.steps import MAX_STEPS, Segment, Window, fold, segments, summed


def test_a_mean_is_weighted_by_time() -> None:
    """A level held for three quarters of a step counts three times as much."""
    window = Window(0, 8, 4)
    assert fold(segments(2, [(3, 6)], window), window) == [
        HistoryStep(0, 2, 3.0, 6),
        HistoryStep(4, 6, 6.0, 6),
    ]


def test_a_change_at_the_edge_belongs_to_the_step_that_it_begins() -> None:
    """The level that ends exactly where a step begins is not in it."""
    window = Window(0, 8, 4)
    assert fold(segments(2, [(4, 6)], window), window)[1] == HistoryStep(4, 6, 6.0, 6)
    assert fold(segments(2, [(0, 6)], window), window)[0] == HistoryStep(0, 6, 6.0, 6)


def test_the_last_step_is_cut_off_at_the_end() -> None:
    """A window that is no multiple of the step ends with a shorter one, weighted over what it covers."""
    window = Window(0, 6, 4)
    assert fold(segments(2, [(5, 4)], window), window)[1] == HistoryStep(4, 2, 3.0, 4)


def test_changes_at_one_instant_are_one_change() -> None:
    """What holds for no time is never a minimum or a maximum."""
    window = Window(0, 4, 4)
    changes = summed({1: 5, 2: 5}, [(2, 1, 0), (2, 2, 10)])
    assert fold(segments(10, changes, window), window) == [HistoryStep(0, 10, 10.0, 10)]


def test_a_rollup_lies_whole_within_its_step() -> None:
    """A segment that varies gives its own minimum, maximum and area."""
    window = Window(0, 8, 8)
    parts = [Segment(0, 4, 1, 9, 12.0), Segment(4, 8, 3, 3, 12)]
    assert fold(parts, window) == [HistoryStep(0, 1, 3.0, 9)]


def test_means_of_long_times_are_exact() -> None:
    """Nanoseconds of years do not wear the mean away: areas are summed as integers."""
    year_ns = 365 * 86_400 * 10**9
    window = Window(0, 50 * year_ns, 50 * year_ns)
    assert fold(segments(7, [(i * year_ns + 1, 7) for i in range(50)], window), window)[0].mean == 7


def test_steps_are_bounded() -> None:
    """One more step than the bound is refused with a remedy."""
    Window(0, MAX_STEPS, 1)
    with pytest.raises(ValueError, match="choose a longer step"):
        Window(0, MAX_STEPS + 1, 1)


def test_a_rollup_that_is_cut_gives_each_part_its_share() -> None:
    """A step within a row that varies has the row's minimum and maximum, and its mean; a constant row stays exact."""
    window = Window(1, 9, 4)
    parts = [Segment(1, 8, 1, 8, 28.0), Segment(8, 9, 5, 5, 5)]
    assert fold(parts, window) == [HistoryStep(1, 1, 4.0, 8), HistoryStep(5, 1, (12.0 + 5) / 4, 8)]


def test_a_window_may_begin_where_something_is_known() -> None:
    """Steps that end before the first point are left out; so are steps that begin before what is kept."""
    window = Window(0, 20, 5)
    assert window.starting_with(7) == Window(5, 20, 5)
    assert window.beginning_at(7) == Window(10, 20, 5)
    assert window.beginning_at(5) == Window(5, 20, 5)
