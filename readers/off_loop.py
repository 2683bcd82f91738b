"""Run one blocking call away from the loop: opening a port, connecting, closing. I/O.

Each call gets a daemon thread of its own, not a place in a pool: a look-up that hangs for a minute
holds up neither the other devices nor the end of the process. Such calls are rare (one per
attempt to connect), and each link has at most one under way that is waited for.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


async def off_loop(call: Callable[[], T], *, name: str, discard: Callable[[T], object]) -> T:
    """Return what `call` returns, or raise what it raises.

    When the caller is cancelled meanwhile, the call runs to its end and its result goes to
    `discard`, so that nothing stays open.
    """
    loop = asyncio.get_running_loop()
    outcome: asyncio.Future[T] = loop.create_future()

    def deliver(result: T) -> None:
        if outcome.cancelled():
            discard(result)
        else:
            outcome.set_result(result)

    def fail(error: Exception) -> None:
        if not outcome.cancelled():
            outcome.set_exception(error)

    def work() -> None:
        try:
            result = call()
        except Exception as error:  # noqa: BLE001 - carried over to the caller, who judges it
            _tell(loop, fail, error)
        else:
            if not _tell(loop, deliver, result):
                discard(result)

    threading.Thread(target=work, name=name, daemon=True).start()
    try:
        return await outcome
    except asyncio.CancelledError:
        if outcome.done() and not outcome.cancelled() and outcome.exception() is None:
            discard(outcome.result())  # it came in the same turn of the loop as the cancellation
        raise


V = TypeVar("V")


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[[V], None], value: V) -> bool:
    try:
        loop.call_soon_threadsafe(what, value)
    except RuntimeError:  # the loop was closed meanwhile: nobody waits any more
        return False
    return True
