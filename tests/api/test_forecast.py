"""GET forecast: when an article will be gone, what is kept back, when to order; and what forecasts were worth."""

from functools import cache

import pytest

from api.schemas.forecast import AccuracyList, ForecastList
from gateway.forecast.demand import DemandModel
from gateway.forecast.model import Delivery
from tests.support.api_ports import EXACT, LYON_EXACT, NOW_NS, READ, Floor
from tests.support.fake_forecasts import HOUR_NS, FakeForecasts

ONE = "/v1/forecast/DEN-501-32"


@cache
def _learnt() -> DemandModel:
    forecasts = FakeForecasts(NOW_NS)
    forecasts.sell("lyon-1", "DEN-501-32", per_day=2, days=14)
    return forecasts.model


def shop() -> Floor:
    """Return an app of a store that sold two pairs a day for two weeks, and of one that sold none."""
    floor = Floor()
    floor.forecasts.model = _learnt()
    return floor


def test_a_forecast_tells_when_an_article_will_be_gone() -> None:
    """Six pieces at two a day: in three days or so; the times are in order, and what is asked for is as it was."""
    [told] = shop().get(f"{ONE}?store=lyon-1").json()["items"]
    assert ForecastList.model_validate({"items": [told]})
    assert (told["store"], told["sku"], told["on_hand"], told["is_known"]) == (
        "lyon-1",
        "DEN-501-32",
        6,
        True,
    )
    assert 0 < told["expected"] == told["expected_day"] < 3  # the next day is a Sunday
    [week] = shop().get(f"{ONE}?store=lyon-1&within_s=604800").json()["items"]
    assert 10 < week["expected"] < 18
    times = told["stock_out"]
    assert told["at"] < times["early"] < times["median"] < times["late"] < times["horizon"]
    assert "2026-11-23" <= times["median"] <= "2026-11-27"
    assert told["p_stock_out"] < 0.1 < 0.99 < times["p_before_horizon"]


def test_longer_times_and_smaller_risks_need_more_pieces() -> None:
    """Each figure answers what was asked, and says so."""
    floor = shop()
    [usual] = floor.get(f"{ONE}?store=lyon-1").json()["items"]
    more = f"{ONE}?store=lyon-1&within_s=604800&window_s=172800&lead_s=1209600&risk=0.01"
    [asked] = floor.get(more).json()["items"]
    assert asked["p_stock_out"] > 0.9 > usual["p_stock_out"]
    assert asked["until"] > usual["until"]
    for name in ("safety_stock", "reorder_point"):
        assert asked[name]["pieces"] > usual[name]["pieces"]
    assert asked["safety_stock"] == {
        "pieces": asked["safety_stock"]["pieces"],
        "within_s": 172_800,
        "risk": 0.01,
    }
    assert asked["reorder_point"]["within_s"] == 1_209_600


def test_what_is_announced_is_counted_in() -> None:
    """Twenty pieces of tomorrow put the end off; an unknown stock is told as such."""
    floor = shop()
    key = ("lyon-1", "DEN-501-32")
    [before] = floor.get(f"{ONE}?store=lyon-1").json()["items"]
    floor.forecasts.coming[key] = (Delivery(NOW_NS + 12 * HOUR_NS, 20),)
    floor.forecasts.unknown.add(key)
    [after] = floor.get(f"{ONE}?store=lyon-1").json()["items"]
    assert after["stock_out"]["median"] > before["stock_out"]["median"]
    assert after["deliveries"] == [{"expected_at": "2026-11-22T06:02:11Z", "pieces": 20}]
    assert not after["is_known"]


def test_each_store_is_told_apart() -> None:
    """Where none was ever sold less is expected; a key of one store sees that one."""
    floor = shop()
    told = {one["store"]: one for one in floor.get(ONE).json()["items"]}
    assert told["lyon-1"]["expected_day"] > 3 * told["paris-2"]["expected_day"]
    assert [one["store"] for one in floor.get(ONE, LYON_EXACT).json()["items"]] == ["lyon-1"]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/v1/forecast/NOPE", "unknown_sku"),
        (f"{ONE}?within_s=60", "invalid_request"),
        (f"{ONE}?lead_s=99999999", "invalid_request"),
        (f"{ONE}?risk=0.9", "invalid_request"),
        (f"{ONE}?horizon=1", "unknown_parameter"),
        (f"{ONE}?store=nowhere", "unknown_store"),
    ],
)
def test_what_cannot_be_answered_is_refused(path: str, code: str) -> None:
    """By name."""
    assert Floor().get(path, EXACT).json()["code"] == code


def test_how_much_is_sold_is_for_those_who_may_see_quantities() -> None:
    """A key that reads availability alone sees neither."""
    for path in (ONE, "/v1/forecast-accuracy"):
        assert Floor().get(path, READ).status_code == 403


def test_what_forecasts_were_worth_is_told_by_hour() -> None:
    """The loss, and the probabilities against what came of them, with their cases; of nothing where none was scored."""
    floor = shop()
    told = floor.get("/v1/forecast-accuracy").json()
    assert AccuracyList.model_validate(told)
    lyon, paris = told["items"]
    assert lyon["sold_pieces"] > 20
    assert lyon["log_loss"]["n"] == sum(one["came_true"]["n"] for one in lyon["bins"])
    assert 0 < lyon["log_loss"]["mean"] < 1
    assert lyon["expected_calibration_error"]["mean"] < 0.2
    assert (paris["since"], paris["log_loss"], paris["bins"]) == (None, None, [])
