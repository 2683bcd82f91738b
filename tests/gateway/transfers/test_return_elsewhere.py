"""What was sold in one shop and is brought back to another: there once, and the books of the first stand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.delivery_shop import OTHER, DeliveryShop
from tests.support.small_site import STORE, S, epc

TEE, OTHERS = epc("TEE", 1), tuple(epc("TEE", n) for n in (2, 3))


def a_tee_sold(how: str, hours: int = 3) -> DeliveryShop:
    """Return a shop that sold one of three tees and saw it leave, some hours ago."""
    shop = DeliveryShop()
    shop.run(60, TEE, *OTHERS)
    shop.tell("sale", **({"epc": TEE} if how == "epc" else {"sku": "TEE"}))
    shop.run(20, *OTHERS)
    shop.run(10, TEE, antenna=3, every=1)
    shop.run(60, *OTHERS)
    shop.now += hours * 3_600 * S
    shop.run(60, *OTHERS)
    assert shop.levels("TEE") == {"floor": 2}
    return shop


ORDERS = st.permutations(["desk", "read", "read", "restart", "wait"])


@given(order=ORDERS, how=st.sampled_from(["epc", "sku"]), named=st.booleans())
@settings(max_examples=10, deadline=None)
def test_it_comes_into_the_other_shop_once(order: list[str], how: str, named: bool) -> None:
    """At the desk first or read first, by its tag or by its article, with a restart between."""
    shop = a_tee_sold(how)
    for step in order:
        if step == "desk":
            named_so = {"epc": TEE} if named else {"sku": "TEE"}
            assert shop.tell("return", store=OTHER, zone="floor", **named_so) == "applied"
            shop.live(shop.now)
        elif step == "read":
            shop.run(20, TEE, reader="paris")
        elif step == "restart":
            shop.restart(shop.now)
        else:
            shop.run(30, *OTHERS)
        assert shop.pieces("TEE", OTHER) <= 1, (step, order)
        assert shop.levels("TEE") == {"floor": 2}, (step, order)
    assert shop.pieces("TEE", OTHER) == 1, order
    shop.now += 3 * 3_600 * S
    shop.run(70, TEE, reader="paris")
    assert (shop.pieces("TEE", OTHER), shop.pieces("TEE")) == (1, 2)
    shop.check_laws()


def test_it_is_sold_again_where_it_came_back() -> None:
    """From then on it is a piece of the second shop: it leaves there once, and comes back to the first if it does."""
    shop = a_tee_sold("epc")
    shop.tell("return", store=OTHER, zone="floor", epc=TEE)
    shop.run(20, TEE, reader="paris")
    shop.tell("sale", store=OTHER, epc=TEE)
    shop.run(30, *OTHERS)
    assert (shop.pieces("TEE", OTHER), shop.pieces("TEE")) == (0, 2)
    shop.run(20, TEE, reader="paris")
    assert shop.pieces("TEE", OTHER) == 0, "it is carried out"
    shop.now += 3_600 * S
    shop.tell("return", epc=TEE, zone="floor")
    shop.run(30, TEE, *OTHERS)
    assert (shop.pieces("TEE", OTHER), shop.levels("TEE")) == (0, {"floor": 3})
    shop.check_laws()


def test_a_counted_piece_comes_back_where_it_is_brought() -> None:
    """No tag tells it apart: the shop that takes it back has one more, the other what it had."""
    shop = DeliveryShop()
    shop.tell("receive", sku="TOTE", qty=3)
    shop.tell("sale", sku="TOTE")
    shop.tell("return", sku="TOTE", store=OTHER)
    shop.live(shop.now)
    assert (shop.pieces("TOTE"), shop.pieces("TOTE", OTHER)) == (2, 1)
    assert [m.store for m in shop.movements if m.kind == "returned"] == [OTHER]
    shop.check_laws()


def test_it_is_no_delivery_and_no_transfer() -> None:
    """A delivery that is expected there waits on; a piece that is on its way there does too."""
    shop = a_tee_sold("epc")
    one = shop.announce(("TEE", 1), store=OTHER, in_s=48 * 3_600)
    shop.tell("transfer", sku="TEE", store=STORE, to_store=OTHER)
    shop.run(5, *OTHERS)
    before = shop.answer("TEE", OTHER).incoming
    shop.tell("return", store=OTHER, zone="floor", epc=TEE)
    shop.run(30, TEE, reader="paris")
    assert (shop.pieces("TEE", OTHER), shop.answer("TEE", OTHER).incoming, before) == (1, 2, 2)
    assert shop.arrived(one) == [0]
