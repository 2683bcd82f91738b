"""Articles on weight shelves, by worked examples: the shelf tells how many stand, tills and scans of the rest."""

from gateway.movements import MovementKind, ZoneDelta
from tests.support.stock_room import STORE, StockRoom

SKU = "CANDLE"


def shelf_of(pieces: int) -> StockRoom:
    """Return a room whose shelf has stood at so many pieces."""
    room = StockRoom()
    room.weigh(pieces)
    room.wait(3 * 3_600)
    return room


def test_what_a_shelf_bears_when_it_is_first_met_was_there_before() -> None:
    """One movement, a count by weight; no receipt pairs with it."""
    room = StockRoom()
    (met,) = room.weigh(8)
    assert (met.kind, met.pieces, met.deltas) == (MovementKind.COUNTED, 8, (ZoneDelta("floor", +8),))
    room.receive(SKU)
    assert room.levels(SKU) == {"floor": 8, "back": 1}


def test_a_piece_that_is_taken_is_in_a_customers_hand() -> None:
    """Still in the store, not on the shelf."""
    room = shelf_of(8)
    (taken,) = room.weigh(7)
    assert (taken.kind, taken.to_zone) == (MovementKind.MOVED, "in-hand")
    assert room.levels(SKU) == {"floor": 7, "in-hand": 1}


def test_a_piece_that_is_put_back_was_in_a_hand() -> None:
    """It comes back from there."""
    room = shelf_of(8)
    room.weigh(6)
    room.weigh(8)
    assert room.levels(SKU) == {"floor": 8}


def test_a_sale_takes_what_is_in_a_hand() -> None:
    """The oldest of them."""
    room = shelf_of(8)
    room.weigh(6)
    sold = room.sell(SKU)
    assert (sold.from_zone, sold.deltas) == ("in-hand", (ZoneDelta("in-hand", -1),))
    assert room.levels(SKU) == {"floor": 6, "in-hand": 1}


def test_a_sale_told_before_the_shelf_has_settled_is_paid_by_the_shelf() -> None:
    """The till is faster than a scale that waits fifteen seconds: the level falls once."""
    room = shelf_of(8)
    room.sell(SKU)
    assert room.levels(SKU) == {"floor": 7}
    (gone,) = room.weigh(7)
    assert (gone.kind, gone.deltas, gone.note) == (MovementKind.DEPARTED, (), "sold")
    assert room.levels(SKU) == {"floor": 7}


def test_several_pieces_at_once_are_several_movements() -> None:
    """Each with a cause of its own: one sold, two in hand."""
    room = shelf_of(8)
    room.sell(SKU)
    moves = room.weigh(5)
    assert [m.kind for m in moves] == [MovementKind.DEPARTED, MovementKind.MOVED, MovementKind.MOVED]
    assert room.levels(SKU) == {"floor": 5, "in-hand": 2}


def test_what_is_never_sold_is_given_up_after_its_time() -> None:
    """Half an hour in a hand is a theft, or a piece put down elsewhere."""
    room = shelf_of(8)
    room.weigh(7)
    assert room.wait(1_740) == []
    (gone,) = room.wait(120)
    assert (gone.kind, gone.note) == (MovementKind.DEPARTED, "taken from the shelf, never sold")
    assert room.levels(SKU) == {"floor": 7}


def test_a_piece_that_is_put_back_was_taken_last() -> None:
    """Two in hand, one of them for long: the one that comes back is the other, so the first is given up in its time."""
    room = shelf_of(8)
    room.weigh(7)
    room.wait(1_200)
    room.weigh(6)
    room.wait(60)
    room.weigh(7)
    room.wait(600)
    assert room.levels(SKU) == {"floor": 7}


def test_a_sale_that_no_shelf_confirms_is_given_up() -> None:
    """After the window the shelf still bears all of them: the till sold something else."""
    room = shelf_of(8)
    room.sell(SKU)
    room.wait(3 * 3_600)
    assert room.levels(SKU) == {"floor": 8}
    assert room.movements[-1].note == "sold, but the shelf lost nothing"


def test_a_sale_that_no_shelf_confirms_was_from_the_back_room() -> None:
    """A piece known by its receipt was sold over the counter."""
    room = shelf_of(8)
    room.receive(SKU)
    room.sell(SKU)
    room.wait(3 * 3_600)
    assert room.levels(SKU) == {"floor": 8}


def test_a_refill_comes_from_the_back_room() -> None:
    """Received there, then put on the shelf: one piece."""
    room = shelf_of(2)
    room.receive(SKU)
    room.receive(SKU)
    room.weigh(4)
    assert room.levels(SKU) == {"floor": 4}


def test_a_receipt_told_after_the_shelf_bore_it_is_no_second_piece() -> None:
    """Put on the shelf first, scanned later."""
    room = shelf_of(2)
    room.weigh(3)
    assert room.receive(SKU).note == "was weighed already"
    assert room.levels(SKU) == {"floor": 3}
    room.receive(SKU)
    assert room.levels(SKU) == {"floor": 3, "back": 1}


def test_a_return_waits_at_the_desk_until_the_shelf_bears_it() -> None:
    """One piece at the till, then on the shelf."""
    room = shelf_of(2)
    room.take_back(SKU)
    assert room.levels(SKU) == {"floor": 2, "till": 1}
    room.weigh(3)
    assert room.levels(SKU) == {"floor": 3}


def test_two_shelves_of_one_article_are_added_up() -> None:
    """A piece taken from the one and put on the other stays one piece."""
    room = shelf_of(4)
    room.weigh(6, "wall", "table")
    assert room.levels(SKU) == {"floor": 4, "wall": 6}
    room.weigh(3)
    room.weigh(7, "wall", "table")
    assert room.levels(SKU) == {"floor": 3, "wall": 7}


def test_an_empty_shelf_and_a_sale_make_nothing_negative() -> None:
    """The till sells what nobody knew of."""
    room = shelf_of(0)
    assert room.sell(SKU).note == "of a piece that was not believed in the store"
    assert room.levels(SKU) == {}
    assert room.ledger.levels(STORE, SKU) == {}
