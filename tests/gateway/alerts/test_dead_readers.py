"""Stock alerts while a reader is dead: it fires none and clears none, and silences none of what others still see."""

from collections.abc import Sequence

from gateway.alerts.records import AlertState
from tests.support.small_site import READERS, S, SmallShop, epc

JEANS = [epc("JEANS", n) for n in range(1, 6)]
TEES = [epc("TEE", n) for n in range(1, 9)]
LOW, EMPTY, OUT = "low_stock JEANS", "shelf_empty_backroom_has_stock JEANS", "stock_out JEANS"
EPOCH_S, QUARTER_S = 5, 900


def stock_alerts(shop: SmallShop) -> dict[str, AlertState]:
    """Return the state of each alert of an article that ever fired, by type and article."""
    return {f"{a.type} {a.sku}": a.state for a in shop.alerts.values() if a.sku is not None and a.fired_at_ns}


def look(shop: SmallShop, seconds: int, floor: Sequence[str] = (), back: Sequence[str] = ()) -> None:
    """Let time pass, an epoch a pass: four tees lie in each room, beside them these; who lives reads them."""
    for _ in range(0, seconds, EPOCH_S):
        shop.now += EPOCH_S * S
        for reader in sorted(shop.alive):
            shop.beat(reader)
        if "front" in shop.alive:
            shop.read(*TEES[:4], *floor)
        if "rear" in shop.alive:
            shop.read(*TEES[4:], *back, reader="rear")
        shop.live(shop.now)


def test_nothing_fires_because_a_reader_died() -> None:
    """The floor falls silent with its reader: no shelf is empty for that, and nothing is sold out."""
    shop = SmallShop()
    look(shop, 240, floor=JEANS)
    shop.alive.discard("front")
    look(shop, 2 * QUARTER_S)
    assert any(a.type == "reader_down" for a in shop.alerts.values())
    assert stock_alerts(shop) == {}
    shop.alive.add("front")
    look(shop, QUARTER_S, floor=JEANS)
    assert stock_alerts(shop) == {}


def test_nothing_clears_because_a_reader_died() -> None:
    """Low stock and an empty shelf stand while nobody looks, and after: only pieces that are seen end them."""
    shop = SmallShop()
    look(shop, QUARTER_S, back=JEANS[:2])
    both = dict.fromkeys((LOW, EMPTY), AlertState.FIRING)
    assert stock_alerts(shop) == both
    shop.alive.clear()
    look(shop, 4 * QUARTER_S)
    assert stock_alerts(shop) == both
    shop.alive = set(READERS)
    look(shop, 300, back=JEANS[:2])
    assert stock_alerts(shop) == both
    look(shop, 300, floor=JEANS[1:4], back=JEANS[:1])
    assert stock_alerts(shop) == dict.fromkeys((LOW, EMPTY), AlertState.RESOLVED)


def test_what_other_readers_see_is_told_all_the_same() -> None:
    """The back room is dark, and held no jeans: that two are left on the floor is known, and told."""
    shop = SmallShop()
    look(shop, 240, floor=JEANS[:4])
    shop.alive.discard("rear")
    look(shop, 120, floor=JEANS[:4])
    for tag in JEANS[2:4]:
        shop.tell("sale", sku="JEANS", epc=tag)
    look(shop, 700, floor=JEANS[:2])
    assert stock_alerts(shop) == {LOW: AlertState.FIRING}


def test_nothing_left_is_not_sure_while_the_back_room_is_dark() -> None:
    """More would come there first: sold out is told once it is seen again that none did."""
    shop = SmallShop()
    look(shop, 240, floor=JEANS[:1])
    shop.alive.discard("rear")
    look(shop, 120, floor=JEANS[:1])
    shop.tell("sale", sku="JEANS", epc=JEANS[0])
    look(shop, QUARTER_S)
    assert OUT not in stock_alerts(shop)
    shop.alive.add("rear")
    look(shop, QUARTER_S)
    assert stock_alerts(shop)[OUT] is AlertState.FIRING
