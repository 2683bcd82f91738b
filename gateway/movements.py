"""Movements: changes of stock with a cause, the journal's one kind of record. Pure values.

Conservation: the level of (store, sku, zone) is the sum of the deltas of all its movements.
"""

from dataclasses import dataclass
from enum import StrEnum


class MovementKind(StrEnum):
    """What happened, as a past participle."""

    ARRIVED = "arrived"
    MOVED = "moved"
    DEPARTED = "departed"
    SOLD = "sold"
    RETURNED = "returned"
    TRANSFERRED = "transferred"
    COUNTED = "counted"
    ADJUSTED = "adjusted"


@dataclass(frozen=True, slots=True)
class ZoneDelta:
    """Pieces that a movement adds to (or takes from) one zone."""

    zone: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Movement:
    """One change with its cause. `at_ns` when it happened, `recorded_ns` when we knew.

    `deltas` are the effect on levels and may be empty (a departure that a sale already took
    out). `ref` ties it to its event (a till's event id, a pairing). `cause` says how we know:
    rfid, silence, exit, till, receiving, return, weight, count, pairing.
    """

    kind: MovementKind
    cause: str
    store: str
    sku: str
    at_ns: int
    recorded_ns: int
    pieces: int = 1
    epc: str | None = None
    from_zone: str | None = None
    to_zone: str | None = None
    deltas: tuple[ZoneDelta, ...] = ()
    ref: str | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A movement with its place in the store's journal: `seq` is contiguous per (store, journal_id)."""

    journal_id: str
    seq: int
    movement: Movement


@dataclass(frozen=True, slots=True)
class LevelPoint:
    """The level of one (store, sku, zone) from `at_ns` on, in pieces."""

    store: str
    sku: str
    zone: str
    at_ns: int
    pieces: int
