"""What the ledger tells of demand: which movements are customers' doing, and what they could have taken. Pure.

    sold ───────────────────────────────────────────▶ one piece asked for
    departed by an exit or off a shelf, unpaid ─────▶ as well: it is gone, whoever pays; its sale, told later, is not
                                                      a second one
    departed by silence, transferred, counted, … ───▶ nothing: nobody asked for it, or nobody knows yet

A piece that comes back was asked for all the same. Customers can take what lies on the floor; where nothing
tells the floor from the back room, what lies in either. What a dead reader last saw still counts as there.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol
from zoneinfo import ZoneInfo

from gateway.catalogue.articles import Catalogue, TrackedBy
from gateway.config.stores import STOCK_ROLES
from gateway.forecast.demand import DemandModel
from gateway.movements import Movement, MovementKind
from gateway.site import Site

TAKEN = frozenset({"exit", "weight"})
"""Causes of departures that are customers' doing."""
FLOOR = frozenset({"floor"})
MAX_UNPAID = 4_096
"""Pieces that left unpaid and whose sale is waited for; of the oldest beyond, a late sale counts as another piece."""


def demand_of(site: Site, catalogue: Catalogue) -> DemandModel:
    """Return a model of a site that knows nothing yet but its hours and departments."""

    def department(sku: str) -> str:
        article = catalogue.article(sku)
        return (article.department or "") if article else ""

    zones = {store.id: ZoneInfo(store.timezone) for store in site.config.stores}
    return DemandModel(zones, site.hours, department)


class Levels(Protocol):
    """What is believed of the stock of all stores, now or at some time."""

    def tracked_by(self, store: str, sku: str) -> TrackedBy:
        """Return how an article is tracked in a store."""
        ...

    def levels(self, store: str, sku: str) -> Mapping[str, int]:
        """Return the pieces of an article per zone."""
        ...


class DemandFeed:
    """Tells a model what becomes of the stock of all stores. One owner calls it."""

    def __init__(self, model: DemandModel, site: Site, catalogue: Catalogue, ledger: Levels) -> None:
        self._model = model
        self._roles = site.roles
        self._catalogue = catalogue
        self._ledger = ledger
        self._unpaid: dict[tuple[str, str], None] = {}
        seen_floors = {place.store for place in site.places if place.readers and place.role == "floor"}
        self._offering = {store: FLOOR if store in seen_floors else STOCK_ROLES for store in site.roles}

    def tell(self, movements: Iterable[Movement], touched: Iterable[tuple[str, str]], now_ns: int) -> None:
        """Take in movements, in order, and then which of the touched articles customers can take now."""
        for movement in movements:
            if movement.kind in {MovementKind.SOLD, MovementKind.DEPARTED} and self._is_asked_for(movement):
                self._model.sold(movement.store, movement.sku, movement.pieces, movement.at_ns)
        for store, sku in touched:
            article = self._catalogue.article(sku)
            if article is not None and article.known:
                offering = self._offering_of(store, self._ledger.tracked_by(store, sku))
                levels = self._ledger.levels(store, sku)
                self._model.available(store, sku, is_offered(levels, self._roles[store], offering), now_ns)

    def _offering_of(self, store: str, tracked_by: str) -> frozenset[str]:
        match tracked_by:
            case "tag":
                return self._offering[store]
            case "weight":  # what a shelf bears; the rest is known to lie behind
                return FLOOR
            case _:
                return STOCK_ROLES

    def _is_asked_for(self, movement: Movement) -> bool:
        article = self._catalogue.article(movement.sku)
        if article is None or not article.known:
            return False
        piece = (movement.store, movement.epc or "")
        if movement.kind is MovementKind.SOLD:
            was_taken = piece in self._unpaid
            self._unpaid.pop(piece, None)
            return not was_taken
        if movement.ref is not None or movement.cause not in TAKEN or not movement.deltas:
            return False
        if movement.epc is not None:
            self._unpaid[piece] = None
            if len(self._unpaid) > MAX_UNPAID:
                del self._unpaid[next(iter(self._unpaid))]
        return True


def is_offered(levels: Mapping[str, int], roles: Mapping[str, str], offering: frozenset[str]) -> bool:
    """Return whether customers can take a piece: one is believed in a zone of an `offering` role."""
    return any(pieces > 0 and roles.get(zone) in offering for zone, pieces in levels.items())
