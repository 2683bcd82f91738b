"""When a shop is open, by its own wall clock: open or not, and when so much open time has passed. Pure.

Hours are wall-clock minutes of a day; each day is laid onto the world's time by itself, so that a day of 23
or 25 hours is as long as it is. A span that ends at or before its start ends on the next day (a bar's
"18:00-02:00"). Times are ns UTC, spans of time ns.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 24 * 60
MAX_DAYS = 400
"""Days that are looked through for open time: a shop that is closed for longer has no next opening."""
MAX_KEPT_DAYS = 64
NS_PER_S = 1_000_000_000

Span = tuple[int, int]
"""Wall-clock minutes of a day [from, to); to <= from: until so many minutes of the next day."""


def parse_span(text: str) -> Span:
    """Return a span of "09:00-19:30"; "24:00" is the end of the day. Raises ValueError saying what is expected."""
    first, _, last = text.partition("-")
    span = _minutes(first), _minutes(last)
    if span[0] is None or span[1] is None or span[0] == MINUTES_OF_DAY or span[0] == span[1]:
        raise ValueError(f"{text!r} are no hours: write them as 09:00-19:30 (24:00 is the end of the day)")
    return span[0], span[1]


def _minutes(text: str) -> int | None:
    hours, colon, minutes = text.strip().partition(":")
    if not (
        colon
        and len(hours) == len(minutes) == 2
        and (hours + minutes).isascii()
        and (hours + minutes).isdigit()
    ):
        return None
    total = int(hours) * 60 + int(minutes)
    return total if int(minutes) < 60 and total <= MINUTES_OF_DAY else None


@dataclass(slots=True)
class OpeningHours:
    """The hours of one shop. `weekly`: spans of Monday to Sunday; `special`: of single days, instead of those."""

    zone: ZoneInfo
    weekly: tuple[tuple[Span, ...], ...]
    special: Mapping[date, tuple[Span, ...]]
    _days: dict[date, tuple[tuple[int, int], ...]] = field(default_factory=dict)

    def is_open(self, at_ns: int) -> bool:
        """Return whether the shop is open at `at_ns`."""
        return any(start_ns <= at_ns < end_ns for start_ns, end_ns in self._spans(at_ns, days=2))

    def after_open(self, at_ns: int, work_ns: int) -> int | None:
        """Return when the shop has been open for `work_ns` since `at_ns`; None where it never will."""
        left_ns, reached_ns = work_ns, at_ns
        for start_ns, end_ns in self._spans(at_ns, days=MAX_DAYS):
            start_ns = max(start_ns, reached_ns)  # spans may overlap: nobody works twice at once
            if end_ns <= start_ns:
                continue
            if start_ns + left_ns <= end_ns:
                return start_ns + left_ns
            left_ns -= end_ns - start_ns
            reached_ns = end_ns
        return None

    def within(self, from_ns: int, to_ns: int) -> list[tuple[int, int]]:
        """Return the open time in [from, to): spans in order that do not overlap."""
        found: list[tuple[int, int]] = []
        reached_ns = from_ns
        days = (to_ns - from_ns) // (MINUTES_OF_DAY * 60 * NS_PER_S) + 2
        for start_ns, end_ns in self._spans(from_ns, days=days):
            start_ns, end_ns = max(start_ns, reached_ns), min(end_ns, to_ns)
            if start_ns < end_ns:
                found.append((start_ns, end_ns))
                reached_ns = end_ns
        return found

    def _spans(self, at_ns: int, days: int) -> Iterator[tuple[int, int]]:
        """Yield open time in order of its start, from the day before `at_ns` on."""
        today = datetime.fromtimestamp(at_ns // NS_PER_S, UTC).astimezone(self.zone).date()
        for number in range(-1, days):
            yield from self._day(today + timedelta(days=number))

    def _day(self, day: date) -> tuple[tuple[int, int], ...]:
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= MAX_KEPT_DAYS:
                self._days.clear()
            spans = sorted(self.special.get(day, self.weekly[day.weekday()]))
            known = self._days[day] = tuple(self._placed(day, span) for span in spans)
        return known

    def _placed(self, day: date, span: Span) -> tuple[int, int]:
        first, last = span
        return self._at(day, first), self._at(day, last if last > first else last + MINUTES_OF_DAY)

    def _at(self, day: date, minutes: int) -> int:
        """Return the instant of a wall-clock time; one that the clocks leap over is as late as it would have been."""
        day += timedelta(days=minutes // MINUTES_OF_DAY)
        minutes %= MINUTES_OF_DAY
        wall = datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=self.zone)
        return int(wall.timestamp()) * NS_PER_S
