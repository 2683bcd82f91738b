"""Transfers between stores and counts by people, as events tell of them."""

import pytest

from gateway.answers import availability
from gateway.movements import MovementKind
from tests.support.small_site import STORE, SmallShop, epc

OTHER = "paris-1"
TEE = epc("TEE", 1)


def a_shop_with_tees(pieces: int = 2) -> SmallShop:
    """Return a shop whose floor holds so many tees that are read."""
    shop = SmallShop()
    shop.run(120, *(epc("TEE", n) for n in range(1, pieces + 1)))
    assert shop.levels("TEE") == {"floor": pieces}
    return shop


def incoming(shop: SmallShop, sku: str, store: str = OTHER) -> int:
    """Return what an answer says is on its way to a store."""
    return availability(shop.engine.state, store, sku, 1, shop.now).incoming


def test_a_named_tag_leaves_at_once_and_is_on_its_way() -> None:
    """A transfer that names its tag takes it out of its store, as a transfer and not as a sale; it is incoming
    in the other store, and of no level there until it is read."""
    shop = a_shop_with_tees()
    assert shop.tell("transfer", epc=TEE, to_store=OTHER) == "applied"
    shop.live(shop.now)
    assert shop.levels("TEE") == {"floor": 1}
    assert (shop.levels("TEE", OTHER), incoming(shop, "TEE")) == ({}, 1)
    kinds = {m.kind for m in shop.movements if m.ref == "e1"}
    assert kinds == {MovementKind.TRANSFERRED}
    shop.run(120, TEE, reader="paris")
    assert (shop.levels("TEE", OTHER), incoming(shop, "TEE")) == ({"floor": 1}, 0)
    shop.check_laws()


def test_a_transfer_told_late_moves_nothing_twice() -> None:
    """A tag that was seen in the other store first is there once, and nothing is left on its way."""
    shop = a_shop_with_tees()
    shop.run(60, TEE, reader="paris")
    assert shop.levels("TEE", OTHER) == {"floor": 1}
    assert shop.tell("transfer", epc=TEE, to_store=OTHER, at_ns=shop.now - 50_000_000_000) == "applied"
    shop.run(60, TEE, reader="paris")
    assert (shop.levels("TEE"), shop.levels("TEE", OTHER), incoming(shop, "TEE")) == (
        {"floor": 1},
        {"floor": 1},
        0,
    )
    shop.check_laws()


def test_pieces_without_a_named_tag_are_sent_and_scanned_in() -> None:
    """A counted article's pieces leave the back first, are incoming, and come in by the scans of their receipt."""
    shop = SmallShop()
    shop.tell("receive", sku="TOTE", qty=5)
    assert shop.tell("transfer", sku="TOTE", qty=2, to_store=OTHER) == "applied"
    shop.live(shop.now)
    assert (shop.levels("TOTE"), incoming(shop, "TOTE")) == ({"back": 3}, 2)
    shop.tell("receive", sku="TOTE", store=OTHER)
    shop.live(shop.now)
    assert (shop.levels("TOTE", OTHER), incoming(shop, "TOTE")) == ({"floor": 1}, 1)
    shop.check_laws()


def test_what_is_on_its_way_survives_a_restart_and_is_given_up_in_time() -> None:
    """A piece that is sent and never comes is incoming for two weeks."""
    shop = SmallShop()
    shop.tell("receive", sku="TOTE")
    shop.tell("transfer", sku="TOTE", to_store=OTHER)
    shop.live(shop.now)
    shop.restart(shop.now)
    assert incoming(shop, "TOTE") == 1
    shop.now += 15 * 86_400 * 1_000_000_000
    shop.live(shop.now)
    assert incoming(shop, "TOTE") == 0


def test_a_piece_that_nobody_knew_of_takes_nothing_out() -> None:
    """A transfer of what is not believed in the store is on its way all the same."""
    shop = SmallShop()
    assert shop.tell("transfer", sku="TOTE", to_store=OTHER) == "applied"
    shop.live(shop.now)
    assert (shop.levels("TOTE"), incoming(shop, "TOTE")) == ({}, 1)


@pytest.mark.parametrize(
    ("kind", "fields", "code", "pointer"),
    [
        ("transfer", {"sku": "TEE", "to_store": "nice-1"}, "unknown_store", "/to_store"),
        ("transfer", {"sku": "TEE"}, "unknown_store", "/to_store"),
        ("transfer", {"sku": "TEE", "to_store": STORE}, "same_store", "/to_store"),
        ("transfer", {"sku": "TEE", "to_store": OTHER, "qty": 0}, "bad_quantity", "/qty"),
        ("count", {"sku": "TEE"}, "zone_missing", "/zone"),
        ("count", {"sku": "TEE", "zone": "cellar"}, "unknown_zone", "/zone"),
        ("count", {"sku": "TEE", "zone": "floor", "qty": -1}, "bad_quantity", "/qty"),
        ("count", {"epc": TEE, "zone": "floor", "qty": 0}, "bad_quantity", "/qty"),
    ],
)
def test_what_cannot_be_is_refused(kind: str, fields: dict[str, object], code: str, pointer: str) -> None:
    """Nothing moves; the code and the field are told."""
    shop = SmallShop()
    result = shop.engine.record(shop.event(kind, **fields), shop.now)
    assert (result.outcome, result.code, result.pointer) == ("refused", code, pointer)


def test_a_complete_count_sets_a_zone_and_another_raises_it_alone() -> None:
    """A whole zone's count is its level; a count of a part of it tells of no piece that it did not find."""
    shop = SmallShop()
    shop.tell("receive", sku="TOTE", qty=5)
    for qty, complete, level in ((3, False, 5), (7, False, 7), (4, True, 4), (0, False, 4), (0, True, 0)):
        assert shop.tell("count", sku="TOTE", zone="back", qty=qty, complete=complete) == "applied"
        shop.live(shop.now)
        assert shop.levels("TOTE").get("back", 0) == level
    shop.check_laws()


def test_a_count_that_names_a_tag_finds_it_there() -> None:
    """A tag that a person found in a zone that is read is believed there; elsewhere it is announced, once."""
    shop = SmallShop()
    shop.run(60)
    assert shop.tell("count", epc=TEE, zone="floor") == "applied"
    shop.run(30)
    assert shop.levels("TEE") == {"floor": 1}
    assert shop.tell("count", epc=TEE, zone="floor") == "applied"
    shop.run(30)
    assert shop.levels("TEE") == {"floor": 1}
    shop.check_laws()
