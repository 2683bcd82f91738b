"""What anybody would write first: one SQLite table of level points with an index. The store's baseline."""

import sqlite3
from collections.abc import Collection, Sequence
from pathlib import Path

from gateway.movements import LevelPoint
from gateway.storage.ports import HistoryStep, SeriesKey
from gateway.storage.steps import Window, fold, segments, summed

_NEWEST = """SELECT at_ns, pieces FROM points WHERE store = ? AND sku = ? AND zone = ? AND at_ns <= ?
    ORDER BY at_ns DESC LIMIT 1"""


class PlainSeries:
    """Points by (store, sku, zone, time), as durable as the store's own: WAL, synchronous=FULL.

    It answers the same questions, without rollups: a history reads every point of its time.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._sql = sqlite3.connect(path, isolation_level=None)
        self._sql.execute("PRAGMA journal_mode = WAL")
        self._sql.execute("PRAGMA synchronous = FULL")
        self._sql.execute(
            "CREATE TABLE points (store TEXT, sku TEXT, zone TEXT, at_ns INTEGER, pieces INTEGER)"
        )
        self._sql.execute("CREATE INDEX points_by_series ON points (store, sku, zone, at_ns)")

    def append(self, points: Sequence[LevelPoint]) -> None:
        """Insert points, in one transaction."""
        rows = [(p.store, p.sku, p.zone, p.at_ns, p.pieces) for p in points]
        self._sql.execute("BEGIN")
        self._sql.executemany("INSERT INTO points VALUES (?, ?, ?, ?, ?)", rows)
        self._sql.execute("COMMIT")

    def latest_many(self, keys: Collection[SeriesKey]) -> list[LevelPoint]:
        """Return the latest point of each."""
        newest = ((key, self._sql.execute(_NEWEST, (*key, 1 << 62)).fetchone()) for key in keys)
        return [LevelPoint(*key, *row) for key, row in newest if row is not None]

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was."""
        rows = ((zone, self._newest(store, sku, zone, at_ns)) for zone in self._zones(store, sku))
        return {zone: row[1] for zone, row in rows if row is not None}

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return steps of one zone, or of the sum over the zones, from all points of the time."""
        zones = [zone] if zone else self._zones(store, sku)
        before = {zone: self._newest(store, sku, zone, from_ns - 1) for zone in zones}
        levels = {number: (before[zone] or (0, 0))[1] for number, zone in enumerate(zones)}
        rows = self._sql.execute(
            "SELECT at_ns, zone, pieces FROM points WHERE store = ? AND sku = ? AND at_ns >= ? AND at_ns < ?"
            " ORDER BY at_ns",
            (store, sku, from_ns, to_ns),
        )
        numbers = {zone: number for number, zone in enumerate(zones)}
        changes = ((at_ns, numbers[of], pieces) for at_ns, of, pieces in rows if of in numbers)
        window = Window(from_ns, to_ns, step_ns)
        return fold(segments(sum(levels.values()), summed(levels, changes), window), window)

    def close(self) -> None:
        """Close the file."""
        self._sql.close()

    def _newest(self, store: str, sku: str, zone: str, at_ns: int) -> tuple[int, int] | None:
        row: tuple[int, int] | None = self._sql.execute(_NEWEST, (store, sku, zone, at_ns)).fetchone()
        return row

    def _zones(self, store: str, sku: str) -> list[str]:
        rows = self._sql.execute("SELECT DISTINCT zone FROM points WHERE store = ? AND sku = ?", (store, sku))
        return [zone for (zone,) in rows]
