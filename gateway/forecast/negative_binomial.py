"""Sums of the negative binomial distribution, by its mean and its size. Pure.

Variance = mean + mean^2 / size. Where the rate is Gamma distributed and pieces go in clumps, the size follows
from both: see `size_of`.
"""

from math import exp, lgamma, log, log1p

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LEAST_MEAN = 1e-12
"""Pieces: what is expected of no time at all."""
AT_ONCE = 24
"""Terms up to which a loop over numbers is quicker than an array."""


def size_of(mean: float, shape: float, dispersion: float) -> float:
    """Return the size for `mean` pieces at a Gamma rate of `shape`, of which `dispersion` is variance / mean.

    With no clumps (1.0) it is the shape: Gamma-Poisson. It grows with the mean, so that longer is never fewer.
    """
    mean = max(mean, LEAST_MEAN)
    return mean / (dispersion - 1.0 + mean / shape)


def below(mean: float, size: float, n: int) -> float:
    """Return P(N < n)."""
    if n <= 0:
        return 0.0
    mean = max(mean, LEAST_MEAN)
    odds = mean / (mean + size)
    if n > AT_ONCE:
        return min(1.0, float(np.exp(log_terms(mean, size, n)).sum()))
    term = exp(-size * log1p(mean / size))
    total = term
    for i in range(n - 1):
        term *= (i + size) / (i + 1) * odds
        total += term
    return min(1.0, total)


def log_terms(mean: float, size: float, n: int) -> Doubles:
    """Return ln P(N = 0 … n - 1), shape (n,)."""
    mean = max(mean, LEAST_MEAN)
    i = np.arange(n - 1, dtype=np.float64)
    steps = np.log((i + size) / (i + 1.0)) + log(mean / (mean + size))
    return np.concatenate(([0.0], np.cumsum(steps))) - size * log1p(mean / size)


def log_of(mean: float, size: float, n: int) -> float:
    """Return ln P(N = n)."""
    mean = max(mean, LEAST_MEAN)
    none = -size * log1p(mean / size)
    if n == 0:
        return none
    return none + lgamma(n + size) - lgamma(size) - lgamma(n + 1) + n * log(mean / (mean + size))


def log_none(mean: Doubles, shape: Doubles, dispersion: Doubles) -> Doubles:
    """Return ln P(N = 0) of many, at sizes as of `size_of`."""
    mean = np.maximum(mean, LEAST_MEAN)
    size = mean / (dispersion - 1.0 + mean / shape)
    logs: NDArray[np.float64] = -size * np.log1p(mean / size)
    return logs
