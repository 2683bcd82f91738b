"""What api/ may ask of counts and adjustments. Pure."""

from collections.abc import Sequence
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.counting.model import (
    Adjustment,
    AdjustmentOutcome,
    Count,
    CountCommand,
    CountEntry,
    CountLine,
    CountOutcome,
    CountQuery,
    EnteredOutcome,
    NewAdjustment,
    NewCount,
)


class CountingPort(Protocol):
    """Counts and adjustments. What is returned is on disk. `stores` (empty: all): those that the caller sees."""

    async def adjust(
        self, source: str, key: str, asked: NewAdjustment, actor: Actor
    ) -> Answered[AdjustmentOutcome]:
        """Correct a level; a request with the `key` of an earlier one of `source` gets its answer.

        Raises KeyRefused.
        """
        ...

    async def adjustments(self, store: str, before_seq: int | None, limit: int) -> Sequence[Adjustment]:
        """Return adjustments, one per movement of the journal, newest first, those before `before_seq`."""
        ...

    async def open_count(
        self, source: str, key: str, asked: NewCount, actor: Actor
    ) -> Answered[CountOutcome]:
        """Begin a count; a request with the `key` of an earlier one of `source` gets its answer.

        Raises KeyRefused.
        """
        ...

    async def count(self, count_id: str) -> Count | None:
        """Return a count as it is now; None where there is none (any more)."""
        ...

    async def counts(self, query: CountQuery) -> Sequence[Count]:
        """Return counts of a store, newest first."""
        ...

    async def lines(
        self, count_id: str, after: tuple[str, str] | None, limit: int, *, counted_alone: bool
    ) -> Sequence[CountLine]:
        """Return lines of a count by (zone, SKU), those behind `after`; `counted_alone`: that somebody counted."""
        ...

    async def enter(
        self, count_id: str, entries: Sequence[CountEntry], actor: Actor, stores: frozenset[str]
    ) -> EnteredOutcome:
        """Take in what somebody saw."""
        ...

    async def change(
        self, count_id: str, command: CountCommand, actor: Actor, stores: frozenset[str]
    ) -> CountOutcome:
        """Let a step take effect."""
        ...
