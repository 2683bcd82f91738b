"""Devices that live and do not serve are told; what a dead reader leaves unknown is neither told nor taken back."""

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from readers.observations import Heartbeat
from tests.support.small_site import STORE, S, SmallShop, epc

TEES = [epc("TEE", n) for n in range(1, 41)]
COVERAGE, SKEW = AlertType.COVERAGE_LOW, AlertType.CLOCK_SKEW


def told(shop: SmallShop, kind: AlertType) -> list[AlertRecord]:
    """Return the alerts of a kind."""
    return [alert for alert in shop.alerts.values() if alert.type is kind]


def states(shop: SmallShop, kind: AlertType) -> list[AlertState]:
    """Return their states."""
    return [alert.state for alert in told(shop, kind)]


def dark_shop() -> SmallShop:
    """Return a shop whose floor was read for minutes, until its antenna's cable was pulled: the reader lives."""
    shop = SmallShop()
    shop.run(200, *TEES)
    shop.run(100)
    return shop


def test_an_antenna_in_the_dark_is_told_after_its_hold_and_over_when_it_reads() -> None:
    """Its zone, how much of it is seen, and which antenna; reads are the evidence that ends it."""
    shop = dark_shop()
    assert told(shop, COVERAGE) == []
    shop.run(600)
    (alert,) = told(shop, COVERAGE)
    assert (alert.state, alert.device, alert.zone) == (AlertState.FIRING, "front", "floor")
    assert alert.evidence == {"zones": "floor", "coverage": 0.0, "antennas": "1"}
    shop.run(130, *TEES)
    assert states(shop, COVERAGE) == [AlertState.RESOLVED]


def test_while_a_zone_is_seen_too_little_its_stock_is_not_judged() -> None:
    """Everything is sold at the till while the antenna is dark: nothing fires before it sees again."""
    shop = SmallShop()
    shop.run(200, *TEES)
    shop.run(40)
    assert shop.engine.state.dim
    for tag in TEES:
        shop.tell("sale", epc=tag)
    shop.run(900)
    assert [alert for alert in shop.firing() if alert.sku is not None] == []
    assert states(shop, COVERAGE) == [AlertState.FIRING]
    suppressed = shop.engine.alerts
    assert f"stock_out|{STORE}|TEE|" not in suppressed.live


def test_a_dead_reader_neither_tells_nor_ends_it() -> None:
    """A reader that dies has no coverage to speak of; one that dies in the dark is still in the dark."""
    shop = SmallShop()
    shop.run(200, *TEES)
    shop.alive.discard("front")
    shop.run(900)
    assert told(shop, COVERAGE) == []
    shop = dark_shop()
    shop.run(600)
    shop.alive.discard("front")
    shop.run(200)
    (alert,) = told(shop, COVERAGE)
    assert (alert.state, alert.suppressed_by) == (AlertState.FIRING, f"reader_down|{STORE}||front")


def test_a_restart_does_not_heal_an_antenna() -> None:
    """Nothing was read since: the alert stands, and stock is held back, until something is."""
    shop = dark_shop()
    shop.run(600)
    shop.restart(shop.now)
    shop.run(300)
    assert states(shop, COVERAGE) == [AlertState.FIRING]
    assert shop.engine.state.dim
    shop.run(130, *TEES)
    assert states(shop, COVERAGE) == [AlertState.RESOLVED]


def beat_ahead(shop: SmallShop, ahead_s: int, seconds: int) -> None:
    """Let a reader's clock be ahead for a while, with a message every ten seconds."""
    for _ in range(0, seconds, 10):
        shop.now += 10 * S
        at_ns = shop.now + ahead_s * S
        shop.engine.observe(Heartbeat("rear", True, at_ns, shop.now), shop.now)
        shop.live(shop.now)


def test_a_clock_that_is_far_off_is_told_until_it_is_right() -> None:
    """Two minutes ahead: told after the hold, for information. A minute and less is let be; set right, it is over."""
    shop = SmallShop()
    beat_ahead(shop, 55, 1_500)
    assert told(shop, SKEW) == []
    beat_ahead(shop, 120, 1_500)
    (alert,) = told(shop, SKEW)
    assert (alert.state, alert.device, alert.evidence["offset_s"]) == (AlertState.FIRING, "rear", 120)
    shop.run(300)
    assert states(shop, SKEW) == [AlertState.FIRING], "its silence does not set it right"
    beat_ahead(shop, -1, 1_500)
    assert states(shop, SKEW) == [AlertState.RESOLVED]
