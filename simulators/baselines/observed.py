"""What a baseline is shown and asked: observations in order of `received_ns`, and one interface. Pure.

The observations are what the product's own codecs made of the messages of a benchmark's run, so that no
baseline gains or loses by a decoder. Times are nanoseconds since the Unix epoch; `at_ns` is the device's
own time. The caller shows each observation once, calls `advance` at the end of each epoch (5 s), and only
then asks: an answer stands for the moment of the last `advance`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

EPOCH_NS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class ObservedRead:
    """A tag answered an antenna; `zone` is what the antenna is configured to watch."""

    at_ns: int
    received_ns: int
    reader: str
    antenna: int
    zone: str
    epc: str
    rssi_dbm: float | None


@dataclass(frozen=True, slots=True)
class ObservedSale:
    """The till sold pieces of an article; `epc` where it scanned the tag itself."""

    at_ns: int
    received_ns: int
    sku: str
    epc: str | None = None
    qty: int = 1


@dataclass(frozen=True, slots=True)
class ObservedReturn:
    """A customer brought pieces back."""

    at_ns: int
    received_ns: int
    sku: str
    epc: str | None = None
    qty: int = 1


@dataclass(frozen=True, slots=True)
class ObservedReceive:
    """A delivery was booked in."""

    at_ns: int
    received_ns: int
    sku: str
    epc: str | None = None
    qty: int = 1


@dataclass(frozen=True, slots=True)
class ObservedHeartbeat:
    """A reader proved alive, or its end was told."""

    at_ns: int
    received_ns: int
    reader: str
    online: bool = True


Observed = ObservedRead | ObservedSale | ObservedReturn | ObservedReceive | ObservedHeartbeat


@dataclass(frozen=True, slots=True)
class ShopSetup:
    """What an installer would tell any of these systems of the shop before it opens."""

    start_ns: int
    sku_of: Callable[[str], str | None]
    exit_zones: frozenset[str] = frozenset()
    till_zones: frozenset[str] = frozenset()
    ledger: Mapping[str, int] = field(default_factory=dict)


class Baseline(Protocol):
    """A peer's rule at work in one shop."""

    def observe(self, observation: Observed) -> None:
        """Take in one observation; those that the rule has no use for change nothing."""

    def advance(self, now_ns: int) -> None:
        """Let time pass up to `now_ns`, which never goes back: an epoch ends."""

    def places(self, now_ns: int) -> Mapping[str, str]:
        """Return the zone of each item believed in the shop, by EPC; empty where items are not known.

        The mapping is the baseline's own: read it before the next `observe` or `advance`.
        """

    def counts(self) -> Mapping[str, int]:
        """Return the pieces believed in the shop, by SKU; never negative."""


class ArticleCounts:
    """Counts the items of a mapping of places by SKU, asking for each EPC's article once."""

    def __init__(self, sku_of: Callable[[str], str | None]) -> None:
        self._sku_of = sku_of
        self._sku_by_epc: dict[str, str | None] = {}

    def count(self, places: Mapping[str, str]) -> dict[str, int]:
        """Return the pieces by SKU; a tag of no known article is no stock."""
        pieces: dict[str, int] = {}
        for epc in places:
            if epc not in self._sku_by_epc:
                self._sku_by_epc[epc] = self._sku_of(epc)
            sku = self._sku_by_epc[epc]
            if sku is not None:
                pieces[sku] = pieces.get(sku, 0) + 1
        return pieces
