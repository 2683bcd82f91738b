"""The level tables: points in, latest, history and as-of out. SQL over a connection that it is given.

Each commit's points are written by (series, time). The usual point is newer than all others of its
series and only adds to its hour's rollup; one that comes late, or replaces another, has the hours
that it touches computed anew from the raw points.
"""

from collections.abc import Collection, Iterator, Sequence

from gateway.movements import LevelPoint
from gateway.storage.ports import HistoryStep, SeriesKey
from gateway.storage.rollups import HOUR_NS, Hour, growth, hour_of, whole_hour
from gateway.storage.sql import Sql
from gateway.storage.steps import Segment, Window, fold, segments, summed

MAX_REMEMBERED_SERIES = 200_000
"""Series whose id and latest point are kept in memory (about 50 MB); beyond it they are read again."""

_INSERT_LEVEL = """INSERT INTO levels VALUES (?, ?, ?)
    ON CONFLICT (series, at_ns) DO UPDATE SET pieces = excluded.pieces"""
_INSERT_LATEST = """INSERT INTO latest VALUES (?, ?, ?)
    ON CONFLICT (series) DO UPDATE SET at_ns = excluded.at_ns, pieces = excluded.pieces"""
_GROW_HOUR = """INSERT INTO hourly VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (series, hour_ns) DO UPDATE SET
        minimum = min(minimum, excluded.minimum), maximum = max(maximum, excluded.maximum),
        piece_ns = piece_ns + excluded.piece_ns, last = excluded.last"""
_REPLACE_HOUR = "INSERT OR REPLACE INTO hourly VALUES (?, ?, ?, ?, ?, ?)"
_LATEST_OF = """SELECT at_ns, pieces FROM latest JOIN series ON id = latest.series
    WHERE store = ? AND sku = ? AND zone = ?"""
_CARRIED = "SELECT at_ns, pieces FROM levels WHERE series = ? AND at_ns < ? ORDER BY at_ns DESC LIMIT 1"


class LevelWriter:
    """Writes level points. Remembers series and their latest points until told to `forget`."""

    def __init__(self, max_series: int = MAX_REMEMBERED_SERIES) -> None:
        self._max_series = max_series
        self._series: dict[tuple[str, str, str], int] = {}
        self._latest: dict[int, tuple[int, int]] = {}

    def forget(self) -> None:
        """Drop what is remembered: the transaction that it came from was rolled back."""
        self._series.clear()
        self._latest.clear()

    def write(self, sql: Sql, points: Sequence[LevelPoint]) -> None:
        """Insert the points; of several for one series and time the last holds."""
        if not points:
            return
        if len(self._series) > self._max_series:
            self.forget()
        by_time = {(self._series_of(sql, point), point.at_ns): point.pieces for point in points}
        rows = sorted((series, at_ns, pieces) for (series, at_ns), pieces in by_time.items())
        sql.executemany(_INSERT_LEVEL, rows)
        grown: dict[tuple[int, int], Hour] = {}
        newest: dict[int, tuple[int, int]] = {}
        late: list[tuple[int, int]] = []
        for series, at_ns, pieces in rows:
            previous = self._latest.get(series)
            if previous is not None and at_ns <= previous[0]:
                late.append((series, at_ns))
                if at_ns < previous[0]:
                    continue
            else:
                step = growth(previous, at_ns, pieces)
                hour = grown.setdefault((series, hour_of(at_ns)), step)
                if hour is not step:
                    hour.add(step)
            self._latest[series] = newest[series] = (at_ns, pieces)
        sql.executemany(_INSERT_LATEST, [(series, *point) for series, point in newest.items()])
        sql.executemany(_GROW_HOUR, [_hour_row(*key, hour) for key, hour in grown.items()])
        _recompute_hours(sql, late)

    def _series_of(self, sql: Sql, point: LevelPoint) -> int:
        key = (point.store, point.sku, point.zone)
        known = self._series.get(key)
        if known is not None:
            return known
        row = sql.execute(
            """SELECT id, latest.at_ns, latest.pieces FROM series LEFT JOIN latest ON latest.series = id
            WHERE store = ? AND sku = ? AND zone = ?""",
            key,
        ).fetchone()
        if row is None:
            [row] = sql.execute(
                "INSERT INTO series (store, sku, zone) VALUES (?, ?, ?) RETURNING id, NULL, NULL", key
            ).fetchall()
        series, at_ns, pieces = row
        if at_ns is not None:
            self._latest[series] = (at_ns, pieces)
        self._series[key] = series
        return int(series)


def _hour_row(series: int, hour_ns: int, hour: Hour) -> tuple[int, int, int, int, float, int]:
    return series, hour_ns, hour.minimum, hour.maximum, float(hour.piece_ns), hour.last


def _recompute_hours(sql: Sql, late: Sequence[tuple[int, int]]) -> None:
    """Compute anew the hour of each late point, and that of the point after it, into which it carries."""
    touched: set[tuple[int, int]] = set()
    for series, at_ns in late:
        touched.add((series, hour_of(at_ns)))
        [(next_ns,)] = sql.execute(
            "SELECT min(at_ns) FROM levels WHERE series = ? AND at_ns > ?", (series, at_ns)
        ).fetchall()
        if next_ns is not None:
            touched.add((series, hour_of(next_ns)))
    for series, hour_ns in touched:
        carried = sql.execute(_CARRIED, (series, hour_ns)).fetchall()
        points = sql.execute(
            "SELECT at_ns, pieces FROM levels WHERE series = ? AND at_ns >= ? AND at_ns < ? ORDER BY at_ns",
            (series, hour_ns, hour_ns + HOUR_NS),
        )
        hour = whole_hour(carried[0] if carried else None, points)
        if hour is not None:
            sql.execute(_REPLACE_HOUR, _hour_row(series, hour_ns, hour))


def latest_levels(sql: Sql) -> list[LevelPoint]:
    """Return the latest point of every series."""
    rows = sql.execute("SELECT store, sku, zone, at_ns, pieces FROM latest JOIN series ON id = latest.series")
    return [LevelPoint(*row) for row in rows]


def latest_many(sql: Sql, keys: Collection[SeriesKey]) -> list[LevelPoint]:
    """Return the latest point of each of these series; unknown ones are left out."""
    found: list[LevelPoint] = []
    for key in set(keys):
        row = sql.execute(_LATEST_OF, key).fetchone()
        if row is not None:
            found.append(LevelPoint(*key, *row))
    return found


def levels_at(sql: Sql, store: str, sku: str, at_ns: int) -> dict[str, int]:
    """Return the level per zone as it was; a zone without a point by then is left out."""
    rows = sql.execute(
        """SELECT zone, (SELECT pieces FROM levels WHERE series = id AND at_ns <= ?
            ORDER BY at_ns DESC LIMIT 1) FROM series WHERE store = ? AND sku = ?""",
        (at_ns, store, sku),
    )
    return {zone: pieces for zone, pieces in rows if pieces is not None}


def history(sql: Sql, store: str, sku: str, window: Window, zone: str | None) -> list[HistoryStep]:
    """Return the steps of one zone, or of the sum over the store's zones."""
    found = sql.execute(
        "SELECT id, (SELECT min(at_ns) FROM levels WHERE series = id) FROM series"
        " WHERE store = ? AND sku = ? AND (? IS NULL OR zone = ?)",
        (store, sku, zone, zone),
    ).fetchall()
    first_ns = min((first_ns for _, first_ns in found), default=window.to_ns)
    if first_ns >= window.to_ns:
        return []
    window = window.starting_with(first_ns)
    ids = [series for series, _ in found]
    if len(ids) == 1 and window.from_ns % HOUR_NS == 0 and window.step_ns % HOUR_NS == 0:
        return _coarse(sql, ids[0], window)
    return fold(_raw_segments(sql, ids, window), window)


def _level_before(sql: Sql, series: int, at_ns: int) -> int:
    rows = sql.execute(_CARRIED, (series, at_ns)).fetchall()
    return int(rows[0][1]) if rows else 0


def _raw_segments(sql: Sql, ids: Sequence[int], window: Window) -> Iterator[Segment]:
    levels = {series: _level_before(sql, series, window.from_ns) for series in ids}
    level = sum(levels.values())
    marks = ", ".join("?" * len(ids))
    changes = sql.execute(
        f"SELECT at_ns, series, pieces FROM levels WHERE series IN ({marks})"  # noqa: S608 - only marks
        " AND at_ns >= ? AND at_ns < ? ORDER BY at_ns",
        (*ids, window.from_ns, window.to_ns),
    )
    return segments(level, summed(levels, changes), window)


def _coarse(sql: Sql, series: int, window: Window) -> list[HistoryStep]:
    """Return the steps from hourly rows; a last step that ends within an hour from the raw points.

    One zone alone: the minimum of a sum of zones cannot be had from the minima of its zones.
    """
    whole_ns = max(window.to_ns - window.from_ns, 0) // HOUR_NS * HOUR_NS
    whole = Window(window.from_ns, window.from_ns + whole_ns, window.step_ns)
    rest = Window(whole.to_ns, window.to_ns, window.step_ns)
    return fold(_with_rest(sql, series, whole, rest), window)


def _with_rest(sql: Sql, series: int, whole: Window, rest: Window) -> Iterator[Segment]:
    level, at_ns = _level_before(sql, series, whole.from_ns), whole.from_ns
    hours = sql.execute(
        "SELECT hour_ns, minimum, maximum, piece_ns, last FROM hourly"
        " WHERE series = ? AND hour_ns >= ? AND hour_ns < ? ORDER BY hour_ns",
        (series, whole.from_ns, whole.to_ns),
    )
    for hour_ns, minimum, maximum, piece_ns, last in hours:
        if hour_ns > at_ns:
            yield Segment(at_ns, hour_ns, level, level, level * (hour_ns - at_ns))
        at_ns, level = hour_ns + HOUR_NS, last
        yield Segment(hour_ns, at_ns, minimum, maximum, piece_ns)
    if at_ns < whole.to_ns:
        yield Segment(at_ns, whole.to_ns, level, level, level * (whole.to_ns - at_ns))
    yield from _raw_segments(sql, [series], rest)
