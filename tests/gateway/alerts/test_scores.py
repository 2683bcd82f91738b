"""What staff say of alerts, as the precision of their rule."""

import math
from dataclasses import replace

import pytest

from gateway.alerts.scores import RuleScore, RuleScores, beta_quantile
from tests.support.api_ports import alert


@pytest.mark.parametrize("p", [0.05, 0.3, 0.5, 0.95])
def test_quantiles_are_those_of_the_closed_forms(p: float) -> None:
    """The uniform, the square's, and the arcsine distribution (Beta 1/2, 1/2)."""
    assert beta_quantile(p, 1, 1) == pytest.approx(p, abs=2e-6)
    assert beta_quantile(p, 2, 1) == pytest.approx(math.sqrt(p), abs=2e-6)
    assert beta_quantile(p, 1, 3) == pytest.approx(1 - (1 - p) ** (1 / 3), abs=2e-6)
    assert beta_quantile(p, 0.5, 0.5) == pytest.approx(math.sin(math.pi * p / 2) ** 2, abs=2e-6)


def test_many_words_prove_more_than_few() -> None:
    """The interval holds the share, and narrows as its root."""
    few, many = RuleScore("r", 9, 1), RuleScore("r", 900, 100)
    for score in (few, many):
        low, high = score.interval_90
        assert low < 0.9 < high
    width = [high - low for low, high in (few.interval_90, many.interval_90)]
    assert width[0] / width[1] == pytest.approx(10, rel=0.15)
    assert many.interval_90[1] - many.interval_90[0] == pytest.approx(2 * 1.645 * 0.3 / 31.6, rel=0.02)
    assert RuleScore("r", 0, 0).precision is None
    assert RuleScore("r", 0, 0).interval_90 == (0.0, 1.0)


def test_a_changed_mind_is_counted_once_and_all_is_kept() -> None:
    """By rule where there is one, else by type; over a restart."""
    scores = RuleScores()
    plain = alert(1)
    good, bad = replace(plain, useful=True), replace(plain, useful=False)
    scores.note(plain, good)
    scores.note(good, good)
    scores.note(good, bad)
    scores.note(plain, good)
    own = replace(plain, rule="rule_1")
    scores.note(own, replace(own, useful=True))
    again = RuleScores()
    again.restore(list(scores.dirty_rows()))
    for kept in (scores, again):
        assert kept.all() == [RuleScore("default-low-stock", 1, 1), RuleScore("rule_1", 1, 0)]
    assert list(scores.dirty_rows()) == []


def test_what_was_said_before_rules_had_ids_is_that_of_the_built_in_ones() -> None:
    """The row under the type's name is written anew under the rule's, and is no more."""
    scores = RuleScores()
    scores.restore([("stock_out", "[3, 1]"), ("front-low", "[1, 0]")])
    assert scores.all() == [RuleScore("default-stock-out", 3, 1), RuleScore("front-low", 1, 0)]
    assert dict(scores.dirty_rows()) == {"default-stock-out": "[3, 1]", "stock_out": None}
