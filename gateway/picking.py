"""When a piece can lie ready for its customer: how long it takes to fetch, within opening hours. Pure."""

from collections.abc import Iterable, Mapping

from gateway.opening_hours import NS_PER_S, OpeningHours

ROUNDED_NS = 300 * NS_PER_S
"""A promise is told to the next five minutes: to the minute, it would be another answer each minute."""


def pick_minutes(
    pieces_by_role: Iterable[tuple[str, int]], minutes_of: Mapping[str, int], pieces: int
) -> int | None:
    """Return how long the slowest of `pieces` takes to fetch, taking the easiest to reach first.

    `pieces_by_role`: (role of the zone, pieces there). A role without minutes cannot be picked from. None
    where there are not as many.
    """
    reachable = sorted((minutes_of[role], n) for role, n in pieces_by_role if role in minutes_of and n > 0)
    for minutes, n in reachable:
        pieces -= n
        if pieces <= 0:
            return minutes
    return None


def ready_by(hours: OpeningHours, minutes: int, now_ns: int) -> int | None:
    """Return by when a pick of so many minutes of open time is done, rounded up; None where the shop stays closed."""
    done_ns = hours.after_open(now_ns, minutes * 60 * NS_PER_S)
    return None if done_ns is None else -(-done_ns // ROUNDED_NS) * ROUNDED_NS
