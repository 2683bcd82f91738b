"""Whether the clock may say what is old: a clock that jumped ahead must not empty the store. Pure.

    clock   ─────────┐ jump ┌──────── runs on steadily ────────▶ trusted again
    trusted ─────────┴──────────────── stays ──────────────────┘

Ages are counted from `trusted_ns`, which follows a clock that runs on. A jump ahead may be a long pause
(a shop closed for the summer) or a wrong clock (no battery, no network, a typing error); nothing on
this machine can tell them apart. So what lies behind a jump is believed only once the clock has run on
from there for a thirtieth of it: after three weeks' pause 17 hours, after years MAX_PROBATION_NS. A
clock that goes back makes nothing older, and is let be.
"""

from dataclasses import dataclass

_DAY_NS = 86_400 * 1_000_000_000
MAX_STEP_NS = _DAY_NS
"""Two looks at the clock further apart than this are a jump: a gateway that was off for a night is none."""
MAX_BACK_NS = 60 * 1_000_000_000
"""A clock on probation that is set back by more than this begins anew."""
PROBATION_SHARE = 30
MAX_PROBATION_NS = 30 * _DAY_NS
"""Whoever runs a shop for a month with a date that is years ahead, on every page, means it."""


@dataclass(frozen=True, slots=True)
class ClockTrust:
    """`trusted_ns`: the time that ages are counted from. `since_ns`: where the clock jumped to, while it is on
    probation; None otherwise. `seen_ns`: the last look at the clock.
    """

    trusted_ns: int
    seen_ns: int
    since_ns: int | None = None

    def at(self, now_ns: int) -> "ClockTrust":
        """Return what is known after another look at the clock."""
        if now_ns <= self.trusted_ns + MAX_STEP_NS:
            return ClockTrust(max(self.trusted_ns, now_ns), now_ns)
        runs_on = self.seen_ns - MAX_BACK_NS <= now_ns <= self.seen_ns + MAX_STEP_NS
        if self.since_ns is None or not runs_on:
            return ClockTrust(self.trusted_ns, now_ns, now_ns)
        if now_ns - self.since_ns >= self.probation_ns:
            return ClockTrust(now_ns, now_ns)
        return ClockTrust(self.trusted_ns, now_ns, self.since_ns)

    @property
    def probation_ns(self) -> int:
        """Return how long the clock must run on from where it jumped to; 0 while it is trusted."""
        if self.since_ns is None:
            return 0
        return min((self.since_ns - self.trusted_ns) // PROBATION_SHARE, MAX_PROBATION_NS)
