"""Types that are judged by deadline and by device take a rule's thresholds at once, though nothing else changed."""

from typing import Any

import pytest

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.rules import ArticleView
from gateway.answers import article_view
from gateway.reservations.model import Confirm
from tests.support.delivery_shop import HOUR, DeliveryShop
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE, S, SmallShop

DOWN, LATE, UNPICKED = AlertType.READER_DOWN, AlertType.DELIVERY_NOT_SEEN, AlertType.RESERVATION_UNPICKED


def told(shop: Any, kind: AlertType) -> list[AlertRecord]:
    """Return the alerts of a kind."""
    return [alert for alert in shop.alerts.values() if alert.type is kind]


def put(shop: SmallShop, kind: AlertType, rule_id: str = "own", **given: Any) -> None:
    """Enter a rule."""
    shop.engine.state.rules.put(AlertRule(rule_id, kind, **given))


def test_a_reader_is_down_after_the_hold_of_its_zone() -> None:
    """The back room's at once and no more than a note; the floor's as ever."""
    shop = SmallShop()
    put(shop, DOWN, zones=("back",), severity=Severity.INFO, thresholds={"hold_s": 0})
    shop.run(40)
    shop.alive -= {"front", "rear"}
    shop.run(70)
    first = {alert.device: alert for alert in told(shop, DOWN)}
    assert {device for device, alert in first.items() if alert.state is AlertState.FIRING} == {"rear"}
    assert (first["rear"].severity, first["rear"].rule) == (Severity.INFO, "own")
    shop.run(30)
    assert {alert.device: alert.rule for alert in told(shop, DOWN)} == {
        "rear": "own",
        "front": "default-reader-down",
    }


def test_a_delivery_is_late_by_the_rule_that_applies_now() -> None:
    """Half an hour in place of two; with a day again, it is over."""
    shop = DeliveryShop()
    shop.now = shop.delivery(shop.announce(("TOTE", 2))).due_ns + HOUR - 80 * S
    shop.run(85)
    assert told(shop, LATE) == []
    put(shop, LATE, stores=(STORE,), thresholds={"late_s": 1_800})
    shop.run(1)
    (alert,) = told(shop, LATE)
    assert (alert.state, alert.rule) == (AlertState.FIRING, "own")
    put(shop, LATE, stores=(STORE,), thresholds={"late_s": 86_400})
    shop.run(62)
    assert [(a.state, a.resolved_reason) for a in told(shop, LATE)] == [(AlertState.RESOLVED, None)]


def test_an_order_is_unpicked_by_the_rule_that_applies_now() -> None:
    """A day ahead in place of five minutes: at once. Switched off: over, for that reason; on again: told anew."""
    shop = HoldingShop(totes=2)
    shop.done(shop.hold(("TOTE", 2)), Confirm())
    shop.live(shop.now)
    assert told(shop, UNPICKED) == []
    put(shop, UNPICKED, thresholds={"before_s": 86_400})
    shop.live(shop.now)
    assert [alert.state for alert in told(shop, UNPICKED)] == [AlertState.FIRING]
    for enabled, expected in (
        (False, [AlertState.RESOLVED]),
        (True, [AlertState.RESOLVED, AlertState.FIRING]),
    ):
        shop.wait(1)
        shop.engine.state.rules.switch("own", enabled=enabled)
        shop.live(shop.now)
        assert [alert.state for alert in told(shop, UNPICKED)] == expected
    assert [alert.resolved_reason for alert in told(shop, UNPICKED)] == ["rule_off", None]


@pytest.mark.parametrize(
    ("skus", "expected"), [((), (2, 6)), (("JEANS",), (5, 9))], ids=["of all", "of the article"]
)
def test_an_articles_own_figure_comes_before_a_rule_that_does_not_name_it(
    skus: tuple[str, ...], expected: tuple[int, int]
) -> None:
    """JEANS say 2 in the catalogue; the distance to the clear threshold is the rule's."""
    shop = SmallShop()
    put(shop, AlertType.LOW_STOCK, skus=skus, thresholds={"fire_at": 5, "clear_at": 9})
    article = shop.engine.state.catalogue.article("JEANS")
    assert article is not None
    view: ArticleView = article_view(shop.engine.state, STORE, article, shop.now, ())
    assert (view.low_stock_at, view.low_stock_clear_at) == expected
