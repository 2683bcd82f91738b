"""The one clock that everything is told the time by: real, or running faster for a demo.

Rules never read a clock; they are given `now_ns`. Only the runtime holds one of these.
A scaled clock maps CLOCK_MONOTONIC, which all processes of a machine share, to shop time, so a
simulated shop and the gateway beside it agree without talking.
"""

import time
from dataclasses import dataclass
from typing import Protocol

NS_PER_S = 1_000_000_000


class Clock(Protocol):
    """Time as the shop sees it."""

    @property
    def speed(self) -> float:
        """Shop seconds per real second."""
        ...

    def now_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, UTC."""
        ...

    def real_s(self, shop_s: float) -> float:
        """Return how many real seconds `shop_s` shop seconds take (for timers)."""
        ...


class SystemClock:
    """The machine's clock."""

    speed = 1.0

    def now_ns(self) -> int:
        """Return the machine's wall clock."""
        return time.time_ns()

    def real_s(self, shop_s: float) -> float:
        """Return `shop_s`: a real shop runs at its own pace."""
        return shop_s


@dataclass(frozen=True, slots=True)
class ScaledClock:
    """Shop time runs `speed` times as fast as real time since `origin_monotonic_ns`."""

    speed: float
    origin_monotonic_ns: int
    origin_shop_ns: int

    @classmethod
    def starting_now(cls, speed: float, origin_shop_ns: int) -> "ScaledClock":
        """Return a clock that shows `origin_shop_ns` at this moment."""
        return cls(speed, time.monotonic_ns(), origin_shop_ns)

    def now_ns(self) -> int:
        """Return the shop's time."""
        return self.origin_shop_ns + round((time.monotonic_ns() - self.origin_monotonic_ns) * self.speed)

    def real_s(self, shop_s: float) -> float:
        """Return the real duration of `shop_s` shop seconds."""
        return shop_s / self.speed
