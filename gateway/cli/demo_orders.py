"""What a person types into a running demo, handed to its shop: unplug a reader, plug it in again. Runtime.

terminal ─ line ─▶ demo ─ line ─▶ simulators.live ─ "ok …" or "error …" ─▶ demo ─▶ terminal
"""

import asyncio
import os
import signal
import stat
import subprocess
import sys
from types import TracebackType
from typing import Self

MAX_READ_BYTES = 4_096


class DemoOrders:
    """While entered, on a running loop: passes lines on, where standard input is a terminal or a pipe."""

    def __init__(self, shop: subprocess.Popen[str]) -> None:
        self._shop = shop
        self._stdin_fd = _orders_fd()

    @property
    def are_taken(self) -> bool:
        """Whether somebody can type."""
        return self._stdin_fd is not None

    def __enter__(self) -> Self:
        if self._stdin_fd is not None:
            # A demo that a shell put into the background must not be stopped because somebody types to the shell.
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
            loop = asyncio.get_running_loop()
            loop.add_reader(self._stdin_fd, self._typed)
            loop.add_reader(_fd_of(self._shop.stdout), self._answered)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_listening()
        if self._shop.stdout is not None:
            asyncio.get_running_loop().remove_reader(self._shop.stdout.fileno())

    def _typed(self) -> None:
        """Pass on what was typed. At its end, or where it belongs to another program now, nobody listens any more."""
        if self._stdin_fd is None:
            return
        try:
            typed = os.read(self._stdin_fd, MAX_READ_BYTES)
            if typed:
                os.write(_fd_of(self._shop.stdin), typed)
                return
        except OSError:
            pass  # a background job's terminal, or a shop that has ended: the demo goes on without orders
        self._stop_listening()

    def _answered(self) -> None:
        answer = os.read(_fd_of(self._shop.stdout), MAX_READ_BYTES)
        if answer:
            print(answer.decode("utf-8", "replace"), end="", flush=True)
        else:
            asyncio.get_running_loop().remove_reader(_fd_of(self._shop.stdout))

    def _stop_listening(self) -> None:
        if self._stdin_fd is not None:
            asyncio.get_running_loop().remove_reader(self._stdin_fd)
            self._stdin_fd = None


def _orders_fd() -> int | None:
    """Return the file descriptor of standard input where somebody can type or pipe; None: a file, or nothing."""
    try:
        fd = sys.stdin.fileno()
        mode = os.fstat(fd).st_mode
    except (AttributeError, OSError, ValueError):
        return None
    return fd if os.isatty(fd) or stat.S_ISFIFO(mode) else None


def _fd_of(stream: object) -> int:
    fileno = getattr(stream, "fileno", None)
    assert fileno is not None, "a pipe was asked for"  # noqa: S101 - both streams of the demo are files
    return int(fileno())
