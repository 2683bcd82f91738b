"""Forecasts of a live state, as the API asks for them."""

import pytest

from gateway.forecast.desk import ForecastDesk
from gateway.forecast.ports import ForecastQuery
from tests.support.small_site import STORE, S, SmallShop, epc

DAY_S, MOST_S = 86_400, 56 * 86_400


def stocked() -> tuple[SmallShop, ForecastDesk]:
    """Return a shop with two tees on the floor, and its forecasts."""
    shop = SmallShop()
    shop.beat("rear")
    shop.run(60, epc("TEE", 1), epc("TEE", 2))
    shop.beat("rear")
    shop.run(1, epc("TEE", 1), epc("TEE", 2))
    return shop, ForecastDesk(shop.engine.state, lambda: shop.now)


@pytest.mark.parametrize("within_s", [3_600, DAY_S, MOST_S])
@pytest.mark.parametrize("risk", [0.0001, 0.5])
def test_it_begins_with_what_is_in_the_store(within_s: int, risk: float) -> None:
    """For any time and risk that may be asked for."""
    shop, desk = stocked()
    found = desk.article(STORE, "TEE", ForecastQuery(within_s, 60, within_s, risk))
    assert found is not None
    assert (found.stock_out.stock, found.stock_out.at_ns, found.is_known) == (2, shop.now, True)
    assert found.until_ns == shop.now + within_s * S
    assert 0 <= found.p_gone <= 1
    assert found.safety_stock <= found.reorder_point


def test_it_is_surer_of_a_longer_time_and_keeps_more_for_a_smaller_risk() -> None:
    """What nobody ever bought is not gone tomorrow."""
    _, desk = stocked()
    day, long = (desk.article(STORE, "TEE", ForecastQuery(s, 60, s, 0.01)) for s in (DAY_S, MOST_S))
    careless = desk.article(STORE, "TEE", ForecastQuery(MOST_S, 60, MOST_S, 0.5))
    assert day is not None
    assert long is not None
    assert careless is not None
    assert day.p_gone < 0.1 < long.p_gone
    assert day.expected < long.expected
    assert careless.reorder_point < long.reorder_point


def test_a_dead_reader_leaves_the_last_known_stock() -> None:
    """It is told as such."""
    shop, desk = stocked()
    shop.beat("front", online=False)
    shop.run(1)
    found = desk.article(STORE, "TEE", ForecastQuery(DAY_S, 60, DAY_S, 0.05))
    assert found is not None
    assert (found.stock_out.stock, found.is_known) == (2, False)


def test_what_there_is_not_has_no_forecast() -> None:
    """Neither store nor article; nor is there a score before an hour is over."""
    _, desk = stocked()
    query = ForecastQuery(DAY_S, 60, DAY_S, 0.05)
    assert desk.article("nowhere", "TEE", query) is None
    assert desk.article(STORE, "NOPE", query) is None
    assert desk.accuracy(STORE) is None
