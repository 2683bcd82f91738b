"""Wait for a condition in a test without a loop: never for a length of time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
POLL_S = 0.02


def eventually(condition: Callable[[], T], what: str, timeout_s: float = 90.0, poll_s: float = POLL_S) -> T:
    """Return the first true value of `condition()`; fail, naming `what` was waited for, when it stays false."""
    give_up_s = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > give_up_s:
            raise AssertionError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(poll_s)
    return value
