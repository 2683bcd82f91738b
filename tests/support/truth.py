"""The truth over time: what the simulated shop really had, and when, to hold answers and alerts against. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

Zones = dict[str, int]
"""Pieces by zone; zones without any are left out."""


class TrueChange(Protocol):
    """A change as the simulated shop keeps it."""

    @property
    def at_ns(self) -> int: ...
    @property
    def sku(self) -> str: ...
    @property
    def zones(self) -> Zones: ...


@dataclass(slots=True)
class _Line:
    times_ns: list[int] = field(default_factory=list)
    zones: list[Zones] = field(default_factory=list)


class TruthTimeline:
    """Every article's pieces by zone as a function of time."""

    def __init__(self, changes: Iterable[TrueChange] = ()) -> None:
        self._lines: dict[str, _Line] = {}
        for change in changes:
            self.add(change.sku, change.at_ns, change.zones)

    def add(self, sku: str, at_ns: int, zones: Zones) -> None:
        """Take in a change; they come in order of time."""
        line = self._lines.setdefault(sku, _Line())
        line.times_ns.append(at_ns)
        line.zones.append(zones)

    def at(self, sku: str, at_ns: int) -> Zones:
        """Return the pieces by zone at a moment."""
        line = self._lines.get(sku, _Line())
        place = bisect_right(line.times_ns, at_ns)
        return line.zones[place - 1] if place else {}

    def changed_within(self, sku: str, from_ns: int, to_ns: int) -> bool:
        """Return whether anything about an article changed after `from_ns` and up to `to_ns`."""
        times_ns = self._lines.get(sku, _Line()).times_ns
        return bisect_right(times_ns, to_ns) > bisect_right(times_ns, from_ns)

    def spans(
        self, sku: str, holds: Callable[[Zones], bool], from_ns: int, to_ns: int
    ) -> list[tuple[int, int]]:
        """Return when `holds` was true of an article within [from_ns, to_ns), as spans in order."""
        line = self._lines.get(sku, _Line())
        edges = [from_ns, *(t for t in line.times_ns if from_ns < t < to_ns), to_ns]
        spans: list[tuple[int, int]] = []
        for begin_ns, end_ns in pairwise(edges):
            if begin_ns == end_ns or not holds(self.at(sku, begin_ns)):
                continue
            if spans and spans[-1][1] == begin_ns:
                spans[-1] = (spans[-1][0], end_ns)
            else:
                spans.append((begin_ns, end_ns))
        return spans
