"""How often a caller may ask: one leaky bucket per caller, as one number each (GCRA). Pure.

A bucket holds `burst` requests and fills up again at `per_s`. What is kept of a caller is the time at which
its bucket will be full; a caller whose bucket is full is forgotten, so memory is bounded by who is asking
now. Time is real time: a demo's fast clock gives nobody more requests.
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

MAX_CALLERS = 10_000
"""Callers that are remembered at once; beyond it the one that was quiet longest is let off."""


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests at once, and so many a second for good."""

    per_s: float
    burst: int

    @property
    def window_s(self) -> int:
        """Return how long an empty bucket takes to fill, whole seconds, at least one."""
        return max(1, math.ceil(self.burst / self.per_s))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller after one request. `retry_after_s` is 0 where the request may go on."""

    quota: Quota
    left: int
    full_in_s: int
    retry_after_s: int

    @property
    def is_allowed(self) -> bool:
        """Return whether the request may go on."""
        return self.retry_after_s == 0

    def headers(self, policy: str) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers."""
        return {
            "ratelimit-policy": f'"{policy}";q={self.quota.burst};w={self.quota.window_s}',
            "ratelimit": f'"{policy}";r={self.left};t={self.full_in_s}',
        }


class Limiter:
    """Buckets by caller. A refused request takes nothing out, so that asking on does not keep a caller out."""

    def __init__(
        self, quota: Quota, monotonic_s: Callable[[], float], *, max_callers: int = MAX_CALLERS
    ) -> None:
        self._quota = quota
        self._monotonic_s = monotonic_s
        self._max_callers = max_callers
        self._full_at_s: OrderedDict[str, float] = OrderedDict()
        self.refused = 0

    def __len__(self) -> int:
        return len(self._full_at_s)

    def take(self, caller: str, cost: int = 1) -> Allowance:
        """Take `cost` requests out of the caller's bucket, if they are there; more than a bucket holds are
        taken as a whole bucket.
        """
        quota, now_s = self._quota, self._monotonic_s()
        each_s = 1.0 / quota.per_s
        full_s = quota.burst * each_s
        full_at_s = max(self._full_at_s.get(caller, now_s), now_s)
        after_s = full_at_s + min(cost, quota.burst) * each_s
        over_s = after_s - now_s - full_s
        if over_s > 1e-9:  # what a sum of floats may be off by
            self.refused += 1
            return self._allowance(full_at_s - now_s, retry_after_s=math.ceil(over_s))
        self._full_at_s[caller] = after_s
        self._full_at_s.move_to_end(caller)
        self._forget(now_s)
        return self._allowance(after_s - now_s, retry_after_s=0)

    def _allowance(self, filling_s: float, *, retry_after_s: int) -> Allowance:
        left = math.floor(self._quota.burst - filling_s * self._quota.per_s + 1e-6)
        return Allowance(self._quota, max(0, left), math.ceil(filling_s), retry_after_s)

    def _forget(self, now_s: float) -> None:
        """Let the callers go that were quiet longest: those whose buckets are full again, and any beyond the bound."""
        while self._full_at_s:
            caller, full_at_s = next(iter(self._full_at_s.items()))
            if full_at_s > now_s and len(self._full_at_s) <= self._max_callers:
                return
            del self._full_at_s[caller]
