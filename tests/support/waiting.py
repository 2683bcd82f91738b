"""Wait for a condition in an integration test: never for a length of time."""

import asyncio
from collections.abc import Callable

POLL_S = 0.003


async def until(condition: Callable[[], object], what: str, timeout_s: float = 90.0) -> None:
    """Return as soon as `condition()` is true; fail, naming `what` was waited for, when it stays false."""
    loop = asyncio.get_running_loop()
    give_up_s = loop.time() + timeout_s
    while not condition():
        if loop.time() > give_up_s:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        await asyncio.sleep(POLL_S)
