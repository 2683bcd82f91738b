"""Orders that are not picked, or not collected, in time are told before it is too late, by the shop's own clock."""

import pytest

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from gateway.reservations.model import Amend, Collect, Confirm, LineAsked, Pick, Ready, Release
from tests.support.holding_shop import HoldingShop

UNPICKED, COLLECT = AlertType.RESERVATION_UNPICKED, AlertType.COLLECT_OVERDUE
MIN, HOUR = 60, 3_600


def told(shop: HoldingShop, kind: AlertType) -> list[AlertRecord]:
    """Return the alerts of a kind after a pass."""
    shop.live(shop.now)
    return [alert for alert in shop.alerts.values() if alert.type is kind]


def states(shop: HoldingShop, kind: AlertType) -> list[AlertState]:
    """Return their states."""
    return [alert.state for alert in told(shop, kind)]


def test_an_order_that_is_not_picked_is_told_before_it_should_lie_ready() -> None:
    """Totes lie behind: 25 minutes, to the next five; five minutes before that, not a second sooner."""
    shop = HoldingShop(totes=2)
    order = shop.done(shop.hold(("TOTE", 2)), Confirm())
    late_s = (-(-(shop.now + 25 * MIN * 10**9) // (300 * 10**9)) * 300 * 10**9 - shop.now) // 10**9
    shop.wait(late_s - 5 * MIN - 1)
    assert told(shop, UNPICKED) == []
    shop.wait(1)
    (alert,) = told(shop, UNPICKED)
    assert alert.state is AlertState.FIRING
    assert (alert.evidence["reservations"], alert.evidence["pieces"], alert.evidence["first"]) == (
        1,
        2,
        order.id,
    )
    shop.done(order, Pick(lines=(LineAsked("TOTE", 1),)))
    assert states(shop, UNPICKED) == [AlertState.FIRING]
    shop.done(order, Pick(lines=(LineAsked("TOTE", 2),)))
    assert states(shop, UNPICKED) == [AlertState.RESOLVED]


@pytest.mark.parametrize("command", [Ready(), Release(), Collect()])
def test_what_is_done_in_time_is_never_told(command: Ready | Release | Collect) -> None:
    """Ready, released or handed over at once."""
    shop = HoldingShop(totes=1)
    order = shop.done(shop.hold(("TOTE", 1)), Confirm())
    shop.live(shop.now)
    shop.done(order, command)
    shop.wait(HOUR)
    assert told(shop, UNPICKED) == []


def test_the_alert_tells_of_all_orders_and_ends_with_the_last() -> None:
    """One by one they are picked; a hold that nobody confirmed is nothing to pick."""
    shop = HoldingShop(totes=3)
    first, second = (shop.done(shop.hold(("TOTE", 1)), Confirm()) for _ in range(2))
    shop.hold(("TOTE", 1), ttl_ns=4 * HOUR * 10**9)
    shop.live(shop.now)
    shop.wait(HOUR)
    assert [a.evidence["reservations"] for a in told(shop, UNPICKED)] == [2]
    shop.done(first, Ready())
    assert [(a.state, a.evidence["reservations"]) for a in told(shop, UNPICKED)] == [(AlertState.FIRING, 1)]
    shop.done(second, Release())
    assert states(shop, UNPICKED) == [AlertState.RESOLVED]


def test_a_restart_tells_nothing_twice_and_ends_what_is_over() -> None:
    """The same episode goes on; once its order is picked, it is over."""
    shop = HoldingShop(totes=1)
    order = shop.done(shop.hold(("TOTE", 1)), Confirm())
    shop.live(shop.now)
    shop.wait(HOUR)
    (alert,) = told(shop, UNPICKED)
    shop.restart(shop.now)
    assert [a.id for a in told(shop, UNPICKED)] == [alert.id]
    shop.done(order, Ready())
    shop.live(shop.now)
    shop.restart(shop.now)
    assert states(shop, UNPICKED) == [AlertState.RESOLVED]


def test_an_order_that_nobody_collects_is_told_before_its_time_ends() -> None:
    """Two hours before, and no more once it has more time; again before that ends."""
    shop = HoldingShop(totes=1)
    order = shop.done(shop.hold(("TOTE", 1)), Confirm())
    order = shop.done(order, Ready())
    shop.live(shop.now)
    left_s = (order.expires_ns - shop.now) // 10**9
    shop.wait(left_s - 2 * HOUR - 1)
    assert told(shop, COLLECT) == []
    shop.wait(1)
    assert states(shop, COLLECT) == [AlertState.FIRING]
    more_ns = order.expires_ns + 24 * HOUR * 10**9
    order = shop.done(order, Amend(version=shop.now_is(order).version, collect_by_ns=more_ns))
    assert states(shop, COLLECT) == [AlertState.RESOLVED]
    shop.wait(24 * HOUR)
    assert states(shop, COLLECT) == [AlertState.RESOLVED, AlertState.FIRING]
    shop.done(order, Collect())
    assert states(shop, COLLECT) == [AlertState.RESOLVED, AlertState.RESOLVED]


def test_an_order_that_is_shipped_waits_for_no_customer() -> None:
    """Nobody comes for it."""
    shop = HoldingShop(totes=1)
    order = shop.done(shop.done(shop.hold(("TOTE", 1), fulfilment="ship"), Confirm()), Ready())
    shop.live(shop.now)
    shop.wait((order.expires_ns - shop.now) // 10**9 - 1)
    assert told(shop, COLLECT) == []
