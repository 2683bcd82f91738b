"""What is told to the gateway over HTTP: events of tills and handhelds, and what devices post. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

EventType = Literal["sale", "return", "receive", "transfer", "count"]


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


class IntakePort(Protocol):
    """Events from outside."""

    async def record(self, source: str, events: Sequence[TillEvent]) -> list[EventResult]:
        """Apply each event once; return when the outcome is durable. One result per event, in order."""
        ...


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
