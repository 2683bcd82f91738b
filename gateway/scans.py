"""Code scans: the scanner's role says what a scan means; a doubled scan is one scan. Pure."""

from collections import Counter
from dataclasses import dataclass, field

from readers.counts import StageCounts


class RepeatFilter:
    """The same code from one scanner within its window is the same scan.

    The window slides: a code held before a scanner stays one scan for as long as it is there.
    """

    def __init__(self, window_ns: int) -> None:
        self.counts = StageCounts()
        self._window_ns = window_ns
        self._text = ""
        self._last_ns = -(1 << 62)

    def is_new(self, text: str, at_ns: int) -> bool:
        """Take a scan in; return whether it is a scan of its own."""
        self.counts.received += 1
        repeat = text == self._text and at_ns - self._last_ns < self._window_ns
        self._text, self._last_ns = text, at_ns
        if repeat:
            self.counts.drop("repeat")
            return False
        self.counts.passed += 1
        return True


@dataclass(slots=True)
class CountSession:
    """A count by scanner: each scan is a piece in the scanner's zone; it ends when scanning stops."""

    ref: str
    started_ns: int
    last_ns: int
    pieces: Counter[str] = field(default_factory=Counter)

    def add(self, sku: str, at_ns: int) -> None:
        """Count one piece."""
        self.pieces[sku] += 1
        self.last_ns = max(self.last_ns, at_ns)
