"""What was foretold against what came, and what outages did to alerts, on truths written by hand."""

import pytest

from simulators.scoring.alerts import Episode
from simulators.scoring.checks import checks
from simulators.scoring.metrics import values_of
from simulators.scoring.outage_alerts import tally_outage_alerts
from simulators.scoring.page import RunInfo, page
from simulators.scoring.predictions import outlook_reliability, tally_predictions
from simulators.scoring.results import PRODUCT, score
from simulators.scoring.states import on_hand, true_levels
from simulators.scoring.tally import Tally
from tests.support.scored_shop import MINUTE_NS, RULE, Step, at, belief, scored, shop, tally

HOUR = 60
TRUTH: list[Step] = [(0, "A1", "floor"), (0, "A2", "floor"), (0, "B1", "floor"),
                     (120, "A1", None), (300, "A2", None)]  # fmt: skip


def test_a_prediction_is_judged_by_when_the_last_piece_went() -> None:
    """A is gone three hours after it was told; B is not within the day; what reaches beyond the run is open."""
    history = shop(TRUTH, hours=30)
    told = [(at(120), "predicted_stock_out", "A"), (at(130), "predicted_stock_out", "B"),
            (at(29 * HOUR), "predicted_stock_out", "B"), (at(7 * HOUR), "predicted_stock_out", "A")]  # fmt: skip
    found = scored(history, belief(TRUTH, alerts=told))
    assert found["predicted_precision"].value == 0.5
    assert found["predicted_recall"].value == 1
    assert found["predicted_lead_min"].value == found["predicted_lead_p10_min"].value == 180


def test_a_stock_out_that_nobody_foretold_is_missed() -> None:
    """Told after the last piece was gone and held against it, or more than the horizon before: not foretold."""
    history = shop(TRUTH, hours=12)
    for minute in (320, 40):
        fine = tally(history, belief(TRUTH, alerts=[(at(minute), "predicted_stock_out", "A")]))
        assert fine.sum_of("stock_outs").sum() == 1
        assert fine.sum_of("stock_outs_foretold").sum() == (minute == 40)
    short = Tally(2)
    episode = Episode(at(310), None, "stock_out", "A")
    log = belief(TRUTH, alerts=[(at(40), "predicted_stock_out", "A")])
    pieces = on_hand(true_levels(history), history)
    tally_predictions(short, log, [episode], pieces, 60 * MINUTE_NS, history)
    assert short.sum_of("stock_outs_foretold").sum() == 0


def test_an_outlook_asks_of_what_is_there_alone() -> None:
    """Two pieces of A go within three hours of 2:30; a delivery meanwhile changes nothing about that."""
    steps: list[Step] = [(0, "A1", "floor"), (0, "A2", "floor"), (0, "B1", "floor"), (160, "A3", "back"),
                         (170, "A1", None), (300, "A2", None)]  # fmt: skip
    log = belief(
        steps, alerts=[], outlooks=[(at(150), "A", 3, 0.8), (at(150), "B", 3, 0.1), (at(470), "A", 3, 0.9)]
    )
    judged = tally(shop(steps), log)
    assert outlook_reliability(judged, 3) == [
        {"answers": 1, "mean": pytest.approx(0.1), "came": 0},
        {"answers": 1, "mean": pytest.approx(0.8), "came": 1},
    ]
    assert outlook_reliability(judged, 24) == []
    assert values_of(judged)["outlook_3h_ece"].value == pytest.approx(0.15)
    text = page([], [score("hand", PRODUCT, "all", judged, 1.0)])
    assert "Do forecasts" not in text  # a family that was not run is not told of
    text = page(
        [RunInfo("hand", "", held=False, seeds=(1,), days=1, reads=1, messages=1, pieces=1)],
        [score("hand", PRODUCT, "all", judged, 1.0)],
    )
    assert "within 3 h: told 0.800, came 1.000, in 1 answers" in text


def test_what_an_outage_makes_or_ends_is_told() -> None:
    """Fired of a piece in the dark that is there; cleared though the truth goes on. In the light it is another fault."""
    history = shop([(0, "A1", "floor"), (0, "B1", "back")])
    history.outages.append((at(120), at(140), frozenset({"floor"})))
    mine = [(at(130), "stock_out", "A"), (at(130), "stock_out", "B"), (at(200), "stock_out", "A")]
    log = belief([], alerts=mine, cleared=[(at(131), "low_stock", "B"), (at(210), "low_stock", "B")])
    true = [Episode(at(60), None, "low_stock", "B")]
    judged = Tally(2)
    tally_outage_alerts(judged, log, true, true_levels(history), history)
    assert judged.sum_of("outage_fired").tolist() == [1, 0]
    assert judged.sum_of("outage_cleared").tolist() == [0, 1]
    told = [str(check) for check in checks([score("out", PRODUCT, "all", judged, 1.0)])]
    assert told == [
        "check: out: no alert fires because a reader died: FAILED, 1 time(s)",
        "check: out: no alert clears because a reader died: FAILED, 1 time(s)",
    ]


def test_what_the_truth_tells_too_is_no_fault_of_the_outage() -> None:
    """A stock-out that began just before the dark fires in it, and ends where pieces came."""
    history = shop([(0, "A1", "floor"), (0, "B1", "back")])
    history.outages.append((at(120), at(140), frozenset({"floor"})))
    log = belief([], alerts=[(at(130), "low_stock", "A")], cleared=[(at(138), "low_stock", "A")])
    judged = Tally(2)
    true = [Episode(at(125), at(139), "low_stock", "A")]
    tally_outage_alerts(judged, log, true, true_levels(history), history)
    assert judged.sum_of("outage_fired").sum() == judged.sum_of("outage_cleared").sum() == 0
    assert [check.times for check in checks([score("out", PRODUCT, "all", judged, 1.0)])] == [0, 0]
    assert values_of(judged)["outage_fired"].value == 0
    assert values_of(judged)["outage_fired"].high > 0


def test_shops_without_outages_say_nothing_of_them() -> None:
    """No figure where nothing could have gone wrong."""
    found = scored(shop(TRUTH), belief(TRUTH, alerts=[]), RULE)
    assert found["outage_fired"].value != found["outage_fired"].value
