"""The results of the benchmark as text, as lines for scripts and as JSON: text in, text out. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from simulators.scoring.metrics import METRICS, Metric, Value, values_of
from simulators.scoring.tally import CHANCE_EDGES, Tally

BLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("stock", ("exact_pct", "mae", "exact_low_pct", "mae_low", "sales_60s_pct")),
    ("departures", ("false_departures", "delay_median_s", "delay_p95_s", "recall_15min_pct", "outage_departures")),
    ("items", ("false_positives", "false_negatives", "zone_pct", "moves_ratio")),
    ("answers", ("oversold_pct", "refused_pct", "regret", "brier", "ece")),
    ("alerts", ("alert_precision", "alert_recall", "alert_lead_s")),
)  # fmt: skip
"""Every metric stands in one block; a test holds it to that."""
DIGITS = 4
BY_KEY: Mapping[str, Metric] = {metric.key: metric for metric in METRICS}


@dataclass(frozen=True, slots=True)
class Score:
    """One method in one family, all seeds together."""

    family: str
    method: str
    inputs: str
    values: Mapping[str, Value]
    tally: Tally
    seconds: float


def score(family: str, method: str, inputs: str, tally: Tally, seconds: float) -> Score:
    """Return the metrics of a tally."""
    return Score(family, method, inputs, values_of(tally), tally, seconds)


def number(value: float) -> str:
    """Return a figure for people: four digits that mean something, `-` where there is none."""
    if math.isnan(value):
        return "-"
    if value == 0 or abs(value) >= 10**DIGITS:
        return f"{value:.0f}"
    decimals = max(0, min(DIGITS, DIGITS - 1 - math.floor(math.log10(abs(value)))))
    return f"{value:.{decimals}f}"


def cell(value: Value) -> str:
    """Return a figure and between what it lies."""
    if math.isnan(value.value):
        return "-"
    return f"{number(value.value)} [{number(value.low)}, {number(value.high)}]"


def table(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of the tables of one family: a block of metrics after the other."""
    for title, keys in BLOCKS:
        heads = [title, *(f"{BY_KEY[key].title}{_unit(BY_KEY[key].unit)}" for key in keys)]
        rows = [[score.method, *(cell(score.values[key]) for key in keys)] for score in scores]
        yield from _aligned([heads, *rows])
        yield ""
    yield "inputs of each method:"
    yield from (f"  {score.method}: {score.inputs}" for score in scores)


def _unit(unit: str) -> str:
    return f", {unit}" if unit else ""


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for place, row in enumerate(rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        if place == 0:
            yield "  ".join("-" * width for width in widths)


def figures(scores: Sequence[Score]) -> Iterator[str]:
    """Yield a line per figure, for scripts."""
    for entry in scores:
        for metric in METRICS:
            value = entry.values[metric.key]
            if not math.isnan(value.value):
                unit = f" {metric.unit}" if metric.unit else ""
                yield f"figure: {entry.family}/{entry.method}/{metric.key} = {value.value:.6g}{unit}"


def losses(scores: Sequence[Score], ours: str = "product") -> Iterator[str]:
    """Yield a line for each metric in which another method is better than ours."""
    mine = next((entry for entry in scores if entry.method == ours), None)
    if mine is None:
        return
    for metric in METRICS:
        own = mine.values[metric.key].value
        for entry in scores:
            other = entry.values[metric.key].value
            if entry is mine or math.isnan(own) or math.isnan(other):
                continue
            if _cost(metric.key, other) < _cost(metric.key, own):
                unit = f" {metric.unit}" if metric.unit else ""
                yield (
                    f"we lose to {entry.method}: {metric.title}: {number(own)} against {number(other)}{unit}"
                )


HIGHER_IS_BETTER = frozenset(
    {"exact_pct", "exact_low_pct", "recall_15min_pct", "sales_60s_pct", "zone_pct", "alert_precision",
     "alert_recall", "alert_lead_s"}
)  # fmt: skip


def _cost(key: str, value: float) -> float:
    if key == "moves_ratio":
        return abs(math.log(value)) if value > 0 else math.inf
    return -value if key in HIGHER_IS_BETTER else value


def as_json(scores: Sequence[Score]) -> list[dict[str, object]]:
    """Return the results as JSON values; what is not known is null."""
    return [
        {
            "family": entry.family,
            "method": entry.method,
            "inputs": entry.inputs,
            "seconds": round(entry.seconds, 1),
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
