"""A store's local days: where each begins and ends, and how much of it the shop is open. Pure.

A day of 23 or 25 hours is as long as it is. Times and spans are ns; a day is numbered as `date.toordinal`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.opening_hours import NS_PER_S, OpeningHours


@dataclass(frozen=True, slots=True)
class Day:
    """One local day [start, end) of a store, and its open time: spans in order that do not overlap."""

    number: int
    start_ns: int
    end_ns: int
    spans: tuple[tuple[int, int], ...]

    def open_until(self, at_ns: int) -> int:
        """Return how long the shop was open from the start of the day to `at_ns`."""
        return sum(min(end_ns, at_ns) - start_ns for start_ns, end_ns in self.spans if start_ns < at_ns)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of one store. `hours` None: it is taken to be open all day."""

    zone: ZoneInfo
    hours: OpeningHours | None = None

    def day_of(self, at_ns: int) -> Day:
        """Return the local day that holds an instant."""
        return self.day(
            datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(self.zone).date().toordinal()
        )

    def day(self, number: int) -> Day:
        """Return a day by its number."""
        start_ns, end_ns = self._midnight(number), self._midnight(number + 1)
        spans = ((start_ns, end_ns),) if self.hours is None else self.hours.within(start_ns, end_ns)
        return Day(number, start_ns, end_ns, tuple(spans))

    def open_between(self, from_ns: int, to_ns: int) -> int:
        """Return how long the shop is open in [from, to)."""
        if self.hours is None:
            return max(0, to_ns - from_ns)
        return sum(end_ns - start_ns for start_ns, end_ns in self.hours.within(from_ns, to_ns))

    def _midnight(self, number: int) -> int:
        """Return the first instant of a day: where the clocks leap over midnight, as late as it would have been."""
        day = date.fromordinal(number)
        start = datetime(day.year, day.month, day.day, tzinfo=self.zone)
        return int(start.timestamp()) * NS_PER_S


def number_of(day: date) -> int:
    """Return the number of a day."""
    return day.toordinal()


def name_of(number: int) -> str:
    """Return a day as it is written, 2026-11-21."""
    return date.fromordinal(number).isoformat()


def week_later(at_ns: int) -> int:
    """Return the instant a week after another."""
    return at_ns + int(timedelta(days=7).total_seconds()) * NS_PER_S
