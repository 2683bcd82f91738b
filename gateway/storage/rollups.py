"""Hourly rollups of a level: minimum, maximum and piece-time of each hour that has a change. Pure.

A level is a step function: it keeps its value until the next change, and is 0 before the first.
Only hours with a change have a row; between rows the level is `last` of the row before. A row
covers its whole hour, as if nothing more happened in it, so that a later point only adds to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

HOUR_NS = 3_600 * 1_000_000_000


@dataclass(slots=True)
class Hour:
    """One row, or what a point adds to one. `piece_ns` is the area under the level, pieces x ns."""

    minimum: int
    maximum: int
    piece_ns: int
    last: int

    def add(self, other: "Hour") -> None:
        """Take in what a later point of the same hour changes."""
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.piece_ns += other.piece_ns
        self.last = other.last


def hour_of(at_ns: int) -> int:
    """Return the start of the hour of `at_ns`."""
    return at_ns - at_ns % HOUR_NS


def growth(previous: tuple[int, int] | None, at_ns: int, pieces: int) -> Hour:
    """Return what a point adds to its hour: the whole row where it is the first of its hour.

    `previous` is the newest earlier point of the series as (at_ns, pieces).
    """
    start_ns = hour_of(at_ns)
    rest_ns = start_ns + HOUR_NS - at_ns
    carried = previous[1] if previous else 0
    if previous is not None and previous[0] >= start_ns:
        return Hour(pieces, pieces, (pieces - carried) * rest_ns, pieces)
    area = carried * (at_ns - start_ns) + pieces * rest_ns
    if at_ns == start_ns:
        return Hour(pieces, pieces, area, pieces)
    return Hour(min(carried, pieces), max(carried, pieces), area, pieces)


def whole_hour(carried: tuple[int, int] | None, points: Iterable[tuple[int, int]]) -> Hour | None:
    """Return the row of an hour from all its points in order of time; None without points.

    `carried` is the newest point before the hour.
    """
    row: Hour | None = None
    previous = carried
    for at_ns, pieces in points:
        step = growth(previous, at_ns, pieces)
        if row is None:
            row = step
        else:
            row.add(step)
        previous = (at_ns, pieces)
    return row
