"""A line on a terminal that tells how far a long run is. I/O."""

import sys
import time


class Progress:
    """Shows done of total, the time to go and a text, on a terminal alone; elsewhere it is silent."""

    def __init__(self, total: int, unit: str) -> None:
        self._total = total
        self._unit = unit
        self._started_s = time.monotonic()

    def show(self, done: int, text: str) -> None:
        """Show where the run is."""
        if not sys.stderr.isatty():
            return
        left_s = (time.monotonic() - self._started_s) / max(done, 1) * (self._total - done)
        end = "\n" if done == self._total else ""
        print(
            f"\r{done}/{self._total} {self._unit}, {left_s / 60:.0f} min to go: {text}\x1b[K",
            end=end, file=sys.stderr, flush=True,
        )  # fmt: skip
