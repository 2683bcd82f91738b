"""A level's history cut into steps: minimum, mean weighted by time, maximum. Pure.

segments   ▁▁▁▁▄▄▄▄▄▄▂▂▂▂▂▂▂▂▂▂▂     stretches of time, in order and without gaps
steps      |----|----|----|----|     each gathers the parts of the segments within it
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from gateway.storage.ports import HistoryStep

MAX_STEPS = 10_000
"""Steps of one answer: 30 days by 5 minutes are 8,640. More would be a page that nobody reads."""


class Segment(NamedTuple):
    """A stretch of time and the level within it. One that varies lies within a single step."""

    start_ns: int
    end_ns: int
    minimum: int
    maximum: int
    piece_ns: float


@dataclass(frozen=True, slots=True)
class Window:
    """The steps asked for: from + k * step while before `to`; the last one is cut off at `to`."""

    from_ns: int
    to_ns: int
    step_ns: int

    def __post_init__(self) -> None:
        if self.step_ns <= 0:
            raise ValueError(f"step_ns = {self.step_ns} must be positive")
        count = -(-(self.to_ns - self.from_ns) // self.step_ns)
        if count > MAX_STEPS:
            raise ValueError(f"{count} steps are more than {MAX_STEPS}: choose a longer step")

    def starting_with(self, first_ns: int) -> "Window":
        """Return the window without the steps that end before `first_ns`."""
        skipped = max(0, (first_ns - self.from_ns) // self.step_ns)
        return Window(self.from_ns + skipped * self.step_ns, self.to_ns, self.step_ns)


def segments(level: int, changes: Iterable[tuple[int, int]], window: Window) -> Iterator[Segment]:
    """Yield the window's segments of one constant level each.

    `level` is the one at the window's start; `changes` are (at_ns, new level) after it, in order
    of time. Of several at one time the last holds: pieces that move between zones are never
    counted twice, nor lost, for an instant.
    """
    start_ns = window.from_ns
    for at_ns, pieces in changes:
        if at_ns > start_ns:
            yield Segment(start_ns, at_ns, level, level, level * (at_ns - start_ns))
            start_ns = at_ns
        level = pieces
    if start_ns < window.to_ns:
        yield Segment(start_ns, window.to_ns, level, level, level * (window.to_ns - start_ns))


def summed(levels: dict[int, int], changes: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield (at_ns, sum of all levels) at each of the `changes` (at_ns, series, new level).

    `levels` holds the levels to start from, by series, and is consumed.
    """
    total = sum(levels.values())
    for at_ns, series, pieces in changes:
        total += pieces - levels.get(series, 0)
        levels[series] = pieces
        yield at_ns, total


def fold(parts: Iterable[Segment], window: Window) -> list[HistoryStep]:
    """Return the window's steps from its segments, which cover all of it."""
    steps: list[HistoryStep] = []
    begin_ns, end_ns = window.from_ns, min(window.from_ns + window.step_ns, window.to_ns)
    minimum: int | None = None
    maximum = 0
    area: float = 0  # stays an exact integer unless a rollup comes in
    for start_ns, stop_ns, low, high, piece_ns in parts:
        while start_ns < stop_ns:
            cut_ns = min(stop_ns, end_ns)
            area += piece_ns if cut_ns == stop_ns else low * (cut_ns - start_ns)
            minimum, maximum = (low, high) if minimum is None else (min(minimum, low), max(maximum, high))
            if cut_ns == end_ns:
                steps.append(HistoryStep(begin_ns, minimum, area / (end_ns - begin_ns), maximum))
                begin_ns, end_ns = end_ns, min(end_ns + window.step_ns, window.to_ns)
                minimum, area = None, 0
            if cut_ns < stop_ns:
                piece_ns = low * (stop_ns - cut_ns)
            start_ns = cut_ns
    return steps
