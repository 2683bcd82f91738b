"""Questions to what is believed of one article: how much goes, and when nothing is left. Pure.

Time is mean hours of the store (see week.py) from now on. With deliveries the stock has to last from each to
the next: the pieces gone by a delivery are themselves a sale history, so each count is followed on its own.
"""

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from gateway.forecast.negative_binomial import Doubles, below, log_terms, size_of
from gateway.forecast.rates import Belief, Beliefs

MAX_STOCK = 2_000
"""Pieces of one article that are told apart; more of them are as good as these."""
MAX_FOLLOWED = 128
"""Numbers of pieces gone by a delivery that are followed one by one; of larger stocks, in as many groups."""
LEAST_P = 1e-12
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
    return Lasting(beliefs, stock, coming, dispersion).p_gone(hours)


class Lasting:
    """How long a stock lasts, with what is known to come; asked for many times, it follows the deliveries once."""

    def __init__(self, beliefs: Beliefs, stock: int, coming: Coming, dispersion: float) -> None:
        self._beliefs = beliefs
        self._stock = min(stock, MAX_STOCK)
        self._coming = [(at_h, pieces) for at_h, pieces in coming if pieces > 0]
        self._dispersion = dispersion
        self._held = [self._stock]
        self._followed = [[[(0, 1.0)]] for _ in beliefs]
        """Of each belief, after each delivery: (pieces gone, P) of the ways in which there was always one left."""

    def p_gone(self, hours: float) -> float:
        """Return P(nothing is left at some time within `hours`)."""
        if self._stock <= 0:
            return 1.0
        come = sum(1 for at_h, _ in self._coming if at_h < hours)
        if come == 0:
            return 1.0 - p_below(self._beliefs, hours, self._stock, self._dispersion)
        while len(self._held) <= come:
            self._follow()
        from_h, held = self._coming[come - 1][0], self._held[come]
        lasts = 0.0
        for belief, followed in zip(self._beliefs, self._followed, strict=True):
            for gone, p in followed[come]:
                mean, size = _onwards(belief, gone, from_h, hours, self._dispersion)
                lasts += belief.weight * p * below(mean, size, held - gone)
        return min(1.0, max(0.0, 1.0 - lasts))

    def _follow(self) -> None:
        """Follow the pieces gone until the next delivery, which comes before it is too late or never will."""
        number, held = len(self._held) - 1, self._held[-1]
        from_h = self._coming[number - 1][0] if number else 0.0
        to_h, pieces = self._coming[number]
        for belief, followed in zip(self._beliefs, self._followed, strict=True):
            reached = np.zeros(held)
            for gone, p in followed[number]:
                if held > gone:
                    mean, size = _onwards(belief, gone, from_h, to_h, self._dispersion)
                    reached[gone:] += p * np.exp(log_terms(mean, size, held - gone))
            followed.append(_grouped(reached))
        self._held.append(min(held + pieces, MAX_STOCK))


def _grouped(p_of_gone: Doubles) -> list[tuple[int, float]]:
    """Return (pieces gone, P), neighbours taken together where there are too many: as their mean, rounded up."""
    width = -(-len(p_of_gone) // MAX_FOLLOWED)
    if width == 1:
        return [(gone, p) for gone, p in enumerate(p_of_gone.tolist()) if p > LEAST_P]
    groups = [p_of_gone[start : start + width] for start in range(0, len(p_of_gone), width)]
    means = [
        ceil(start * width + float(np.arange(len(g)) @ g) / max(LEAST_P, float(g.sum())))
        for start, g in enumerate(groups)
    ]
    return [(gone, float(g.sum())) for gone, g in zip(means, groups, strict=True) if g.sum() > LEAST_P]


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
