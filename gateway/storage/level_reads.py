"""The level tables, read: latest, history and as-of. SQL over a connection that it is given.

How fine an answer is depends on how old its time is (see resolution.py): to the change while raw points are
kept; then to the hour, then to the day. A step that touches an hour (day) of which a row alone is left
has that hour's minimum and maximum, and its share of the hour's mean; a level as of an instant in it is the one
with which the hour began. Before what is kept there are no steps, and no levels.
"""

from collections.abc import Collection, Iterator, Sequence

from gateway.movements import LevelPoint
from gateway.storage.levels import TOTAL
from gateway.storage.ports import HistoryStep, SeriesKey
from gateway.storage.resolution import START_COLUMN, WIDTH_NS, Kept, Table, parts, table_at
from gateway.storage.rollup_rows import changes_within, level_before
from gateway.storage.rollups import start_of
from gateway.storage.sql import Sql
from gateway.storage.steps import Segment, Window, constant, cut, fold, stretches, summed

_LATEST_OF = """SELECT at_ns, pieces FROM latest JOIN series ON id = latest.series
    WHERE store = ? AND sku = ? AND zone = ?"""


def kept(sql: Sql) -> Kept:
    """Return from when on each table is whole."""
    return Kept(
        **dict(sql.execute("SELECT name, from_ns FROM kept WHERE name IN ('daily', 'hourly', 'levels')"))
    )


def latest_levels(sql: Sql) -> list[LevelPoint]:
    """Return the latest point of every series."""
    rows = sql.execute(
        "SELECT store, sku, zone, at_ns, pieces FROM latest JOIN series ON id = latest.series WHERE zone <> ?",
        (TOTAL,),
    )
    return [LevelPoint(*row) for row in rows]


def latest_many(sql: Sql, keys: Collection[SeriesKey]) -> list[LevelPoint]:
    """Return the latest point of each of these series; unknown ones are left out."""
    found: list[LevelPoint] = []
    for key in set(keys):
        row = sql.execute(_LATEST_OF, key).fetchone()
        if row is not None and key[2] != TOTAL:
            found.append(LevelPoint(*key, *row))
    return found


def levels_at(sql: Sql, store: str, sku: str, at_ns: int) -> dict[str, int]:
    """Return the level per zone as it was; a zone without a point by then is left out."""
    table = table_at(at_ns, kept(sql))
    if table is None:
        return {}
    if table == "levels":
        level = "SELECT pieces FROM levels WHERE series = id AND at_ns <= ? ORDER BY at_ns DESC LIMIT 1"
    else:
        start = START_COLUMN[table]
        at_ns = start_of(at_ns, WIDTH_NS[table])
        level = f"SELECT last FROM {table} WHERE series = id AND {start} < ? ORDER BY {start} DESC LIMIT 1"  # noqa: S608 - our names
    rows = sql.execute(
        f"SELECT zone, ({level}) FROM series WHERE store = ? AND sku = ? AND zone <> ?",  # noqa: S608 - as above
        (at_ns, store, sku, TOTAL),
    )
    return {zone: pieces for zone, pieces in rows if pieces is not None}


def history(sql: Sql, store: str, sku: str, window: Window, zone: str | None) -> list[HistoryStep]:
    """Return the steps of one zone, or of the sum over the store's zones."""
    found = {
        name: series
        for series, name in sql.execute(
            "SELECT id, zone FROM series WHERE store = ? AND sku = ?", (store, sku)
        )
    }
    total = found.pop(TOTAL, None)
    target = found.get(zone) if zone is not None else total
    if target is None:
        return []
    sources = [target] if zone is not None else list(found.values())
    whole = kept(sql)
    first_ns = _first_ns(sql, target, sources, whole)
    if first_ns is None or first_ns >= window.to_ns:
        return []
    window = window.starting_with(first_ns).beginning_at(whole.daily)
    return fold(_segments(sql, target, sources, window, whole), window)


def _first_ns(sql: Sql, target: int, sources: Sequence[int], whole: Kept) -> int | None:
    """Return from when on something is known: the first point, or the start of its hour (day) once that is rolled up."""
    for table in ("daily", "hourly"):
        start = START_COLUMN[table]
        [(first_ns,)] = sql.execute(
            f"SELECT min({start}) FROM {table} WHERE series = ?",  # noqa: S608 - our own names
            (target,),
        ).fetchall()
        if first_ns is not None and first_ns < (whole.hourly if table == "daily" else whole.levels):
            return int(first_ns)
    firsts = [
        first_ns
        for series in sources
        for (first_ns,) in sql.execute("SELECT min(at_ns) FROM levels WHERE series = ?", (series,))
        if first_ns is not None
    ]
    return max(min(firsts), whole.levels) if firsts else None


def _segments(
    sql: Sql, target: int, sources: Sequence[int], window: Window, whole: Kept
) -> Iterator[Segment]:
    for table, from_ns, to_ns in parts(window, whole):
        if table == "levels":
            yield from _raw_segments(sql, sources, from_ns, to_ns)
        else:
            yield from _rolled_segments(sql, table, target, from_ns, to_ns)


def _raw_segments(sql: Sql, sources: Sequence[int], from_ns: int, to_ns: int) -> Iterator[Segment]:
    levels = {series: level_before(sql, series, from_ns) for series in sources}
    level = sum(levels.values())
    changes = changes_within(sql, sources, from_ns, to_ns)
    return stretches(level, summed(levels, changes), from_ns, to_ns)


def _rolled_segments(sql: Sql, table: Table, target: int, from_ns: int, to_ns: int) -> Iterator[Segment]:
    start, width_ns = START_COLUMN[table], WIDTH_NS[table]
    first_ns = start_of(from_ns, width_ns)
    carried = sql.execute(
        f"SELECT last FROM {table} WHERE series = ? AND {start} < ? ORDER BY {start} DESC LIMIT 1",  # noqa: S608 - our own names
        (target, first_ns),
    ).fetchone()
    level, at_ns = 0 if carried is None else carried[0], from_ns
    rows = sql.execute(
        f"SELECT {start}, minimum, maximum, piece_ns, last FROM {table}"  # noqa: S608 - our own names
        f" WHERE series = ? AND {start} >= ? AND {start} < ? ORDER BY {start}",
        (target, first_ns, to_ns),
    )
    for start_ns, minimum, maximum, piece_ns, last in rows:
        if start_ns > at_ns:
            yield constant(at_ns, start_ns, level)
        row = cut(Segment(start_ns, start_ns + width_ns, minimum, maximum, piece_ns), from_ns, to_ns)
        yield row
        at_ns, level = row.end_ns, last
    if at_ns < to_ns:
        yield constant(at_ns, to_ns, level)
