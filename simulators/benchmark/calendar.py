"""When the benchmark's shop is open, and how busy it is then. Pure.

The clock runs on without a jump: a day is the open hours and the family's night, which is short in most, so that the
shop's fourth day begins some 37 hours after its first. Time of day means: time since this day's opening.
"""

from datetime import UTC, datetime

from simulators.agenda import NS_PER_S
from simulators.benchmark.families import Family

START_NS = int(datetime(2026, 3, 5, 8, tzinfo=UTC).timestamp()) * NS_PER_S
"""A Thursday, nine o'clock in Paris: four days see the quiet and the busy half of a week."""
START_WEEKDAY = 3
HOUR_NS = 3_600 * NS_PER_S


class Calendar:
    """Opening hours and rush of one family."""

    def __init__(self, family: Family) -> None:
        self.open_ns = round(family.open_h * HOUR_NS)
        self.day_ns = self.open_ns + round(family.night_h * HOUR_NS)
        self._hours = _to_mean_1(family.hour_profile)
        self._week = _to_mean_1(family.week_profile)
        self.most = max(self._hours) * max(self._week)

    def day_of(self, at_ns: int) -> int:
        """Return the number of the day, the first being 0."""
        return (at_ns - START_NS) // self.day_ns

    def opening_ns(self, day: int) -> int:
        """Return when a day begins."""
        return START_NS + day * self.day_ns

    def is_open(self, at_ns: int) -> bool:
        """Return whether customers may come in."""
        return (at_ns - START_NS) % self.day_ns < self.open_ns

    def rush(self, at_ns: int) -> float:
        """Return how busy it is against the mean of all open hours of a week; 0 at night."""
        into_ns = (at_ns - START_NS) % self.day_ns
        if into_ns >= self.open_ns:
            return 0.0
        hour = self._hours[into_ns * len(self._hours) // self.open_ns]
        return hour * self._week[(START_WEEKDAY + self.day_of(at_ns)) % len(self._week)]


def _to_mean_1(profile: tuple[float, ...]) -> tuple[float, ...]:
    mean = sum(profile) / len(profile)
    return tuple(value / mean for value in profile)
