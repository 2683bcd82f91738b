"""An event loop in which waiting takes no time: for tests of retries, pings and ticks without a sleep.

Time jumps to the next timer when nothing is ready. Work for threads is done at once, in the loop. What
waits for a real thread or socket of its own does not belong here.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class _Inline(ThreadPoolExecutor):
    """Does what it is given at once."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - it is the caller's, and reaches it
            future.set_exception(error)
        return future


class _Jumping(selectors.SelectSelector):
    """Where nothing is ready, lets the loop's time jump instead of waiting."""

    now_s = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            raise AssertionError("nothing will ever happen: the test waits for what nobody does")
        if not ready and timeout is not None:
            self.now_s += max(timeout, 0)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a clock of its own, which begins at 0."""

    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)
        self.set_default_executor(_Inline())

    def time(self) -> float:
        """Return the loop's time in seconds."""
        return self._jumping.now_s

    async def shutdown_default_executor(self, *_: float | None) -> None:
        """Return at once: what was to be done is done. asyncio's own would wait for a real thread, which this loop cannot."""


def run_virtual(main: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, as asyncio.run does, in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


def loop_s() -> float:
    """Return the running loop's time in seconds."""
    return asyncio.get_running_loop().time()
