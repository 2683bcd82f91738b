"""Levels from two places: the embedded store as far back as it is exact, an older one before. Pure.

    time ──▶  ··· InfluxDB ··· │ ··· the embedded store ···  now
                            the seam

The seam is the boundary from which the embedded store has what the steps ask for: every change, or rows
of whole hours or days where all steps are whole hours or days. So the newest part never waits for what is
still on its way to InfluxDB, and a dead InfluxDB is missed for old times alone.
"""

from typing import Protocol

from gateway.storage.ports import HistoryStep, LevelSeries
from gateway.storage.resolution import Kept
from gateway.storage.rollups import DAY_NS, HOUR_NS
from gateway.storage.steps import Window


class EmbeddedLevels(LevelSeries, Protocol):
    """A LevelSeries that lets old points go, and tells how far."""

    def kept(self) -> Kept:
        """Return from when on each of its tables is whole."""
        ...


def seam_ns(window: Window, kept: Kept) -> int:
    """Return from when on the embedded store tells the window's steps exactly, the last one too."""
    for from_ns, width_ns in ((kept.daily, DAY_NS), (kept.hourly, HOUR_NS)):
        if window.is_of(width_ns) and (window.to_ns >= kept.levels or window.to_ns % width_ns == 0):
            return from_ns
    return kept.levels


class CombinedLevels:
    """History and as-of over both. Either may be asked from any thread."""

    def __init__(self, embedded: EmbeddedLevels, older: LevelSeries) -> None:
        self._embedded = embedded
        self._older = older

    def needs_older(self, window: Window) -> bool:
        """Return whether a history over the window asks the older one."""
        return window.from_ns < seam_ns(window, self._embedded.kept())

    def needs_older_at(self, at_ns: int) -> bool:
        """Return whether levels as of a time are asked of the older one."""
        return at_ns < self._embedded.kept().levels

    def history(self, store: str, sku: str, window: Window, zone: str | None = None) -> list[HistoryStep]:
        """Return the window's steps, as LevelSeries.history does.

        Where the older one knows nothing of the article, all comes from the embedded store, as coarse
        as it keeps it.
        """
        seam = seam_ns(window, self._embedded.kept())
        step_ns = window.step_ns
        before = (
            self._older.history(store, sku, window.from_ns, min(seam, window.to_ns), step_ns, zone)
            if window.from_ns < seam
            else []
        )
        if not before:
            return self._embedded.history(store, sku, window.from_ns, window.to_ns, step_ns, zone)
        if seam >= window.to_ns:
            return before
        after_ns = window.beginning_at(seam).from_ns
        end_ns = min(after_ns, window.to_ns)
        after = self._embedded.history(store, sku, end_ns, window.to_ns, step_ns, zone)
        if seam < end_ns:
            rest = self._embedded.history(store, sku, seam, end_ns, step_ns, zone)
            before = [*before[:-1], _joined(before[-1], rest, seam, end_ns)]
        return before + after

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was, as LevelSeries.levels_at does."""
        found = self._older.levels_at(store, sku, at_ns) if self.needs_older_at(at_ns) else {}
        return found or self._embedded.levels_at(store, sku, at_ns)


def _joined(before: HistoryStep, rest: list[HistoryStep], seam: int, end_ns: int) -> HistoryStep:
    """Return the step that lies on both sides of the seam, of its two parts."""
    if not rest:
        return before
    [after] = rest
    area = before.mean * (seam - before.at_ns) + after.mean * (end_ns - seam)
    return HistoryStep(
        before.at_ns,
        min(before.minimum, after.minimum),
        area / (end_ns - before.at_ns),
        max(before.maximum, after.maximum),
    )
