"""Rollups of a level: minimum, maximum and piece-time of each hour, or day, that has a change. Pure.

A level is a step function: it keeps its value until the next change, and is 0 before the first.
Only buckets with a change have a row; between rows the level is `last` of the row before. A row
covers its whole bucket, as if nothing more happened in it, so that a later point only adds to it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

HOUR_NS = 3_600 * 1_000_000_000
DAY_NS = 24 * HOUR_NS
"""Days are those of UTC: a shop's own would be 23 or 25 hours long twice a year."""
BEFORE_ALL_NS = -(2**63)

Point = tuple[int, int]
"""(at_ns, pieces)."""


@dataclass(slots=True)
class Bucket:
    """One row, or what a point adds to one. `piece_ns` is the area under the level, pieces x ns."""

    minimum: int
    maximum: int
    piece_ns: float
    last: int

    def add(self, other: "Bucket") -> None:
        """Take in what a later point of the same bucket changes."""
        self.minimum = min(self.minimum, other.minimum)
        self.maximum = max(self.maximum, other.maximum)
        self.piece_ns += other.piece_ns
        self.last = other.last


def start_of(at_ns: int, width_ns: int) -> int:
    """Return the start of the bucket of `at_ns`."""
    return at_ns - at_ns % width_ns


def growth(previous: Point | None, at_ns: int, pieces: int, width_ns: int) -> Bucket:
    """Return what a point adds to its bucket: the whole row where it is the first in it.

    `previous` is the newest earlier point of the series.
    """
    start_ns = start_of(at_ns, width_ns)
    rest_ns = start_ns + width_ns - at_ns
    carried = previous[1] if previous else 0
    if previous is not None and previous[0] >= start_ns:
        return Bucket(pieces, pieces, (pieces - carried) * rest_ns, pieces)
    area = carried * (at_ns - start_ns) + pieces * rest_ns
    if at_ns == start_ns:
        return Bucket(pieces, pieces, area, pieces)
    return Bucket(min(carried, pieces), max(carried, pieces), area, pieces)


def rolled(carried: int, points: Iterable[Point], width_ns: int) -> Iterator[tuple[int, Bucket]]:
    """Yield (start, row) of each bucket with a point; `points` in order, one for each time.

    `carried` is the level before the first of them.
    """
    previous = (BEFORE_ALL_NS, carried)
    for start_ns, inside in groupby(points, lambda point: start_of(point[0], width_ns)):
        row: Bucket | None = None
        for at_ns, pieces in inside:
            step = growth(previous, at_ns, pieces, width_ns)
            if row is None:
                row = step
            else:
                row.add(step)
            previous = (at_ns, pieces)
        if row is not None:
            yield start_ns, row


def gathered(
    carried: int, rows: Iterable[tuple[int, Bucket]], narrow_ns: int, wide_ns: int
) -> Iterator[tuple[int, Bucket]]:
    """Yield (start, row) of wide buckets from the narrow ones in them, given in order.

    `carried` is the level before the first of them; `wide_ns` is a multiple of `narrow_ns`.
    """
    for start_ns, inside in groupby(rows, lambda row: start_of(row[0], wide_ns)):
        wide: Bucket | None = None
        at_ns = start_ns
        for narrow_start_ns, narrow in inside:
            if narrow_start_ns > at_ns:
                wide = _with(wide, Bucket(carried, carried, carried * (narrow_start_ns - at_ns), carried))
            wide = _with(wide, narrow)
            at_ns, carried = narrow_start_ns + narrow_ns, narrow.last
        rest_ns = start_ns + wide_ns - at_ns
        yield start_ns, _with(wide, Bucket(carried, carried, carried * rest_ns, carried))


def _with(row: Bucket | None, more: Bucket) -> Bucket:
    if row is None:
        return Bucket(more.minimum, more.maximum, more.piece_ns, more.last)
    row.add(more)
    return row
