"""A piece that comes in counts for one delivery, once: by scan, by tag, whatever is told first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.delivery_shop import HOUR, OTHER, DeliveryShop
from tests.support.small_site import S, epc

TEES = tuple(epc("TEE", n) for n in range(1, 6))


def test_counted_pieces_come_by_the_scans_of_their_receipt() -> None:
    """The delivery due first takes them; then the next; then nobody expected them."""
    shop = DeliveryShop()
    later, first = shop.announce(("TOTE", 2), in_s=7_200), shop.announce(("TOTE", 1), in_s=3_600)
    assert shop.answer("TOTE").incoming == 3
    for come, left in ((1, 2), (2, 1), (3, 0), (4, 0)):
        shop.tell("receive", sku="TOTE")
        shop.live(shop.now)
        assert (shop.pieces("TOTE"), shop.answer("TOTE").incoming) == (come, left)
    assert (shop.delivery(first).state, shop.delivery(later).state) == ("received", "received")
    assert shop.delivery(first).closed_ns == shop.now


@given(order=st.permutations(["scan", "scan", "tag 1", "tag 2", "tag 1", "restart"]))
@settings(max_examples=25, deadline=None)
def test_a_scan_and_a_tag_of_one_piece_are_one_arrival(order: list[str]) -> None:
    """Two pieces, each scanned in once and read at the back: two have come, whatever came first."""
    shop = DeliveryShop()
    one = shop.announce(("TEE", 5))
    shop.run(30)
    for step in order:
        if step == "scan":
            shop.tell("receive", sku="TEE")
            shop.run(5)
        elif step == "restart":
            shop.restart(shop.now)
        else:
            shop.run(10, epc("TEE", int(step[-1])), reader="rear")
    assert (shop.arrived(one), shop.pieces("TEE"), shop.answer("TEE").incoming) == ([2], 2, 3)
    shop.check_laws()


def test_a_named_tag_is_of_its_delivery_wherever_it_is_seen_first() -> None:
    """A tag of the list counts on the floor too, for the delivery that names it; one of none does not."""
    shop = DeliveryShop()
    shop.announce(("TEE", 1), in_s=60)
    named = shop.announce(("TEE", 2, TEES[:1]), in_s=HOUR // S)
    shop.run(20, *TEES[:2])
    assert (shop.arrived(named), shop.pieces("TEE")) == ([1], 2)
    assert shop.delivery(named).lines[0].seen == {TEES[0]}
    assert shop.answer("TEE").incoming == 2


def test_pieces_without_a_name_count_where_no_tag_is_named_first() -> None:
    """A scan leaves the named pieces to their tags as long as there are others to come."""
    shop = DeliveryShop()
    named = shop.announce(("TEE", 1, TEES[:1]), in_s=60)
    plain = shop.announce(("TEE", 1), in_s=120)
    shop.run(10, TEES[1], reader="rear")
    assert (shop.arrived(named), shop.arrived(plain)) == ([0], [1])
    shop.run(10, TEES[0], reader="rear")
    assert shop.arrived(named) == [1]


def test_a_tag_told_by_a_scan_is_known_when_it_is_read() -> None:
    """The scan counted the piece; its tag then stands for the very one that was named."""
    shop = DeliveryShop()
    one = shop.announce(("TEE", 2, TEES[:2]))
    shop.tell("receive", sku="TEE")
    shop.run(10, TEES[1], reader="rear")
    line = shop.delivery(one).lines[0]
    assert (line.arrived, line.seen) == (1, {TEES[1]})
    shop.restart(shop.now)
    assert shop.delivery(one).lines[0] == line


def test_what_comes_back_is_no_delivery() -> None:
    """Neither a tag that had only fallen silent, nor what a customer brings back."""
    shop = DeliveryShop()
    shop.run(60, TEES[0], reader="rear")
    one = shop.announce(("TEE", 3), in_s=48 * 3_600)
    shop.tell("sale", epc=TEES[0])
    shop.run(10)
    assert shop.pieces("TEE") == 0
    shop.tell("return", epc=TEES[0])
    shop.run(20, TEES[0], reader="rear")
    assert (shop.pieces("TEE"), shop.arrived(one)) == (1, [0])
    shop.run(400, reader="rear")
    shop.engine.state.presence.depart(TEES[0], shop.now, "lyon-1")
    shop.run(5)
    shop.engine.state.presence.expect(TEES[0], shop.now)
    shop.run(20, TEES[0], reader="rear")
    assert (shop.pieces("TEE"), shop.arrived(one)) == (1, [0])
    shop.check_laws()


@pytest.mark.parametrize(("source", "come"), [(None, 0), ("nice-9", 0), (OTHER, 1)])
def test_a_tag_of_another_store_is_a_delivery_from_there_alone(source: str | None, come: int) -> None:
    """What was bought in one shop and turns up at the back of another is no supplier's delivery."""
    shop = DeliveryShop()
    shop.run(30, TEES[0], reader="paris")
    more = {} if source is None else {"source": source}
    one = shop.announce(("TEE", 1), **more)
    shop.run(30, TEES[0], reader="rear")
    assert (shop.pieces("TEE"), shop.arrived(one)) == (1, [come])


def test_late_pieces_count_as_incoming_until_they_are_too_late() -> None:
    """After its time a delivery is late; two weeks after it, nobody is told any more that it will come."""
    shop = DeliveryShop()
    one = shop.announce(("TOTE", 4))
    due_ns = shop.delivery(one).due_ns
    assert (shop.answer("TOTE").status, shop.answer("TOTE").incoming_at_ns) == ("INCOMING", due_ns)
    assert shop.answer("TOTE").valid_until_ns <= due_ns + 1
    shop.now = due_ns + S
    found = shop.live(shop.now)
    assert (shop.answer("TOTE").incoming, shop.answer("TOTE").incoming_at_ns) == (4, None)
    assert shop.delivery(one).is_late(shop.now)
    shop.now = due_ns + 14 * 24 * HOUR + S
    found = shop.live(shop.now)
    assert ("lyon-1", "TOTE") in found.touched
    assert (shop.answer("TOTE").status, shop.answer("TOTE").incoming) == ("OUT_OF_STOCK", 0)
    assert shop.engine.state.deliveries.expected("lyon-1", "TOTE") == [(due_ns, 4)]
