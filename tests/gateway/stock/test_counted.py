"""Articles without tag or shelf, and counts by people of any article, by worked examples."""

import pytest

from gateway.movements import MovementKind, ZoneDelta
from tests.support.stock_room import StockRoom

SKU = "TOTE"


def test_receipts_and_returns_add_where_they_are_scanned() -> None:
    """Five in the back room, one at the till."""
    room = StockRoom()
    for _ in range(5):
        assert room.receive(SKU).kind == MovementKind.ARRIVED
    assert room.take_back(SKU).kind == MovementKind.RETURNED
    assert room.levels(SKU) == {"back": 5, "till": 1}


def test_a_sale_takes_from_where_customers_take() -> None:
    """The till's first, then the floor, the back room last."""
    room = StockRoom()
    room.count(1, "till")
    room.count(1, "floor")
    room.count(1, "back")
    assert [room.sell(SKU).from_zone for _ in range(4)] == ["till", "floor", "back", None]
    assert room.levels(SKU) == {}


@pytest.mark.parametrize(("before", "counted"), [(0, 4), (7, 4), (4, 4), (4, 0)])
def test_a_count_sets_the_zone(before: int, counted: int) -> None:
    """The level is what was counted, and the movement bears the difference."""
    room = StockRoom()
    room.count(before)
    movement = room.count(counted)
    assert room.levels(SKU) == ({"floor": counted} if counted else {})
    assert movement.pieces == counted
    assert movement.deltas == ((ZoneDelta("floor", counted - before),) if counted != before else ())


def test_a_count_leaves_other_zones_alone() -> None:
    """Only what was counted is set."""
    room = StockRoom()
    room.count(3, "back")
    room.count(2, "floor")
    assert room.levels(SKU) == {"back": 3, "floor": 2}


def test_a_count_does_not_count_away_tags_that_readers_hear() -> None:
    """Two counted where three tags are heard: the level stays, and the movement tells the difference."""
    room = StockRoom()
    for epc in "abc":
        room.arrive(epc)
    movement = room.count(2, "floor", "TEE")
    assert room.levels() == {"floor": 3}
    assert movement.note == "1 more believed here than counted"


def test_a_count_finds_a_piece_whose_tag_is_dead() -> None:
    """Four counted where three tags are heard: a piece known by the count alone, which a later count may lose."""
    room = StockRoom()
    for epc in "abc":
        room.arrive(epc)
    room.count(4, "floor", "TEE")
    assert room.levels() == {"floor": 4}
    room.count(3, "floor", "TEE")
    assert room.levels() == {"floor": 3}
