"""Stock as it is now, as api/ asks for it: stores, articles, what may be promised. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from gateway.calibration import CalibrationReport
from gateway.catalogue.codes import Named
from gateway.channels.model import ANYBODY, Asker, Fulfilment
from gateway.explanation import Explanation, ZoneSight

Status = Literal[
    "IN_STOCK", "LIMITED", "BACK_ROOM_ONLY", "INCOMING", "OUT_OF_STOCK", "UNKNOWN"
]  # fmt: skip


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
