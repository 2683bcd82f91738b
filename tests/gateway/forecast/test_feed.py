"""What the engine tells the forecast: sales and unpaid departures once each, and when an article is there."""

import pytest

from gateway.forecast.feed import MAX_UNPAID, is_offered
from gateway.forecast.week import NS_PER_HOUR
from gateway.movements import Movement, MovementKind, ZoneDelta
from tests.support.small_site import STORE, T0, S, SmallShop, epc, new_engine

DEPARTED, SOLD = MovementKind.DEPARTED, MovementKind.SOLD


def movement(kind: MovementKind, cause: str, sku: str = "TEE", **fields: object) -> Movement:
    """Return a movement of one piece, which lowers the level of the floor where it says nothing else."""
    given = {"deltas": (ZoneDelta("floor", -1),)} | fields
    return Movement(kind, cause, STORE, sku, T0, T0, **given)  # type: ignore[arg-type]  # fields by name


def asked_for(*movements: Movement) -> int:
    """Return the pieces that a new engine takes these movements for."""
    engine = new_engine()
    engine._demand.tell(movements, (), T0)
    engine.state.demand.advance(T0 + 2 * NS_PER_HOUR)
    return int(sum(score.sold for score in engine.state.demand.stores[STORE].scores.weeks.values()))


@pytest.mark.parametrize(
    ("told", "pieces"),
    [
        (movement(SOLD, "till"), 1),
        (movement(DEPARTED, "exit", epc="A1"), 1),
        (movement(DEPARTED, "weight", "CANDLE"), 1),
        (movement(DEPARTED, "exit", epc="A1", ref="e1", deltas=()), 0),
        (movement(DEPARTED, "silence", epc="A1"), 0),
        (movement(MovementKind.TRANSFERRED, "transfer"), 0),
        (movement(MovementKind.COUNTED, "count"), 0),
        (movement(MovementKind.RETURNED, "return"), 0),
        (movement(SOLD, "till", "gtin-04006381333931"), 0),
    ],
)
def test_what_customers_take_is_asked_for(told: Movement, pieces: int) -> None:
    """Sales, and what leaves unpaid; not what falls silent, is sent or counted, nor what the sale already told."""
    assert asked_for(told) == pieces


def test_a_piece_whose_sale_is_told_after_it_left_was_asked_for_once() -> None:
    """The departure counts, its sale does not; the next sale of the tag, after a return, does again."""
    left = movement(DEPARTED, "exit", epc="A1")
    paid = movement(SOLD, "till", epc="A1", deltas=())
    assert asked_for(left, paid) == 1
    assert asked_for(left, paid, paid) == 2
    assert asked_for(movement(DEPARTED, "silence", epc="A1"), paid) == 1


def test_unpaid_pieces_are_remembered_up_to_a_bound() -> None:
    """Of the oldest beyond it a late sale counts as another piece; of the newest it does not."""
    lefts = [movement(DEPARTED, "exit", epc=f"A{n}") for n in range(MAX_UNPAID + 1)]
    oldest, newest = (movement(SOLD, "till", epc=f"A{n}", deltas=()) for n in (0, MAX_UNPAID))
    assert asked_for(*lefts, oldest) == MAX_UNPAID + 2
    assert asked_for(*lefts, newest) == MAX_UNPAID + 1


def test_offered_is_what_lies_where_customers_are() -> None:
    """A piece in the back room is none to a customer; one in a zone unknown to the site neither."""
    roles = {"floor": "floor", "back": "back_room"}
    assert is_offered({"floor": 1}, roles, frozenset({"floor"}))
    assert not is_offered({"back": 3, "in-hand": 1}, roles, frozenset({"floor"}))
    assert is_offered({"back": 3}, roles, frozenset({"floor", "back_room"}))


def test_the_engine_learns_what_its_stream_says_and_keeps_it() -> None:
    """Read on the floor, it is there; sold, it is asked for, and gone; a new engine over the rows knows the same."""
    shop = SmallShop()
    tags = [epc("TEE", 1), epc("TEE", 2)]
    shop.run(90, *tags)
    rates = shop.engine.state.demand.stores[STORE].rates
    assert rates.is_available(rates.rows["TEE"])
    for tag in tags:
        shop.tell("sale", epc=tag)
    shop.run(10)
    assert not rates.is_available(rates.rows["TEE"])
    shop.now += NS_PER_HOUR
    shop.run(1)
    score = sum(s.sold for s in shop.engine.state.demand.stores[STORE].scores.weeks.values())
    assert score == 2
    before = shop.engine.state.demand.forecast(STORE, "TEE", 3, shop.now)
    assert before.expected_day > new_engine().state.demand.forecast(STORE, "TEE", 3, shop.now).expected_day
    shop.restart(shop.now)
    assert shop.engine.state.demand.forecast(STORE, "TEE", 3, shop.now) == before


def test_what_lies_in_the_back_room_alone_is_not_on_offer() -> None:
    """The floor is read, so its emptiness is known: customers could take none while a piece waits behind."""
    shop = SmallShop()
    shop.run(90, epc("TEE", 1), reader="rear")
    assert shop.levels("TEE") == {"back": 1}
    demand = shop.engine.state.demand.stores[STORE]
    assert "TEE" not in demand.rates.rows or not demand.rates.is_available(demand.rates.rows["TEE"])
    shop.tell("receive", sku="TOTE", zone="back")
    shop.now += S
    shop.run(1)
    assert demand.rates.is_available(demand.rates.rows["TOTE"])
