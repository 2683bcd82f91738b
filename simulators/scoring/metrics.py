"""The list of metrics, each made of a tally's sums, with its uncertainty. Pure.

What each one counts is said where it is counted: states.py (tag-epochs, zones, stock), departures.py
(departures, sales), answers.py (P(N ≥ 1), promises), alerts.py.
"""

from dataclasses import dataclass

import numpy as np

from simulators.scoring.bootstrap import draws, interval, weighted_quantile
from simulators.scoring.tally import Floats, Tally

RULE_OF_THREE = 3.0
"""None seen in n: with 95 % certainty the rate is below 3 / n. A bootstrap of zeros would claim certainty."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """`scale` · sum of `top` / sum of `bottom`."""

    key: str
    title: str
    unit: str
    top: str
    bottom: str
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of samples."""

    key: str
    title: str
    unit: str
    samples: str
    share: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """The expected calibration error over the bins of P(N ≥ 1)."""

    key: str
    title: str
    unit: str


Metric = Ratio | Quantile | Calibration


@dataclass(frozen=True, slots=True)
class Value:
    """A figure, and between what it lies with 95 % certainty; nan where there was nothing to judge."""

    value: float
    low: float
    high: float


METRICS: tuple[Metric, ...] = (
    Ratio("exact_pct", "counts exact", "%", "stock_exact", "stock_instants", 100),
    Ratio("mae", "stock error, mean", "pieces", "stock_error", "stock_instants"),
    Ratio("exact_low_pct", "counts exact where N ≤ 2", "%", "low_exact", "low_instants", 100),
    Ratio("mae_low", "stock error where N ≤ 2", "pieces", "low_error", "low_instants"),
    Ratio("false_departures", "false departures", "/1k tag-h", "false_departures", "tag_hours", 1_000),
    Quantile("delay_median_s", "delay of departures, median", "s", "delays", 0.5),
    Quantile("delay_p95_s", "delay of departures, p95", "s", "delays", 0.95),
    Quantile("delay_door_s", "delay from the door, median", "s", "door_delays", 0.5),
    Ratio("recall_15min_pct", "departures noticed in 15 min", "%", "departures_noticed", "departures", 100),
    Ratio("sales_60s_pct", "sales noticed in 60 s", "%", "sales_noticed", "sales", 100),
    Ratio("false_positives", "false positives", "/1k tag-epochs", "false_positives", "tag_epochs", 1_000),
    Ratio("false_negatives", "false negatives", "/1k tag-epochs", "false_negatives", "tag_epochs", 1_000),
    Ratio("zone_pct", "zone right", "%", "placed_right", "placed", 100),
    Ratio("moves_ratio", "zone moves per true move", "", "moves", "true_moves"),
    Ratio("oversold_pct", "oversold, of promises", "%", "oversold", "promised", 100),
    Ratio("refused_pct", "wrongly refused", "%", "refused", "keepable", 100),
    Ratio("oversold_p_pct", "oversold, promising at P ≥ 0.9", "%", "p_oversold", "p_promised", 100),
    Ratio("refused_p_pct", "refused, promising at P ≥ 0.9", "%", "p_refused", "keepable", 100),
    Ratio("regret", "regret, 60-minute pick", "/1k questions", "regret", "picks", 1_000),
    Ratio("brier", "Brier score of P(N ≥ 1)", "", "squared_error", "answers"),
    Calibration("ece", "ECE of P(N ≥ 1)", ""),
    Ratio("alert_precision", "alerts right", "", "alerts_matched", "alerts"),
    Ratio("alert_recall", "alerts found", "", "true_alerts_matched", "true_alerts"),
    Quantile("alert_lead_s", "alerts' lead, median", "s", "leads", 0.5),
    Ratio("outage_departures", "false departures in outages", "/1k tag-h", "outage_departures", "tag_hours", 1_000),
)  # fmt: skip
COUNTED_EVENTS = frozenset(
    {"false_departures", "outage_departures", "oversold", "refused", "p_oversold", "p_refused"}
)


def values_of(tally: Tally) -> dict[str, Value]:
    """Return every metric of a tally, by its key."""
    weights = draws(tally.units)
    return {metric.key: _value(metric, tally, weights) for metric in METRICS}


def _value(metric: Metric, tally: Tally, weights: Floats) -> Value:
    match metric:
        case Ratio():
            return _ratio(metric, tally, weights)
        case Quantile():
            return _quantile(metric, tally, weights)
        case Calibration():
            return _calibration(tally, weights)


def _ratio(metric: Ratio, tally: Tally, weights: Floats) -> Value:
    top, bottom = tally.sum_of(metric.top), tally.sum_of(metric.bottom)
    whole = bottom.sum()
    if whole <= 0:
        return Value(float("nan"), float("nan"), float("nan"))
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = (weights @ top) / (weights @ bottom)
    low, high = interval(drawn)
    if top.sum() == 0 and metric.top in COUNTED_EVENTS:
        high = RULE_OF_THREE / whole
    return Value(*(metric.scale * float(value) for value in (top.sum() / whole, low, high)))


def _quantile(metric: Quantile, tally: Tally, weights: Floats) -> Value:
    samples = sorted(tally.samples.get(metric.samples, []), key=lambda sample: sample[1])
    units = np.array([unit for unit, _ in samples], dtype=np.int64)
    values = np.array([value for _, value in samples], dtype=np.float64)
    drawn = np.array([weighted_quantile(values, draw[units], metric.share) for draw in weights])
    return Value(weighted_quantile(values, np.ones(len(values)), metric.share), *interval(drawn))


def _calibration(tally: Tally, weights: Floats) -> Value:
    if not tally.bins:
        return Value(float("nan"), float("nan"), float("nan"))
    gaps = np.abs(tally.bins["sum"].sum(axis=0) - tally.bins["there"].sum(axis=0)).sum()
    number = tally.bins["n"].sum()
    drawn_gaps = np.abs(weights @ (tally.bins["sum"] - tally.bins["there"])).sum(axis=1)
    return Value(float(gaps / number), *interval(drawn_gaps / (weights @ tally.bins["n"].sum(axis=1))))
