"""How sure a number is: equal to trying every set of missing pieces, and never more sure than that."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.ports.inventory import Belief
from gateway.stock.certainty import LEAST_DOUBT, MOST_TOLD, belief, of_distribution

chances = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0, 1))
presences = st.lists(chances, max_size=8)
sales = st.lists(chances, max_size=3)


def by_enumeration(p_present: list[float], sold: list[float]) -> list[float]:
    """Return P(N = n) for n = 0 … of pieces, by every set of missing ones and every set of true sales.

    So many are missing as there are true sales, at least; how many more, each piece says for itself.
    """
    pieces = len(p_present)
    gone = [min(max(1 - p, LEAST_DOUBT), 1.0) for p in p_present]
    missing = [0.0] * (pieces + 1)
    for lost in product((False, True), repeat=pieces):
        missing[sum(lost)] += prod(g if out else 1 - g for g, out in zip(gone, lost, strict=True))
    left = [0.0] * (pieces + 1)
    for true in product((False, True), repeat=len(sold)):
        chance = prod(p if t else 1 - p for p, t in zip(sold, true, strict=True))
        least = min(sum(true), pieces)
        tail = sum(missing[least:])
        for k in range(least, pieces + 1):
            left[pieces - k] += chance * missing[k] / tail
    return left


@settings(max_examples=150, deadline=None)
@given(presences, sales)
def test_it_equals_trying_every_case(p_present: list[float], sold: list[float]) -> None:
    """P(N >= n) and the mean, for up to eight pieces and three sales that nothing has paid yet."""
    exact = by_enumeration(p_present, sold)
    found = belief(p_present, sold)
    tails = [sum(exact[n:]) for n in range(1, len(exact))]
    assert list(found.p_at_least) == pytest.approx(tails, abs=1e-9)
    assert found.expected == pytest.approx(sum(n * p for n, p in enumerate(exact)), abs=1e-8)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 6), st.lists(chances, max_size=4), sales)
def test_sure_pieces_are_pieces_that_are_surely_here(
    sure: int, p_present: list[float], sold: list[float]
) -> None:
    """A number of sure pieces says what as many single ones would, but for a doubt of 1 in 10^6."""
    short, long = belief(p_present, sold, sure), belief([1.0] * sure + p_present, sold)
    assert list(short.p_at_least) == pytest.approx(list(long.p_at_least), abs=1e-6)
    assert short.interval_90 == long.interval_90


def assert_not_above(less: Belief, more: Belief) -> None:
    """Fail where `less` believes in so many pieces more than `more` does."""
    for n in range(1, len(less.p_at_least) + 1):
        assert less.at_least(n) <= more.at_least(n) + 1e-9
    assert less.expected <= more.expected + 1e-9


@settings(deadline=None)
@given(st.lists(chances, min_size=1, max_size=8), sales, chances)
def test_a_piece_more_surely_here_makes_every_number_likelier(
    p_present: list[float], sold: list[float], other: float
) -> None:
    """P(N >= n) rises with the chance of each piece."""
    low, high = sorted((p_present[0], other))
    assert_not_above(belief([low, *p_present[1:]], sold), belief([high, *p_present[1:]], sold))


@settings(deadline=None)
@given(presences, sales, chances)
def test_a_sale_more_makes_every_number_less_likely(
    p_present: list[float], sold: list[float], sale: float
) -> None:
    """P(N >= n) falls with each sale that is not paid."""
    assert_not_above(belief(p_present, [*sold, sale]), belief(p_present, sold))


@settings(deadline=None)
@given(st.lists(chances, max_size=90), st.lists(chances, max_size=12))
def test_the_interval_holds_nine_tenths(p_present: list[float], sold: list[float]) -> None:
    """… and tails fall from left to right, between 0 and 1, whatever is believed."""
    found = belief(p_present, sold)
    assert all(0 <= p <= 1 for p in found.p_at_least)
    assert list(found.p_at_least) == sorted(found.p_at_least, reverse=True)
    assert len(found.p_at_least) <= MOST_TOLD
    low, high = found.interval_90
    assert 0 <= low <= high <= len(p_present)
    if high < MOST_TOLD:
        assert found.at_least(low) - found.at_least(high + 1) >= 0.9 - 1e-6


def test_a_sale_and_the_silence_of_its_piece_count_once() -> None:
    """Ten pieces, one of them all but gone, one sale: nine, not eight."""
    found = belief([1.0] * 9 + [0.02], [0.99])
    assert found.expected == pytest.approx(9, abs=0.05)
    assert found.interval_90 == (9, 9)


def test_more_sales_than_pieces_leave_none() -> None:
    """Nothing is ever believed to be below nought."""
    found = belief([0.9, 0.9], [1.0, 1.0, 1.0])
    assert found.expected == pytest.approx(0)
    assert found.interval_90 == (0, 0)


@pytest.mark.parametrize(("p", "here"), [(0.01, 2), (0.5, 100), (1.0, 200)])
def test_many_that_may_be_missing_are_no_surer_to_be_here(p: float, here: int) -> None:
    """A hall emptied in an hour: two hundred pieces, each hardly believed, are not a hundred sure ones."""
    found = belief([p] * 200, [])
    assert found.expected == pytest.approx(here, abs=0.01)
    low, high = found.interval_90
    assert low <= here <= high


def test_nothing_believed_is_nothing() -> None:
    """No pieces, no sales: none for sure."""
    found = belief([], [])
    assert (found.expected, found.p_at_least, found.interval_90) == (0, (), (0, 0))
    assert found.at_least(0) == 1
    assert found.at_least(1) == 0


@settings(deadline=None)
@given(st.dictionaries(st.integers(-3, 80), st.floats(0.01, 1), min_size=1, max_size=10))
def test_a_distribution_is_told_as_it_is(weights: dict[int, float]) -> None:
    """In any order of counts; counts below nought are nought (a scale may weigh less than nothing)."""
    whole = sum(weights.values())
    counts = np.array(list(weights), np.intp)
    found = of_distribution(counts, np.array(list(weights.values())) / whole)
    for n in range(1, len(found.p_at_least) + 1):
        assert found.at_least(n) == pytest.approx(
            sum(w for c, w in weights.items() if c >= n) / whole, abs=1e-9
        )
    assert found.expected == pytest.approx(sum(max(c, 0) * w for c, w in weights.items()) / whole)
