"""How sure a number is: the distribution of pieces from the belief of each, exact. Pure.

Pieces that may be missing are independent (Poisson-binomial). Sales that no departure has paid yet
say that at least so many are missing, each as surely as its scan is believed: the distribution is
conditioned on that, so a piece that is sold and falls silent counts once.
"""

from collections.abc import Sequence
from math import ceil, sqrt

import numpy as np
from numpy.typing import NDArray

from gateway.ports.inventory import Belief

Doubles = NDArray[np.float64]
MOST_MISSING, FAR_SIGMAS = 96, 8.0
"""Missing pieces that are told apart: so many, or up to so far above those that are likely to miss."""
MOST_TOLD = 1_000
"""P(N >= n) is kept for n up to this: a cash-and-carry asks for hundreds. Beyond it 0 is told, never too much."""
LEAST_DOUBT = 1e-7
TAIL = 0.05


def missing(p_present: Sequence[float]) -> Doubles:
    """Return P(k pieces are missing) for k = 0 … of pieces that are each here with `p_present`."""
    chances = np.clip(1.0 - np.array(p_present, np.float64), LEAST_DOUBT, 1.0)
    far = chances.sum() + FAR_SIGMAS * sqrt((chances * (1 - chances)).sum())
    pmf = np.zeros(min(len(p_present), max(MOST_MISSING, ceil(far))) + 1)
    pmf[0] = 1.0
    for gone in chances.tolist():
        pmf[1:] = pmf[1:] * (1 - gone) + pmf[:-1] * gone
        pmf[0] *= 1 - gone
    total = pmf.sum()
    return pmf / total if total > 0 else pmf


def at_least_missing(pmf: Doubles, sales: Sequence[float]) -> Doubles:
    """Return the same, knowing of sales that are not paid; `sales`: P(each was of a piece of these)."""
    owed = np.ones(1)
    for p in sales:
        owed = np.convolve(owed, [1 - p, p])
    result = np.zeros_like(pmf)
    for pieces, p in enumerate(owed):
        least = min(pieces, len(pmf) - 1)
        tail = pmf[least:].sum()
        if tail > 0:
            result[least:] += p * pmf[least:] / tail
        else:
            result[least] += p
    return result


def belief(p_present: Sequence[float], sales: Sequence[float], sure: int = 0) -> Belief:
    """Return the belief in a level: `sure` pieces, those of `p_present`, less the sales not yet paid."""
    pieces = sure + len(p_present)
    sure_gone = min(len([p for p in sales if p > 0]), pieces)
    pmf = missing([*p_present, *[1.0] * min(sure, sure_gone)])
    pmf = at_least_missing(pmf, sales)
    return of_distribution(pieces - np.arange(len(pmf)), pmf)


def of_distribution(counts: NDArray[np.intp], p: Doubles) -> Belief:
    """Return the belief of a distribution over piece counts (in any order)."""
    counts = np.maximum(counts, 0)
    by_count = np.bincount(counts, p)
    tails = by_count[::-1].cumsum()[::-1]
    cumulative = by_count.cumsum()
    low = int(np.searchsorted(cumulative, TAIL))
    high = int(np.searchsorted(cumulative, 1 - TAIL - 1e-12))
    least = tuple(float(min(x, 1.0)) for x in tails[1 : MOST_TOLD + 1])
    expected = float((np.arange(len(by_count)) * by_count).sum())
    return Belief(expected, least, (low, min(high, len(by_count) - 1)))
