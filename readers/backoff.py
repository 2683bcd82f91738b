"""How long to wait before a lost link is tried again: longer each time, bounded, jittered. Pure."""

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class BackoffPolicy:
    """The delays, in real seconds: opening a port costs the same whatever the shop's clock says.

    Each delay is drawn from the upper part of its ceiling (`jitter` is the share that is drawn), so
    that links which were lost together do not all come back in the same instant. A link that lasted
    `steady_s` starts over at `first_s`; one that keeps flapping waits longer and longer.
    """

    first_s: float = 0.25
    limit_s: float = 10.0
    factor: float = 2.0
    jitter: float = 0.5
    steady_s: float = 5.0


class Backoff:
    """The delays of one link."""

    def __init__(self, policy: BackoffPolicy, rng: Random) -> None:
        self._policy = policy
        self._rng = rng
        self._ceiling_s = policy.first_s

    def lasted(self, up_s: float) -> None:
        """Take note that the link was up for `up_s`."""
        if up_s >= self._policy.steady_s:
            self._ceiling_s = self._policy.first_s

    def next_s(self) -> float:
        """Return the next delay; the one after it is longer, up to the limit."""
        ceiling_s = min(self._ceiling_s, self._policy.limit_s)
        self._ceiling_s = min(ceiling_s * self._policy.factor, self._policy.limit_s)
        return ceiling_s * (1 - self._policy.jitter * self._rng.random())
