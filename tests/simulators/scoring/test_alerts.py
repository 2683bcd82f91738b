"""Alerts against the same rule on the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.scoring.alerts import alerts_of, match
from simulators.scoring.states import true_levels
from tests.support.scored_shop import MINUTE_NS, RULE, Step, at, belief, scored, shop

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "A2", "floor"), (0, "A3", "floor"), (0, "A4", "back"),
                     *((0, f"B{n}", "floor") for n in range(1, 6)),
                     (120, "A1", None), (121, "A2", None), (240, "A3", None), (300, "A4", None)]  # fmt: skip


def test_the_rule_fires_after_its_hold() -> None:
    """A: low at 2:01 + 10 min, floor empty at 4:00 + 10 min, out of stock at 5:00 + 10 min; B never."""
    history = shop(TRUTH)
    fired = [
        (round((t - at(0)) / MINUTE_NS), kind, sku)
        for t, kind, sku in alerts_of(true_levels(history), history, RULE)
    ]
    assert fired == [
        (131, "low_stock", "A"),
        (250, "shelf_empty_backroom_has_stock", "A"),
        (310, "stock_out", "A"),
    ]


def test_a_condition_that_ends_within_its_hold_fires_nothing() -> None:
    """Nine minutes out of stock are told to nobody."""
    history = shop([(0, "A1", "floor"), (60, "A1", None), (69, "A1", "floor")])
    kinds = {kind for _, kind, sku in alerts_of(true_levels(history), history, RULE) if sku == "A"}
    assert "stock_out" not in kinds


def test_an_alert_fires_anew_only_after_it_cleared() -> None:
    """Half a minute of stock does not clear; two minutes do."""
    away: list[Step] = [(0, "A1", "floor"), (60, "A1", None), (80, "A1", "floor"), (80.5, "A1", None)]
    again: list[Step] = [(0, "A1", "floor"), (60, "A1", None), (80, "A1", "floor"), (82, "A1", None)]
    for steps, times in ((away, 1), (again, 2)):
        history = shop(steps)
        fired = alerts_of(true_levels(history), history, RULE)
        assert len([kind for _, kind, sku in fired if (kind, sku) == ("stock_out", "A")]) == times


def test_the_same_alerts_are_right_and_without_lead() -> None:
    """Whoever believes the truth alerts as the truth does."""
    found = scored(shop(TRUTH), belief(TRUTH))
    assert found["alert_precision"].value == found["alert_recall"].value == 1
    assert found["alert_lead_s"].value == 0


def test_late_ones_have_negative_lead_and_false_ones_cost_precision() -> None:
    """The product's own alerts: one 5 min late, one right, one of nothing; one of three true ones is not told."""
    mine = [(at(136), "low_stock", "A"), (at(310), "stock_out", "A"), (at(200), "stock_out", "B")]
    found = scored(shop(TRUTH), belief(TRUTH, alerts=mine))
    assert found["alert_precision"].value == pytest.approx(2 / 3)
    assert found["alert_recall"].value == pytest.approx(2 / 3)
    assert found["alert_lead_s"].value in (-300, 0)


times = st.lists(st.integers(0, 50), max_size=8, unique=True).map(sorted)


@given(times, times)
def test_matching_uses_each_once_and_never_leaves_a_free_pair(mine: list[int], theirs: list[int]) -> None:
    """No two pairs share a time, none is too far apart, and what is left over could not be paired."""
    pairs = match(mine, theirs, 5)
    assert all(abs(a - b) <= 5 for a, b in pairs)
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
    left, free = set(mine) - {a for a, _ in pairs}, set(theirs) - {b for _, b in pairs}
    assert not [(a, b) for a in left for b in free if abs(a - b) <= 5]


def test_alerts_of_no_article_are_not_judged() -> None:
    """A reader that is down is another matter."""
    found = scored(shop(TRUTH), belief(TRUTH, alerts=[(at(100), "reader_down", "A")]))
    assert np.isnan(found["alert_precision"].value)
