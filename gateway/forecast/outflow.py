"""Questions to what is believed of one article: how much goes, and when nothing is left. Pure.

Time is mean hours of the store (see week.py) from now on. With deliveries the stock has to last from each to
the next: the pieces gone by a delivery are themselves a sale history, so each count is followed on its own.
"""

from collections.abc import Callable, Sequence

import numpy as np

from gateway.forecast.negative_binomial import Doubles, below, log_terms, size_of
from gateway.forecast.rates import Belief, Beliefs

MAX_STOCK = 2_000
"""Pieces of one article that are told apart; more of them are as good as these."""
MAX_SAFETY = 1_000
LEAST_RISK, MOST_RISK = 1e-6, 1.0

Coming = Sequence[tuple[float, int]]
"""(mean hours from now, pieces) of the deliveries, by time."""


def expected(beliefs: Beliefs, hours: float) -> float:
    """Return the mean of the pieces that go within `hours`."""
    return sum(b.weight * b.shape / b.hours for b in beliefs) * max(0.0, hours)


def p_below(beliefs: Beliefs, hours: float, pieces: int, dispersion: float) -> float:
    """Return P(fewer than `pieces` go within `hours`)."""
    total = 0.0
    for belief in beliefs:
        mean = belief.shape / belief.hours * max(0.0, hours)
        total += belief.weight * below(mean, size_of(mean, belief.shape, dispersion), pieces)
    return min(1.0, total)


def least_enough(beliefs: Beliefs, hours: float, risk: float, dispersion: float) -> int:
    """Return the smallest s with P(more than s pieces go within `hours`) <= `risk`."""
    risk = min(MOST_RISK, max(LEAST_RISK, risk))
    low, high = 0, 1
    if 1.0 - p_below(beliefs, hours, 1, dispersion) <= risk:
        return 0
    while high < MAX_SAFETY and 1.0 - p_below(beliefs, hours, high + 1, dispersion) > risk:
        low, high = high, min(MAX_SAFETY, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        if 1.0 - p_below(beliefs, hours, middle + 1, dispersion) > risk:
            low = middle
        else:
            high = middle
    return high


def p_gone(beliefs: Beliefs, stock: int, hours: float, coming: Coming, dispersion: float) -> float:
    """Return P(nothing is left at some time within `hours`)."""
    if stock <= 0:
        return 1.0
    stock = min(stock, MAX_STOCK)
    before = [(at_h, pieces) for at_h, pieces in coming if at_h < hours and pieces > 0]
    if not before:
        return 1.0 - p_below(beliefs, hours, stock, dispersion)
    lasts = sum(b.weight * _p_lasts(b, stock, hours, before, dispersion) for b in beliefs)
    return min(1.0, max(0.0, 1.0 - lasts))


def _p_lasts(belief: Belief, stock: int, hours: float, coming: Coming, dispersion: float) -> float:
    """Return P(something is left all the time), each delivery coming in before it is too late."""
    p_by_gone = np.ones(1)
    at_h, held = 0.0, stock
    for next_h, pieces in coming:
        p_by_gone = _followed(belief, p_by_gone, held, at_h, next_h, dispersion)
        at_h, held = next_h, min(held + pieces, MAX_STOCK)
    total = 0.0
    for gone, p in enumerate(p_by_gone.tolist()):
        if p > 0.0:
            mean, size = _onwards(belief, gone, at_h, hours, dispersion)
            total += p * below(mean, size, held - gone)
    return total


def _followed(
    belief: Belief, p_by_gone: Doubles, held: int, from_h: float, to_h: float, dispersion: float
) -> Doubles:
    """Return P(so many are gone at `to_h`, and never all that were held), from the same at `from_h`."""
    reached = np.zeros(held)
    for gone, p in enumerate(p_by_gone.tolist()):
        if p > 0.0 and held > gone:
            mean, size = _onwards(belief, gone, from_h, to_h, dispersion)
            reached[gone:] += p * np.exp(log_terms(mean, size, held - gone))
    return reached


def _onwards(belief: Belief, gone: int, from_h: float, to_h: float, dispersion: float) -> tuple[float, float]:
    """Return (mean, size) of what goes between two times, `gone` pieces having gone until the first."""
    shape = belief.shape + gone / dispersion
    mean = shape / (belief.hours + from_h / dispersion) * max(0.0, to_h - from_h)
    return mean, size_of(mean, shape, dispersion)


def first_hour(p_by: Callable[[float], float], share: float, ends_h: Doubles) -> float | None:
    """Return the first time at which `p_by` reaches `share`; None where it is past the last of `ends_h`.

    `ends_h`: ascending times at which hours of the world end; between them it is found by halving.
    """
    if p_by(float(ends_h[-1])) < share:
        return None
    low, high = -1, len(ends_h) - 1
    while high - low > 1:
        middle = (low + high) // 2
        if p_by(float(ends_h[middle])) >= share:
            high = middle
        else:
            low = middle
    early, late = 0.0 if low < 0 else float(ends_h[low]), float(ends_h[high])
    for _ in range(HALVINGS):
        between = (early + late) / 2
        early, late = (early, between) if p_by(between) >= share else (between, late)
    return late


HALVINGS = 4
"""An hour is told to four minutes: no forecast of sales is truer."""
