"""Uncertainty: drawn by article and day, the same for the same input, and never certain of nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scoring.bootstrap import draws, weighted_quantile
from simulators.scoring.metrics import METRICS, values_of
from simulators.scoring.tally import Tally, merged
from tests.support.scored_shop import Step, belief, scored, shop, tally

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "B1", "floor"), (240, "A1", None)]


def test_the_figure_lies_within_its_interval() -> None:
    """One article of two is always wrong: 50 %, and anything from none to all by drawing."""
    found = scored(shop(TRUTH), belief([TRUTH[0], TRUTH[2]]))["exact_pct"]
    assert (found.low, found.value, found.high) == (0, 50, 100)


def test_no_event_is_no_proof_of_none() -> None:
    """No false departure in 11 tag-hours: up to 3 / 11 per hour cannot be excluded."""
    found = scored(shop(TRUTH), belief(TRUTH))["false_departures"]
    assert found.value == 0
    assert found.high == pytest.approx(3 * 1_000 / 11, rel=2e-3)


def test_draws_keep_the_number_of_units_and_repeat() -> None:
    """A bootstrap draws as many units as there are; the same tally gives the same interval."""
    assert (draws(7).sum(axis=1) == 7).all()
    assert (draws(7) == draws(7)).all()


def test_two_runs_side_by_side_are_their_sum() -> None:
    """Merging keeps every sum, sample and part."""
    one, two = tally(shop(TRUTH), belief(TRUTH)), tally(shop(TRUTH), belief([TRUTH[0], TRUTH[2]]))
    both = merged([one, two])
    assert both.units == one.units + two.units
    for name in one.sums:
        assert both.sum_of(name).sum() == one.sum_of(name).sum() + two.sum_of(name).sum()
    assert values_of(both)["exact_pct"].value == pytest.approx(75, rel=2e-3)
    assert both.parts["quality"]["normal"]["tag_epochs"] == 2 * one.parts["quality"]["normal"]["tag_epochs"]


def test_a_tally_of_nothing_knows_nothing() -> None:
    """Where nothing was judged, no figure is claimed."""
    assert all(np.isnan(value.value) for value in values_of(Tally(3)).values())


def test_keys_are_unique() -> None:
    """A figure's name stands for one metric."""
    keys = [metric.key for metric in METRICS]
    assert len(keys) == len(set(keys))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.floats(0.01, 0.99))
def test_a_quantile_has_its_share_at_or_below_it(numbers: list[int], share: float) -> None:
    """At least the share lies at or below, and less than it lies strictly below."""
    values = np.array(sorted(numbers), dtype=np.float64)
    found = weighted_quantile(values, np.ones(len(values)), share)
    assert (values <= found).mean() >= share - 1e-9
    assert (values < found).mean() <= share + 1e-9
