"""The level tables, written: points, the newest of each series, and rollups. SQL over a connection it is given.

Each commit's points are written by (series, time). The usual point is newer than all others of its
series and only adds to its hour's and day's rollups; one that comes late, or replaces another, has the
hours that it touches computed anew from the raw points.

Beside the series of its zones an article has one for their sum, with the zone TOTAL: it has rollups and
a newest level, and no points of its own, for the minimum of a sum cannot be had from the minima of its parts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from gateway.movements import LevelPoint
from gateway.storage.ports import SeriesKey
from gateway.storage.rollup_rows import Growth, rebuild, rebuild_days
from gateway.storage.rollups import DAY_NS, Point
from gateway.storage.sql import Sql

MAX_REMEMBERED_SERIES = 200_000
"""Series whose id and latest point are kept in memory (about 50 MB); beyond it they are read again."""
TOTAL = ""
"""The zone of the sum over an article's zones; no zone has this name."""
TOO_OLD = "levels_too_old"
"""Counter of points that came when all of their time was let go already, and newer ones were known."""

_INSERT_LEVEL = """INSERT INTO levels VALUES (?, ?, ?)
    ON CONFLICT (series, at_ns) DO UPDATE SET pieces = excluded.pieces"""
_INSERT_LATEST = """INSERT INTO latest VALUES (?, ?, ?)
    ON CONFLICT (series) DO UPDATE SET at_ns = excluded.at_ns, pieces = excluded.pieces"""
_SERIES = """SELECT id, latest.at_ns, latest.pieces FROM series LEFT JOIN latest ON latest.series = id
    WHERE store = ? AND sku = ? AND zone = ?"""
_COUNT = """INSERT INTO counters VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET value = value + excluded.value"""

_Row = tuple[int, int, int]
"""(series, at_ns, pieces)."""


@dataclass(slots=True)
class _Article:
    """What a commit changes of one article. `from_ns`, `to_ns`: hours whose sum must be computed anew."""

    changes: list[tuple[int, int]] = field(default_factory=list)
    """(at_ns, pieces more) of each zone's newest points."""
    from_ns: int | None = None
    to_ns: int | None = 0

    def touch(self, from_ns: int, to_ns: int | None) -> None:
        """Have the sum computed anew from an hour to another; None: to the last there is."""
        self.from_ns = from_ns if self.from_ns is None else min(self.from_ns, from_ns)
        self.to_ns = None if to_ns is None or self.to_ns is None else max(self.to_ns, to_ns)


class LevelWriter:
    """Writes level points. Remembers series and their latest points until told to `forget`."""

    def __init__(self, max_series: int = MAX_REMEMBERED_SERIES) -> None:
        self._max_series = max_series
        self._series: dict[SeriesKey, int] = {}
        self._totals: dict[int, int] = {}
        self._latest: dict[int, Point] = {}
        self._raw_from_ns: int | None = None

    def forget(self) -> None:
        """Drop what is remembered: the transaction that it came from was rolled back, or tables were swept."""
        self._series.clear()
        self._totals.clear()
        self._latest.clear()
        self._raw_from_ns = None

    def write(self, sql: Sql, points: Sequence[LevelPoint]) -> None:
        """Insert the points; of several for one series and time the last holds. ValueError for zone TOTAL."""
        if not points:
            return
        if len(self._series) > self._max_series:
            self.forget()
        raw_from_ns = self._raw_from(sql)
        by_time = {(self._series_of(sql, point), point.at_ns): point.pieces for point in points}
        rows = sorted((series, at_ns, pieces) for (series, at_ns), pieces in by_time.items())
        if raw_from_ns and min(at_ns for _, at_ns, _ in rows) < raw_from_ns:
            rows = _not_too_old(sql, rows, raw_from_ns)
        # the first day that is kept may begin with a change of its own, see rebuild(): nothing simply adds to it
        anew_until_ns = raw_from_ns + DAY_NS if raw_from_ns else 0
        sql.executemany(_INSERT_LEVEL, rows)
        grown, newest = Growth(), dict[int, Point]()
        late: list[tuple[int, int]] = []
        articles: dict[int, _Article] = {}
        for series, at_ns, pieces in rows:
            previous = self._latest.get(series)
            if at_ns < anew_until_ns or (previous is not None and at_ns <= previous[0]):
                late.append((series, at_ns))
                if previous is not None and at_ns < previous[0]:
                    continue
            else:
                grown.add(series, previous, at_ns, pieces)
                change = at_ns, pieces - (previous[1] if previous else 0)
                articles.setdefault(self._totals[series], _Article()).changes.append(change)
            self._latest[series] = newest[series] = (at_ns, pieces)
        _write_latest(sql, newest)
        grown.write(sql)  # before hours are computed anew: those have all points in them
        for series, at_ns in late:
            to_ns = _rebuild_around(sql, series, at_ns, raw_from_ns)
            articles.setdefault(self._totals[series], _Article()).touch(max(at_ns, raw_from_ns), to_ns)
        self._write_totals(sql, articles, raw_from_ns)

    def _write_totals(self, sql: Sql, articles: dict[int, _Article], raw_from_ns: int) -> None:
        """Bring the sums up to date."""
        grown, newest = Growth(), dict[int, Point]()
        for total, article in articles.items():
            latest = self._latest.get(total)
            for at_ns, _ in article.changes:
                if article.from_ns is not None or (latest is not None and at_ns <= latest[0]):
                    article.touch(at_ns, None)
            if article.from_ns is not None:
                latest = _rebuilt_total(sql, total, article.from_ns, article.to_ns, raw_from_ns)
                self._latest[total] = newest[total] = latest
                continue
            for at_ns, more in _by_time(article.changes):
                if more or latest is None:
                    point = at_ns, more + (latest[1] if latest else 0)
                    grown.add(total, latest, *point)
                    self._latest[total] = newest[total] = latest = point
        _write_latest(sql, newest)
        grown.write(sql)

    def _series_of(self, sql: Sql, point: LevelPoint) -> int:
        key = (point.store, point.sku, point.zone)
        series = self._series.get(key)
        if series is None:
            if point.zone == TOTAL:
                raise ValueError(f"a level of {point.sku} in {point.store} names no zone")
            series = self._find(sql, key)
            total = (point.store, point.sku, TOTAL)
            self._totals[series] = self._series.get(total) or self._find(sql, total)
        return series

    def _find(self, sql: Sql, key: SeriesKey) -> int:
        row = sql.execute(_SERIES, key).fetchone()
        if row is None:
            [row] = sql.execute(
                "INSERT INTO series (store, sku, zone) VALUES (?, ?, ?) RETURNING id, NULL, NULL", key
            ).fetchall()
        series, at_ns, pieces = row
        if at_ns is not None:
            self._latest[series] = (at_ns, pieces)
        self._series[key] = series
        return int(series)

    def _raw_from(self, sql: Sql) -> int:
        if self._raw_from_ns is None:
            row = sql.execute("SELECT from_ns FROM kept WHERE name = 'levels'").fetchone()
            self._raw_from_ns = 0 if row is None else int(row[0])
        return self._raw_from_ns


def _by_time(changes: list[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Return (at_ns, pieces more) in order of time, what happens at one time as one."""
    if len(changes) == 1:
        return changes
    sums: dict[int, int] = {}
    for at_ns, more in changes:
        sums[at_ns] = sums.get(at_ns, 0) + more
    return sorted(sums.items())


def _write_latest(sql: Sql, newest: dict[int, Point]) -> None:
    sql.executemany(_INSERT_LATEST, [(series, *point) for series, point in newest.items()])


def _not_too_old(sql: Sql, rows: list[_Row], raw_from_ns: int) -> list[_Row]:
    """Leave out, and count, the points that change nothing from `raw_from_ns` on: a newer one is known before it.

    The others hold from `raw_from_ns` on: what was before is closed.
    """
    kept: list[_Row] = []
    newest_old: dict[int, int] = {}
    for series, at_ns, pieces in reversed(rows):  # the newest of a series first
        if at_ns < raw_from_ns:
            if series not in newest_old:
                [(known_ns,)] = sql.execute(
                    "SELECT max(at_ns) FROM levels WHERE series = ? AND at_ns < ?", (series, raw_from_ns)
                ).fetchall()
                newest_old[series] = at_ns if known_ns is None else max(known_ns, at_ns)
            if at_ns < newest_old[series]:
                continue
        kept.append((series, at_ns, pieces))
    if len(kept) < len(rows):
        sql.execute(_COUNT, (TOO_OLD, len(rows) - len(kept)))
    return kept[::-1]


def _rebuild_around(sql: Sql, series: int, at_ns: int, raw_from_ns: int) -> int | None:
    """Compute the hour of a late point anew, and that of the point after it, into which it carries.

    Return the time of the point after it, None where it is the newest.
    """
    [(next_ns,)] = sql.execute(
        "SELECT min(at_ns) FROM levels WHERE series = ? AND at_ns > ?", (series, max(at_ns, raw_from_ns))
    ).fetchall()
    from_ns = max(at_ns, raw_from_ns)
    rebuild(sql, series, [series], from_ns, from_ns if next_ns is None else next_ns, raw_from_ns)
    return None if next_ns is None else int(next_ns)


def _rebuilt_total(sql: Sql, total: int, from_ns: int, to_ns: int | None, raw_from_ns: int) -> Point:
    """Compute the rows of a sum anew; return its newest level and the time of the newest change of any zone."""
    found = sql.execute(
        """SELECT zones.id, at_ns, pieces FROM series AS sums
        JOIN series AS zones ON (zones.store, zones.sku) = (sums.store, sums.sku) AND zones.id <> sums.id
        JOIN latest ON latest.series = zones.id WHERE sums.id = ?""",
        (total,),
    ).fetchall()
    rebuild(sql, total, [series for series, _, _ in found], from_ns, to_ns, raw_from_ns)
    return max(at_ns for _, at_ns, _ in found), sum(pieces for _, _, pieces in found)


def fill_rollups(sql: Sql) -> None:
    """Make the days of all series, and the sums of all articles, from what is there: a store of version 1."""
    for (series,) in sql.execute("SELECT id FROM series").fetchall():
        row = sql.execute(
            "SELECT min(hour_ns), max(hour_ns) FROM hourly WHERE series = ?", (series,)
        ).fetchone()
        if row[0] is not None:
            rebuild_days(sql, series, row[0], row[1] + 1)
    articles = sql.execute(
        """SELECT store, sku, min(first_ns) FROM
        (SELECT store, sku, (SELECT min(at_ns) FROM levels WHERE series = id) AS first_ns FROM series)
        WHERE first_ns IS NOT NULL GROUP BY store, sku"""
    ).fetchall()
    for store, sku, first_ns in articles:
        [(total,)] = sql.execute(
            "INSERT INTO series (store, sku, zone) VALUES (?, ?, ?) RETURNING id", (store, sku, TOTAL)
        ).fetchall()
        _write_latest(sql, {total: _rebuilt_total(sql, total, first_ns, None, 0)})
