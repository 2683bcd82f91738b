"""One number taken apart: the terms of a level, each with its evidence. Plain values. Pure.

    level(zone) = tags + scanned + weighed + announced - sold        (in pieces; see ZoneTerms)

The terms of all zones sum to `on_hand`: a number that cannot be added up from these is a mistake.
"""

from dataclasses import dataclass
from typing import Literal

from gateway.channels.model import QuotaUse, SafetyStock
from gateway.presence.model import Phase

EventKind = Literal["sale", "return", "receive", "transfer", "count", "correction"]


@dataclass(frozen=True, slots=True)
class ZoneSight:
    """How well a zone is seen. `coverage`: share (0 to 1) of what its readers could tell that they do tell
    now; `phase` None: no reader sees tags there.
    """

    zone: str
    coverage: float
    phase: Phase | None
    phase_since_ns: int | None


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """A single tag. `zone`: where it is counted, None where it is in no zone's level.

    `p_zone`: it is in `zone`; `p_present`: it is in the store at all; None where the rule computes none.
    `is_cloned`: another store goes on reading the same EPC, so one of the two is a copy.
    """

    epc: str
    zone: str | None
    p_zone: float | None
    p_present: float | None
    last_seen_ns: int | None
    is_cloned: bool = False


@dataclass(frozen=True, slots=True)
class OpenEvent:
    """A piece that an event told of and that no tag has answered for yet. `ref` is the event's id."""

    type: EventKind
    ref: str
    at_ns: int
    zone: str | None
    epc: str | None


@dataclass(frozen=True, slots=True)
class ExpectedDelivery:
    """Pieces that a delivery is still to bring."""

    id: str
    reference: str | None
    due_ns: int
    pieces: int


@dataclass(frozen=True, slots=True)
class OpenHold:
    """A reservation that counts: its pieces of the article, how many lie picked, and until when it holds them."""

    id: str
    state: str
    pieces: int
    picked: int
    expires_ns: int
    channel: str = ""


@dataclass(frozen=True, slots=True)
class BookFigure:
    """What the ERP's ledger said, and the pieces that came (or, below 0, went) since, as tills and people told."""

    pieces: int
    as_of_ns: int
    moved: int


@dataclass(frozen=True, slots=True)
class ShelfEvidence:
    """What a weight shelf says. `p_pieces`: (pieces, the probability of exactly so many), where computed."""

    device: str
    zone: str
    pieces: int | None
    in_doubt: bool
    weighed_at_ns: int | None
    p_pieces: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneTerms:
    """The terms of one zone's level, in pieces: level = tags + scanned + weighed + announced - sold.

    `tags`: tags believed there; `scanned`: pieces known by a scan or a count alone; `weighed`: on its
    shelves; `announced`: returned or received, tag not seen yet; `sold`: sold, not seen leaving yet.
    """

    zone: str
    tags: int
    scanned: int
    weighed: int
    announced: int
    sold: int

    @property
    def level(self) -> int:
        """The pieces of the zone."""
        return self.tags + self.scanned + self.weighed + self.announced - self.sold


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an answer is what it is. Times in ns; `model` names the rule and its version.

    `p_at_least[n - 1]` is P(N >= n) over the whole store; empty where none is computed. `items` are the
    tags that count and those that lately did, the least certain first; `more_items` were left off.
    `safety_rule`: why so much is kept back from `channel` (None: from none in particular); `quota`: what that may hold.
    `holds`: the oldest reservations, whose pieces sum to `reserved` where all are told.
    `incoming`: pieces on their way from another store, in no level yet; `deliveries`: the open ones with pieces of
    it, those due first before others.
    """

    store: str
    sku: str
    at_ns: int
    on_hand: int
    not_pickable: int
    reserved: int
    safety_stock: int
    available: int
    reasons: tuple[str, ...]
    terms: tuple[ZoneTerms, ...]
    items: tuple[ItemEvidence, ...]
    more_items: int
    open_sales: tuple[OpenEvent, ...]
    announced: tuple[OpenEvent, ...]
    incoming: tuple[OpenEvent, ...]
    shelves: tuple[ShelfEvidence, ...]
    zones: tuple[ZoneSight, ...]
    p_at_least: tuple[float, ...]
    model: str
    holds: tuple[OpenHold, ...] = ()
    channel: str | None = None
    safety_rule: SafetyStock | None = None
    quota: QuotaUse | None = None
    deliveries: tuple[ExpectedDelivery, ...] = ()
    book: BookFigure | None = None
