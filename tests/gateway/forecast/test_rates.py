"""Rates of articles: learned only while there was something to buy, forgotten by and by, the same in columns."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.forecast.rates import MEMORIES, MOST_DISPERSION, UNSEEN_H, Belief, Rates, first_belief

PRIOR = 1 / 240

steps = st.lists(
    st.tuples(st.sampled_from(["learn", "come", "go"]), st.floats(0, 500), st.integers(0, 20)), max_size=25
)


def mean_of(beliefs: tuple[Belief, ...]) -> float:
    """Return the pieces per mean hour that are believed."""
    return sum(b.weight * b.shape / b.hours for b in beliefs)


def lived(rates: Rates, pieces: int, every_h: float, until_h: float, from_h: float = 0.0) -> None:
    """Sell so many pieces every so many hours, of an article that is there all the time."""
    at_h = from_h
    while at_h < until_h:
        at_h += every_h
        rates.learn(0, at_h, pieces, PRIOR, 1.0)


def test_a_steady_rate_is_found() -> None:
    """One piece in ten hours, for long: a tenth an hour."""
    rates = Rates()
    rates.expose(rates.add("jeans", 0, 0.0), 0.0, is_available=True)
    lived(rates, 1, 10.0, 2_000.0)
    assert mean_of(rates.beliefs(0, 2_000.0, 0, PRIOR, 1.0)) == pytest.approx(0.1, rel=0.15)


def test_time_without_the_article_is_no_time_without_demand() -> None:
    """Half of the time there was none to buy: the rate is of the other half, not of all."""
    rates = Rates()
    rates.add("jeans", 0, 0.0)
    at_h = 0.0
    for _ in range(100):
        rates.expose(0, at_h, is_available=True)
        rates.learn(0, at_h, 0, PRIOR, 1.0)
        at_h += 10.0
        rates.learn(0, at_h, 1, PRIOR, 1.0)
        rates.expose(0, at_h, is_available=False)
        at_h += 10.0
    assert mean_of(rates.beliefs(0, at_h, 0, PRIOR, 1.0)) == pytest.approx(0.1, rel=0.2)


def test_a_level_shift_moves_the_weight_to_the_short_memory() -> None:
    """Tenfold sales from one day on are believed within days, where one long memory would take months."""
    rates = Rates()
    rates.expose(rates.add("jeans", 0, 0.0), 0.0, is_available=True)
    lived(rates, 1, 50.0, 3_000.0)
    lived(rates, 1, 5.0, 3_000.0 + 5 * 24.0, 3_000.0)
    beliefs = rates.beliefs(0, 3_120.0, 0, PRIOR, 1.0)
    assert mean_of(beliefs) > 0.1
    assert beliefs[0].weight > beliefs[-1].weight


def test_silence_counts_without_anything_being_done() -> None:
    """An article that sells no more is believed to sell less with each day, though no row is touched."""
    rates = Rates()
    rates.expose(rates.add("jeans", 0, 0.0), 0.0, is_available=True)
    lived(rates, 1, 10.0, 500.0)
    seen = [mean_of(rates.beliefs(0, 500.0 + 48.0 * day, 0, PRIOR, 1.0)) for day in range(6)]
    assert seen == sorted(seen, reverse=True)
    assert seen[-1] < seen[0] / 3


def test_sales_of_what_was_believed_gone_bring_their_time_along() -> None:
    """An article that is only ever sold while it is believed gone gets no rate without bounds."""
    rates = Rates()
    rates.add("jeans", 0, 0.0)
    for day in range(1, 200):
        rates.learn(0, day * 100.0, 1, PRIOR, 1.0)
    assert mean_of(rates.beliefs(0, 20_000.0, 0, PRIOR, 1.0)) < 2 / UNSEEN_H


@given(steps=steps, dispersion=st.floats(1, 5), prior=st.floats(1e-6, 10))
def test_columns_say_what_rows_say(
    steps: list[tuple[str, float, int]], dispersion: float, prior: float
) -> None:
    """Many silent rows worked out at once are the same rows worked out one by one."""
    rates, at_h = Rates(), 0.0
    rates.add("jeans", 0, 0.0)
    for what, hours, pieces in steps:
        at_h += hours
        if what == "learn":
            rates.learn(0, at_h, pieces, prior, dispersion)
        else:
            rates.expose(0, at_h, is_available=what == "come")
    rates.expose(0, at_h, is_available=True)
    rows = np.zeros(1, np.intp)
    weights, shapes, hours = rates.silent(rows, at_h + 7.0, np.array([prior]), np.array([dispersion]))
    for k, belief in enumerate(rates.beliefs(0, at_h + 7.0, 0, prior, dispersion)):
        assert weights[0, k] == pytest.approx(belief.weight, rel=1e-4, abs=1e-9)
        assert shapes[0, k] == pytest.approx(belief.shape, rel=1e-6)
        assert hours[0, k] == pytest.approx(belief.hours, rel=1e-6)


@given(steps=steps, prior=st.floats(1e-7, 1e4))
def test_beliefs_are_always_beliefs(steps: list[tuple[str, float, int]], prior: float) -> None:
    """Weights that sum to 1, shapes and hours above 0, whatever happens."""
    rates, at_h = Rates(), 0.0
    rates.add("jeans", 0, 0.0)
    for what, hours, pieces in steps:
        at_h += hours
        if what == "learn":
            rates.learn(0, at_h, pieces, prior, 1.3)
        else:
            rates.expose(0, at_h, is_available=what == "come")
        beliefs = rates.beliefs(0, at_h, 0, prior, 1.3)
        assert len(beliefs) == MEMORIES
        assert sum(b.weight for b in beliefs) == pytest.approx(1.0, abs=1e-5)
        assert all(b.shape > 0 and np.isfinite(b.shape) for b in beliefs)
        assert all(b.hours > 0 and np.isfinite(b.hours) for b in beliefs)


def test_rows_grow_and_keep_what_they_held() -> None:
    """A thousand articles, each with its own exposure, are still those after the columns grew."""
    rates = Rates()
    for number in range(1_000):
        rates.expose(rates.add(f"sku-{number}", number % 7, float(number)), float(number), is_available=True)
    assert rates.rows["sku-999"] == 999
    assert rates.times[:1_000, 1].tolist() == [float(number) for number in range(1_000)]
    assert mean_of(first_belief(PRIOR)) == pytest.approx(PRIOR)


def clumps_of(pieces: int, hours: int) -> float:
    """Return the dispersion of an article of which so many pieces went at once, in so many hours."""
    rates = Rates()
    rates.expose(rates.add("socks", 0, 0.0), 0.0, is_available=True)
    for number in range(1, hours + 1):
        rates.see_clumps(0, pieces, 1.0, PRIOR)
        rates.learn(0, 50.0 * number, pieces, PRIOR, 1.0)
    return rates.dispersion(0, 1.2)


def test_what_goes_by_threes_is_known_to() -> None:
    """One at a time is no clump, three at a time are; a few hours tell little, and no customer makes it endless."""
    assert clumps_of(1, 60) == pytest.approx(1.0, abs=0.1)
    assert clumps_of(3, 60) == pytest.approx(2.8, abs=0.3)
    assert 1.2 < clumps_of(3, 2) < 2.0
    assert clumps_of(1_000, 3) == MOST_DISPERSION


def test_dispersions_in_columns_are_those_of_rows() -> None:
    """Many at once are the same as one by one."""
    rates = Rates()
    for number in range(20):
        rates.add(f"sku-{number}", 0, 0.0)
        rates.see_clumps(number, number, 1.0, PRIOR)
    several = rates.dispersions(np.arange(20), 1.3).tolist()
    assert several == pytest.approx([rates.dispersion(number, 1.3) for number in range(20)])
