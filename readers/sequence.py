"""Events that a device numbers: what never came is counted, whatever comes late, twice or begins anew. Pure."""

from readers.counts import StageCounts

WINDOW = 1_000
"""A number so far behind the newest may still come: what a reader kept over an outage, beside live events. One
further behind is that of a device that began to count anew."""
MOST_NUMBER = 1 << 53
MOST_MISSING = 10_000
"""A gap longer than this is counted at once, but for its end."""


class Sequence:
    """The numbers of one device's events. What never came is dropped as `missing` in its counts."""

    def __init__(self) -> None:
        self._newest: int | None = None
        self._open: dict[int, None] = {}

    def note(self, number: object, counts: StageCounts) -> None:
        """Take an event's number in, if it is one."""
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < MOST_NUMBER:
            missing = self.take(number)
            if missing:
                counts.received += missing
                counts.drop("missing", missing)

    def take(self, number: int) -> int:
        """Take a number in; return how many before it are found missing now, for good."""
        newest = self._newest
        if newest is None:
            self._newest = number
            return 0
        if number <= newest - WINDOW:  # it began anew
            missing = len(self._open)
            self._open.clear()
            self._newest = number
            return missing
        if number <= newest:
            self._open.pop(number, None)
            return 0
        first = max(newest + 1, number - MOST_MISSING)
        missing = first - newest - 1
        self._open.update(dict.fromkeys(range(first, number)))
        self._newest = number
        while self._open and (oldest := next(iter(self._open))) <= number - WINDOW:
            del self._open[oldest]
            missing += 1
        return missing
