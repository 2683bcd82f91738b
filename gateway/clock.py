"""The one clock that everything is told the time by: real, or running faster for a demo.

Rules never read a clock; they are given `now_ns`. Only the runtime holds one of these.
A scaled clock maps CLOCK_MONOTONIC, which all processes of a machine share, to shop time, so a
simulated shop and the gateway beside it agree without talking.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

log = logging.getLogger(__name__)

NS_PER_S = 1_000_000_000
SLOWER_BY = 10
"""A steady clock that is ahead runs slower by the tenth part: an hour is made good in ten, and no hold or timer
is felt to be late."""
TOLD_NS = NS_PER_S
"""A machine's clock that was set back by more than this is worth a line in the log; less is NTP at work."""


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


class SteadyClock:
    """The machine's clock, but one that never goes back; any thread.

    Set forward, it follows at once: time went by in which nobody looked. Set back (by a person, by NTP, or as
    a machine without a battery starts in the past), it runs on from where it was, slower by a tenth, until
    the machine's clock has caught up: beliefs, holds and the order of history rest on time that only grows.
    """

    speed = 1.0

    def __init__(
        self,
        wall_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._wall_ns, self._monotonic_ns = wall_ns, monotonic_ns
        self._asking = threading.Lock()
        self._now_ns, self._at_ns = wall_ns(), monotonic_ns()
        self._ahead_ns = 0
        self._is_told = False

    def now_ns(self) -> int:
        """Return the time: the machine's, or a later one."""
        with self._asking:
            at_ns, wall_ns = self._monotonic_ns(), self._wall_ns()
            passed_ns, self._at_ns = at_ns - self._at_ns, at_ns
            self._now_ns = max(wall_ns, self._now_ns + passed_ns - passed_ns // SLOWER_BY)
            self._ahead_ns = self._now_ns - wall_ns
            if self._is_told != (self._ahead_ns > TOLD_NS):
                self._tell()
            return self._now_ns

    def not_before(self, at_ns: int) -> None:
        """Go on from a time that was known in an earlier life, where the machine's clock is behind it."""
        with self._asking:
            self._now_ns = max(self._now_ns, at_ns)

    def ahead_s(self) -> float:
        """Return how many seconds this is ahead of the machine's clock."""
        self.now_ns()
        return self._ahead_ns / NS_PER_S

    def real_s(self, shop_s: float) -> float:
        """Return `shop_s`: a real shop runs at its own pace."""
        return shop_s

    def _tell(self) -> None:
        self._is_told = not self._is_told
        if self._is_told:
            log.warning(
                "clock: the machine's clock stands %.0f s before the time reached here; time goes on from there,"
                " slower by a tenth until both agree (is NTP on?)",
                self._ahead_ns / NS_PER_S,
            )
        else:
            log.warning("clock: the machine's clock has caught up")


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
