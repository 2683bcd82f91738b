"""P(N ≥ 1), promises and the pick an hour later, reckoned by hand."""

import numpy as np
import pytest

from tests.support.scored_shop import Step, belief, scored, shop

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "B1", "floor"), (240, "A1", None)]
MINUTES = 480
FIRST = 30
"""The first scored minute: instants of 30 … 480."""
ASKED = 2 * 451


def test_an_hour_of_promises_without_a_piece_is_oversold() -> None:
    """A1 left at 4:00 and is let go at 5:00: 60 of 301 + 451 promises could not be kept."""
    found = scored(shop(TRUTH), belief([*TRUTH[:2], (300, "A1", None)]))
    assert found["oversold_pct"].value == pytest.approx(100 * 60 / (270 + 451))
    assert found["refused_pct"].value == 0
    assert found["brier"].value == pytest.approx(60 / ASKED)
    assert found["ece"].value == pytest.approx(60 / ASKED)


def test_not_promising_what_is_there_is_a_refusal() -> None:
    """B1 is never believed: every question for B that could be kept is refused."""
    found = scored(shop(TRUTH), belief([TRUTH[0], TRUTH[2]]))
    assert found["refused_pct"].value == pytest.approx(100 * 451 / (210 + 451))
    assert found["oversold_pct"].value == 0


def test_a_method_that_is_unsure_and_right_to_be_is_calibrated() -> None:
    """P = 0.5 while one of two articles is there: no calibration error, and a Brier score of a quarter."""
    chances = np.full((2, MINUTES), 0.5, dtype=np.float32)
    log = belief([(0, "A1", "floor")], chances=chances)
    found = scored(shop([(0, "A1", "floor")]), log)
    assert found["ece"].value == pytest.approx(0)
    assert found["brier"].value == pytest.approx(0.25)


def test_promises_follow_the_methods_own_word() -> None:
    """A method may refuse a piece that it believes in."""
    log = belief(TRUTH, promises=np.zeros((2, MINUTES), dtype=np.bool_))
    found = scored(shop(TRUTH), log)
    assert found["refused_pct"].value == 100
    assert np.isnan(found["oversold_pct"].value)


def test_regret_is_what_an_oracle_of_the_next_hour_gains_more() -> None:
    """A sure method promises A1 in the hour before it leaves: 60 picks fail, each worth two less than refusing one
    less: the oracle refuses (0), the method loses 1.
    """
    found = scored(shop(TRUTH), belief(TRUTH))
    decided = 2 * (MINUTES - 60 - FIRST)
    assert found["regret"].value == pytest.approx(1_000 * 60 / decided, rel=0.05)


def test_whoever_goes_by_probability_promises_from_nine_tenths_on() -> None:
    """The product's own word is no for all; by probability A is promised at 0.9, and B, at 0.89, is refused."""
    chances = np.full((2, MINUTES), 0.9, dtype=np.float64)
    chances[1] = 0.89
    log = belief(TRUTH[:2], chances=chances, promises=np.zeros((2, MINUTES), dtype=np.bool_))
    found = scored(shop(TRUTH[:2]), log)
    assert found["refused_p_pct"].value == 50
    assert found["refused_pct"].value == 100
    assert found["oversold_p_pct"].value == 0
