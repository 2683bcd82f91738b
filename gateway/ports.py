"""All that api/ may ask of the gateway: small protocols and plain values. Pure.

The composition root gives the app one object per port; tests give their own.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.alerts.records import AlertRecord, AlertState
from gateway.answered import Answered
from gateway.audit import Actor
from gateway.calibration import CalibrationReport
from gateway.catalogue.codes import Named
from gateway.changes.model import ChangeType
from gateway.changes.subscription import Subscription
from gateway.channels.model import ANYBODY, Asker, Fulfilment
from gateway.devices.clocks import ClockJudgement
from gateway.explanation import Explanation, ZoneSight
from gateway.reservations.model import (
    Command,
    Decided,
    NewReservation,
    Outcome,
    Reservation,
    ReservationQuery,
)
from gateway.webhooks.model import Delivery, Endpoint

Status = Literal[
    "IN_STOCK", "LIMITED", "BACK_ROOM_ONLY", "INCOMING", "OUT_OF_STOCK", "UNKNOWN"
]  # fmt: skip
EventType = Literal["sale", "return", "receive", "transfer", "count"]


@dataclass(frozen=True, slots=True)
class ZoneInfo:
    """A zone as others see it. `name` by language; `rect` = (x, y, width, height) in metres or None."""

    id: str
    role: str
    name: dict[str, str]
    rect: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store as others see it. `hours`: by weekday (mon … sun), "09:00-19:30"; None where nobody said.

    `special_hours`: of single days (ISO dates), instead of their weekday's; none: closed.
    `channels`: those that sell from it, where the site names any; `fulfilment`: how it gives pieces to customers.
    """

    id: str
    name: str
    timezone: str
    zones: tuple[ZoneInfo, ...]
    address: str = ""
    position: tuple[float, float] | None = None
    hours: dict[str, tuple[str, ...]] | None = None
    special_hours: dict[str, tuple[str, ...]] = field(default_factory=dict)
    source: Literal["readers", "ledger"] = "readers"
    channels: tuple[str, ...] = ()
    fulfilment: tuple[Fulfilment, ...] = ("pickup", "ship")


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """An article. `known` is False for a product seen on the floor that no catalogue names."""

    sku: str
    gtins: tuple[str, ...]
    name: dict[str, str]
    tracked_by: str
    known: bool
    department: str | None = None
    model: str | None = None
    size: str | None = None
    colour: str | None = None
    source: Literal["file", "api", "floor"] = "file"
    low_stock_at: int | None = None
    safety_stock: int | None = None
    epcs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneLevel:
    """Pieces in a zone and how fresh that is. `last_seen_at_ns`: newest evidence of a piece here.

    `coverage`: share (0 to 1) of what the zone's readers could tell that they do tell; None: not measured.
    """

    zone: str
    pieces: int
    watched: bool
    last_seen_at_ns: int | None
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class Belief:
    """How sure the pieces of an answer are: all that is believed in the store, whoever may have it.

    `expected`: pieces, mean; `p_at_least[n - 1]`: P(N >= n) for n = 1 … len, exact (Poisson-binomial);
    `interval_90`: the least and most pieces that hold nine tenths.
    """

    expected: float
    p_at_least: tuple[float, ...]
    interval_90: tuple[int, int]

    def at_least(self, pieces: int) -> float:
        """Return P(N >= pieces); beyond what is kept, the last one is an upper bound and 0 is told."""
        if pieces <= 0:
            return 1.0
        return self.p_at_least[pieces - 1] if pieces <= len(self.p_at_least) else 0.0


@dataclass(frozen=True, slots=True)
class Availability:
    """What may be promised of one article in one store to one asker, and why. All counts in pieces.

    available = max(0, min(on_hand - not_pickable - reserved - safety_stock, quota_left)); the zones sum to
    on_hand; shortfall is what the clamp at 0 hides of the first of the two. While UNKNOWN the quantities are the
    last known ones. `quota_left`: what the channel asked for may still hold, None where it has no quota.
    `pickup`: whether they may be promised, by the `fulfilment` that was asked for.
    `ready_by_ns`: when the pieces asked for lie ready for a customer; None where that is not promised.
    `incoming_at_ns`: when the next of the incoming pieces are expected; None where nobody said, or that is past.
    """

    store: str
    sku: str
    gtin: str | None
    status: Status
    on_hand: int
    not_pickable: int
    reserved: int
    safety_stock: int
    available: int
    shortfall: int
    incoming: int
    zones: tuple[ZoneLevel, ...]
    pickup: Literal["yes", "no"]
    reasons: tuple[str, ...]
    last_seen_at_ns: int | None
    last_changed_at_ns: int | None
    coverage: float
    readers_ok: bool
    sources: tuple[str, ...]
    valid_until_ns: int
    version: int
    belief: Belief | None = None
    p_at_least_requested: float | None = None
    ready_by_ns: int | None = None
    quota_left: int | None = None
    fulfilment: Fulfilment = "pickup"
    incoming_at_ns: int | None = None


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One step of a history, pieces; mean weighted by time."""

    at_ns: int
    minimum: int
    mean: float
    maximum: int


@dataclass(frozen=True, slots=True)
class TillEvent:
    """Something that happened outside of the readers' sight, told by a till or a handheld.

    `event_id` is unique per key that sends it: a repeat is answered, not applied. A transfer goes
    `to_store`. A count found `qty` pieces in `zone`, or the very tag `epc`; `complete`: the whole zone
    was counted for the article, so what was not found of it is not there.
    """

    event_id: str
    type: EventType
    store: str
    sku: str | None
    gtin: str | None
    epc: str | None
    qty: int
    at_ns: int
    zone: str | None = None
    to_store: str | None = None
    complete: bool = False


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event of a batch. `code` says why it was refused (e.g. unknown_sku)."""

    event_id: str
    outcome: Literal["applied", "duplicate", "refused"]
    sku: str | None = None
    code: str | None = None
    detail: str | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceHealth:
    """One reader, scanner or shelf: alive or not, since when, and its counts since start.

    `state`: online | silent (no proof of life in time) | offline (it said so, or unplugged) | never.
    `clock`: how its clock is, None where it is not judged.
    """

    id: str
    kind: str
    role: str
    store: str
    zones: tuple[str, ...]
    state: Literal["online", "silent", "offline", "never"]
    last_seen_at_ns: int | None
    detail: str
    observations: int
    reconnects: int
    received: int
    passed: int
    held: int
    dropped: dict[str, int] = field(default_factory=dict)
    clock: ClockJudgement | None = None


@dataclass(frozen=True, slots=True)
class DeadLetterInfo:
    """Something that was refused, kept as a sample for people."""

    device: str
    reason: str
    detail: str
    sample: bytes
    at_ns: int


@dataclass(frozen=True, slots=True)
class UnmatchedTopicInfo:
    """A topic at the broker that belongs to no device, and its last message (`sample` is cut)."""

    topic: str
    count: int
    retained: bool
    sample: bytes
    last_at_ns: int


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of the events that a device posted: received == taken + dropped (by reason).

    `observations`: new reads, scans, weights and signs of life in those that were taken.
    """

    device: str
    received: int
    taken: int
    observations: int
    dropped: dict[str, int] = field(default_factory=dict)


RefusalCode = Literal["bad_json", "body_too_large", "too_many_events", "overloaded"]


class IngestRefused(Exception):  # noqa: N818 - named by what happened
    """A posted body of which nothing was taken. `code` says why."""

    def __init__(self, code: RefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


RecordsRefusalCode = Literal["old_records_unavailable", "too_many_changes"]


class RecordsRefused(Exception):  # noqa: N818 - named by what happened
    """What was so long ago is kept in another place, which gives no answer now, or not to so much."""

    def __init__(self, code: RecordsRefusalCode, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the gateway can do its work, and the reasons where it cannot."""

    ready: bool
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a key's id, its scopes and the stores it is bound to (empty: all).

    Somebody who signed in has the id of a member of staff there, and a `role`; a key has none.
    """

    key_id: str
    scopes: frozenset[str]
    stores: frozenset[str]
    role: str = ""

    def may(self, scope: str) -> bool:
        """Return whether the caller holds `scope` (admin holds all)."""
        return scope in self.scopes or "admin" in self.scopes

    def sees(self, store: str) -> bool:
        """Return whether the caller is allowed in `store`."""
        return not self.stores or store in self.stores


class ClockPort(Protocol):
    """Time as the shop sees it; `speed` is 1 but in a demo."""

    @property
    def speed(self) -> float:
        """Shop seconds per real second."""
        ...

    def now_ns(self) -> int:
        """Return now."""
        ...


class InventoryPort(Protocol):
    """Stock as it is now, from memory; never blocks."""

    def stores(self) -> Sequence[StoreInfo]:
        """Return all stores."""
        ...

    def articles(self) -> Sequence[ArticleInfo]:
        """Return all articles, by SKU; products that no catalogue names come last."""
        ...

    def sku_of(self, gtin: str) -> str | None:
        """Return the SKU of a GTIN-14."""
        ...

    def named_by(self, code: str) -> Named:
        """Return what a scanned or typed text names."""
        ...

    def stamp(self, store: str, sku: str) -> object:
        """Return what an answer rests on: another stamp than before where it may read differently now."""
        ...

    def variants(self, sku: str) -> Sequence[ArticleInfo]:
        """Return an article, and behind it the others of its model; empty where there is no such article."""
        ...

    def availability(self, store: str, sku: str, qty: int = 1, asker: Asker = ANYBODY) -> Availability | None:
        """Return the answer for one pair; None where the store or the article does not exist."""
        ...

    def explain(self, store: str, sku: str, asker: Asker = ANYBODY) -> Explanation | None:
        """Return every term of one answer; None where the store or the article does not exist."""
        ...

    def sight(self, store: str) -> Sequence[ZoneSight]:
        """Return how well each zone of a store is seen, in the order of the site; empty: no such store."""
        ...

    def calibration(self, store: str) -> CalibrationReport | None:
        """Return what past answers of a store were worth; None where nothing has proved any yet."""
        ...


class RecordsPort(Protocol):
    """What was: read from disk, off the loop. Levels may raise RecordsRefused for times long ago."""

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        """Return the history of a level: of one zone, or of the whole store."""
        ...

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Return the level per zone as it was."""
        ...

    async def alerts(
        self,
        *,
        stores: Sequence[str],
        states: Sequence[AlertState],
        types: Sequence[str],
        before: tuple[int, str] | None,
        limit: int,
        severities: Sequence[str] = (),
        assignee: str | None = None,
    ) -> list[AlertRecord]:
        """Return alert episodes, newest first; empty `stores`: all."""
        ...

    async def dead_letters(self, limit: int) -> list[DeadLetterInfo]:
        """Return what was refused last, newest first, of all devices."""
        ...


class IntakePort(Protocol):
    """Events from outside."""

    async def record(self, source: str, events: Sequence[TillEvent]) -> list[EventResult]:
        """Apply each event once; return when the outcome is durable. One result per event, in order."""
        ...


class ReservationsPort(Protocol):
    """Pieces promised to someone until a time. What is returned is on disk."""

    async def reserve(self, actor: Actor, key: str, asked: NewReservation) -> Decided:
        """Hold pieces; a request with the `key` of an earlier one of the same API key gets its answer."""
        ...

    async def change(
        self, actor: Actor, reservation_id: str, command: Command, stores: frozenset[str]
    ) -> Outcome:
        """Let a command take effect on a reservation of one of `stores` (empty: of any)."""
        ...

    async def reservation(self, reservation_id: str) -> Reservation | None:
        """Return a reservation as it is now; None where there is none (any more)."""
        ...

    async def reservations(self, query: ReservationQuery) -> list[Reservation]:
        """Return reservations as they are now, newest first."""
        ...


class IngestPort(Protocol):
    """What devices post by HTTP in their own formats."""

    def store_of(self, device: str) -> str | None:
        """Return the store of a device that may post; None for others, and where there is none."""
        ...

    async def ingest(self, device: str, body: bytes) -> Ingested:
        """Take in a body of one event, an array, or several one after another; return when it is durable.

        An event that cannot be read, or that was told before, is dropped by itself. Raises IngestRefused.
        """
        ...


@dataclass(frozen=True, slots=True)
class ChangeInfo:
    """Something that reads differently. `subject`: a SKU, an alert's id, or a reservation's id."""

    seq: int
    at_ns: int
    type: ChangeType
    subject: str


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """Changes in order, the position behind the last of them, and whether there are more already."""

    changes: tuple[ChangeInfo, ...]
    position: str
    more: bool


class ChangesPort(Protocol):
    """The durable log of changes, one contiguous sequence per store."""

    async def now(self, store: str) -> str:
        """Return the position behind the newest change of a store."""
        ...

    async def after(self, store: str, position: str, limit: int) -> ChangesPage | None:
        """Return the next changes; None where what comes after the position is not known any more."""
        ...


@dataclass(frozen=True, slots=True)
class WebhookState:
    """An endpoint and how it fares: `failing` tries in a row; `told`: by store, the sequence told through."""

    endpoint: Endpoint
    failing: int
    told: dict[str, int]


class WebhookRefused(Exception):  # noqa: N818 - named by what happened
    """An endpoint that cannot be; `pointer` into the request, and why."""

    def __init__(self, pointer: str, reason: str) -> None:
        super().__init__(f"{pointer}: {reason}")
        self.pointer = pointer
        self.reason = reason


class WebhooksPort(Protocol):
    """Endpoints that changes are posted to. Methods with an id take one that `endpoint` knows."""

    def endpoints(self) -> Sequence[WebhookState]:
        """Return all endpoints, oldest first."""
        ...

    def endpoint(self, endpoint_id: str) -> WebhookState | None:
        """Return one endpoint."""
        ...

    async def create(
        self,
        actor: Actor,
        key: str,
        *,
        url: str,
        types: tuple[ChangeType, ...],
        stores: tuple[str, ...],
        description: str,
    ) -> Answered[tuple[WebhookState, str]]:
        """Add an endpoint; return it with its secret, to a repeat with the same `key` too.

        Raises WebhookRefused, or KeyRefused.
        """
        ...

    async def change(
        self,
        actor: Actor,
        endpoint_id: str,
        *,
        url: str | None = None,
        types: tuple[ChangeType, ...] | None = None,
        stores: tuple[str, ...] | None = None,
        description: str | None = None,
        enabled: bool | None = None,
    ) -> WebhookState:
        """Change what is given. Raises WebhookRefused."""
        ...

    async def rotate(self, actor: Actor, endpoint_id: str) -> tuple[WebhookState, str]:
        """Give an endpoint its next secret."""
        ...

    async def drop(self, actor: Actor, endpoint_id: str) -> bool:
        """Delete an endpoint; return whether there was one."""
        ...

    async def test(self, endpoint_id: str) -> Delivery:
        """Send a message that says nothing, now; return what became of it."""
        ...

    async def replay(self, actor: Actor, endpoint_id: str, store: str, seq: int) -> bool:
        """Tell again what came after a sequence; False where that is not known any more."""
        ...

    async def deliveries(self, endpoint_id: str, limit: int) -> Sequence[Delivery]:
        """Return the newest tries, newest first."""
        ...


class FeedPort(Protocol):
    """The stream of changes."""

    def snapshot_size(self, wanted: Subscription) -> int:
        """Return how many subjects a snapshot would tell, at most."""
        ...

    def subscribe(
        self, wanted: Subscription, last_event_id: str | None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Return a context whose iterator yields encoded SSE frames (pings included) until closed.

        A `last_event_id` that cannot be replayed yields a `reset` event first. A snapshot is left out where what was
        missed can be told.
        """
        ...


class HealthPort(Protocol):
    """How the gateway itself is."""

    def readiness(self) -> Readiness:
        """Return whether requests can be answered truthfully."""
        ...

    def devices(self) -> Sequence[DeviceHealth]:
        """Return every configured device."""
        ...

    def unmatched_topics(self) -> Sequence[UnmatchedTopicInfo]:
        """Return the last topics at the broker that belong to no device, newest first."""
        ...

    def metrics(self) -> str:
        """Return Prometheus text exposition (format 0.0.4), bounded labels, base units."""
        ...


class AuthPort(Protocol):
    """Who a bearer token is."""

    async def caller(self, token: str) -> Caller | None:
        """Return the caller behind an API key; None where it is unknown or revoked."""
        ...

    def known(self, token: str) -> Caller | None:
        """Return the caller behind an API key that needs no looking up; None says nothing of the key."""
        ...
