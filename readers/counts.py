"""Drops are data: each stage counts what came in, went on, was dropped and why. Pure.

The law that tests hold every stage to: received == passed + sum(dropped.values()) + held.
"""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class StageCounts:
    """Counts of one stage since its start. `held` is what it still keeps back."""

    received: int = 0
    passed: int = 0
    held: int = 0
    dropped: Counter[str] = field(default_factory=Counter)

    def drop(self, reason: str, n: int = 1) -> None:
        """Count `n` dropped for `reason` (a short word from a fixed set: it becomes a metric label)."""
        self.dropped[reason] += n

    def is_conserved(self) -> bool:
        """Return whether all that came in is accounted for."""
        return self.received == self.passed + self.dropped.total() + self.held
