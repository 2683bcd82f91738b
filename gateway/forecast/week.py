"""When in the week a store sells: 168 hours of its own clock, learned over all its articles. Pure.

Hours of the world are numbered since 1970, UTC; each lies in one hour of the local week, so that a day of 23
hours leaves one out and a day of 25 has one twice. A weight of 1 is the mean hour of a week.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from gateway.forecast.negative_binomial import Doubles
from gateway.opening_hours import OpeningHours

HOURS_OF_WEEK, HOURS_OF_DAY = 168, 24
NS_PER_HOUR = 3_600 * 1_000_000_000
HORIZON_H = 8 * HOURS_OF_WEEK
"""Hours that are looked ahead: past eight weeks a forecast is no more than a mean."""
AHEAD_H = HORIZON_H + 2 * HOURS_OF_WEEK
VISITS = 10.0
"""Weeks over which an hour of the week is forgotten: seasons change by months."""
SURE_PIECES = 15.0
"""Pieces that what is known already weighs against what is seen: of the hours of a day, of days, of single hours."""
LEAST_WEIGHT = 0.002
"""Of a mean hour: somebody may always buy."""
CLOSED = 0.01
"""Of an open hour, before anything is learned: staff sell late, and hours are not kept to the minute."""
DEFAULT_OPEN = tuple(range(9, 20))
"""Hours that a shop without hours of its own in the site file is taken to sell in at first, but on Sundays."""
SUNDAY = 0.3


class LocalWeek:
    """In which hour of the local week each hour lies."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._first = 0
        self._places: NDArray[np.intp] = np.zeros(0, np.intp)

    def place(self, hour: int) -> int:
        """Return the hour of the week, 0 (Monday from midnight on) to 167, in which the middle of an hour lies."""
        local = datetime.fromtimestamp(hour * 3_600 + 1_800, UTC).astimezone(self._zone)
        return local.weekday() * HOURS_OF_DAY + local.hour

    def ahead(self, hour: int) -> NDArray[np.intp]:
        """Return the places of `hour` and those after it, shape (HORIZON_H,)."""
        start = hour - self._first
        if not 0 <= start <= len(self._places) - HORIZON_H:
            self._first, start = hour, 0
            self._places = np.array([self.place(hour + i) for i in range(AHEAD_H)], np.intp)
        return self._places[start : start + HORIZON_H]


class WeekProfile:
    """The weights of the hours of the week, and what they were learned from."""

    def __init__(self, prior: Doubles) -> None:
        """`prior`: what is known of the week before anything is sold, shape (168,); a mean of 1."""
        self._prior = prior
        self.sold = np.zeros(HOURS_OF_WEEK)
        self.lived = np.zeros(HOURS_OF_WEEK)
        self.weights = prior.copy()

    def add(self, place: int, pieces: float) -> None:
        """Take in pieces that were sold in an hour of the week that is noted elsewhere as lived."""
        self.sold[place] += pieces

    def live(self, place: int, pieces: float) -> None:
        """Take in a whole hour with all that was sold in it."""
        keep = 1.0 - 1.0 / VISITS
        self.sold[place] = self.sold[place] * keep + pieces
        self.lived[place] = self.lived[place] * keep + 1.0
        self.settle()

    def settle(self) -> None:
        """Have the weights follow from what was learned: hours of the day first, then days, then single hours."""
        if not self.sold.any():
            self.weights = self._prior.copy()
            return
        shape = (7, HOURS_OF_DAY)
        sold, weights = self.sold.reshape(shape), self._prior.reshape(shape)
        lived = self.lived.reshape(shape)
        mean = self.sold.sum() / max(float((self.lived * self._prior).sum()), LEAST_WEIGHT)
        for axis in (0, 1, None):
            due = lived * weights * mean
            seen = sold if axis is None else sold.sum(axis, keepdims=True)
            asked = due if axis is None else due.sum(axis, keepdims=True)
            weights = weights * (seen + SURE_PIECES) / (asked + SURE_PIECES)
        flat = np.maximum(weights.reshape(-1) / weights.mean(), LEAST_WEIGHT)
        self.weights = flat / flat.mean()


def prior_week(hours: OpeningHours | None) -> Doubles:
    """Return the weights of a week of which nothing was learned: open hours alike, others next to nothing."""
    open_share = np.zeros(HOURS_OF_WEEK)
    if hours is None:
        for day in range(7):
            for hour in DEFAULT_OPEN:
                open_share[day * HOURS_OF_DAY + hour] = SUNDAY if day == 6 else 1.0
    else:
        for day, spans in enumerate(hours.weekly):
            for first, last in spans:
                for minute in range(first, last if last > first else last + 1_440, 5):
                    open_share[(day * 1_440 + minute) // 60 % HOURS_OF_WEEK] += 5 / 60
    weights = np.minimum(1.0, open_share) + CLOSED
    return np.asarray(weights / weights.mean(), np.float64)
