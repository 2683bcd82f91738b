"""Orders of stores by distance, remembered: the same as computed anew, for each caller, and never of stores that went."""

from api.places import MAX_ORDERS, StoreOrders, nearest_first
from gateway.ports.callers import Caller
from gateway.ports.inventory import StoreInfo

PLACES = {"lyon-1": (45.76, 4.84), "paris-2": (48.86, 2.35), "nice-1": (43.70, 7.27), "web-1": None}
ALL, BOUND = Caller("a", frozenset(), frozenset()), Caller("b", frozenset(), frozenset({"nice-1", "web-1"}))


def stores() -> list[StoreInfo]:
    """Return the stores."""
    return [StoreInfo(name, name, "Europe/Paris", (), position=at) for name, at in PLACES.items()]


def test_an_order_is_the_one_computed_anew_for_whoever_asks() -> None:
    """Each sees its own stores; where the first one is not seen, its distances are not known."""
    orders, there = StoreOrders(), stores()
    for _ in range(2):
        for caller in (ALL, BOUND):
            for first in PLACES:
                seen = [store for store in there if caller.sees(store.id)]
                expected = tuple(one.store.id for one in nearest_first(seen, first))
                assert orders.ids(there, caller, first) == expected
    assert orders.ids(there, ALL, "nice-1") == ("nice-1", "lyon-1", "paris-2", "web-1")


def test_other_stores_have_another_order() -> None:
    """A site that was read anew is not answered from before, and what is remembered is bounded."""
    orders, there = StoreOrders(), stores()
    orders.ids(there, ALL, "lyon-1")
    assert orders.ids(there[1:], ALL, "lyon-1") == ("paris-2", "nice-1", "web-1")
    for number in range(2 * MAX_ORDERS):
        orders.ids(there, Caller("k", frozenset(), frozenset({f"s-{number}"})), "lyon-1")
        assert len(orders._orders) <= MAX_ORDERS
