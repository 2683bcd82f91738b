"""What each stock alert claims, restated on the truth: the product's rules are not asked. Pure."""

from collections.abc import Callable

from simulators.layout import BACK_ROOM, FLOOR, SiteLayout
from tests.support.truth import Zones

LOW_STOCK_AT = 2
"""The demo's threshold, in pieces that can be picked."""


class TrueConditions:
    """The conditions of low_stock, stock_out and shelf_empty_backroom_has_stock in one shop."""

    def __init__(self, layout: SiteLayout) -> None:
        self._floors = layout.zones_of(FLOOR)
        self._back_rooms = layout.zones_of(BACK_ROOM)
        self.by_type: dict[str, Callable[[Zones], bool]] = {
            "low_stock": self.is_low,
            "stock_out": self.is_out,
            "shelf_empty_backroom_has_stock": self.is_shelf_empty,
        }

    def on_floor(self, zones: Zones) -> int:
        """Return the pieces on the floor, those in customers' arms there among them."""
        return sum(zones.get(zone, 0) for zone in self._floors)

    def behind(self, zones: Zones) -> int:
        """Return the pieces in the back room."""
        return sum(zones.get(zone, 0) for zone in self._back_rooms)

    def is_low(self, zones: Zones) -> bool:
        """Something is left, but little that can be picked."""
        return sum(zones.values()) > 0 and self.on_floor(zones) + self.behind(zones) <= LOW_STOCK_AT

    def is_out(self, zones: Zones) -> bool:
        """Nothing is left."""
        return not any(zones.values())

    def is_shelf_empty(self, zones: Zones) -> bool:
        """Nothing on the floor, something behind."""
        return self.on_floor(zones) == 0 and self.behind(zones) > 0
