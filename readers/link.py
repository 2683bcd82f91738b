"""What a person or a metric wants to know of a link, and the clock that links are run by. Pure."""

from dataclasses import dataclass
from typing import Literal, Protocol

LinkState = Literal["starting", "up", "held", "down", "stopped"]
"""`held`: up, but not read, because the gateway has no room (back-pressure)."""


@dataclass(frozen=True, slots=True)
class LinkHealth:
    """One link, as it is at this moment. Counts are since the start of the process.

    `detail` says in words what it is connected to or why it is not. `errors` counts exceptions
    that are ours (a codec's, a consumer's): 0 in health.
    """

    state: LinkState
    detail: str
    opened_count: int
    last_bytes_at_ns: int | None
    errors: int = 0

    @property
    def reconnects(self) -> int:
        """Return how often it was opened again after the first time."""
        return max(0, self.opened_count - 1)


class ShopClock(Protocol):
    """Time as the shop sees it: real, or running faster than real time for a demo."""

    def now_ns(self) -> int:
        """Return nanoseconds since the Unix epoch, UTC."""
        ...

    def real_s(self, shop_s: float) -> float:
        """Return how many real seconds `shop_s` shop seconds take (for timers)."""
        ...
