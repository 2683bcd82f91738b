"""Which stores are near, and how far. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, inf, radians, sin, sqrt

from gateway.ports.callers import Caller
from gateway.ports.inventory import StoreInfo

EARTH_RADIUS_KM = 6_371.0088
"""Mean radius (IUGG). A great circle on it is off by at most half a per cent: streets are off by far more."""
MAX_ORDERS = 1_000
"""Orders remembered: one for each store and each set of stores that a key is for. All are let go there."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A store, and how far it is from where somebody is; None where nobody asked, or it has no position."""

    store: StoreInfo
    distance_km: float | None = None


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the great-circle distance of two points (latitude, longitude in degrees), by the haversine."""
    (lat_a, lon_a), (lat_b, lon_b) = a, b
    half_lat, half_lon = radians(lat_b - lat_a) / 2, radians(lon_b - lon_a) / 2
    h = sin(half_lat) ** 2 + cos(radians(lat_a)) * cos(radians(lat_b)) * sin(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(h)))


def placed_from(stores: Sequence[StoreInfo], position: tuple[float, float] | None) -> list[Placed]:
    """Return stores in their order, each with its distance from a position, where both are known."""
    return [
        Placed(
            store,
            None if position is None or store.position is None else distance_km(position, store.position),
        )
        for store in stores
    ]


def nearest_first(stores: Sequence[StoreInfo], from_store: str) -> list[Placed]:
    """Return stores by their distance from one of them; those whose distance is not known come last."""
    position = next((store.position for store in stores if store.id == from_store), None)
    placed = placed_from(stores, position)
    return sorted(placed, key=lambda one: inf if one.distance_km is None else one.distance_km)


class StoreOrders:
    """Orders of stores by their distance from one, remembered while the stores stay: each hold has one with it."""

    def __init__(self) -> None:
        self._stores: Sequence[StoreInfo] = ()
        self._orders: dict[tuple[frozenset[str], str], tuple[str, ...]] = {}

    def ids(self, stores: Sequence[StoreInfo], caller: Caller, from_store: str) -> tuple[str, ...]:
        """Return the ids of the stores that a caller sees, nearest to `from_store` first."""
        if stores is not self._stores or len(self._orders) >= MAX_ORDERS:
            self._stores, self._orders = stores, {}
        found = self._orders.get((caller.stores, from_store))
        if found is None:
            placed = nearest_first([store for store in stores if caller.sees(store.id)], from_store)
            found = self._orders[caller.stores, from_store] = tuple(one.store.id for one in placed)
        return found


def near(stores: Sequence[StoreInfo], position: tuple[float, float], radius_km: float) -> list[Placed]:
    """Return the stores within a radius, nearest first; one without a position is nowhere near."""
    found = [
        Placed(store, distance_km(position, store.position)) for store in stores if store.position is not None
    ]
    return sorted(
        (placed for placed in found if (placed.distance_km or 0.0) <= radius_km),
        key=lambda placed: placed.distance_km or 0.0,
    )
