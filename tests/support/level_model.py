"""Levels over time, told the slow and obvious way: the model that stores are compared with."""

from bisect import bisect_right
from dataclasses import dataclass, field

from gateway.movements import LevelPoint
from gateway.storage.ports import HistoryStep

_Key = tuple[str, str, str]
_Known = dict[_Key, dict[int, int]]
_HOUR_NS = 3_600 * 10**9
_DAY_NS = 24 * _HOUR_NS


@dataclass
class LevelModel:
    """Every point in a dictionary; a level is looked up instant by instant, one tick at a time.

    `roll_up` closes a past: what comes later changes it no more, and it is told by the hour or the day.
    All times must be whole ticks, and an hour whole ticks too where there is a past that is closed.
    """

    tick_ns: int
    points: _Known = field(default_factory=dict)
    closed: list[tuple[int, _Known]] = field(default_factory=list)
    """(until, points as they were then), in order."""
    hourly_ns: int = 0
    daily_ns: int = 0

    def add(self, points: list[LevelPoint]) -> None:
        """Take in points; a later one for the same series and time holds."""
        for point in points:
            self.points.setdefault((point.store, point.sku, point.zone), {})[point.at_ns] = point.pieces

    def roll_up(self, levels_ns: int, hourly_ns: int, daily_ns: int) -> None:
        """Let go: of points before `levels_ns`, of hours before `hourly_ns`, of all before `daily_ns`."""
        if levels_ns > self.levels_ns:
            copy = {key: dict(known) for key, known in self.points.items()}
            self.closed.append((levels_ns, copy))
        self.hourly_ns, self.daily_ns = max(self.hourly_ns, hourly_ns), max(self.daily_ns, daily_ns)

    @property
    def levels_ns(self) -> int:
        """Return from when on points are told as they are."""
        return self.closed[-1][0] if self.closed else 0

    def latest(self) -> set[LevelPoint]:
        """Return the newest point of every series."""
        return {LevelPoint(*key, max(known), known[max(known)]) for key, known in self.points.items()}

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone that has a point by then; in a closed past as its hour or day began."""
        width_ns = self._width_ns(at_ns)
        if width_ns is None:
            return {}
        if width_ns > self.tick_ns:
            at_ns = at_ns - at_ns % width_ns - self.tick_ns
        levels = {key[2]: self._level(key, at_ns) for key in self.points if key[:2] == (store, sku)}
        return {zone: level for zone, level in levels.items() if level is not None}

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryStep]:
        """Return the steps."""
        keys = [key for key in self.points if key[:2] == (store, sku) and zone in (None, key[2])]
        first_ns = self._first_ns(keys)
        told: dict[int, tuple[int, float, int]] = {}
        steps = []
        for start_ns in range(from_ns, to_ns, step_ns):
            end_ns = min(start_ns + step_ns, to_ns)
            if first_ns is None or end_ns <= first_ns or start_ns < self.daily_ns:
                continue
            ticks = [self._told(keys, at_ns, told) for at_ns in range(start_ns, end_ns, self.tick_ns)]
            lows, means, highs = zip(*ticks, strict=True)
            steps.append(HistoryStep(start_ns, min(lows), sum(means) / len(means), max(highs)))
        return steps

    def _told(
        self, keys: list[_Key], at_ns: int, told: dict[int, tuple[int, float, int]]
    ) -> tuple[int, float, int]:
        """Return (minimum, mean, maximum) of what an instant is told by: itself, its hour or its day."""
        width_ns = self._width_ns(at_ns) or self.tick_ns
        start_ns = at_ns - at_ns % width_ns
        if start_ns not in told:
            held = [self._sum(keys, tick) for tick in range(start_ns, start_ns + width_ns, self.tick_ns)]
            told[start_ns] = min(held), sum(held) / len(held), max(held)
        return told[start_ns]

    def _width_ns(self, at_ns: int) -> int | None:
        if at_ns >= self.levels_ns:
            return self.tick_ns
        if at_ns >= self.hourly_ns:
            return _HOUR_NS
        return _DAY_NS if at_ns >= self.daily_ns else None

    def _first_ns(self, keys: list[_Key]) -> int | None:
        """Return the first time of which something is known, as finely as it is told."""
        edges = [until for until, _ in self.closed]
        times = {
            at_ns
            for _, points in (*self.closed, (0, self.points))
            for k in keys
            for at_ns in points.get(k, ())
        }
        for at_ns in sorted({*times, *edges}):
            if any(self._level(key, at_ns) is not None for key in keys):
                width_ns = self._width_ns(at_ns) or _DAY_NS
                return at_ns - at_ns % width_ns
        return None

    def _sum(self, keys: list[_Key], at_ns: int) -> int:
        return sum(self._level(key, at_ns) or 0 for key in keys)

    def _level(self, key: _Key, at_ns: int) -> int | None:
        """Return the level at an instant, as it was known when its past was closed; None before the first point."""
        points = next((known for until_ns, known in self.closed if at_ns < until_ns), self.points)
        known = points.get(key, {})
        times = sorted(known)
        place = bisect_right(times, at_ns)
        return known[times[place - 1]] if place else None
