"""Each error by itself, as the metrics count them."""

from simulators.scoring.score import Scorer
from tests.support.scored_shop import RULE, Step, at, belief, shop, tally

TRUTH: list[Step] = [(0, "A1", "floor"), (0, "B1", "floor"), (240, "A1", None)]


def test_each_error_is_told_once_with_its_circumstances() -> None:
    """B1 is let go for a minute, A1 ten minutes late: a false departure, and two spans of wrong counts."""
    history = shop(TRUTH, quality={"B1": "weak"})
    log = belief([TRUTH[0], TRUTH[1], (60, "B1", None), (61, "B1", "floor"), (250, "A1", None)])
    found = Scorer(history, RULE).faults(log)
    assert [(fault["fault"], fault["sku"], fault["at_s"]) for fault in found] == [
        ("false_departure", "B", 3_600.0),
        ("wrong_count", "B", 3_600.0),
        ("wrong_count", "A", 14_400.0),
    ]
    assert (found[0]["quality"], found[0]["true"]) == ("weak", "floor")
    assert (found[2]["believed"], found[2]["true"], found[2]["for_s"]) == (1, 0, 600.0)


def test_faults_and_metrics_agree() -> None:
    """The spans add up to the stock error, the false departures to their number."""
    history = shop(TRUTH)
    log = belief([*TRUTH[:2], (60, "B1", None), (75, "B1", "floor"), (200, "A1", None)])
    found, whole = Scorer(history, RULE).faults(log), tally(history, log)
    wrong = [fault for fault in found if fault["fault"] == "wrong_count"]
    assert sum(float(fault["for_s"] or 0) for fault in wrong) / 5 == whole.sum_of("stock_error").sum()
    assert len(found) - len(wrong) == whole.sum_of("false_departures").sum() == 2


def test_a_method_without_faults_has_none() -> None:
    """Nothing is told of beliefs that are the truth."""
    assert Scorer(shop(TRUTH), RULE).faults(belief(TRUTH)) == []


def test_alerts_without_a_partner_are_told() -> None:
    """A was sold out at 4:00: nobody told of it, and B was said to be, which is there."""
    log = belief(TRUTH, alerts=[(at(310), "stock_out", "B")])
    found = [fault for fault in Scorer(shop(TRUTH), RULE).faults(log) if fault["fault"].endswith("_alert")]
    assert [(fault["fault"], fault["type"], fault["sku"], fault["at_s"]) for fault in found] == [
        ("missed_alert", "stock_out", "A", 15_000.0),
        ("false_alert", "stock_out", "B", 18_600.0),
    ]
