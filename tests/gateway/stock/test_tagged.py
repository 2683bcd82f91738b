"""Articles tracked by tag, by worked examples: a sale and a departure are one piece, told in either order."""

import pytest

from gateway.movements import MovementKind, ZoneDelta
from gateway.stock.line import Line
from gateway.stock.tagged import (
    COUNT_ANNOUNCES_NS,
    EXIT_EARLY_NS,
    MAX_LONE,
    SILENCE_EARLY_NS,
    arrived,
    counted,
    departed,
)
from tests.support.stock_room import ROLES, STORE, T0, S, StockRoom

HOUR = 3_600


def room_of(*epcs: str) -> StockRoom:
    """Return a room whose tags have hung on the floor for long."""
    room = StockRoom()
    for epc in epcs:
        room.arrive(epc)
    room.wait(24 * HOUR)
    assert room.levels() == ({"floor": len(epcs)} if epcs else {})
    return room


# -- sales and departures ------------------------------------------------------------------------------


def test_a_sale_takes_a_piece_out_at_once_and_the_tag_that_leaves_pays_it() -> None:
    """Three on the floor: the sale makes it two, the tag that leaves by the gate leaves it at two."""
    room = room_of("a", "b", "c")
    sold = room.sell()
    assert (sold.kind, sold.deltas) == (MovementKind.SOLD, (ZoneDelta("floor", -1),))
    gone = room.depart("b")
    assert (gone.kind, gone.deltas, gone.ref, gone.note) == (MovementKind.DEPARTED, (), sold.ref, "sold")
    assert room.levels() == {"floor": 2}


def test_a_departure_that_no_till_announced_takes_a_piece_out() -> None:
    """A theft, or a sale that is told later."""
    room = room_of("a", "b")
    gone = room.depart("a")
    assert (gone.deltas, gone.ref) == ((ZoneDelta("floor", -1),), None)


def test_a_sale_told_after_the_tag_has_left_is_of_that_tag() -> None:
    """The till was offline: its sale names the piece that is gone, and takes no second one."""
    room = room_of("a", "b")
    room.depart("a")
    room.wait(HOUR)
    sold = room.sell(ago_s=HOUR + 30)
    assert (sold.epc, sold.deltas, sold.note) == ("a", (), "had left already")
    assert room.levels() == {"floor": 1}


@pytest.mark.parametrize(("seconds_before", "paid"), [(0, True), (59, True), (61, False)])
def test_who_left_by_the_gate_a_minute_before_the_sale_is_another(seconds_before: int, paid: bool) -> None:
    """A customer leaves after paying: a gate read long before the till's time is no sale."""
    assert EXIT_EARLY_NS == 60 * S
    room = room_of("a", "b")
    room.depart("a")
    room.now += seconds_before * S
    assert (room.sell().epc == "a") is paid


@pytest.mark.parametrize(("seen_before", "paid"), [(1_190, True), (1_210, False)])
def test_who_fell_silent_may_have_hidden_the_tag_until_the_till(seen_before: int, paid: bool) -> None:
    """In the shadow of a body: last read up to twenty minutes before the sale."""
    assert SILENCE_EARLY_NS == 1_200 * S
    room = room_of("a", "b")
    room.depart("a", "silence", seen_s_ago=seen_before)
    assert (room.sell().epc == "a") is paid


def test_a_batch_of_late_sales_finds_all_its_departures() -> None:
    """A till that was offline for an hour tells its sales in order, or the other way round: no piece is taken twice."""
    for backwards in (False, True):
        room = room_of(*"abcdef")
        for epc in "abcd":
            room.wait(600)
            room.depart(epc)
        order = [2_400, 1_800, 1_200, 600]
        for ago_s in sorted(order, reverse=not backwards):
            assert room.sell(ago_s=ago_s - 590).note == "had left already"
        assert room.levels() == {"floor": 2}


def test_each_sale_is_paid_by_one_tag() -> None:
    """Two sales, three departures: the third piece is missed."""
    room = room_of(*"abcde")
    room.sell()
    room.sell()
    for epc in "abc":
        room.depart(epc)
    assert room.levels() == {"floor": 2}


def test_a_sale_is_charged_to_where_customers_take_pieces_from() -> None:
    """On its way out first (till, fitting room), then the floor, the back room last; the fullest among equals."""
    room = room_of()
    for epc, zone in (("a", "back"), ("b", "wall"), ("c", "wall"), ("d", "floor"), ("e", "till")):
        room.arrive(epc, zone)
    charged = [room.sell().deltas[0].zone for _ in range(5)]
    assert charged == ["till", "wall", "floor", "wall", "back"]


def test_a_sale_of_what_nobody_knows_of_takes_nothing_out() -> None:
    """The level is never negative; the movement says that it was of a piece not believed here."""
    room = room_of()
    sold = room.sell()
    assert (sold.deltas, sold.note) == ((), "of a piece that was not believed in the store")
    assert room.levels() == {}


# -- a till that names the tag -------------------------------------------------------------------------


def test_a_till_that_names_the_tag_takes_that_tag_out() -> None:
    """A serialised code: no pairing is needed."""
    room = room_of("a", "b")
    room.move("a", "wall")
    sold = room.sell(epc="a")
    assert (sold.epc, sold.from_zone, sold.deltas) == ("a", "wall", (ZoneDelta("wall", -1),))


def test_a_tag_that_was_taken_for_another_sale_gives_it_back_when_it_is_named() -> None:
    """It left and was paired with a sale by SKU; now its own sale comes: two pieces are sold, and owed or gone."""
    room = room_of("a", "b", "c")
    room.sell()
    room.depart("a")
    room.sell(epc="a")
    assert room.levels() == {"floor": 1}
    room.depart("b")
    assert room.levels() == {"floor": 1}


def test_the_sale_that_is_given_back_takes_another_tag_that_left() -> None:
    """Two had left, one paired, one not: naming the one leaves the other for the sale by SKU."""
    room = room_of("a", "b", "c")
    room.sell()
    room.depart("a")
    room.depart("b")
    room.sell(epc="a")
    room.wait(3 * HOUR)
    assert room.levels() == {"floor": 1}


def test_a_tag_is_sold_once_however_often_its_code_is_read() -> None:
    """A till that reads the same serial twice sells one piece, also while a tagless one is in the pool."""
    room = room_of("a", "b")
    room.receive()
    room.wait(3 * HOUR)
    assert room.levels() == {"floor": 2, "back": 1}
    first = room.sell(epc="a")
    again = room.sell(epc="a")
    assert (again.deltas, again.note) == ((), f"sold already: {first.ref}")
    assert room.levels() == {"floor": 1, "back": 1}


def test_a_named_tag_that_is_seen_again_was_not_sold() -> None:
    """Half an hour in the shop after its sale: presence believes that it is back, and so does stock."""
    room = room_of("a", "b")
    room.sell(epc="a")
    room.arrive("a", back=True)
    assert room.levels() == {"floor": 2}


# -- the wrong tag -------------------------------------------------------------------------------------


def test_a_paired_tag_that_is_seen_again_was_the_wrong_one() -> None:
    """It had only been hidden: the level stays, and the piece that was sold leaves later."""
    room = room_of("a", "b", "c")
    room.sell()
    room.depart("a", "silence", 900)
    room.wait(120)
    back = room.arrive("a", back=True)
    assert (back.deltas, back.note) == ((), "the sale is owed by another piece")
    assert room.levels() == {"floor": 2}
    room.depart("b")
    assert room.levels() == {"floor": 2}


def test_a_sale_whose_tag_is_back_takes_another_that_left() -> None:
    """Two left, one sale: the one that is back was not the one sold."""
    room = room_of("a", "b", "c")
    room.sell()
    room.depart("a", "silence", 900)
    room.depart("b", "silence", 900)
    back = room.arrive("a", back=True)
    assert back.note == "another piece was sold"
    assert room.levels() == {"floor": 2}


def test_a_tag_that_was_only_unseen_comes_back_without_an_event() -> None:
    """A long shadow: the level falls by one, and rises again."""
    room = room_of("a", "b")
    room.depart("a", "silence", 3_600)
    assert room.levels() == {"floor": 1}
    assert room.arrive("a", back=True).note == "was only unseen"
    assert room.levels() == {"floor": 2}
    room.wait(4 * HOUR)
    assert room.levels() == {"floor": 2}


# -- returns and receipts ------------------------------------------------------------------------------


def test_a_return_counts_at_the_desk_and_once() -> None:
    """Announced by a scan, it is a piece at the till; its tag, heard on the floor later, is that piece."""
    room = room_of("a", "b")
    room.sell()
    room.depart("a")
    room.wait(24 * HOUR)
    back = room.take_back()
    assert (back.kind, back.deltas) == (MovementKind.RETURNED, (ZoneDelta("till", +1),))
    seen = room.arrive("a", "floor", back=True)
    assert (seen.ref, seen.deltas) == (back.ref, (ZoneDelta("floor", +1), ZoneDelta("till", -1)))
    assert room.levels() == {"floor": 2}


def test_a_return_told_after_its_tag_was_heard_is_no_second_piece() -> None:
    """The associate hangs it up first and scans later."""
    room = room_of("a", "b")
    room.sell()
    room.depart("a")
    room.wait(24 * HOUR)
    room.arrive("a", back=True)
    assert room.take_back().note == "was seen already"
    assert room.levels() == {"floor": 2}


def test_a_return_within_the_hour_is_told_by_the_tag_at_first() -> None:
    """The tag comes through the door again: its sale might be another's, so the level waits for the return."""
    room = room_of("a", "b")
    room.sell()
    room.depart("a")
    room.wait(1_800)
    room.arrive("a", back=True)
    assert room.levels() == {"floor": 1}
    assert room.take_back().epc == "a"
    assert room.levels() == {"floor": 2}
    room.wait(6 * HOUR)
    assert room.levels() == {"floor": 2}


def test_a_delivery_scanned_before_its_tags_are_heard() -> None:
    """Three scanned at the door of the back room count at once; their tags, heard later, are those three."""
    room = room_of()
    for _ in range(3):
        room.receive()
    assert room.levels() == {"back": 3}
    for epc in "abc":
        assert room.arrive(epc, "back").note == "as announced"
    room.wait(24 * HOUR)
    assert room.levels() == {"back": 3}


def test_a_delivery_heard_before_it_is_scanned() -> None:
    """The readers are faster than the associate: the scans add nothing."""
    room = room_of()
    for epc in "abc":
        room.arrive(epc, "back")
    for _ in range(3):
        assert room.receive().note == "was seen already"
    assert room.levels() == {"back": 3}


def test_a_piece_that_fell_silent_before_it_was_scanned_in_is_one_piece() -> None:
    """Heard, hidden by a box, heard again, and then scanned."""
    room = room_of()
    room.arrive("a", "back")
    room.depart("a", "silence", 900)
    room.arrive("a", "back", back=True)
    room.receive()
    room.wait(4 * HOUR)
    assert room.levels() == {"back": 1}


def test_a_piece_that_is_here_is_not_received_again() -> None:
    """A serialised code scanned at receiving for a tag that has been in stock for days adds nothing, nor does a second scan."""
    room = room_of("a")
    for _ in range(2):
        assert room.receive(epc="a").note == "was seen already"
        assert room.take_back(epc="a").note == "was seen already"
    room.wait(4 * HOUR)
    assert room.levels() == {"floor": 1}


def test_a_return_that_names_a_tag_which_has_left_since_is_announced() -> None:
    """It came this morning, was sold at noon and is brought back: its arrival of this morning is no return."""
    room = StockRoom()
    room.arrive("a")
    room.sell(epc="a")
    room.take_back(epc="a")
    assert room.levels() == {"till": 1}
    room.arrive("a", back=True)
    room.wait(6 * HOUR)
    assert room.levels() == {"floor": 1}


def test_a_receipt_that_names_its_tag_waits_for_that_tag() -> None:
    """Another tag of the article that turns up is another piece."""
    room = room_of()
    room.receive(epc="a")
    room.arrive("b", "back")
    assert room.levels() == {"back": 2}
    assert room.arrive("a", "back").note == "as announced"
    assert room.levels() == {"back": 2}


def test_an_announced_piece_whose_tag_is_never_heard_is_kept() -> None:
    """A dead tag: after the window it is a piece known by its scan alone, and a sale can take it."""
    room = room_of()
    room.receive()
    room.wait(3 * HOUR)
    assert room.levels() == {"back": 1}
    assert room.sell().from_zone == "back"
    assert room.levels() == {}


def test_a_return_of_a_tag_that_had_only_seemed_unseen_is_set_right_in_the_end() -> None:
    """Its sale was paired with a thief's tag, so its own silence looked like a shadow; the return adds a piece,
    which no tag ever redeems.
    """
    room = room_of("a", "b", "thief's")
    room.sell(ago_s=850)
    room.depart("thief's", "silence", 900)
    room.depart("a", "silence", 900)
    room.arrive("a", back=True)
    room.wait(120)
    room.take_back()
    assert room.on_hand() == 3
    settled = [m for _ in range(130) for m in room.wait(60) if m.deltas]
    assert ["had only seemed unseen" in m.note for m in settled] == [True]
    assert room.on_hand() == 2


# -- windows -------------------------------------------------------------------------------------------


def test_a_sale_that_no_tag_pays_is_given_up_while_tags_can_prove_themselves() -> None:
    """After the window, with every zone watched, all tags are still here: the till sold something else."""
    room = room_of("a", "b")
    room.sell()
    room.unwatched.add("floor")
    assert room.wait(3 * HOUR) == []
    assert room.levels() == {"floor": 1}
    room.unwatched.clear()
    (settled,) = room.wait(60)
    assert (settled.kind, settled.deltas) == (MovementKind.ADJUSTED, (ZoneDelta("floor", +1),))
    assert settled.note == "sold, but every tag of it is still here"


def test_a_sale_that_no_tag_pays_takes_a_tagless_piece() -> None:
    """A piece known by its receipt alone was the one sold: the level stays."""
    room = room_of("a")
    room.receive()
    room.wait(3 * HOUR)
    room.sell()
    assert room.levels() == {"back": 1}
    room.wait(3 * HOUR)
    assert room.on_hand() == 1


def test_a_sale_and_a_departure_further_apart_than_the_window_are_two_things() -> None:
    """A theft of this morning is not this evening's sale."""
    room = room_of("a", "b", "c")
    room.depart("a")
    room.wait(3 * HOUR)
    room.sell(ago_s=3 * HOUR)
    assert room.levels() == {"floor": 1}


# -- other stores --------------------------------------------------------------------------------------


def test_a_tag_that_turns_up_in_another_store_is_transferred() -> None:
    """One less there, one more here, two movements."""
    room = room_of("a", "b")
    room.transfer("a", "paris-1", "back")
    assert room.levels() == {"floor": 1}
    assert room.levels(store="paris-1") == {"back": 1}
    assert [(m.store, m.kind) for m in room.movements[-2:]] == [
        (STORE, MovementKind.TRANSFERRED),
        ("paris-1", MovementKind.TRANSFERRED),
    ]


def test_a_transfer_leaves_no_debt_behind_that_nothing_can_pay() -> None:
    """The last tag goes to another store with a sale still open: the level is zero, not less."""
    room = room_of("a")
    room.sell()
    room.transfer("a", "paris-1", "back")
    assert room.levels() == {}
    room.check_laws()


def test_what_waits_for_its_pair_is_bounded() -> None:
    """A thousand unannounced changes are kept per line, the newest."""
    line = Line(STORE, "TEE", ROLES[STORE])
    for n in range(MAX_LONE + 50):
        arrived(line, f"{n}", "back", T0 + n, came_back=False)
        departed(line, f"{n}", "back", T0 + n, T0 + n, "exit")
    assert len(line.lone_arrivals) == len(line.lone_departures) == MAX_LONE
    assert line.lone_arrivals[0].epc == line.lone_departures[0].epc == "50"


def test_tags_that_are_read_after_a_count_are_those_that_were_counted() -> None:
    """A shop is counted when its readers begin: the tags that then turn up are no pieces more."""
    line = Line(STORE, "TEE", ROLES[STORE])
    counted(line, "back", 3, "count-1", T0)
    assert line.levels() == {"back": 3}
    for number in range(2):
        arrived(line, f"EPC{number}", "back", T0 + number, came_back=False)
    assert line.levels() == {"back": 3}
    arrived(line, "LATER", "back", T0 + COUNT_ANNOUNCES_NS + 1, came_back=False)
    assert line.levels() == {"back": 4}


def test_a_count_takes_away_what_was_never_read_and_notes_the_tags_that_are() -> None:
    """Fewer counted than believed: announced and unread pieces go, tags that answer stay."""
    line = Line(STORE, "TEE", ROLES[STORE])
    arrived(line, "READ", "back", T0, came_back=False)
    counted(line, "back", 3, "count-1", T0)
    effect = counted(line, "back", 0, "count-2", T0 + 1)
    assert line.levels() == {"back": 1}
    assert effect.note == "1 more believed here than counted"
