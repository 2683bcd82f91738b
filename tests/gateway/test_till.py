"""Events of tills and handhelds: applied, or refused with a code, words and the field at fault."""

import pytest

from gateway.movements import MovementKind
from gateway.till import MAX_EVENT_PIECES, MAX_FUTURE_NS
from tests.support.small_site import FOREIGN_GTIN, GTIN, STORE, S, SmallShop, epc


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"store": "nice-1", "sku": "TEE"}, "unknown_store", "/store"),
        ({"sku": "TREE"}, "unknown_sku", "/sku"),
        ({"gtin": "09501101530003"}, "unknown_sku", "/gtin"),
        ({}, "unknown_sku", "/gtin"),
        ({"sku": "TEE", "zone": "cellar"}, "unknown_zone", "/zone"),
        ({"sku": "TEE", "qty": 0}, "bad_quantity", "/qty"),
        ({"sku": "TEE", "qty": -1}, "bad_quantity", "/qty"),
        ({"sku": "TEE", "qty": MAX_EVENT_PIECES + 1}, "bad_quantity", "/qty"),
        ({"epc": epc("TEE", 1), "qty": 2}, "bad_quantity", "/qty"),
    ],
)
@pytest.mark.parametrize("kind", ["sale", "return", "receive"])
def test_what_cannot_be_is_refused(kind: str, fields: dict[str, object], code: str, pointer: str) -> None:
    """Nothing moves; the code, a sentence and the field are told."""
    shop = SmallShop()
    result = shop.engine.record(shop.event(kind, **fields), shop.now)
    assert (result.outcome, result.code, result.pointer) == ("refused", code, pointer)
    assert result.detail
    assert shop.live(shop.now).movements == []


@pytest.mark.parametrize(
    ("ahead_ns", "outcome"), [(MAX_FUTURE_NS, "applied"), (MAX_FUTURE_NS + 1, "time_in_future")]
)
def test_a_tills_clock_may_run_ahead_a_little(ahead_ns: int, outcome: str) -> None:
    """Five minutes; beyond it the event is refused, for its clock is wrong."""
    shop = SmallShop()
    assert shop.tell("sale", sku="TEE", at_ns=shop.now + ahead_ns) == outcome


def test_an_event_may_be_late() -> None:
    """A till that was offline for a day tells its sales with their own times."""
    shop = SmallShop()
    shop.tell("receive", sku="TOTE", qty=3)
    shop.live(shop.now)
    assert shop.tell("sale", sku="TOTE", at_ns=shop.now - 86_400 * S) == "applied"
    shop.live(shop.now)
    assert shop.levels("TOTE") == {"back": 2}
    assert shop.movements[-1].at_ns == shop.now - 86_400 * S
    assert shop.movements[-1].recorded_ns == shop.now


@pytest.mark.parametrize(("kind", "where"), [("sale", {}), ("return", {"till": 3}), ("receive", {"back": 3})])
def test_a_quantity_is_as_many_pieces(kind: str, where: dict[str, int]) -> None:
    """Each a movement of its own, told apart by its number."""
    shop = SmallShop()
    assert shop.tell(kind, sku="TOTE", qty=3) == "applied"
    shop.live(shop.now)
    assert shop.levels("TOTE") == where
    assert [m.ref for m in shop.movements] == ["e1#1", "e1#2", "e1#3"]


def test_a_zone_that_is_named_is_used() -> None:
    """A piece brought back to the floor is on the floor."""
    shop = SmallShop()
    shop.tell("return", sku="TOTE", zone="floor")
    shop.live(shop.now)
    assert shop.levels("TOTE") == {"floor": 1}


def test_a_store_without_the_usual_zones_uses_what_it_has() -> None:
    """Paris has a floor alone: what comes in stands there."""
    shop = SmallShop()
    for kind in ("return", "receive"):
        shop.tell(kind, sku="TOTE", store="paris-1")
    shop.live(shop.now)
    assert shop.levels("TOTE", "paris-1") == {"floor": 2}


@pytest.mark.parametrize("by", [{"sku": "TEE"}, {"gtin": GTIN["TEE"]}, {"epc": epc("TEE", 1)}])
def test_an_article_is_named_by_sku_gtin_or_tag(by: dict[str, object]) -> None:
    """The result names the SKU that it was taken for."""
    shop = SmallShop()
    result = shop.engine.record(shop.event("sale", **by), shop.now)
    assert (result.outcome, result.sku) == ("applied", "TEE")


def test_a_sale_of_an_unknown_product_that_was_met_is_applied() -> None:
    """Seen on the floor, so known as unknown: its sale takes a piece out."""
    shop = SmallShop()
    assert shop.tell("sale", gtin=FOREIGN_GTIN) == "unknown_sku"
    shop.run(60, epc(FOREIGN_GTIN, 1))
    assert shop.tell("sale", gtin=FOREIGN_GTIN) == "applied"
    shop.live(shop.now)
    assert shop.levels(f"gtin-{FOREIGN_GTIN}") == {}


def test_a_sale_by_tag_takes_that_tag_out_of_presence() -> None:
    """At once, with the event's own reference and time."""
    shop = SmallShop()
    shop.run(60, epc("TEE", 1), epc("TEE", 2))
    shop.tell("sale", epc=epc("TEE", 2), at_ns=shop.now - 5 * S)
    shop.live(shop.now)
    sold = shop.movements[-1]
    assert (sold.kind, sold.epc, sold.ref, sold.at_ns) == (
        MovementKind.SOLD,
        epc("TEE", 2),
        "e1",
        shop.now - 5 * S,
    )
    assert shop.engine.state.presence.place_of(epc("TEE", 2)) is None
    assert shop.levels("TEE") == {"floor": 1}


def test_a_return_by_tag_brings_it_back_at_its_next_read() -> None:
    """Sold by name it would need half an hour of reads; its return lifts that."""
    shop = SmallShop()
    shop.run(60, epc("TEE", 1))
    shop.tell("sale", epc=epc("TEE", 1))
    shop.run(600)
    shop.tell("return", epc=epc("TEE", 1))
    shop.live(shop.now)
    assert shop.levels("TEE") == {"till": 1}
    shop.run(6, epc("TEE", 1))
    assert shop.levels("TEE") == {"floor": 1}
    shop.run(3 * 3_600, epc("TEE", 1), every=20)
    assert shop.levels("TEE") == {"floor": 1}


def test_a_receipt_that_names_a_tag_in_stock_adds_nothing() -> None:
    """It is here already, since days or since a second ago."""
    shop = SmallShop()
    shop.run(3 * 3_600, epc("TEE", 1), every=20)
    shop.tell("receive", epc=epc("TEE", 1))
    shop.run(3 * 3_600, epc("TEE", 1), every=20)
    assert shop.levels("TEE") == {"floor": 1}


def test_events_of_one_store_leave_another_alone() -> None:
    """The same article in two shops is two lines."""
    shop = SmallShop()
    shop.tell("receive", sku="TOTE")
    shop.tell("receive", sku="TOTE", store="paris-1")
    shop.tell("sale", sku="TOTE", store="paris-1")
    shop.live(shop.now)
    assert shop.levels("TOTE", STORE) == {"back": 1}
    assert shop.levels("TOTE", "paris-1") == {}
