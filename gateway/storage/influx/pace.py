"""How much is sent at once, and how long to wait after a failure. Pure: chance is an argument.

failure     wait by chance between 0.1 s and a bound that doubles up to a minute; Retry-After is honoured
too large   half as much, for good                too slow   half as much, until it goes well again
"""

from collections.abc import Callable
from typing import Final

from gateway.storage.influx.errors import BatchTooLarge, InfluxError, ServerAway, ServerDenies

FIRST_WAIT_S: Final = 1.0
MAX_WAIT_S: Final = 60.0
MIN_WAIT_S: Final = 0.1
"""All the gateways of a chain lose one server at one instant: full jitter parts them when it is back."""
DENIED_WAIT_S: Final = 60.0
"""What only an operator can mend is tried about once a minute: they want to see that it is mended."""
MAX_BODY_BYTES: Final = 1024 * 1024
MIN_BODY_BYTES: Final = 16 * 1024
"""A slow server is not asked for less than this at once; one that takes less is (413)."""
GROW_AFTER: Final = 8
"""Requests that must go well before they become larger again."""

Chance = Callable[[float, float], float]
"""A number between two others, by chance."""


class Pace:
    """The pace of one delivery."""

    def __init__(self, chance: Chance) -> None:
        self.body_bytes = MAX_BODY_BYTES
        self._ceiling_bytes = MAX_BODY_BYTES
        self._chance = chance
        self._failures = 0
        self._good = 0

    def succeeded(self) -> None:
        """Take note of a request that went well."""
        self._failures = 0
        self._good += 1
        if self._good >= GROW_AFTER:
            self._good = 0
            self.body_bytes = min(self.body_bytes * 2, self._ceiling_bytes)

    def failed(self, error: InfluxError) -> float:
        """Take note of a failure; return how many seconds to wait."""
        self._good = 0
        if isinstance(error, BatchTooLarge):
            self._ceiling_bytes = self.body_bytes = max(self.body_bytes // 2, 1)
            return 0.0
        if isinstance(error, ServerDenies):
            return self._chance(DENIED_WAIT_S / 2, DENIED_WAIT_S)
        bound_s = min(MAX_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures, 10))
        self._failures += 1
        wait_s = self._chance(MIN_WAIT_S, bound_s)
        if not isinstance(error, ServerAway):
            return wait_s
        if error.was_slow:
            self.body_bytes = max(self.body_bytes // 2, min(MIN_BODY_BYTES, self._ceiling_bytes))
        return max(wait_s, error.retry_after_s or 0.0)
