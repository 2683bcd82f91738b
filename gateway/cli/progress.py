"""A progress bar on standard error, where a person looks at it. I/O."""

import sys
import time
from types import TracebackType
from typing import Self, TextIO

WIDTH = 30
SHOW_EVERY_S = 0.2


class Progress:
    """How far `total` is done; nothing is shown where standard error is no terminal."""

    def __init__(self, total: int, stream: TextIO | None = None) -> None:
        self._total = max(1, total)
        self._stream = stream or sys.stderr
        self._is_shown = self._stream.isatty()
        self._next_s = 0.0
        self._width = 0

    def show(self, done: int, text: str, total: int | None = None) -> None:
        """Show how far it is, with a text behind; no more often than the eye wants. `total` replaces the first."""
        if not self._is_shown or time.monotonic() < self._next_s:
            return
        self._next_s = time.monotonic() + SHOW_EVERY_S
        share = min(1.0, done / max(1, total or self._total))
        filled = round(WIDTH * share)
        line = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%} {text}"
        print(f"\r{line.ljust(self._width)}", end="", file=self._stream, flush=True)
        self._width = len(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._width:
            print(f"\r{' ' * self._width}\r", end="", file=self._stream, flush=True)
