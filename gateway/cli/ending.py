"""Ctrl-C, a plain kill and a closed terminal, heard at every instant by a program that has others to end. Runtime.

Python raises KeyboardInterrupt between any two steps: between the start of a process and the note that it is to be
ended, or in the midst of ending it. And a shell that starts a program in the background has it ignore Ctrl-C: what
comes before the program sets its own handlers is lost. So a signal is noted here, from the first step to the last,
and raised where that is safe alone: by `check`, and within `interruptible`.
"""

import contextlib
import signal
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Self


class EndSignals:
    """Hears SIGINT, SIGTERM and SIGHUP while it is entered; the last not under `nohup`, which is there to ignore it.

    It belongs to the main thread.
    """

    def __init__(self) -> None:
        self.is_asked = False
        self._raises = False
        self._tell: Callable[[], object] = _nobody
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise KeyboardInterrupt where the end was asked for."""
        if self.is_asked:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise KeyboardInterrupt at once, within this alone: for a wait in which nothing can be lost."""
        self._raises = True
        try:
            self.check()
            yield
        finally:
            self._raises = False

    @contextlib.contextmanager
    def telling(self, tell: Callable[[], object]) -> Iterator[None]:
        """Call `tell`, which must not raise, at each signal, and at once where one came before."""
        self._tell = tell
        try:
            if self.is_asked:
                tell()
            yield
        finally:
            self._tell = _nobody

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.is_asked = True
        self._tell()
        if self._raises:
            self._raises = False
            raise KeyboardInterrupt


def _nobody() -> None:
    """Tell nobody."""
