"""Rows of `hourly` and `daily`, written and computed anew. SQL over a connection that it is given.

A target is a zone's series, whose rollups come from its own points, or an article's sum, which has no
points of its own: its rollups come from those of all its zones.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from gateway.storage.rollups import DAY_NS, HOUR_NS, Bucket, Point, gathered, growth, rolled, start_of
from gateway.storage.sql import Sql, SqlValue
from gateway.storage.steps import settled, summed

END_OF_TIME_NS = 2**63 - 1

_GROW_HOUR = """INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (series, hour_ns) DO UPDATE SET
        minimum = min(minimum, excluded.minimum), maximum = max(maximum, excluded.maximum),
        piece_ns = piece_ns + excluded.piece_ns, last = excluded.last"""
_GROW_DAY = _GROW_HOUR.replace("hourly", "daily").replace("hour_ns", "day_ns")
_CARRIED = "SELECT at_ns, pieces FROM levels WHERE series = ? AND at_ns < ? ORDER BY at_ns DESC LIMIT 1"
_LAST_HOUR = "SELECT last FROM hourly WHERE series = ? AND hour_ns < ? ORDER BY hour_ns DESC LIMIT 1"
_HOURS = """SELECT hour_ns, minimum, maximum, piece_ns, last FROM hourly
    WHERE series = ? AND hour_ns >= ? AND hour_ns < ? ORDER BY hour_ns"""


class Growth:
    """What the points of a commit add to rollups, gathered so that each row is written once."""

    def __init__(self) -> None:
        self._hours: dict[tuple[int, int], Bucket] = {}
        self._days: dict[tuple[int, int], Bucket] = {}

    def add(self, series: int, previous: Point | None, at_ns: int, pieces: int) -> None:
        """Take in a point that is newer than all others of its series; `previous` is the newest of them."""
        for rows, width_ns in ((self._hours, HOUR_NS), (self._days, DAY_NS)):
            step = growth(previous, at_ns, pieces, width_ns)
            row = rows.setdefault((series, start_of(at_ns, width_ns)), step)
            if row is not step:
                row.add(step)

    def write(self, sql: Sql) -> None:
        """Add all of it to the tables."""
        sql.executemany(_GROW_HOUR, [_row(*key, bucket) for key, bucket in self._hours.items()])
        sql.executemany(_GROW_DAY, [_row(*key, bucket) for key, bucket in self._days.items()])


def rebuild(
    sql: Sql, target: int, sources: Sequence[int], from_ns: int, to_ns: int | None, raw_from_ns: int
) -> None:
    """Compute the target's rows from the hour of `from_ns` to that of `to_ns` (None: the last) anew.

    `from_ns` is at or after `raw_from_ns`, from which on all points are kept. Older rows stay as they
    are; so where a level differs at that boundary from what they end with, it changes there.
    """
    begin_ns = start_of(from_ns, HOUR_NS)
    end_ns = END_OF_TIME_NS if to_ns is None else start_of(to_ns, HOUR_NS) + HOUR_NS
    levels = {series: level_before(sql, series, begin_ns) for series in sources}
    carried = sum(levels.values())
    points = summed(levels, changes_within(sql, sources, begin_ns, end_ns))
    if raw_from_ns and begin_ns == raw_from_ns:
        points = chain([(begin_ns, carried)], points)
        carried = _last_of(sql, target, begin_ns)
    _delete(sql, "hourly", "hour_ns", target, begin_ns, end_ns)
    sql.executemany(
        "INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?)",
        [_row(target, start_ns, hour) for start_ns, hour in rolled(carried, settled(points), HOUR_NS)],
    )
    rebuild_days(sql, target, begin_ns, end_ns)


def rebuild_days(sql: Sql, target: int, from_ns: int, to_ns: int) -> None:
    """Compute the target's days that overlap [from, to) anew, from their hours."""
    begin_ns = start_of(from_ns, DAY_NS)
    end_ns = min(start_of(to_ns - 1, DAY_NS) + DAY_NS, END_OF_TIME_NS)
    hours = (
        (start_ns, Bucket(*values)) for start_ns, *values in sql.execute(_HOURS, (target, begin_ns, end_ns))
    )
    days = list(gathered(_last_of(sql, target, begin_ns), hours, HOUR_NS, DAY_NS))
    _delete(sql, "daily", "day_ns", target, begin_ns, end_ns)
    sql.executemany(
        "INSERT INTO daily VALUES (?, ?, ?, ?, ?, ?)", [_row(target, start_ns, day) for start_ns, day in days]
    )


def changes_within(
    sql: Sql, sources: Sequence[int], from_ns: int, to_ns: int
) -> Iterator[tuple[int, int, int]]:
    """Return (at_ns, series, pieces) of all points in [from, to), in order of time."""
    marks = ", ".join("?" * len(sources))
    return iter(
        sql.execute(
            f"SELECT at_ns, series, pieces FROM levels WHERE series IN ({marks})"  # noqa: S608 - only marks
            " AND at_ns >= ? AND at_ns < ? ORDER BY at_ns",
            (*sources, from_ns, to_ns),
        )
    )


def level_before(sql: Sql, series: int, at_ns: int) -> int:
    """Return the level just before an instant from which on all points are kept; 0 before the first."""
    row = sql.execute(_CARRIED, (series, at_ns)).fetchone()
    return 0 if row is None else int(row[1])


def _last_of(sql: Sql, series: int, hour_ns: int) -> int:
    row = sql.execute(_LAST_HOUR, (series, hour_ns)).fetchone()
    return 0 if row is None else int(row[0])


def _delete(sql: Sql, table: str, column: str, series: int, from_ns: int, to_ns: int) -> None:
    sql.execute(
        f"DELETE FROM {table} WHERE series = ? AND {column} >= ? AND {column} < ?",  # noqa: S608 - our names
        (series, from_ns, to_ns),
    )


def _row(series: int, start_ns: int, bucket: Bucket) -> tuple[SqlValue, ...]:
    return series, start_ns, bucket.minimum, bucket.maximum, float(bucket.piece_ns), bucket.last
