"""Counts and adjustments between HTTP and the pipeline: implements gateway.counting.ports.CountingPort. Runtime.

request ─▶ (once per key) ─▶ pipeline pass ─▶ one commit: figures, movements, audit ─▶ told
"""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from typing import Protocol

from gateway.answered import Answered
from gateway.audit import Actor
from gateway.counting.adjustments import adjustment_of
from gateway.counting.model import (
    Adjustment,
    AdjustmentForm,
    AdjustmentOutcome,
    Count,
    CountCommand,
    CountEntry,
    CountForm,
    CountLine,
    CountOutcome,
    CountQuery,
    EnteredOutcome,
    NewAdjustment,
    NewCount,
    Refused,
)
from gateway.engine import Engine
from gateway.movements import JournalEntry
from gateway.once import Decisions, Once

ID_TIME_DIGITS, ID_RANDOM_BITS = 11, 48
OVERLOADED = Refused("overloaded", "the gateway holds more input than it can write")


class AdjustedJournal(Protocol):
    """The journal, as far as adjustments are looked up in it."""

    def adjustments(self, store: str, before_seq: int | None, limit: int) -> list[JournalEntry]:
        """Return the entries of adjustments before a sequence, newest first."""
        ...


class CountingOffice:
    """The counts and adjustments of one gateway."""

    def __init__(self, engine: Engine, pipeline: Decisions, once: Once, journal: AdjustedJournal) -> None:
        self._desk, self._adjustments = engine.counts, engine.adjustments
        self._book = engine.state.counting
        self._pipeline = pipeline
        self._once = once
        self._journal = journal

    async def adjust(
        self, source: str, key: str, asked: NewAdjustment, actor: Actor
    ) -> Answered[AdjustmentOutcome]:
        """Correct a level, once per key. Raises KeyRefused."""
        return await self._once.decide(
            source,
            key,
            _digest("adjustment", asked),
            lambda now_ns: self._adjustments.adjust(_new_id(now_ns), asked, actor, now_ns),
            AdjustmentForm(),
        )

    async def adjustments(self, store: str, before_seq: int | None, limit: int) -> list[Adjustment]:
        """Return adjustments as the journal has them, newest first."""
        found = await asyncio.to_thread(self._journal.adjustments, store, before_seq, limit)
        return [adjustment_of(store, entry.seq, entry.movement) for entry in found]

    async def open_count(
        self, source: str, key: str, asked: NewCount, actor: Actor
    ) -> Answered[CountOutcome]:
        """Begin a count, once per key. Raises KeyRefused."""
        return await self._once.decide(
            source,
            key,
            _digest("count", asked),
            lambda now_ns: self._desk.open(_new_id(now_ns), asked, actor, now_ns),
            CountForm(),
        )

    async def count(self, count_id: str) -> Count | None:
        """Return a count as it is now; after a pass, so that nothing is told that a crash could take back."""

        def look(_now_ns: int) -> Count | None:
            session = self._book.get(count_id)
            return None if session is None else session.count

        return await self._pipeline.decide(look)

    async def counts(self, query: CountQuery) -> list[Count]:
        """Return counts as they are now, newest first."""
        return await self._pipeline.decide(lambda _: self._book.sessions(query))

    async def lines(
        self, count_id: str, after: tuple[str, str] | None, limit: int, *, counted_alone: bool
    ) -> list[CountLine]:
        """Return lines of a count as they are now."""

        def look(_now_ns: int) -> list[CountLine]:
            session = self._book.get(count_id)
            if session is None:
                return []
            return self._desk.lines(session, after, limit, counted_alone=counted_alone)

        return await self._pipeline.decide(look)

    async def enter(
        self, count_id: str, entries: Sequence[CountEntry], actor: Actor, stores: frozenset[str]
    ) -> EnteredOutcome:
        """Take in what somebody saw, each entry once by its id."""
        if self._pipeline.is_full():
            return OVERLOADED
        return await self._pipeline.decide(
            lambda now_ns: self._desk.enter(count_id, entries, actor, stores, now_ns)
        )

    async def change(
        self, count_id: str, command: CountCommand, actor: Actor, stores: frozenset[str]
    ) -> CountOutcome:
        """Let a step take effect."""
        if self._pipeline.is_full():
            return OVERLOADED
        return await self._pipeline.decide(
            lambda now_ns: self._desk.change(count_id, command, actor, stores, now_ns)
        )


def _new_id(now_ns: int) -> str:
    """Return an id that sorts by time. It is no secret."""
    random_part = secrets.randbits(ID_RANDOM_BITS)
    return f"{now_ns // 1_000_000:0{ID_TIME_DIGITS}x}{random_part:0{ID_RANDOM_BITS // 4}x}"


def _digest(kind: str, asked: NewAdjustment | NewCount) -> str:
    return hashlib.sha256(f"{kind} {asked!r}".encode()).hexdigest()
