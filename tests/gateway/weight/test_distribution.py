"""Distributions of counts: sums, tags and shelves together."""

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.weight.distribution import (
    MAX_COUNTS,
    Distribution,
    at_least,
    expected,
    from_shares,
    fused,
    of_tags,
    sum_of,
)

chances = st.floats(0, 1)


@st.composite
def distributions(draw: st.DrawFn) -> Distribution:
    """Return any short distribution."""
    weights = draw(st.lists(st.floats(0.01, 1), min_size=1, max_size=6))
    return draw(st.integers(0, 30)), tuple(weight / sum(weights) for weight in weights)


@given(st.lists(chances, max_size=7))
def test_tags_give_the_exact_poisson_binomial(present: list[float]) -> None:
    """As all combinations of tags there and not there would have it."""
    told = of_tags(present)
    for pieces in range(len(present) + 1):
        exact = sum(
            prod(p if is_there else 1 - p for p, is_there in zip(present, there, strict=True))
            for there in product((False, True), repeat=len(present))
            if sum(there) >= pieces
        )
        assert at_least(told, pieces) == pytest.approx(exact, abs=1e-4)


@given(st.lists(distributions(), max_size=4))
def test_the_sum_of_shelves_has_the_sum_of_their_means(shelves: list[Distribution]) -> None:
    """Whatever each of them believes."""
    assert expected(sum_of(shelves)) == pytest.approx(sum(map(expected, shelves)), abs=1e-2)
    assert sum(sum_of(shelves)[1]) == pytest.approx(1)


@given(distributions(), distributions())
def test_fusion_is_symmetric_and_whole(left: Distribution, right: Distribution) -> None:
    """Neither witness has the last word, and the belief sums up to 1."""
    one, other = fused(left, right), fused(right, left)
    assert one[0] == other[0]
    assert one[1] == pytest.approx(other[1])
    assert sum(one[1]) == pytest.approx(1)


def test_witnesses_that_agree_are_surer_than_either() -> None:
    """Nine in ten each: ninety-eight in a hundred together."""
    told = fused((4, (0.05, 0.9, 0.05)), (4, (0.05, 0.9, 0.05)))
    assert told[0] == 4
    assert told[1][1] > 0.98


def test_witnesses_that_contradict_each_other_leave_a_doubt() -> None:
    """Three tags for certain, and a shelf that weighs four for certain: one of the two is wrong."""
    least, probabilities = fused((3, (1.0,)), (4, (1.0,)))
    assert (least, probabilities) == (3, pytest.approx((0.5, 0.5)))


def test_a_certain_shelf_settles_a_doubtful_tag() -> None:
    """Four tags of which one may be gone: the weight says which."""
    tags = of_tags([0.99, 0.99, 0.99, 0.5])
    four, three = fused(tags, (4, (1.0,))), fused(tags, (3, (1.0,)))
    assert at_least(four, 4) > 0.95
    assert at_least(three, 4) < 0.05


def test_nothing_known_is_nothing_there() -> None:
    """No tag and no shelf: certainly none."""
    assert of_tags([]) == sum_of([]) == from_shares({}) == (0, (1.0,))


def test_shares_far_apart_and_tiny_are_cut() -> None:
    """A distribution is bounded, and spares what is negligible."""
    assert from_shares({3: 0.6, 5: 0.4, 9: 1e-9}) == (3, pytest.approx((0.6, 0.0, 0.4)))
    assert len(from_shares({0: 0.5, 10_000: 0.5})[1]) <= MAX_COUNTS
    assert len(of_tags([0.5] * 2_000)[1]) <= MAX_COUNTS


@pytest.mark.parametrize(("pieces", "share"), [(0, 1), (3, 1), (4, 0.7), (5, 0.2), (6, 0)])
def test_at_least_so_many(pieces: int, share: float) -> None:
    """The upper tail."""
    assert at_least((3, (0.3, 0.5, 0.2)), pieces) == pytest.approx(share)
