"""Explanations: the terms of a number, which add up to it whatever happened."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.explanation import Explanation
from gateway.inventory import Inventory
from tests.support.small_site import GTIN, STORE, T0, S, SmallShop, epc

SKUS = tuple(GTIN)
PIECE_G, TARE_G = 420, 1_500


def inventory_of(shop: SmallShop) -> Inventory:
    """Return the inventory that the API asks."""
    return Inventory(shop.engine, lambda: shop.now, lambda: 1)


def explained(shop: SmallShop, sku: str, store: str = STORE) -> Explanation:
    """Return the explanation of one number."""
    found = inventory_of(shop).explain(store, sku)
    assert found is not None
    return found


actions = st.lists(
    st.tuples(
        st.sampled_from(["read", "read_back", "till_read", "gate", "sale", "return", "receive", "count", "weigh", "wait"]),
        st.sampled_from(SKUS),
        st.integers(0, 3),
    ),
    max_size=12,
)  # fmt: skip


def act(shop: SmallShop, action: str, sku: str, number: int) -> None:
    """Let one thing happen in the shop."""
    tag = epc("TEE" if sku in {"CANDLE", "TOTE"} else sku, number)
    match action:
        case "read":
            shop.run(30, tag)
        case "read_back":
            shop.run(30, tag, reader="rear")
        case "till_read":
            shop.run(15, tag, antenna=2)
        case "gate":
            shop.run(15, tag, antenna=3)
        case "sale" | "return" | "receive":
            shop.tell(action, sku=sku, qty=number + 1)
        case "count":
            for _ in range(number):
                shop.scan("counter", GTIN[sku])
                shop.run(3)
            shop.run(40)
        case "weigh":
            shop.weigh(TARE_G + number * PIECE_G)
        case _:
            shop.run(60)
    shop.live(shop.now)


@settings(max_examples=20, deadline=None)
@given(actions)
def test_the_terms_add_up_to_the_levels_whatever_happened(happened: list[tuple[str, str, int]]) -> None:
    """In each zone of each article: level = tags + scanned + weighed + announced - sold; they sum to on_hand."""
    shop = SmallShop()
    for action, sku, number in happened:
        act(shop, action, sku, number)
    for sku in SKUS:
        told = explained(shop, sku)
        assert {t.zone: t.level for t in told.terms if t.level} == shop.levels(sku)
        assert sum(t.level for t in told.terms) == told.on_hand
        assert all(min(t.level, t.tags, t.scanned, t.weighed, t.announced, t.sold) >= 0 for t in told.terms)


def test_a_sale_stays_open_until_its_piece_is_seen_leaving() -> None:
    """Two tags on the floor, one sold by its article: one open sale, charged where the pieces are."""
    shop = SmallShop()
    shop.run(60, epc("TEE", 1), epc("TEE", 2))
    shop.tell("sale", sku="TEE")
    shop.run(1, epc("TEE", 1), epc("TEE", 2), every=1)
    told = explained(shop, "TEE")
    assert [(event.type, event.ref) for event in told.open_sales] == [("sale", "e1")]
    assert told.on_hand == 1
    assert [(t.zone, t.tags, t.sold) for t in told.terms] == [("floor", 2, 1)]


def test_what_was_announced_is_told_until_its_tag_is_read() -> None:
    """A receipt without a tag counts where it was scanned, and says so."""
    shop = SmallShop()
    shop.tell("receive", sku="TEE", zone="back")
    shop.live(shop.now)
    told = explained(shop, "TEE")
    assert [(event.type, event.zone) for event in told.announced] == [("receive", "back")]
    assert [(t.zone, t.announced, t.level) for t in told.terms] == [("back", 1, 1)]


def test_what_another_store_sent_is_told_and_in_no_level() -> None:
    """It is incoming until it is seen or scanned in."""
    shop = SmallShop()
    shop.run(60, epc("TEE", 1), reader="paris")
    assert shop.tell("transfer", sku="TEE", store="paris-1", to_store=STORE) == "applied"
    shop.live(shop.now)
    told = explained(shop, "TEE")
    assert [(event.type, event.ref) for event in told.incoming] == [("transfer", "e1")]
    assert (told.on_hand, told.terms) == (0, ())


def test_each_tag_is_told_with_its_place_and_its_last_read() -> None:
    """The items are those of the article, with the zone in which they count."""
    shop = SmallShop()
    shop.run(60, epc("TEE", 1), epc("TEE", 2))
    told = explained(shop, "TEE")
    assert {(item.epc, item.zone) for item in told.items} == {(epc("TEE", n), "floor") for n in (1, 2)}
    assert all(item.last_seen_ns and 0 <= shop.now - item.last_seen_ns <= 60 * S for item in told.items)
    assert told.more_items == 0
    assert told.model == "belief/1"
    for item in told.items:
        assert item.p_zone is not None
        assert item.p_present is not None
        assert 0.9 < item.p_zone <= item.p_present <= 1


def test_a_tag_that_fell_silent_is_told_until_it_is_given_up() -> None:
    """It counts in no zone any more, and may be here all the same: so much is said, the least certain first."""
    shop = SmallShop()
    shop.run(120, epc("TEE", 1), epc("TEE", 2))
    for _ in range(60):
        shop.run(60, epc("TEE", 2))
        told = explained(shop, "TEE")
        if told.on_hand == 1:
            break
    assert told.on_hand == 1
    silent, read = told.items
    assert (silent.epc, silent.zone, silent.p_zone) == (epc("TEE", 1), None, None)
    assert silent.p_present is not None
    assert 0 < silent.p_present < 0.1
    assert (read.epc, read.zone) == (epc("TEE", 2), "floor")
    assert told.p_at_least[0] > 0.99


def test_a_shelf_says_what_it_weighs() -> None:
    """Pieces, and when it was heard last."""
    shop = SmallShop()
    shop.weigh(TARE_G + 3 * PIECE_G)
    told = explained(shop, "CANDLE")
    assert [(shelf.device, shelf.zone, shelf.pieces, shelf.in_doubt) for shelf in told.shelves] == [
        ("candles", "floor", 3, False)
    ]
    assert [(t.zone, t.weighed) for t in told.terms] == [("floor", 3)]
    chances = dict(told.shelves[0].p_pieces)
    assert max(chances, key=chances.__getitem__) == 3
    assert sum(chances.values()) == pytest.approx(1)


@pytest.mark.parametrize(("store", "sku"), [("lyon-1", "NO-SUCH"), ("nice-1", "TEE")])
def test_what_does_not_exist_is_not_explained(store: str, sku: str) -> None:
    """None, as for the answer itself."""
    assert inventory_of(SmallShop()).explain(store, sku) is None


def test_a_zone_is_seen_while_its_readers_live() -> None:
    """Every zone of the store is told in the order of the site; none of another store."""
    shop = SmallShop()
    shop.run(120, epc("TEE", 1))
    assert {s.zone: round(s.coverage, 2) for s in inventory_of(shop).sight(STORE)} == {
        "floor": 1.0, "back": 1.0, "till": 1.0, "exit": 1.0,
    }  # fmt: skip
    assert {(s.phase, s.phase_since_ns) for s in inventory_of(shop).sight(STORE)} == {("prior", T0 + S)}
    shop.alive.discard("rear")
    shop.run(600, epc("TEE", 1))
    assert {s.zone: s.coverage > 0.5 for s in inventory_of(shop).sight(STORE)} == {
        "floor": True, "back": False, "till": True, "exit": True,
    }  # fmt: skip
    assert inventory_of(shop).sight("nice-1") == ()


def test_hundreds_of_pieces_may_be_asked_for() -> None:
    """A question for ninety of a hundred pieces gets its probability; the explanation stays short."""
    shop = SmallShop()
    shop.run(120, *(epc("TEE", number) for number in range(100)))
    found = inventory_of(shop).availability(STORE, "TEE", 90)
    assert found is not None
    assert found.on_hand == 100
    assert found.p_at_least_requested is not None
    assert found.p_at_least_requested > 0.99
    assert len(explained(shop, "TEE").p_at_least) == 64


def test_an_explanation_is_bounded_and_says_what_it_left_off() -> None:
    """Two hundred tags, the least certain, and the number of the others."""
    shop = SmallShop()
    shop.run(120, *(epc("TEE", number) for number in range(230)))
    shop.run(120, *(epc("TEE", number) for number in range(230) if number != 77))
    told = explained(shop, "TEE")
    assert (len(told.items), told.more_items) == (200, 30)
    assert told.items[0].epc == epc("TEE", 77)
