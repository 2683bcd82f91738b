"""The negative binomial's sums: against its definition, and against Poisson where it must become that."""

from math import exp, factorial, isfinite

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.forecast.negative_binomial import AT_ONCE, below, log_none, log_of, log_terms, size_of

means = st.floats(0, 500)
shapes = st.floats(0.05, 1e4)
dispersions = st.floats(1, 20)


@given(mean=means, shape=shapes, dispersion=dispersions, n=st.integers(0, 200))
def test_a_sum_is_the_sum_of_its_terms(mean: float, shape: float, dispersion: float, n: int) -> None:
    """P(N < n) is the sum of P(N = i), by a loop (few terms) as by an array (many)."""
    size = size_of(mean, shape, dispersion)
    terms = [exp(log_of(mean, size, i)) for i in range(n)]
    assert below(mean, size, n) == pytest.approx(sum(terms), abs=1e-7)
    if n:
        assert np.exp(log_terms(mean, size, n)) == pytest.approx(terms, abs=1e-7)


@given(mean=means, shape=shapes, dispersion=dispersions)
def test_none_of_many_is_none_of_each(mean: float, shape: float, dispersion: float) -> None:
    """P(N = 0) in columns is that of a single row."""
    size = size_of(mean, shape, dispersion)
    (log_p,) = log_none(np.array([mean]), np.array([shape]), np.array([dispersion]))
    assert log_p == pytest.approx(log_of(mean, size, 0), rel=1e-9, abs=1e-12)


@given(mean=st.floats(0.01, 50), shape=shapes, dispersion=dispersions)
def test_mean_and_variance_are_those_asked_for(mean: float, shape: float, dispersion: float) -> None:
    """variance = dispersion * mean + mean^2 / shape, wherever the tail is short enough to be summed."""
    variance = dispersion * mean + mean**2 / shape
    size = size_of(mean, shape, dispersion)
    assert mean + mean**2 / size == pytest.approx(variance, rel=1e-6)


def test_a_sure_rate_without_clumps_is_poisson() -> None:
    """With a shape without end nothing is left but the Poisson distribution."""
    size = size_of(3.0, 1e9, 1.0)
    poisson = sum(exp(-3.0) * 3.0**i / factorial(i) for i in range(5))
    assert below(3.0, size, 5) == pytest.approx(poisson, abs=1e-6)


@given(
    mean=means, more=st.floats(0, 500), shape=shapes, dispersion=dispersions, n=st.integers(0, 3 * AT_ONCE)
)
def test_longer_is_never_fewer(mean: float, more: float, shape: float, dispersion: float, n: int) -> None:
    """P(N < n) falls with the mean, the size following it."""
    few = below(mean, size_of(mean, shape, dispersion), n)
    many = below(mean + more, size_of(mean + more, shape, dispersion), n)
    assert isfinite(few)
    assert 0.0 <= many <= few + 1e-9
