"""GET calibration: what past answers were worth, with the number of cases beside every figure."""

import pytest

from api.schemas.calibration import CalibrationList
from gateway.calibration import Answered, Calibration
from tests.support.api_ports import LYON_EXACT, NOW_NS, READ, Floor, S


def proved() -> Floor:
    """Return a floor of which counts and sales proved some answers."""
    calibration = Calibration()
    for number in range(40):
        answered = Answered(pieces=2, expected=1.9, p_at_least_one=0.95)
        counted = 0 if number in (3, 17) else 2
        calibration.counted("lyon-1", answered, counted, NOW_NS - number * S, tells_of_none=True)
    calibration.counted("lyon-1", Answered(1, None, None, is_unknown=True), 1, NOW_NS, tells_of_none=True)
    for number in range(4):
        pieces = 0 if number == 2 else 3
        p = 0.5 if number == 2 else 1.0
        calibration.sold("lyon-1", Answered(pieces, 2.0, p), NOW_NS + number * S)
    calibration.sold("lyon-1", Answered(0, 0.0, 0.0), NOW_NS, had_left=True)
    calibration.sold_late("lyon-1", NOW_NS)
    floor = Floor()
    report = calibration.report("lyon-1")
    assert report is not None
    floor.inventory.proved["lyon-1"] = report
    return floor


def test_counts_and_sales_are_told_apart_with_their_cases() -> None:
    """Shares with their range, means with their n, and what was not scored."""
    answer = proved().get("/v1/calibration?store=lyon-1")
    CalibrationList.model_validate_json(answer.content)
    told = answer.json()["items"][0]
    assert (told["since"], told["until"]) == ("2026-11-21T18:01:32Z", "2026-11-21T18:02:14Z")
    assert told["counts"] == {
        "exact": {"n": 40, "yes": 38, "share": 0.95, "range_95": [0.835, 0.9862]},
        "mean_absolute_error": {"n": 40, "mean": 0.1},
        "bias": {"n": 40, "mean": 0.1},
        "expected_error": {"n": 40, "mean": 0.19},
        "unknown": 1,
    }
    assert told["sales"]["answered_out_of_stock"]["n"] == 4
    assert told["sales"]["answered_out_of_stock"]["share"] == 0.25
    assert told["sales"]["log_loss"] == {"n": 4, "mean": 0.1733}
    assert (told["sales"]["left_before"], told["sales"]["told_late"]) == (1, 1)


def test_reliability_has_ten_bins_and_says_how_many_lie_in_each() -> None:
    """All forty answers said 0.95; 38 came true. Empty bins are empty, not 0."""
    reliability = proved().get("/v1/calibration?store=lyon-1").json()["items"][0]["reliability"]
    assert [bin_["came_true"]["n"] for bin_ in reliability["bins"]] == [0] * 9 + [40]
    last = reliability["bins"][9]
    assert (last["from"], last["to"], last["mean_p"], last["came_true"]["share"]) == (0.9, 1.0, 0.95, 0.95)
    assert reliability["bins"][0]["mean_p"] is None
    assert reliability["bins"][0]["came_true"] == {"n": 0, "yes": 0, "share": None, "range_95": None}
    assert reliability["expected_calibration_error"] == {"n": 40, "mean": 0.0}
    assert reliability["brier"] == {"n": 40, "mean": 0.0475}


def test_where_nothing_was_proved_nothing_is_claimed() -> None:
    """A store without any proof has no figure at all."""
    told = Floor().get("/v1/calibration").json()["items"]
    assert told[0] == {
        "store": "lyon-1", "since": None, "until": None, "min_n": 20,
        "counts": None, "reliability": None, "sales": None,
    }  # fmt: skip
    assert [one["store"] for one in told] == ["lyon-1", "paris-2"]


@pytest.mark.parametrize(("key", "status"), [(READ, 403), (None, 401), (LYON_EXACT, 200)])
def test_it_is_for_those_who_see_quantities(key: str | None, status: int) -> None:
    """Errors in pieces say how many pieces there are."""
    assert Floor().get("/v1/calibration?store=lyon-1", key).status_code == status


def test_a_bound_key_sees_its_own_store() -> None:
    """Left out, the stores are those that the key sees."""
    assert [one["store"] for one in Floor().get("/v1/calibration", LYON_EXACT).json()["items"]] == ["lyon-1"]
