"""Clocks for integration tests of links: the machine's, and one that runs fast."""

import time


class RealClock:
    """The machine's clock, or `speed` times as fast."""

    def __init__(self, speed: float = 1.0) -> None:
        self._speed = speed
        self._origin_ns = time.monotonic_ns()

    def now_ns(self) -> int:
        return 1_750_000_000_000_000_000 + round((time.monotonic_ns() - self._origin_ns) * self._speed)

    def real_s(self, shop_s: float) -> float:
        return shop_s / self._speed
