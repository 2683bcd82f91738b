"""What a forecast of demand is held against: run rates and Croston's method, each with a spread of its own. Pure.

Each gives a mean for a window ahead; the spread around it (a floor below the mean, a dispersion, a shape) is
tuned on what was really asked for in the weeks before, the sold-out included: more than a shop could know.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from math import lgamma

import numpy as np
from numpy.typing import NDArray

from tests.support.demand_shop import ShopDemand, local_places, true_week

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
FLOORS = (0.001, 0.003, 0.01, 0.03, 0.1)
"""Least pieces a day."""
DISPERSIONS = (1.0, 1.5, 2.5, 5.0)
SHAPES = (0.3, 1.0, 3.0, 100.0)
ALPHAS = (0.03, 0.1, 0.2)
DAY_H, WEEK_H = 24, 168

_lgamma = np.vectorize(lgamma, otypes=[float])


class History:
    """What a shop could know at each hour, and how long each window ahead is in mean hours."""

    def __init__(self, shop: ShopDemand) -> None:
        hours = len(shop.sold)
        weights = true_week()[local_places(hours)]
        none = np.zeros((1, shop.sold.shape[1]))
        self.sold = np.concatenate((none, np.cumsum(shop.sold, 0)))
        self.asked = np.concatenate((none, np.cumsum(shop.asked, 0)))
        self.exposed = np.concatenate((none, np.cumsum((shop.stock > 0) * weights[:, None], 0)))
        self.passed = np.concatenate(([0.0], np.cumsum(weights)))
        self.daily = shop.sold.reshape(-1, DAY_H, shop.sold.shape[1]).sum(1)

    def ahead(self, hour: int, window_h: int) -> float:
        """Return the mean hours of a window from `hour` on."""
        return float(self.passed[hour + window_h] - self.passed[hour])

    def truth(self, hour: int, window_h: int) -> Counts:
        """Return the pieces that were asked for in a window."""
        return (self.asked[hour + window_h] - self.asked[hour]).astype(np.int64)


Means = Callable[[History, int, int], Floats]
"""(history, hour, window_h) ─▶ pieces expected of each article in the window from `hour` on."""


def last_day(history: History, hour: int, window_h: int) -> Floats:
    """As much as in the last 24 hours, per hour."""
    return (history.sold[hour] - history.sold[hour - DAY_H]) * (window_h / DAY_H)


def last_week(history: History, hour: int, window_h: int) -> Floats:
    """The mean of 7 days, spread by the true profile of the week."""
    passed = history.passed[hour] - history.passed[hour - WEEK_H]
    return (history.sold[hour] - history.sold[hour - WEEK_H]) / passed * history.ahead(hour, window_h)


def last_week_available(history: History, hour: int, window_h: int) -> Floats:
    """As `last_week`, over the time in which the article was there; at least a day of it."""
    exposed = np.maximum(history.exposed[hour] - history.exposed[hour - WEEK_H], DAY_H)
    return (history.sold[hour] - history.sold[hour - WEEK_H]) / exposed * history.ahead(hour, window_h)


def croston_sba(alpha: float) -> Means:
    """Return Croston's method over days with the correction of Syntetos and Boylan (2005), spread by the profile."""
    known: dict[int, Floats] = {}

    def means(history: History, hour: int, window_h: int) -> Floats:
        if id(history) not in known:
            known[id(history)] = _croston_days(history.daily, alpha)
        return known[id(history)][hour // DAY_H] / DAY_H * history.ahead(hour, window_h)

    return means


def _croston_days(daily: Counts, alpha: float) -> Floats:
    """Return the pieces per day that are expected before each day, shape (days, articles)."""
    days, articles = daily.shape
    size, gap, since = np.zeros(articles), np.zeros(articles), np.ones(articles)
    rates = np.zeros((days + 1, articles))
    for day in range(days):
        rates[day] = np.where(gap > 0, (1 - alpha / 2) * size / np.maximum(gap, 1e-9), 0.0)
        sold, is_first = daily[day] > 0, gap == 0
        size = np.where(sold, np.where(is_first, daily[day], size + alpha * (daily[day] - size)), size)
        gap = np.where(sold, np.where(is_first, since, gap + alpha * (since - gap)), gap)
        since = np.where(sold, 1.0, since + 1.0)
    rates[days] = rates[days - 1]
    return rates


@dataclass(frozen=True, slots=True)
class Spread:
    """What makes probabilities of means: variance = dispersion * mean + mean^2 / shape."""

    floor: float
    dispersion: float
    shape: float

    def terms(self, means: Floats, window_h: int) -> tuple[Floats, Floats]:
        """Return (means, sizes) of negative binomials."""
        means = np.maximum(means, self.floor * window_h / DAY_H)
        return means, means / (self.dispersion - 1.0 + means / self.shape)


def log_losses(means: Floats, sizes: Floats, counts: Counts) -> Floats:
    """Return -ln P(N = count) of each."""
    logs = _lgamma(counts + sizes) - _lgamma(sizes) - _lgamma(counts + 1.0)
    logs += counts * np.log(means / (means + sizes)) - sizes * np.log1p(means / sizes)
    return np.asarray(-logs)


def p_at_least(means: Floats, sizes: Floats, counts: Counts) -> Floats:
    """Return P(N >= count) of each."""
    term = np.exp(-sizes * np.log1p(means / sizes))
    below = np.where(counts > 0, term, 0.0)
    for i in range(int(counts.max(initial=1)) - 1):
        term = term * (i + sizes) / (i + 1) * means / (means + sizes)
        below += np.where(counts > i + 1, term, 0.0)
    return np.clip(1.0 - below, 0.0, 1.0)


def spreads() -> Iterator[Spread]:
    """Yield all spreads that are tried."""
    for floor, dispersion, shape in product(FLOORS, DISPERSIONS, SHAPES):
        yield Spread(floor, dispersion, shape)


def tuned(means: Means, history: History, hours: list[int], window_h: int) -> Spread:
    """Return the spread with the least log-loss over some hours."""
    found = np.concatenate([means(history, hour, window_h) for hour in hours])
    counts = np.concatenate([history.truth(hour, window_h) for hour in hours])
    return min(spreads(), key=lambda s: float(log_losses(*s.terms(found, window_h), counts).mean()))
