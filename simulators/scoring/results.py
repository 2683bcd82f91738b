"""A method's results in a family: all its figures, its tally, and where another method is better. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulators.scoring.alerts import SHORT_TYPES
from simulators.scoring.beliefs import OUTLOOK_HOURS
from simulators.scoring.metrics import METRICS, Metric, Value, values_of
from simulators.scoring.predictions import outlook_reliability
from simulators.scoring.tally import CHANCE_EDGES, Tally

BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}
PRODUCT, RFID_ALONE = "product", "rfid-alone"
HIGHER_IS_BETTER = frozenset(
    {"exact_pct", "exact_low_pct", "recall_15min_pct", "sales_60s_pct", "zone_pct", "alert_precision",
     "alert_recall", "alert_lead_s", "predicted_precision", "predicted_recall", "predicted_lead_p10_min",
     "predicted_lead_min", "predicted_lead_p90_min", *(f"{part}_{kind}" for part in ("precision", "recall") for kind in SHORT_TYPES)}
)  # fmt: skip
"""Of `moves_ratio`, 1 is best; of all others, less is better, but of those in UNRANKED."""
UNRANKED = frozenset({"alerts_per_100", "true_alerts_per_100"})
"""What is neither good nor bad by itself."""


@dataclass(frozen=True, slots=True)
class Score:
    """One method in one family, all seeds together. `curve`: it is a point of that curve, at `knob`;
    empty: it is a method of the table.
    """

    family: str
    method: str
    inputs: str
    values: Mapping[str, Value]
    tally: Tally
    seconds: float
    curve: str = ""
    knob: str = ""


def score(
    family: str, method: str, inputs: str, tally: Tally, seconds: float, curve: str = "", knob: str = ""
) -> Score:
    """Return the metrics of a tally."""
    return Score(family, method, inputs, values_of(tally), tally, seconds, curve, knob)


def cost(key: str, value: float) -> float:
    """Return a number that is lower for what is better."""
    if key == "moves_ratio":
        return abs(math.log(value)) if value > 0 else math.inf
    return -value if key in HIGHER_IS_BETTER else value


@dataclass(frozen=True, slots=True)
class Loss:
    """A metric in which others are better than the product: the best of them, and the names of all. `is_sure`:
    the intervals of the product and of the best are apart.
    """

    metric: Metric
    ours: Value
    best: Value
    method: str
    others: tuple[str, ...]
    is_sure: bool


def losses(scores: Sequence[Score]) -> Iterator[Loss]:
    """Yield where the product is not the best."""
    mine = next((entry for entry in scores if entry.method == PRODUCT), None)
    if mine is None:
        return
    for metric in METRICS:
        if metric.key in UNRANKED:
            continue
        own = mine.values[metric.key]
        better = [
            entry
            for entry in scores
            if not math.isnan(own.value)
            and not math.isnan(entry.values[metric.key].value)
            and cost(metric.key, entry.values[metric.key].value) < cost(metric.key, own.value)
        ]
        better.sort(key=lambda entry: cost(metric.key, entry.values[metric.key].value))
        if better:
            best = better[0].values[metric.key]
            is_sure = best.high < own.low or own.high < best.low
            others = tuple(entry.method for entry in better[1:])
            yield Loss(metric, own, best, better[0].method, others, is_sure)


def as_json(scores: Sequence[Score]) -> list[dict[str, object]]:
    """Return the results as JSON values; what is not known is null."""
    return [
        {
            "family": entry.family,
            "method": entry.method,
            "inputs": entry.inputs,
            "curve": entry.curve or None,
            "knob": entry.knob or None,
            "metrics": {
                metric.key: {
                    "title": metric.title,
                    "unit": metric.unit,
                    "value": _known(entry.values[metric.key].value),
                    "low": _known(entry.values[metric.key].low),
                    "high": _known(entry.values[metric.key].high),
                }
                for metric in METRICS
            },
            "reliability": reliability(entry.tally),
            "outlooks": {f"{hours} h": outlook_reliability(entry.tally, hours) for hours in OUTLOOK_HOURS},
            "parts": entry.tally.parts,
        }
        for entry in scores
    ]


def reliability(tally: Tally) -> list[dict[str, float]]:
    """Return per bin of P(N ≥ 1) that was used: its bounds, answers, mean P and share with a piece there."""
    if not tally.bins:
        return []
    n, chance, there = (tally.bins[name].sum(axis=0) for name in ("n", "sum", "there"))
    return [
        {
            "from": CHANCE_EDGES[place],
            "to": CHANCE_EDGES[place + 1],
            "answers": float(n[place]),
            "mean": float(chance[place] / n[place]),
            "there": float(there[place] / n[place]),
        }
        for place in range(len(n))
        if n[place]
    ]


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
