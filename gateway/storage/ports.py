"""What the gateway asks of a store on disk: one atomic commit, and reads of it. Pure.

Lifecycle: `open` checks integrity and applies migrations, then `commit` is called from one
writer thread only; reads may come from any thread. `close` is idempotent. After `commit`
returned, its content survives a power cut (synchronous=FULL); before, none of it is visible.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.alerts.records import AlertRecord, AlertState
from gateway.movements import JournalEntry, LevelPoint, Movement


@dataclass(frozen=True, slots=True)
class StateRow:
    """One row of an engine part's own state: JSON text under (part, key); None deletes it."""

    part: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class AppliedEvent:
    """An event taken in from outside, so that its repeat is answered and not applied again.

    `digest` is a hash of its content (a reused id with other content is refused); `result` is
    the JSON answer that it got. (source, event_id) is unique.
    """

    source: str
    event_id: str
    digest: str
    at_ns: int
    result: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Something refused, kept as a sample for a person. The table is bounded; counts are not lost."""

    device: str
    reason: str
    detail: str
    sample: bytes
    at_ns: int


@dataclass(slots=True)
class Commit:
    """All that one pass of the pipeline changed; written in one transaction."""

    at_ns: int
    movements: list[Movement] = field(default_factory=list)
    levels: list[LevelPoint] = field(default_factory=list)
    state: list[StateRow] = field(default_factory=list)
    alerts: list[AlertRecord] = field(default_factory=list)
    applied: list[AppliedEvent] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Return whether there is nothing to write."""
        return not (
            self.movements or self.levels or self.state or self.alerts or self.applied or self.dead_letters
        )


@dataclass(frozen=True, slots=True)
class Committed:
    """The outcome of a commit: its journal entries (in order of `Commit.movements`)."""

    entries: tuple[JournalEntry, ...]
    version: int
    """A counter that grows with every commit of this gateway, whatever it wrote."""


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """The outcome of several commits in one transaction: those written, in order.

    With a `failure` the commit after them was refused, and those behind it were not tried.
    """

    committed: tuple[Committed, ...]
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One step of a level's history: [at_ns, at_ns + step). Pieces; mean weighted by time."""

    at_ns: int
    minimum: int
    mean: float
    maximum: int


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored: never the key itself, only the hash of it. Empty `stores`: all stores."""

    id: str
    name: str
    hash: str
    scopes: tuple[str, ...]
    stores: tuple[str, ...]
    created_at_ns: int
    revoked_at_ns: int | None = None


class Journal(Protocol):
    """Movements in order. `seq` is contiguous per store."""

    @property
    def journal_id(self) -> str:
        """Return the id of this journal: new whenever it is created or restored from a backup."""
        ...

    def entries_after(self, store: str, seq: int, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` with a sequence greater than `seq`, in order."""
        ...

    def last_seq(self, store: str) -> int:
        """Return the newest sequence of `store`; 0 before the first."""
        ...


class LevelSeries(Protocol):
    """Levels over time, clustered by (store, sku, zone, time)."""

    def latest_levels(self) -> list[LevelPoint]:
        """Return the latest point of every series."""
        ...

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return steps over [from_ns, to_ns) of one zone, or of the store (the sum over zones).

        The level before the first point is 0. A step before the first point ever is left out.
        """
        ...

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was at `at_ns`."""
        ...


class GatewayStore(Journal, LevelSeries, Protocol):
    """The gateway's one file: journal, levels, engine state, alerts, applied events, keys."""

    def commit(self, commit: Commit) -> Committed:
        """Write all of it in one durable transaction, or raise and write none. Writer thread only."""
        ...

    def state_rows(self, part: str) -> Iterable[StateRow]:
        """Return all rows of an engine part."""
        ...

    def applied_event(self, source: str, event_id: str) -> AppliedEvent | None:
        """Return the event if it was applied before."""
        ...

    def alerts(
        self,
        *,
        store: str | None = None,
        states: Sequence[AlertState] = (),
        types: Sequence[str] = (),
        before: tuple[int, str] | None = None,
        limit: int = 200,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest `since_ns` first; `before` = (since_ns, id) of the last page."""
        ...

    def unpublished_alerts(self, limit: int) -> list[tuple[int, AlertRecord]]:
        """Return alert changes not yet marked as published, oldest first, with their outbox id."""
        ...

    def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Mark alert changes as delivered to the broker. Writer thread only."""
        ...

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest dead letters."""
        ...

    def add_key(self, key: ApiKey) -> None:
        """Store a new API key (any process; committed at once)."""
        ...

    def revoke_key(self, key_id: str, at_ns: int) -> bool:
        """Mark a key as revoked; return whether there was one to revoke."""
        ...

    def keys(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too."""
        ...

    def close(self) -> None:
        """Close the file; idempotent."""
        ...
