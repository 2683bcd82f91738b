"""Levels over time, told the slow and obvious way: the model that stores are compared with."""

from dataclasses import dataclass, field

from gateway.movements import LevelPoint
from gateway.storage.ports import HistoryStep


@dataclass
class LevelModel:
    """Every point in a dictionary; a level is looked up instant by instant, one tick at a time."""

    tick_ns: int
    points: dict[tuple[str, str, str], dict[int, int]] = field(default_factory=dict)

    def add(self, points: list[LevelPoint]) -> None:
        """Take in points; a later one for the same series and time holds."""
        for point in points:
            self.points.setdefault((point.store, point.sku, point.zone), {})[point.at_ns] = point.pieces

    def latest(self) -> set[LevelPoint]:
        """Return the newest point of every series."""
        return {LevelPoint(*key, max(known), known[max(known)]) for key, known in self.points.items()}

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone that has a point by then."""
        return {
            zone: known[max(t for t in known if t <= at_ns)]
            for (of_store, of_sku, zone), known in self.points.items()
            if (of_store, of_sku) == (store, sku) and min(known) <= at_ns
        }

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryStep]:
        """Return the steps; all times must be whole ticks."""
        of_series = [
            known
            for (of_store, of_sku, of_zone), known in self.points.items()
            if (of_store, of_sku) == (store, sku) and zone in (None, of_zone)
        ]
        if not of_series:
            return []
        first_ns = min(min(known) for known in of_series)
        steps = []
        for start_ns in range(from_ns, to_ns, step_ns):
            end_ns = min(start_ns + step_ns, to_ns)
            levels = [self._sum(of_series, at_ns) for at_ns in range(start_ns, end_ns, self.tick_ns)]
            if end_ns > first_ns:
                steps.append(HistoryStep(start_ns, min(levels), sum(levels) / len(levels), max(levels)))
        return steps

    @staticmethod
    def _sum(of_series: list[dict[int, int]], at_ns: int) -> int:
        return sum(known[max(t for t in known if t <= at_ns)] for known in of_series if min(known) <= at_ns)
