"""What each channel told of each condition: what is missing, what came twice, what came in the wrong order. Pure.

A condition is an article that ran out and came back, so it is to be told twice: that it fired, that it is over. A channel
that tells how things read now (`is_state`: the stream) may tell both by one message where it was away in between: the
alert, over, with the time at which it fired.
"""

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["fired", "resolved"]
Telling = tuple[str, Phase]
"""An article, and what was told of it."""


@dataclass(slots=True)
class Channel:
    """One way of telling. `note` is called as messages come; `faults`: what no message may be, in words."""

    name: str
    is_state: bool = False
    faults: list[str] = field(default_factory=list)
    _came: Counter[Hashable] = field(default_factory=Counter)
    _told: dict[str, list[Phase]] = field(default_factory=dict)

    def note(self, message: Hashable, tellings: Iterable[Telling]) -> bool:
        """Take a message in; return whether it is the first with this name."""
        self._came[message] += 1
        if self._came[message] > 1:
            return False
        self.learn(tellings)
        return True

    def learn(self, tellings: Iterable[Telling]) -> None:
        """Take in what was asked for, which is no message."""
        for sku, phase in tellings:
            phases = self._told.setdefault(sku, [])
            if phase not in phases:
                phases.append(phase)

    @property
    def messages(self) -> int:
        """Return how many different messages came."""
        return len(self._came)

    @property
    def repeats(self) -> int:
        """Return how many messages came that had come before."""
        return self._came.total() - len(self._came)

    def lacks(self, sku: str) -> list[Phase]:
        """Return what was not told of a condition yet."""
        told = self._told.get(sku, [])
        if self.is_state and "resolved" in told:
            return []
        return [phase for phase in ("fired", "resolved") if phase not in told]

    def missed(self, skus: Iterable[str]) -> list[str]:
        """Return what was not told, in words."""
        return [f"{self.name}: {sku} {phase}" for sku in skus for phase in self.lacks(sku)]

    def misordered(self) -> list[str]:
        """Return the conditions of which the end was told before the beginning."""
        return [f"{self.name}: {sku}" for sku, told in self._told.items() if told == ["resolved", "fired"]]

    def by_end_alone(self, skus: Iterable[str]) -> int:
        """Return of how many conditions the end alone was told, with the time at which it had fired."""
        return sum(self._told.get(sku) == ["resolved"] for sku in skus)
