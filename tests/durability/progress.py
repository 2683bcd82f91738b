"""A line on a terminal that tells how far a long run is. I/O."""

import sys
import time

TOLD_EVERY_S = 60.0
"""Where there is no terminal: a line now and then, so that a log tells that it goes on."""


class Progress:
    """Shows done of total, the time to go and a text on standard error."""

    def __init__(self, total: int, unit: str) -> None:
        self._total = total
        self._unit = unit
        self._is_terminal = sys.stderr.isatty()
        self._started_s = self._told_s = time.monotonic()

    def show(self, done: int, text: str) -> None:
        """Show where the run is."""
        now_s = time.monotonic()
        if not self._is_terminal and now_s - self._told_s < TOLD_EVERY_S:
            return
        self._told_s = now_s
        left_s = (now_s - self._started_s) / max(done, 1) * (self._total - done)
        line = f"{done}/{self._total} {self._unit}, {left_s / 60:.0f} min to go: {text}"
        end = "\n" if done == self._total or not self._is_terminal else ""
        start, rest = ("\r", "\x1b[K") if self._is_terminal else ("", "")
        print(f"{start}{line}{rest}", end=end, file=sys.stderr, flush=True)
