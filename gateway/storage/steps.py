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
    """A stretch of time and the level within it. One that varies is cut as if it varied evenly: each part
    has its minimum and maximum, and its share of the area.
    """

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

    def beginning_at(self, first_ns: int) -> "Window":
        """Return the window without the steps that begin before `first_ns`."""
        skipped = max(0, -(-(first_ns - self.from_ns) // self.step_ns))
        return Window(self.from_ns + skipped * self.step_ns, self.to_ns, self.step_ns)

    def is_of(self, width_ns: int) -> bool:
        """Return whether all its steps begin at whole multiples of `width_ns`."""
        return self.from_ns % width_ns == 0 and self.step_ns % width_ns == 0


def constant(start_ns: int, end_ns: int, level: int) -> Segment:
    """Return a stretch of one level."""
    return Segment(start_ns, end_ns, level, level, level * (end_ns - start_ns))


def cut(part: Segment, start_ns: int, end_ns: int) -> Segment:
    """Return what lies of a segment within [start, end), which overlaps it."""
    begin_ns, stop_ns = max(part.start_ns, start_ns), min(part.end_ns, end_ns)
    if (begin_ns, stop_ns) == (part.start_ns, part.end_ns):
        return part
    if part.minimum == part.maximum:
        return constant(begin_ns, stop_ns, part.minimum)
    share = (stop_ns - begin_ns) / (part.end_ns - part.start_ns)
    return Segment(begin_ns, stop_ns, part.minimum, part.maximum, part.piece_ns * share)


def segments(level: int, changes: Iterable[tuple[int, int]], window: Window) -> Iterator[Segment]:
    """Yield the window's segments of one constant level each: see `stretches`."""
    return stretches(level, changes, window.from_ns, window.to_ns)


def stretches(level: int, changes: Iterable[tuple[int, int]], from_ns: int, to_ns: int) -> Iterator[Segment]:
    """Yield the segments of one constant level each in [from, to).

    `level` is the one at the start; `changes` are (at_ns, new level) after it, in order of time.
    Of several at one time the last holds: pieces that move between zones are never counted twice,
    nor lost, for an instant.
    """
    start_ns = from_ns
    for at_ns, pieces in changes:
        if at_ns > start_ns:
            yield Segment(start_ns, at_ns, level, level, level * (at_ns - start_ns))
            start_ns = at_ns
        level = pieces
    if start_ns < to_ns:
        yield constant(start_ns, to_ns, level)


def summed(levels: dict[int, int], changes: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield (at_ns, sum of all levels) at each of the `changes` (at_ns, series, new level).

    `levels` holds the levels to start from, by series, and is consumed.
    """
    total = sum(levels.values())
    for at_ns, series, pieces in changes:
        total += pieces - levels.get(series, 0)
        levels[series] = pieces
        yield at_ns, total


def settled(changes: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the last of the changes of each time."""
    before: tuple[int, int] | None = None
    for change in changes:
        if before is not None and change[0] != before[0]:
            yield before
        before = change
    if before is not None:
        yield before


def fold(parts: Iterable[Segment], window: Window) -> list[HistoryStep]:
    """Return the window's steps from its segments, which cover all of it."""
    steps: list[HistoryStep] = []
    begin_ns, end_ns = window.from_ns, min(window.from_ns + window.step_ns, window.to_ns)
    minimum: int | None = None
    maximum = 0
    area: float = 0  # stays an exact integer unless a rollup comes in
    for part in parts:
        start_ns, stop_ns, low, high, _ = part
        while start_ns < stop_ns:
            cut_ns = min(stop_ns, end_ns)
            area += low * (cut_ns - start_ns) if low == high else cut(part, start_ns, cut_ns).piece_ns
            minimum, maximum = (low, high) if minimum is None else (min(minimum, low), max(maximum, high))
            if cut_ns == end_ns:
                steps.append(HistoryStep(begin_ns, minimum, area / (end_ns - begin_ns), maximum))
                begin_ns, end_ns = end_ns, min(end_ns + window.step_ns, window.to_ns)
                minimum, area = None, 0
            start_ns = cut_ns
    return steps
