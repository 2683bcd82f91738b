"""The list of metrics, each made of a tally's sums, with its uncertainty. Pure.

What each one counts is said where it is counted: states.py (tag-epochs, zones, stock), departures.py
(departures, sales), answers.py (P(N ≥ 1), promises), alerts.py, predictions.py, outage_alerts.py.
"""

from dataclasses import dataclass

import numpy as np

from simulators.scoring.alerts import SHORT_TYPES, TYPES
from simulators.scoring.beliefs import OUTLOOK_HOURS
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
    """The expected calibration error over bins of a probability: their answers, its sum, and how many came true."""

    key: str
    title: str
    unit: str
    bins: tuple[str, str, str] = ("n", "sum", "there")


Metric = Ratio | Quantile | Calibration


@dataclass(frozen=True, slots=True)
class Value:
    """A figure, and between what it lies with 95 % certainty; nan where there was nothing to judge."""

    value: float
    low: float
    high: float


_OF_TYPES: tuple[Metric, ...] = tuple(
    metric
    for kind, short in zip(TYPES, SHORT_TYPES, strict=True)
    for metric in (
        Ratio(f"precision_{short}", f"{short}: right", "", f"alerts/{kind}_matched", f"alerts/{kind}"),
        Ratio(f"recall_{short}", f"{short}: found", "", f"true_alerts/{kind}_matched", f"true_alerts/{kind}"),
    )
)
_OUTLOOKS: tuple[Metric, ...] = tuple(
    Calibration(
        f"outlook_{hours}h_ece",
        f"ECE of P(gone within {hours} h)",
        "",
        (f"outlook_{hours}h_n", f"outlook_{hours}h_sum", f"outlook_{hours}h_came"),
    )
    for hours in OUTLOOK_HOURS
)
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
    Ratio("alerts_per_100", "alerts", "/100 SKU-days", "alerts", "alert_days", 100),
    Ratio("true_alerts_per_100", "alerts by the truth", "/100 SKU-days", "true_alerts", "alert_days", 100),
    *_OF_TYPES,
    Ratio("predicted_precision", "predicted stock-outs that came", "", "predicted_came", "predicted"),
    Ratio("predicted_recall", "stock-outs foretold", "", "stock_outs_foretold", "stock_outs"),
    Quantile("predicted_lead_p10_min", "lead before zero, p10", "min", "predicted_leads", 0.1),
    Quantile("predicted_lead_min", "lead before zero, median", "min", "predicted_leads", 0.5),
    Quantile("predicted_lead_p90_min", "lead before zero, p90", "min", "predicted_leads", 0.9),
    *_OUTLOOKS,
    Ratio("outage_fired", "alerts fired by outages", "/100 SKU-days", "outage_fired", "outage_days", 100),
    Ratio("outage_cleared", "alerts cleared by outages", "/100 SKU-days", "outage_cleared", "outage_days", 100),
    Ratio("outage_departures", "false departures in outages", "/1k tag-h", "outage_departures", "tag_hours", 1_000),
)  # fmt: skip
COUNTED_EVENTS = frozenset(
    {"false_departures", "outage_departures", "oversold", "refused", "p_oversold", "p_refused",
     "outage_fired", "outage_cleared"}
)  # fmt: skip


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
            return _calibration(metric, tally, weights)


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


def _calibration(metric: Calibration, tally: Tally, weights: Floats) -> Value:
    n, told, came = (tally.bins.get(name) for name in metric.bins)
    if n is None or told is None or came is None:
        return Value(float("nan"), float("nan"), float("nan"))
    gaps = np.abs(told.sum(axis=0) - came.sum(axis=0)).sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        drawn = np.abs(weights @ (told - came)).sum(axis=1) / (weights @ n.sum(axis=1))
    return Value(float(gaps / n.sum()), *interval(drawn))
