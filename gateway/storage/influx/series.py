"""Levels over time in InfluxDB: the LevelSeries port over InfluxQL. I/O through what it is given.

History is folded here from the raw points, by the rule of the embedded store (storage/steps.py), so both
tell the same numbers. Points come in pages, in order of time:

    levels before the begin ─┐
    changes, page by page ───┴─ summed over zones ─ segments ─ folded into steps
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from itertools import chain
from typing import Final, TypeVar

from gateway.movements import LevelPoint
from gateway.storage.influx import influxql
from gateway.storage.influx.asking import Asking
from gateway.storage.influx.influxql import Change
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.read_errors import SeriesTooLarge
from gateway.storage.ports import HistoryStep, SeriesKey
from gateway.storage.steps import Window, fold, segments, summed

PAGE_POINTS: Final = 10_000
"""Points of one answer: half a megabyte. 1.x has cut answers at this many rows by default before 1.2."""
MAX_POINTS: Final = 500_000
"""Points of one history: a change every five seconds for a month. Beyond it a shorter time must be asked for."""
KEYS_AT_ONCE: Final = 40
"""Series named in one question: it stands in a URL, of which 8 KB pass every proxy."""
BATCH_POINTS: Final = 5_000
"""Points written at once."""

T = TypeVar("T")


class InfluxSeries:
    """See gateway/storage/ports.py for what each method promises. Reads may come from any thread."""

    def __init__(
        self,
        asking: Asking,
        write: Callable[[bytes], object] | None = None,
        *,
        page_points: int = PAGE_POINTS,
        max_points: int = MAX_POINTS,
    ) -> None:
        """`write` brings newline-joined lines (times in ns) into the database, or raises; None: to read alone."""
        self._asking = asking
        self._write = write
        self._page_points = page_points
        self._max_points = max_points
        self._encoder = LineEncoder()

    def append(self, points: Sequence[LevelPoint]) -> None:
        """Write points; of several for one series and time the last holds."""
        if self._write is None:
            raise RuntimeError("this series was opened to read alone")
        last = {(p.store, p.sku, p.zone, p.at_ns): p for p in points}
        for batch in _batches(list(last.values()), BATCH_POINTS):
            self._write(self._encoder.encode((), batch, ()))

    def latest_levels(self) -> list[LevelPoint]:
        """Return the latest point of every series."""
        return influxql.read_newest(self._asking.rows(influxql.newest()))

    def latest_many(self, keys: Collection[SeriesKey]) -> list[LevelPoint]:
        """Return the latest point of each of these series; unknown ones are left out."""
        found: list[LevelPoint] = []
        for some in _batches(list(set(keys)), KEYS_AT_ONCE):
            found += influxql.read_newest(self._asking.rows(influxql.newest(some)))
        return found

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return steps over [from_ns, to_ns); raise ValueError beyond steps.MAX_STEPS of them."""
        window = Window(from_ns, to_ns, step_ns)
        if from_ns >= to_ns:
            return []
        deadline_s = self._asking.deadline_s()
        levels = self._levels_before(store, sku, from_ns, zone, deadline_s)
        changes = self._changes(store, sku, window, zone, deadline_s)
        first = next(changes, None)
        if first is None and not levels:
            return []
        if first is not None:
            changes = chain((first,), changes)
            if not levels:
                window = window.starting_with(first.at_ns)
        level = sum(levels.values())
        return fold(segments(level, summed(*_numbered(levels, changes)), window), window)

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was at `at_ns`; a zone without a point by then is left out."""
        return self._levels_before(store, sku, at_ns + 1, None)

    def close(self) -> None:
        """End questions that are under way, and take no more; idempotent."""
        self._asking.close()

    def _levels_before(
        self, store: str, sku: str, before_ns: int, zone: str | None, deadline_s: float | None = None
    ) -> dict[str, int]:
        question = influxql.levels_before(store, sku, before_ns, zone)
        return influxql.read_levels(self._asking.rows(question, deadline_s))

    def _changes(
        self, store: str, sku: str, window: Window, zone: str | None, deadline_s: float
    ) -> Iterator[Change]:
        """Yield the window's changes in order of time.

        A full page may end in the middle of an instant, so its last instant is asked for again.
        """
        from_ns, seen = window.from_ns, 0
        while True:
            question = influxql.changes(store, sku, from_ns, window.to_ns, self._page_points, zone)
            rows = self._asking.rows(question, deadline_s)
            page = influxql.read_changes(rows)
            if len(rows) < self._page_points:
                yield from page
                return
            last_ns = influxql.time_of(rows[-1])
            whole = [change for change in page if change.at_ns < last_ns]
            seen += len(whole)
            if not whole or seen > self._max_points:
                raise SeriesTooLarge(
                    self._asking.settings.url, f"{sku} in {store} has more than {seen:,} changes in this time"
                )
            yield from whole
            from_ns = last_ns


def _numbered(
    levels: dict[str, int], changes: Iterator[Change]
) -> tuple[dict[int, int], Iterator[tuple[int, int, int]]]:
    """Return both with numbers for the zones' names, as steps.summed takes them."""
    numbers = {zone: number for number, zone in enumerate(levels)}
    by_number = {numbers[zone]: pieces for zone, pieces in levels.items()}
    return by_number, ((c.at_ns, numbers.setdefault(c.zone, len(numbers)), c.pieces) for c in changes)


def _batches(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[i : i + size] for i in range(0, len(items), size))
