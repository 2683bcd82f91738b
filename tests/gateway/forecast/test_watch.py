"""A stock-out is predicted from how an article sells, told with its time, and taken back when more has come."""

from dataclasses import replace

import pytest

from gateway.alerts.records import AlertRecord, AlertState, AlertType
from gateway.alerts.rules import ArticleView, Condition, NextDelivery, article_conditions
from gateway.answers import article_view
from gateway.forecast.model import StockOutForecast
from gateway.forecast.watch import KEPT_NS, LOOK_EVERY_NS, StockOutWatch, looking
from tests.support.delivery_shop import DeliveryShop
from tests.support.holding_shop import HoldingShop
from tests.support.small_site import STORE, S

HOUR = 3_600
PREDICTED = AlertType.PREDICTED_STOCK_OUT


def selling_shop(left: int, hours: int = 12) -> HoldingShop:
    """Return a shop that sold a tote each hour, and has so many left."""
    shop = HoldingShop(totes=left + hours)
    for _ in range(hours):
        shop.tell("sale", sku="TOTE")
        shop.live(shop.now)
        shop.wait(HOUR)
    return shop


def told(shop: HoldingShop, wait_s: int) -> list[AlertRecord]:
    """Return the predictions after some time."""
    shop.live(shop.now)
    shop.wait(wait_s)
    shop.live(shop.now)
    return [alert for alert in shop.alerts.values() if alert.type is PREDICTED]


def test_what_sells_out_within_the_day_is_told_and_taken_back_when_more_comes() -> None:
    """Three left of what sells each hour; forty more, and it is over. The evidence has the time and its range."""
    shop = selling_shop(3)
    (alert,) = told(shop, 600)
    assert (alert.state, alert.sku, alert.evidence["on_hand"]) == (AlertState.FIRING, "TOTE", 3)
    probability = alert.evidence["probability"]
    assert isinstance(probability, float)
    assert 0.5 < probability <= 1
    early, median, late = (str(alert.evidence[name]) for name in ("early_at", "median_at", "late_at"))
    assert early < median < late
    for _ in range(60):
        shop.tell("receive", sku="TOTE")
    assert [a.state for a in told(shop, 60)] == [AlertState.RESOLVED]


def test_what_lasts_is_not_told() -> None:
    """The same pace, and a store room full."""
    assert told(selling_shop(80), 600) == []


def test_when_it_came_true_the_stock_out_is_told_instead() -> None:
    """The last piece goes: no prediction stands beside what it predicted."""
    shop = selling_shop(1)
    assert [a.state for a in told(shop, 600)] == [AlertState.FIRING]
    shop.tell("sale", sku="TOTE")
    assert [a.state for a in told(shop, 600)] == [AlertState.RESOLVED]
    assert AlertType.STOCK_OUT in {alert.type for alert in shop.firing()}


def view_of(shop: HoldingShop) -> ArticleView:
    """Return what the rules look at."""
    article = shop.engine.state.catalogue.article("TOTE")
    assert article is not None
    return article_view(shop.engine.state, STORE, article, shop.now, ())


def verdict(shop: HoldingShop, **view: object) -> Condition:
    """Return the verdict on a view that differs in some fields."""
    watch = StockOutWatch(shop.engine.state, looking(shop.engine.state))
    return watch.judged(replace(view_of(shop), **view), shop.now)  # type: ignore[arg-type]  # fields by name


def test_between_the_two_thresholds_nothing_changes_and_an_inhibition_is_passed_on() -> None:
    """P above a half fires, below 0.3 clears, never both; what cannot be believed says why."""
    shop = selling_shop(3)
    verdicts = [verdict(shop, on_hand=n) for n in range(60)]
    edges = [(v.fires, v.clears) for v in verdicts]
    assert edges[0] == (False, True), "nothing left: stock_out's to tell"
    first_between = edges.index((False, False))
    first_clear = edges.index((False, True), 1)
    assert edges[1:first_between] == [(True, False)] * (first_between - 1)
    assert edges[first_between:first_clear] == [(False, False)] * (first_clear - first_between)
    assert set(edges[first_clear:]) == {(False, True)}
    assert verdict(shop, inhibited_by="unwatched:floor").inhibited_by == "unwatched:floor"


def test_what_is_told_is_looked_at_again_without_a_change() -> None:
    """Every quarter of an hour, also after a restart; what is no more told is not."""
    shop = selling_shop(3)
    told(shop, 600)
    watch = StockOutWatch(shop.engine.state, looking(shop.engine.state))
    watch.restore(shop.engine.alerts.live)
    assert [c.sku for c in watch.again(shop.now, ())] == ["TOTE"]
    assert list(watch.again(shop.now + S, ())) == []
    assert [c.type for c in watch.again(shop.now + LOOK_EVERY_NS, ())] == [PREDICTED]
    watch.judged(replace(view_of(shop), on_hand=0), shop.now)
    assert list(watch.again(shop.now + 2 * LOOK_EVERY_NS, ())) == []


def test_a_start_is_no_news() -> None:
    """What was told in an earlier life stands while the stock is the same and the odds hardly moved."""
    shop = selling_shop(3)
    told(shop, 600)
    [standing] = [alert for alert in shop.engine.alerts.standing() if alert.type is PREDICTED]
    later = shop.now + 120 * S
    for records, is_news in (([standing], False), ([], True)):
        watch = StockOutWatch(shop.engine.state, looking(shop.engine.state))
        watch.restore(shop.engine.alerts.live, records)
        [again] = watch.again(later, ())
        assert (again.evidence != standing.evidence) is is_news
    watch.restore(shop.engine.alerts.live, [standing])
    fewer = watch.judged(replace(view_of(shop), on_hand=2), later)
    assert fewer.evidence["on_hand"] == 2


def test_a_prediction_that_hardly_moved_is_told_as_it_was() -> None:
    """A minute later nothing new is said, and nobody gets a message of it."""
    shop = selling_shop(3)
    watch = StockOutWatch(shop.engine.state, looking(shop.engine.state))
    first = watch.judged(view_of(shop), shop.now)
    assert watch.judged(view_of(shop), shop.now + 60 * S).evidence is first.evidence
    fewer = watch.judged(replace(view_of(shop), on_hand=2), shop.now + 60 * S)
    assert fewer.evidence["on_hand"] == 2


@pytest.mark.parametrize(
    ("p_gone", "expected"), [(0.51, (True, False)), (0.5, (False, False)), (0.29, (False, True))]
)
def test_little_stock_is_what_will_not_last_until_the_next_delivery(
    p_gone: float, expected: tuple[bool, bool]
) -> None:
    """Though more than the threshold is left; the evidence says when more comes."""
    shop = selling_shop(9)
    coming = NextDelivery(p_gone, "2027-01-16T08:00:00Z", fires_above=0.5, clears_below=0.3)
    view = replace(view_of(shop), next_delivery=coming)
    (low,) = [c for c in article_conditions(view, shop.engine.state.rules) if c.type is AlertType.LOW_STOCK]
    assert (low.fires, low.clears) == expected
    assert low.evidence["delivery_at"] == "2027-01-16T08:00:00Z"


def test_the_next_delivery_is_the_next_that_is_not_overdue() -> None:
    """What is late may never come: the demand until the one behind it counts."""
    shop = DeliveryShop()
    article = shop.engine.state.catalogue.article("TOTE")
    assert article is not None
    assert article_view(shop.engine.state, STORE, article, shop.now, ()).next_delivery is None
    due_ns = shop.delivery(shop.announce(("TOTE", 5))).due_ns
    coming = article_view(shop.engine.state, STORE, article, shop.now, ()).next_delivery
    assert coming is not None
    assert coming.p_gone == 1.0, "nothing is there now"
    assert article_view(shop.engine.state, STORE, article, due_ns, ()).next_delivery is None


class Counted:
    """The state of a shop whose forecasts are counted."""

    def __init__(self, shop: HoldingShop) -> None:
        self.rules, self.deliveries, self.demand = shop.engine.state.rules, shop.engine.state.deliveries, self
        self._demand = shop.engine.state.demand
        self.asked = 0

    def p_stock_out(self, *asked: object) -> float:
        self.asked += 1
        return self._demand.p_stock_out(*asked)  # type: ignore[arg-type]  # handed on

    def forecast(self, *asked: object) -> StockOutForecast:
        return self._demand.forecast(*asked)  # type: ignore[arg-type]  # handed on


def test_a_touch_that_takes_no_piece_asks_no_forecast() -> None:
    """A thousand holds of one article touch it a thousand times; a piece that leaves, or ten seconds, ask anew."""
    shop = selling_shop(3)
    state, view, now = Counted(shop), view_of(shop), shop.now
    watch = StockOutWatch(state, looking(shop.engine.state))
    first = watch.judged(view, now)
    assert [watch.judged(replace(view, available=n), now + n * S) for n in range(3)] == [first] * 3
    assert state.asked == 1
    watch.judged(replace(view, on_hand=2), now + 4 * S)
    assert state.asked == 2
    watch.judged(replace(view, on_hand=2), now + 4 * S + KEPT_NS - 1)
    assert state.asked == 2
    watch.judged(replace(view, on_hand=2), now + 4 * S + KEPT_NS)
    watch.judged(replace(view, on_hand=2), now)
    assert state.asked == 4, "a clock that was set back proves nothing"
