"""How fast articles sell while the shop is open, from what is believed of their demand. Pure.

The demand model tells pieces per mean hour of the week, asleep or awake; all of it is asked for while the shop is
open. rate per open hour = pieces per mean hour × 168 / open hours of a week.
"""

from collections.abc import Mapping
from math import sqrt

from gateway.forecast.demand import DemandModel
from gateway.kpis.days import Calendar, week_later
from gateway.kpis.model import Rate

HOURS_OF_WEEK = 168
NS_PER_HOUR = 3_600 * 1_000_000_000
Z_80 = 1.2816
"""Standard deviations to each side of a range that holds 8 of 10."""


class DemandRates:
    """Implements gateway.kpis.model.Rates."""

    def __init__(self, demand: DemandModel, calendars: Mapping[str, Calendar]) -> None:
        self._demand = demand
        self._calendars = calendars
        self._open_h: dict[str, tuple[int, float]] = {}

    def rate(self, store: str, sku: str, now_ns: int) -> Rate | None:
        """Return an article's rate; None where the shop is closed for a week."""
        open_h = self._open_hours(store, now_ns)
        if open_h <= 0:
            return None
        per_open_h = HOURS_OF_WEEK / open_h
        beliefs = self._demand.stores[store].beliefs(sku, now_ns)
        mean = sum(b.weight * b.shape / b.hours for b in beliefs)
        square = sum(b.weight * (b.shape + 1) * b.shape / b.hours**2 for b in beliefs)
        low, high = _range_80(mean, max(0.0, square - mean**2))
        return Rate(low * per_open_h, mean * per_open_h, high * per_open_h)

    def _open_hours(self, store: str, now_ns: int) -> float:
        """Return the open hours of the week from this day on; looked up once a day."""
        day = now_ns // (24 * NS_PER_HOUR)
        known = self._open_h.get(store)
        if known is None or known[0] != day:
            open_ns = self._calendars[store].open_between(now_ns, week_later(now_ns))
            known = self._open_h[store] = day, open_ns / NS_PER_HOUR
        return known[1]


def _range_80(mean: float, variance: float) -> tuple[float, float]:
    """Return the ends of a gamma distribution's middle 8 of 10 (Wilson and Hilferty's cube root, 1931)."""
    if mean <= 0 or variance <= 0:
        return mean, mean
    shape = mean**2 / variance
    ends = [max(0.0, 1 - 1 / (9 * shape) + sign * Z_80 * sqrt(1 / (9 * shape))) ** 3 for sign in (-1, 1)]
    return mean * ends[0], max(mean, mean * ends[1])
