"""Which stores are near, and how far. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import asin, cos, inf, radians, sin, sqrt

from gateway.ports.inventory import StoreInfo

EARTH_RADIUS_KM = 6_371.0088
"""Mean radius (IUGG). A great circle on it is off by at most half a per cent: streets are off by far more."""


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


def near(stores: Sequence[StoreInfo], position: tuple[float, float], radius_km: float) -> list[Placed]:
    """Return the stores within a radius, nearest first; one without a position is nowhere near."""
    found = [
        Placed(store, distance_km(position, store.position)) for store in stores if store.position is not None
    ]
    return sorted(
        (placed for placed in found if (placed.distance_km or 0.0) <= radius_km),
        key=lambda placed: placed.distance_km or 0.0,
    )
