"""What is asked of a belief: monotone where it must be, and right where deliveries come in between."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.forecast.outflow import MAX_SAFETY, expected, first_hour, least_enough, p_below, p_gone
from gateway.forecast.rates import Belief, Beliefs

rates = st.builds(Belief, st.just(1.0), st.floats(0.05, 500), st.floats(0.1, 5_000))
mixed = st.builds(
    lambda a, b, share: (Belief(share, a.shape, a.hours), Belief(1.0 - share, b.shape, b.hours)),
    rates, rates, st.floats(0, 1),
)  # fmt: skip
dispersions = st.floats(1, 5)
coming = st.lists(st.tuples(st.floats(0, 200), st.integers(0, 20)), max_size=3).map(sorted)


@settings(max_examples=60)
@given(mixed, st.integers(0, 40), st.floats(0, 300), st.floats(0, 300), coming, dispersions)
def test_a_stock_out_is_likelier_with_time(
    beliefs: Beliefs, stock: int, hours: float, more: float, told: list[tuple[float, int]], phi: float
) -> None:
    """P(stock-out before t) never falls with t, deliveries or not."""
    p = p_gone(beliefs, stock, hours, told, phi)
    assert 0.0 <= p <= 1.0
    assert p <= p_gone(beliefs, stock, hours + more, told, phi) + 1e-7


@settings(max_examples=60)
@given(mixed, st.integers(0, 40), st.integers(0, 10), st.floats(0, 300), coming, dispersions)
def test_a_stock_out_is_less_likely_with_more_stock(
    beliefs: Beliefs, stock: int, more: int, hours: float, told: list[tuple[float, int]], phi: float
) -> None:
    """P(stock-out before t) never rises with the pieces at hand."""
    assert p_gone(beliefs, stock + more, hours, told, phi) <= p_gone(beliefs, stock, hours, told, phi) + 1e-7


@settings(max_examples=60)
@given(mixed, st.integers(0, 40), st.floats(0, 300), coming, dispersions)
def test_a_delivery_never_harms(
    beliefs: Beliefs, stock: int, hours: float, told: list[tuple[float, int]], phi: float
) -> None:
    """What is known to come makes a stock-out less likely; clumps are matched by their variance, to a fiftieth."""
    assert p_gone(beliefs, stock, hours, told, phi) <= p_gone(beliefs, stock, hours, (), phi) + 0.02


@given(mixed, st.floats(0, 300), st.floats(1e-5, 0.99), st.floats(0, 0.5), dispersions)
def test_less_risk_is_never_less_safety_stock(
    beliefs: Beliefs, hours: float, risk: float, more: float, phi: float
) -> None:
    """The safety stock falls with the risk that is taken, and keeps what it promises."""
    safe = least_enough(beliefs, hours, risk, phi)
    assert 0 <= least_enough(beliefs, hours, risk + more, phi) <= safe <= MAX_SAFETY
    if safe < MAX_SAFETY:
        assert 1.0 - p_below(beliefs, hours, safe + 1, phi) <= risk + 1e-9
    if safe > 0:
        assert 1.0 - p_below(beliefs, hours, safe, phi) > risk


def test_deliveries_are_followed_as_a_simulation_follows_them() -> None:
    """3 at hand, 4 more after 10 h and 2 after 20 h, at a rate that is not known for sure: as often as drawn."""
    rng = np.random.default_rng(11)
    shape, hours, runs = 2.0, 10.0, 40_000
    rate = rng.gamma(shape, 1 / hours, runs)
    gone = np.zeros(runs, np.int64)
    out = np.zeros(runs, bool)
    for span, held in ((10.0, 3), (10.0, 7), (15.0, 9)):
        gone += rng.poisson(rate * span)
        out |= gone >= held
    p = p_gone((Belief(1.0, shape, hours),), 3, 35.0, [(10.0, 4), (20.0, 2)], 1.0)
    assert p == pytest.approx(out.mean(), abs=0.01)


def test_large_stocks_are_followed_in_groups() -> None:
    """1,000 at hand and 1,000 to come, of which 1,500 go: the groups answer what each piece by itself would."""
    belief = Belief(1.0, 30.0, 1.0)
    rng = np.random.default_rng(7)
    rate = rng.gamma(belief.shape, 1 / belief.hours, 40_000)
    first = rng.poisson(rate * 25.0)
    out = (first >= 1_000) | (first + rng.poisson(rate * 25.0) >= 2_000)
    p = p_gone((belief,), 1_000, 50.0, [(25.0, 1_000)], 1.0)
    assert p == pytest.approx(out.mean(), abs=0.02)


def test_nothing_at_hand_is_out_now() -> None:
    """Without stock the stock-out is certain, whatever comes later."""
    assert p_gone((Belief(1.0, 1.0, 1.0),), 0, 0.0, [(1.0, 5)], 1.0) == 1.0


@given(rates, st.floats(0, 1_000))
def test_the_mean_is_rate_times_time(belief: Belief, hours: float) -> None:
    """Expected pieces follow from the believed rate."""
    assert expected((belief,), hours) == pytest.approx(belief.shape / belief.hours * hours)


def test_a_share_is_reached_where_the_curve_crosses_it() -> None:
    """Halving finds the crossing of a known curve, and says None where it lies beyond."""
    ends_h = np.arange(1.0, 101.0)
    assert first_hour(lambda h: h / 100, 0.5, ends_h) == pytest.approx(50.0, abs=0.1)
    assert first_hour(lambda h: h / 1_000, 0.5, ends_h) is None
    assert first_hour(lambda _: 1.0, 0.5, ends_h) == pytest.approx(0.0, abs=0.1)
