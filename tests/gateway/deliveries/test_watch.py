"""A delivery that was not seen in time is told, once, and what cannot be seen is not judged."""

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from tests.support.delivery_shop import ACTOR, ALL, HOUR, DeliveryShop
from tests.support.small_site import STORE, S


def told(shop: DeliveryShop) -> list[AlertRecord]:
    """Return the alerts about deliveries, as they were written."""
    return [alert for alert in shop.alerts.values() if alert.type is AlertType.DELIVERY_NOT_SEEN]


def long_after(shop: DeliveryShop, delivery_id: str) -> None:
    """Let the delivery's time and its time of grace pass, readers alive."""
    shop.now = shop.delivery(delivery_id).due_ns + 2 * HOUR - 80 * S
    shop.run(90)


def test_a_delivery_that_is_not_seen_is_told_with_what_is_missing() -> None:
    """After the time of grace, not before; pieces that come are told of, and the last one ends it."""
    shop = DeliveryShop()
    one = shop.announce(("TOTE", 2), reference="ASN-1")
    shop.now = shop.delivery(one).due_ns + 2 * HOUR - 80 * S
    shop.run(79)
    assert told(shop) == []
    shop.run(11)
    (alert,) = told(shop)
    assert (alert.state, alert.store) == (AlertState.FIRING, STORE)
    assert (alert.evidence["deliveries"], alert.evidence["pieces"]) == (1, 2)
    assert alert.evidence["first"] == "ASN-1"
    shop.tell("receive", sku="TOTE")
    shop.run(2)
    assert told(shop)[0].evidence["pieces"] == 1
    shop.tell("receive", sku="TOTE")
    shop.run(70)
    assert [alert.state for alert in told(shop)] == [AlertState.RESOLVED]


def test_it_is_over_when_nobody_waits_for_it_any_more() -> None:
    """Closing or cancelling is evidence too; a restart between changes nothing."""
    shop = DeliveryShop()
    one = shop.announce(("TOTE", 2))
    long_after(shop, one)
    shop.restart(shop.now)
    shop.run(65)
    assert [alert.state for alert in told(shop)] == [AlertState.FIRING]
    shop.desk.end(one, "cancelled", ALL, ACTOR, shop.now)
    shop.run(70)
    assert [alert.state for alert in told(shop)] == [AlertState.RESOLVED]


def test_while_the_readers_at_the_back_are_down_nothing_is_said() -> None:
    """Neither fires it, nor does it clear; when they see again, it is judged."""
    shop = DeliveryShop()
    one = shop.announce(("TOTE", 1))
    shop.alive.discard("rear")
    long_after(shop, one)
    assert told(shop) == []
    shop.alive.add("rear")
    shop.run(90)
    assert [alert.state for alert in told(shop)] == [AlertState.FIRING]
    shop.alive.discard("rear")
    shop.run(150)
    (alert,) = told(shop)
    assert (alert.state, alert.suppressed_by) == (AlertState.FIRING, f"reader_down|{STORE}||rear")
