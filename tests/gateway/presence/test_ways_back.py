"""Stores, tills and returns: one piece is in one place, and what a person said outweighs a read."""

from copy import deepcopy

import pytest

from gateway.presence.absent import GONE_MEMORY_NS
from gateway.presence.model import Arrived, Departed, Moved
from tests.support.presence_shop import BACK, EPOCH_S, EXIT, FLOOR, PARIS, TILL, PresenceShop, S, said

HOUR = 3_600
TEE = "3034000000000001"


@pytest.fixture(scope="module")
def known_shop() -> PresenceShop:
    """Return two shops of more than a hundred tags together and a tee on the floor of the first."""
    shop = PresenceShop()
    shop.fill(FLOOR, 60)
    shop.fill(PARIS, 50)
    shop.put(TEE)
    shop.live(600)
    shop.events.clear()
    return shop


@pytest.fixture
def shop(known_shop: PresenceShop) -> PresenceShop:
    """Return shops of its own for each test."""
    return deepcopy(known_shop)


# -- two stores ----------------------------------------------------------------------------------------


def test_a_tag_that_turns_up_in_another_store_moved_there(shop: PresenceShop) -> None:
    """One event, from zone to zone; the first store believes nothing of it any more."""
    shop.put(TEE, place=PARIS)
    (moved,) = shop.live(60)
    assert isinstance(moved, Moved)
    assert (moved.epc, moved.from_place, moved.place) == (TEE, FLOOR, PARIS)
    assert shop.presence.place_of(TEE) == PARIS
    assert shop.presence.p_present("lyon-1", [TEE]) == [0.0]
    assert said(shop.live(600)) == []


def test_one_epc_that_two_stores_go_on_reading_is_a_clone(shop: PresenceShop) -> None:
    """It went to Paris, and minutes later both read it: nobody carries a piece so fast to and fro."""
    shop.put(TEE, place=PARIS)
    shop.live(60)
    assert TEE not in shop.presence.clones
    for _ in range(40):
        shop.read(TEE, FLOOR, ago_s=-1)
        shop.live(EPOCH_S)
    assert shop.presence.clones == {TEE}
    before = len(shop.events)
    for _ in range(40):
        shop.read(TEE, FLOOR, ago_s=-1)
        shop.live(EPOCH_S)
    assert said(shop.events[before:]) == [], "both keep it: it does not go to and fro"


def test_a_piece_that_comes_back_from_the_other_store_is_no_clone(shop: PresenceShop) -> None:
    """An hour later it is in the first shop again: one piece that is carried."""
    shop.put(TEE, place=PARIS)
    shop.live(HOUR)
    shop.put(TEE, place=FLOOR)
    assert said(shop.live(60)) == [f"moved {TEE} floor>floor"]
    assert not shop.presence.clones
    assert shop.presence.place_of(TEE) == FLOOR


# -- told ----------------------------------------------------------------------------------------------


def test_a_till_that_names_the_tag_takes_it_out_at_once(shop: PresenceShop) -> None:
    """Without an epoch to wait for; and once."""
    assert shop.presence.depart(TEE, shop.now)
    (gone,) = shop.take()
    assert gone == Departed(TEE, FLOOR, shop.now, shop.presence.last_seen_ns(TEE) or 0, "told")
    assert not shop.presence.depart(TEE, shop.now)
    assert said(shop.take()) == []
    assert shop.presence.place_of(TEE) is None


def test_a_sold_piece_is_seen_on_its_way_out(shop: PresenceShop) -> None:
    """Ten minutes of reads after the till named it bring nothing back; a gate read departs it no second time."""
    shop.presence.depart(TEE, shop.now)
    shop.live(600)
    shop.read(TEE, EXIT, ago_s=-1)
    shop.live(60)
    assert said(shop.events) == [f"departed {TEE} floor told"]


def test_a_piece_that_stays_after_the_till_named_it_is_here(shop: PresenceShop) -> None:
    """An hour of reads on the floor says more than the till: it comes back, once."""
    shop.presence.depart(TEE, shop.now)
    shop.live(HOUR)
    assert said(shop.events) == [f"departed {TEE} floor told", f"came back {TEE} floor"]


def test_a_return_that_names_the_tag_brings_it_back_at_its_first_read(shop: PresenceShop) -> None:
    """The desk said that it is back."""
    shop.presence.depart(TEE, shop.now)
    shop.take_away(TEE)
    shop.live(600)
    shop.presence.expect(TEE, shop.now)
    assert said(shop.live(60)) == []
    shop.read(TEE, FLOOR, ago_s=-1)
    (back,) = shop.live(EPOCH_S)
    assert isinstance(back, Arrived)
    assert (back.epc, back.place, back.came_back) == (TEE, FLOOR, True)


def test_a_tag_sold_before_it_was_ever_read_is_seen_leaving(shop: PresenceShop) -> None:
    """A till names a stranger: its reads in the next minutes make no arrival."""
    assert not shop.presence.depart("3034FF", shop.now)
    shop.put("3034FF")
    assert said(shop.live(600)) == []


def test_a_sale_of_its_article_takes_the_tag_until_it_is_read_again(shop: PresenceShop) -> None:
    """Believed gone by the sale; the first reads of it show that another piece was sold."""
    shop.take_away(TEE)
    shop.live(30)
    shop.presence.depart_sold(TEE, shop.now, 0.95, at_till=False)
    assert said(shop.take()) == [f"departed {TEE} floor sale"]
    assert shop.presence.p_present("lyon-1", [TEE]) == [pytest.approx(0.05, abs=0.01)]
    shop.live(60)
    shop.put(TEE, chance=1)
    assert said(shop.live(30)) == [f"came back {TEE} floor"]


def test_a_tag_paid_at_the_till_is_read_on_its_way_out(shop: PresenceShop) -> None:
    """A sale takes the tag that passes the till: two minutes of reads later it is still gone; ten, and it stayed."""
    shop.put(TEE, place=TILL, chance=1)
    shop.live(20)
    shop.presence.depart_sold(TEE, shop.now, 0.95, at_till=True)
    shop.events.clear()
    assert said(shop.take())[-1].endswith("sale")
    shop.put(TEE, place=FLOOR, chance=1)
    assert said(shop.live(120)) == []
    assert said(shop.live(480)) == [f"came back {TEE} floor"]


def test_a_sold_tag_that_is_not_believed_here_is_left_alone(shop: PresenceShop) -> None:
    """A sale cannot take what is not there."""
    shop.presence.depart_sold("3034FF", shop.now, 0.95, at_till=False)
    shop.presence.depart(TEE, shop.now)
    shop.presence.depart_sold(TEE, shop.now, 0.95, at_till=False)
    assert said(shop.take()) == [f"departed {TEE} floor told"]


def test_a_piece_back_through_the_gate_needs_reads_that_go_on(shop: PresenceShop) -> None:
    """It left by the exit; a stray a minute later brings nothing back, half a minute of reads inside does."""
    shop.take_away(TEE)
    shop.read(TEE, EXIT, ago_s=-1, rssi=-54)
    shop.live(60)
    assert said(shop.events)[-1:] == [f"departed {TEE} {'exit' if len(shop.events) > 1 else 'floor'} exit"]
    shop.events.clear()
    shop.read(TEE, FLOOR, ago_s=-1)
    assert said(shop.live(600)) == []
    shop.put(TEE, place=BACK, chance=1)
    assert said(shop.live(60)) == [f"came back {TEE} back"]


def test_the_departed_are_forgotten_after_a_month(shop: PresenceShop) -> None:
    """… and their rows with them; then they are strangers, who arrive by two reads."""
    shop.presence.depart(TEE, shop.now)
    shop.take_away(TEE)
    shop.take()
    shop.presence.written()
    shop.now += GONE_MEMORY_NS + HOUR * S
    shop.take()
    assert shop.presence.forgotten() == [TEE]
    assert [row.value for row in shop.presence.written()[0] if row.epc == TEE] == [None]
    assert shop.presence.item(TEE) is None
    for _ in range(2):
        shop.read(TEE, FLOOR)
    assert said(shop.take()) == [f"arrived {TEE} floor"]
