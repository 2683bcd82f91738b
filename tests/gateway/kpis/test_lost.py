"""The rate that lost sales are estimated with: what the forecast expects of a week, laid onto its open hours."""

from random import Random
from zoneinfo import ZoneInfo

import pytest

from gateway.forecast.demand import DemandModel
from gateway.kpis.days import Calendar
from gateway.kpis.lost import NS_PER_HOUR, DemandRates, _range_80
from gateway.opening_hours import OpeningHours

PARIS = ZoneInfo("Europe/Paris")
MONDAY_NS = 1_795_388_400 * 1_000_000_000
WEEK_NS = 168 * NS_PER_HOUR
SHOP = OpeningHours(PARIS, (*(((540, 1_140),),) * 6, ()), {})
CLOSED = OpeningHours(PARIS, ((),) * 7, {})


def rates(hours: OpeningHours | None, sold: int = 30) -> tuple[DemandModel, DemandRates]:
    """Return the demand of a store that sold so many tees, one each three hours, and its rates."""
    demand = DemandModel({"lyon-1": PARIS}, {} if hours is None else {"lyon-1": hours})
    demand.available("lyon-1", "TEE", True, MONDAY_NS - WEEK_NS)
    for hour in range(1, 169):
        at_ns = MONDAY_NS - WEEK_NS + hour * NS_PER_HOUR
        demand.advance(at_ns)
        if hour % 3 == 0 and hour // 3 <= sold:
            demand.sold("lyon-1", "TEE", 1, at_ns)
    return demand, DemandRates(demand, {"lyon-1": Calendar(PARIS, hours)})


@pytest.mark.parametrize(("hours", "open_h"), [(SHOP, 60), (None, 168)])
def test_a_week_out_of_stock_loses_what_the_forecast_expects_of_it(
    hours: OpeningHours | None, open_h: int
) -> None:
    """All of a week's demand is asked for in its open hours, however few they are."""
    demand, of_demand = rates(hours)
    rate = of_demand.rate("lyon-1", "TEE", MONDAY_NS)
    assert rate is not None
    expected = demand.expected("lyon-1", "TEE", MONDAY_NS, MONDAY_NS + WEEK_NS)
    assert rate.mean * open_h == pytest.approx(expected, rel=0.01)
    assert 0 < rate.low < rate.mean < rate.high


def test_what_sold_more_is_lost_more() -> None:
    """By the rate that was learned, not by one of the department."""
    few, many = (rates(SHOP, sold)[1].rate("lyon-1", "TEE", MONDAY_NS) for sold in (3, 40))
    assert few is not None
    assert many is not None
    assert many.mean > few.mean


def test_a_shop_that_is_closed_for_the_week_loses_nothing() -> None:
    """There is no open hour to lose it in."""
    assert rates(CLOSED)[1].rate("lyon-1", "TEE", MONDAY_NS) is None


@pytest.mark.parametrize("shape", [0.5, 1.0, 2.0, 10.0, 100.0])
def test_the_range_holds_the_true_rate_eight_times_of_ten(shape: float) -> None:
    """Against rates that are drawn from the belief itself; of very rare articles it is a little too wide."""
    random = Random(1)
    low, high = _range_80(3.0, 9.0 / shape)
    drawn = [random.gammavariate(shape, 3.0 / shape) for _ in range(20_000)]
    assert 0.77 < sum(low <= rate <= high for rate in drawn) / len(drawn) < 0.85
