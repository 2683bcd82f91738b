"""What the gateway asks of a store: one atomic commit, a journal, level series and small tables. Pure.

    GatewayStore   commit ─▶ Journal · LevelSeries · StateTable · AppliedEvents · Alerts · DeadLetters · Keys
    Outbox         what waits for a time-series server, written with the commit that it tells of

Lifecycle: `open` checks and migrates, then `commit` (and every other write) is called from one writer
thread only; reads may come from any thread. `close` is idempotent; whatever is asked after it raises
StoreClosed. After `commit` returned, its content survives a power cut (synchronous=FULL); before,
none of it is visible. What is old is let go by retention (gateway/storage/retention.py): each port
says what a question for it is answered.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.alerts.records import AlertRecord, AlertState
from gateway.answered import AnsweredRequest
from gateway.audit import AuditEntry
from gateway.changes.model import Change, ChangeNote
from gateway.delivery.model import QueuedNotice
from gateway.kpis.model import KpiDay
from gateway.movements import JournalEntry, LevelPoint, Movement
from gateway.reservations.model import Forgetting, Reservation, ReservationQuery
from gateway.webhooks.model import NewEndpoint


@dataclass(frozen=True, slots=True)
class StateRow:
    """One row of an engine part's own state: JSON text under (part, key); None deletes it."""

    part: str
    key: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An engine part's own state under a prefix of its keys, as bytes of its own making.

    It takes the place of the part's rows under `prefix` that were written before it, or with it.
    `prefix` ends in an ASCII character.
    """

    part: str
    prefix: str
    body: bytes


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
    reservations: list[Reservation] = field(default_factory=list)
    answered: list[AnsweredRequest] = field(default_factory=list)
    forgetting: Forgetting | None = None
    lines: list[bytes] = field(default_factory=list)
    """Line protocol of what was sampled (health, KPIs), for the outbox; a store without one lets them be."""
    snapshots: list[Snapshot] = field(default_factory=list)
    changes: list[ChangeNote] = field(default_factory=list)
    audited: list[AuditEntry] = field(default_factory=list)
    kpi_days: list[KpiDay] = field(default_factory=list)
    endpoints: list[NewEndpoint] = field(default_factory=list)
    notices: list[QueuedNotice] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Return whether there is nothing to write."""
        return not (
            self.movements
            or self.levels
            or self.state
            or self.alerts
            or self.applied
            or self.dead_letters
            or self.reservations
            or self.answered
            or self.forgetting
            or self.lines
            or self.snapshots
            or self.changes
            or self.audited
            or self.kpi_days
            or self.endpoints
            or self.notices
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


@dataclass(frozen=True, slots=True)
class OutboxBatch:
    """Newline-joined line protocol of one commit (or of a part of a large one), as it waits for the server.

    `points`: lines in `body`; `at_ns`: when it was committed.
    """

    id: int
    points: int
    at_ns: int
    body: bytes


@dataclass(frozen=True, slots=True)
class OutboxTotals:
    """What waits, and what left otherwise than by delivery, over all lives of this store.

    `let_go`: points that had to leave a full outbox undelivered (their times are gaps); `refused`: lines
    that the server would not have; `oldest_at_ns`: when the oldest that waits was committed.
    """

    points: int
    bytes: int
    let_go: int
    refused: int
    oldest_at_ns: int | None


@dataclass(frozen=True, slots=True)
class OutboxGap:
    """Times [from_ns, to_ns) of which the server was not told, and how far that was made good.

    `points` are those known to be missing; 0 where that is not known. `cursor` is empty before the start.
    """

    id: int
    reason: str
    from_ns: int
    to_ns: int
    points: int
    cursor: str


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that the server would not have, with its words."""

    at_ns: int
    reason: str
    line: bytes


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of some of the outbox: delivered or refused up to `through_id`; how far a gap was told.

    `gap_cursor` None: the gap is closed.
    """

    through_id: int = 0
    refused: tuple[RefusedLine, ...] = ()
    gap_id: int | None = None
    gap_cursor: str | None = None


SeriesKey = tuple[str, str, str]
"""(store, sku, zone)."""


class SeriesEncoder(Protocol):
    """Turns what a commit wrote into the bytes that wait in the outbox. Pure: called in the writer thread."""

    def encode(
        self, entries: Sequence[JournalEntry], levels: Sequence[LevelPoint], alerts: Sequence[AlertRecord]
    ) -> bytes:
        """Return newline-joined line protocol (times in ns); empty where there is nothing to tell."""
        ...


class Journal(Protocol):
    """Movements in order. `seq` is contiguous per store: from `first_seq` to `last_seq` none is missing.

    Entries are appended by `commit` alone and never change. Retention takes them from the old end, and
    keeps what they added up to: opening balances + all kept deltas = the levels.
    """

    @property
    def journal_id(self) -> str:
        """Return the id of this journal: new whenever it is created or restored from a backup."""
        ...

    def entries_after(self, store: str, seq: int, limit: int) -> list[JournalEntry]:
        """Return up to `limit` entries of `store` with a sequence greater than `seq`, in order.

        Raises EntriesLetGo where the next one (seq + 1) was let go: whoever follows the journal begins
        anew, from the levels and `last_seq`. Ask from `first_seq - 1` for all that is kept.
        """
        ...

    def first_seq(self, store: str) -> int:
        """Return the oldest sequence of `store` that is kept; `last_seq + 1` where none is."""
        ...

    def last_seq(self, store: str) -> int:
        """Return the newest sequence of `store`; 0 before the first."""
        ...

    def opening_balances(self, store: str) -> dict[tuple[str, str], int]:
        """Return pieces by (sku, zone): the sum of all deltas before `first_seq`, of older journals too."""
        ...


class ChangeLog(Protocol):
    """What reads differently now, in one sequence per store; written by `commit`, bounded in length.

    A store that was restored from a backup has a new `journal_id`, and sequences of before mean nothing in it.
    """

    def changes_after(self, store: str, seq: int, limit: int) -> list[Change] | None:
        """Return up to `limit` changes after `seq`, in order; None where some of them are gone, or never were."""
        ...

    def last_change(self, store: str) -> int:
        """Return the newest sequence of a store; 0 before the first."""
        ...


class LevelSeries(Protocol):
    """Levels over time, clustered by (store, sku, zone, time): step functions, 0 before the first point.

    Points may come late or twice; of several for one series and time the last given holds. What `append`
    (or a commit) wrote is seen by the next question. Implementations that let old points go keep the
    newest of each series, and answer older questions at a coarser resolution (see `history`).
    """

    def append(self, points: Sequence[LevelPoint]) -> None:
        """Write points that come with no commit (an import), durably. Writer thread only."""
        ...

    def latest_levels(self) -> list[LevelPoint]:
        """Return the latest point of every series."""
        ...

    def latest_many(self, keys: Collection[SeriesKey]) -> list[LevelPoint]:
        """Return the latest point of each of these series, in no order; unknown ones are left out."""
        ...

    def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None = None
    ) -> list[HistoryStep]:
        """Return steps over [from_ns, to_ns) of one zone, or of the store (the sum over zones).

        The level before the first point is 0. A step before the first point ever is left out.
        Raises ValueError for more than steps.MAX_STEPS steps.
        """
        ...

    def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was at `at_ns`; a zone without a point by then is left out."""
        ...


class StateTable(Protocol):
    """The engine's own rows and snapshots, by part; set and deleted by `commit` alone, never let go."""

    def state_rows(self, part: str) -> Iterable[StateRow]:
        """Return all rows of an engine part."""
        ...

    def snapshots(self, part: str) -> Iterable[Snapshot]:
        """Return all snapshots of an engine part, by prefix; read as they are asked for."""
        ...


class AppliedEvents(Protocol):
    """Events taken in from outside; kept for `[storage] applied_days` from when they came."""

    def applied_event(self, source: str, event_id: str) -> AppliedEvent | None:
        """Return the event if it was applied before."""
        ...


class Alerts(Protocol):
    """Alert episodes, and the changes of them that wait for the broker."""

    def alerts(
        self,
        *,
        store: str | None = None,
        states: Sequence[AlertState] = (),
        types: Sequence[str] = (),
        before: tuple[int, str] | None = None,
        limit: int = 200,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest `since_ns` first; `before` = (since_ns, id) of the last page."""
        ...

    def unpublished_alerts(self, limit: int) -> list[tuple[int, AlertRecord]]:
        """Return alert changes not yet marked as published, oldest first, with their outbox id."""
        ...

    def mark_published(self, outbox_ids: Sequence[int]) -> None:
        """Mark alert changes as delivered to the broker. Writer thread only."""
        ...


class DeadLetters(Protocol):
    """Samples of what was refused: the newest, up to a bound."""

    def dead_letters(self, limit: int) -> list[DeadLetter]:
        """Return the newest dead letters, newest first."""
        ...


class Keys(Protocol):
    """API keys. Any process may write them: each call is committed by itself, at once."""

    def add_key(self, key: ApiKey) -> None:
        """Store a new API key; raise CommitRefused where its id is taken."""
        ...

    def revoke_key(self, key_id: str, at_ns: int) -> bool:
        """Mark a key as revoked; return whether there was one to revoke."""
        ...

    def keys(self) -> list[ApiKey]:
        """Return all keys, the revoked ones too."""
        ...


class Outbox(Protocol):
    """What waits for a time-series server, in the order of commits. Ids rise and are never used again.

    Written with each commit of a store that has an encoder, and bounded: where it is full the oldest
    leaves, and its time becomes a gap, to be told later from what else the store keeps.
    """

    def outbox_after(self, batch_id: int, max_points: int) -> list[OutboxBatch]:
        """Return batches with an id greater than `batch_id`, oldest first: about `max_points`, at least one."""
        ...

    def outbox_totals(self) -> OutboxTotals:
        """Return what waits in all."""
        ...

    def outbox_gaps(self) -> list[OutboxGap]:
        """Return the times that are still to be told, the oldest gap first."""
        ...

    def refused_lines(self, limit: int) -> list[RefusedLine]:
        """Return the newest lines that the server would not have, newest first."""
        ...

    def settle_outbox(self, settlement: Settlement) -> None:
        """Take out what was delivered and note what was refused, durably. Writer thread only."""
        ...


class Reservations(Protocol):
    """Reservations, one row each, and the answers to requests that bore a key; both written by commits alone.

    A closed reservation loses its owner and later goes, an answer goes after a day: by `Commit.forgetting`.
    """

    def open_reservations(self) -> list[Reservation]:
        """Return the reservations that were open when they last changed, oldest first."""
        ...

    def reservation(self, reservation_id: str) -> Reservation | None:
        """Return one reservation as it was written last."""
        ...

    def reservations(self, query: ReservationQuery, now_ns: int) -> list[Reservation]:
        """Return reservations as they were written last, newest first; `now_ns` decides which have expired."""
        ...

    def answered_request(self, source: str, key: str) -> AnsweredRequest | None:
        """Return the request of a caller that had this key, if it is kept."""
        ...

    def answered_keys(self, after_ns: int, limit: int) -> list[tuple[str, str, int]]:
        """Return (source, key, at_ns) of the newest `limit` requests answered after a time, oldest first."""
        ...


class GatewayStore(
    Journal,
    ChangeLog,
    LevelSeries,
    StateTable,
    AppliedEvents,
    Alerts,
    DeadLetters,
    Keys,
    Reservations,
    Protocol,
):
    """The gateway's one file: all of the above, written together."""

    def commit(self, commit: Commit) -> Committed:
        """Write all of it in one durable transaction, or raise and write none. Writer thread only."""
        ...

    def close(self) -> None:
        """Close the file; idempotent."""
        ...
