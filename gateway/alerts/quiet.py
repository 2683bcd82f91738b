"""When people may be disturbed: a store's opening hours, and when its digests are told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gateway.opening_hours import OpeningHours

DAY_NS = 86_400 * 1_000_000_000
AHEAD_NS = 8 * DAY_NS
"""Looked through for the next opening: a week and the day that the clocks change."""


@dataclass(frozen=True, slots=True)
class DisturbingHours:
    """The hours of all stores. `digest_minute`: of the day, for stores that have no hours or never close.

    `hours` lacks stores without hours: those are never quiet. `is_quiet_when_closed` False: nor are others.
    """

    zones: Mapping[str, ZoneInfo]
    hours: Mapping[str, OpeningHours]
    digest_minute: int
    is_quiet_when_closed: bool = True

    def quiet_until(self, store: str, at_ns: int) -> int | None:
        """Return when a store that is quiet at a time opens again; None: it is not quiet."""
        hours = self.hours.get(store) if self.is_quiet_when_closed else None
        if hours is None or hours.is_open(at_ns):
            return None
        opened_ns = hours.after_open(at_ns, 1)
        return at_ns + DAY_NS if opened_ns is None else opened_ns - 1

    def next_digest(self, store: str, after_ns: int) -> int:
        """Return when a store opens next, after a time; where it has no hours, its time of the day."""
        hours = self.hours.get(store)
        found = None if hours is None else _opening(hours, after_ns)
        if found is None:
            minute = self.digest_minute
            daily = ((minute, minute + 1),)
            found = _opening(OpeningHours(self.zones[store], (daily,) * 7, {}), after_ns)
        return after_ns + DAY_NS if found is None else found


def _opening(hours: OpeningHours, after_ns: int) -> int | None:
    """Return when a shop that was closed opens, after a time; None: not within AHEAD_NS."""
    closed_from_ns = None
    for start_ns, end_ns in hours.within(after_ns, after_ns + AHEAD_NS):
        if start_ns > after_ns and start_ns != closed_from_ns:
            return start_ns
        closed_from_ns = end_ns
    return None
