"""The results of the benchmark as tables for a terminal, and as lines for scripts: text out. Pure."""

import math
from collections.abc import Iterator, Sequence

from simulators.scoring.alerts import SHORT_TYPES
from simulators.scoring.beliefs import OUTLOOK_HOURS
from simulators.scoring.metrics import METRICS, Value
from simulators.scoring.results import BY_KEY, Score, losses

BLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("stock", ("exact_pct", "mae", "exact_low_pct", "mae_low", "sales_60s_pct")),
    ("departures", ("false_departures", "delay_median_s", "delay_p95_s", "delay_door_s", "recall_15min_pct", "outage_departures")),
    ("items", ("false_positives", "false_negatives", "zone_pct", "moves_ratio")),
    ("answers", ("oversold_pct", "refused_pct", "oversold_p_pct", "refused_p_pct", "regret", "brier", "ece")),
    ("alerts", ("alert_precision", "alert_recall", "alert_lead_s", "alerts_per_100", "true_alerts_per_100", *(f"{part}_{kind}" for kind in SHORT_TYPES for part in ("precision", "recall")))),
    ("forecast", ("predicted_precision", "predicted_recall", "predicted_lead_p10_min", "predicted_lead_min", "predicted_lead_p90_min", *(f"outlook_{hours}h_ece" for hours in OUTLOOK_HOURS))),
    ("outage", ("outage_fired", "outage_cleared")),
)  # fmt: skip
"""Every metric stands in one block; a test holds it to that."""
DIGITS = 4
SMALL = 0.001


def number(value: float) -> str:
    """Return a figure for people: four digits that mean something, `-` where there is none."""
    if math.isnan(value):
        return "-"
    if value == 0 or abs(value) >= 10**DIGITS:
        return f"{value:.0f}"
    if abs(value) < SMALL:
        return f"{value:.1e}".replace("e-0", "e-")
    decimals = max(0, min(DIGITS, DIGITS - 1 - math.floor(math.log10(abs(value)))))
    return f"{value:.{decimals}f}"


def cell(value: Value) -> str:
    """Return a figure and between what it lies."""
    if math.isnan(value.value):
        return "-"
    return f"{number(value.value)} [{number(value.low)}, {number(value.high)}]"


def summary(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of a short table, without uncertainties."""
    heads = ["in short", "exact %", "MAE", "false dep. /1k tag-h @ delay", "oversold % / refused %", "ECE"]
    rows = [
        [
            entry.method,
            number(entry.values["exact_pct"].value),
            number(entry.values["mae"].value),
            _pair(entry, "false_departures", "delay_median_s", " @ ", " s"),
            _pair(entry, "oversold_pct", "refused_pct", " / ", ""),
            number(entry.values["ece"].value),
        ]
        for entry in scores
    ]
    yield from _aligned([heads, *rows])
    yield ""


def _pair(entry: Score, first: str, second: str, between: str, unit: str) -> str:
    one, two = entry.values[first].value, entry.values[second].value
    if math.isnan(one):
        return "-"
    return f"{number(one)}{between}{number(two)}{'' if math.isnan(two) else unit}"


def table(scores: Sequence[Score]) -> Iterator[str]:
    """Yield the lines of the tables of one family: a block of metrics after the other."""
    for title, keys in BLOCKS:
        if all(math.isnan(score.values[key].value) for score in scores for key in keys):
            continue
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


def lost(scores: Sequence[Score]) -> Iterator[str]:
    """Yield a line for each metric in which the product is not the best."""
    for loss in losses(scores):
        unit = f" {loss.metric.unit}" if loss.metric.unit else ""
        also = f"; better too: {', '.join(loss.others)}" if loss.others else ""
        doubt = "" if loss.is_sure else " (within the uncertainty)"
        yield (
            f"we lose in {loss.metric.title}: {number(loss.ours.value)} against {number(loss.best.value)}{unit} "
            f"of {loss.method}{doubt}{also}"
        )
