"""The charts of the report: what trades against what, how honest the probabilities are, where the errors are. Pure."""

import math
from collections.abc import Mapping, Sequence
from html import escape

from simulators.scoring.charts import LEFT, RIGHT, WIDTH, Plot, Scale, plot, rows, swatch
from simulators.scoring.results import PRODUCT, RFID_ALONE, Score, reliability
from simulators.scoring.text_table import number

LOOKS = {
    PRODUCT: ("m0", "circle"),
    RFID_ALONE: ("m1", "ring"),
    "fixed": ("m2", "square"),
    "smurf": ("m3", "diamond"),
    "edgex": ("m4", "up"),
    "rsp": ("m5", "down"),
    "ledger": ("m6", "cross"),
}
"""Colour and shape by kind of method: no chart is told by colour alone."""
SOONEST_S = 5.0
"""Delays on a logarithmic scale begin here; what is quicker stands at the edge."""
FEW_ANSWERS = 1_000
"""A point of the reliability diagram that stands for fewer bears their number: chance moves it far."""
OUTLOOK_LOOKS = (("m1", "square"), ("m0", "circle"))
FEW_OUTLOOKS = 100
HALF = 0.5
NONE_AT = 0.45
"""Where "none" stands on a logarithmic scale of rates, against the least rate that is told."""
QUALITIES = ("normal", "weak", "hard", "dead")


def kind_of(method: str) -> str:
    """Return the kind of a method: its name without its variant."""
    return method if method in LOOKS else method.partition("@")[0].partition("-")[0]


def look_of(method: str) -> tuple[str, str]:
    """Return the colour class and the shape of a method."""
    return LOOKS.get(kind_of(method), ("m6", "cross"))


def legend(methods: Sequence[str]) -> str:
    """Return which marker stands for which method."""
    items = "".join(f"<li>{swatch(*look_of(name))}{escape(name)}</li>" for name in methods)
    return f'<ul class="legend">{items}</ul>'


def best_of_kinds(scores: Sequence[Score]) -> list[Score]:
    """Return the product, and of each kind of method the one with the least stock error."""
    best: dict[str, Score] = {}
    for entry in scores:
        if entry.curve or math.isnan(entry.values["mae"].value):
            continue
        kind = kind_of(entry.method)
        if kind not in best or entry.values["mae"].value < best[kind].values["mae"].value:
            best[kind] = entry
    return list(best.values())


def delay_chart(scores: Sequence[Score]) -> str:
    """Return delay against false departures: methods as points, the settings of a baseline as a curve."""
    shown = [entry for entry in scores if not math.isnan(entry.values["delay_median_s"].value)]
    if not shown:
        return '<p class="soft">No method noticed a departure in this run.</p>'
    floor = _floor(shown)
    rates = [max(entry.values["false_departures"].value, floor) for entry in shown]
    delays = [max(entry.values["delay_median_s"].value, SOONEST_S) for entry in shown]
    titles = ("median delay until a departure is noticed (s)", "false departures per 1,000 tag-hours")
    chart = plot(
        (SOONEST_S, max(100.0, *delays) * 1.6),
        (floor * NONE_AT, max(10.0, *rates) * 2),
        titles,
        "Median delay of departures against false departures per 1,000 tag-hours, one point per method",
        log_x=True,
        log_y=True,
        height=460,
    )
    if any(entry.values["false_departures"].value < floor for entry in shown):
        chart.y_words = ((floor * NONE_AT, "none"),)
    for curve in dict.fromkeys(entry.curve for entry in shown if entry.curve):
        points = [entry for entry in shown if entry.curve == curve]
        chart.line([_at(entry, floor) for entry in points], f"curve {look_of(curve)[0]}", curve)
        for entry in points:
            chart.point(
                *_at(entry, floor), f"small {look_of(curve)[0]}", look_of(curve)[1], _words(entry), 0.55
            )
    for entry in shown:
        if not entry.curve:
            _method_point(chart, entry, floor)
    return chart.svg()


def _floor(scores: Sequence[Score]) -> float:
    """Return the rate below which the chart says "none": half of the least that was seen, at most 0.1."""
    seen = [entry.values["false_departures"].value for entry in scores]
    return min([0.1, *(rate / 2 for rate in seen if rate > 0)])


def _at(entry: Score, floor: float) -> tuple[float, float]:
    rate = entry.values["false_departures"].value
    return max(entry.values["delay_median_s"].value, SOONEST_S), rate if rate > 0 else floor * NONE_AT


def _words(entry: Score) -> str:
    rate, delay = entry.values["false_departures"], entry.values["delay_median_s"]
    setting = f" ({entry.knob})" if entry.knob else ""
    return (
        f"{entry.curve or entry.method}{setting}: {number(rate.value)} false departures per 1,000 tag-hours "
        f"at {number(delay.value)} s"
    )


def _method_point(chart: Plot, entry: Score, floor: float) -> None:
    css, shape = look_of(entry.method)
    x, y = _at(entry, floor)
    delay, rate = entry.values["delay_median_s"], entry.values["false_departures"]
    if not math.isnan(delay.low):
        chart.span((max(delay.low, SOONEST_S), max(delay.high, SOONEST_S)), (y, y), css)
    if not math.isnan(rate.low):
        chart.span((x, x), (max(rate.low, floor * NONE_AT), max(rate.high, floor * NONE_AT)), css)
    chart.point(x, y, css, shape, _words(entry))
    chart.text(x, y, entry.method, dy=-6)


def reliability_chart(scores: Sequence[Score]) -> str:
    """Return how often a piece was there, against how likely that was said to be."""
    titles = ("P(N ≥ 1) as told", "share of those answers with a piece there")
    about = "Reliability diagram: on the dashed line a probability means what it says"
    chart = plot((0, 1), (0, 1), titles, about, height=440)
    chart.line([(0, 0), (1, 1)], "faint", "a probability that means what it says")
    for entry in reversed(scores):
        css, shape = look_of(entry.method)
        used = reliability(entry.tally)
        chart.line([(b["mean"], b["there"]) for b in used], f"curve {css}", entry.method)
        most = max((b["answers"] for b in used), default=1.0)
        for b in used:
            words = f"{entry.method}: told {b['mean']:.3f}, there {b['there']:.3f}, in {b['answers']:,.0f} answers"
            size = 0.5 + 1.3 * math.sqrt(math.log1p(b["answers"]) / math.log1p(most))
            chart.point(b["mean"], b["there"], css, shape, words, size)
            if b["answers"] < FEW_ANSWERS and entry.method == PRODUCT:
                chart.note(b["mean"], b["there"], f"{b['answers']:,.0f}", 19 if b["there"] > HALF else -11)
    return chart.svg()


def outlook_chart(outlooks: Mapping[int, Sequence[Mapping[str, float]]]) -> str:
    """Return how often pieces were gone within some hours, against how likely that was said to be; by those hours."""
    titles = ("P(gone within so many hours) as told", "share of those answers that came true")
    about = "Reliability diagram of forecasts: on the dashed line a probability means what it says"
    chart = plot((0, 1), (0, 1), titles, about, height=440)
    chart.line([(0, 0), (1, 1)], "faint", "a probability that means what it says")
    for (hours, used), (css, shape) in zip(outlooks.items(), OUTLOOK_LOOKS, strict=True):
        chart.line([(b["mean"], b["came"]) for b in used], f"curve {css}", f"{hours} h")
        for b in used:
            words = f"within {hours} h: told {b['mean']:.3f}, came {b['came']:.3f}, in {b['answers']:,.0f} answers"
            chart.point(b["mean"], b["came"], css, shape, words)
            if b["answers"] < FEW_OUTLOOKS:
                chart.note(b["mean"], b["came"], f"{b['answers']:,.0f}", 19 if b["came"] > HALF else -11)
        if used:
            chart.text(used[-1]["mean"], used[-1]["came"], f"{hours} h")
    return chart.svg()


def quality_chart(scores: Sequence[Score]) -> str:
    """Return the errors of items by the quality of their tags, per tag-epoch of that quality."""
    title = "wrong tag-epochs per 1,000 of tags of this quality"
    return _parts_chart(scores, "quality", QUALITIES, title)


def zone_chart(scores: Sequence[Score]) -> str:
    """Return the errors of items by zone: the true one of what is missing, the believed one of what is too
    much; per tag-epoch of the whole store, for few pieces are ever at the exit.
    """
    zones = list(dict.fromkeys(zone for entry in scores for zone in entry.tally.parts.get("zone", {})))
    return _parts_chart(scores, "zone", zones, "wrong tag-epochs per 1,000 of the whole store")


def _parts_chart(scores: Sequence[Score], kind: str, labels: Sequence[str], title: str) -> str:
    groups: list[tuple[str, list[tuple[str, str, str, float]]]] = []
    for name in labels:
        points = [(e.method, *look_of(e.method), _wrong(e, kind, name)) for e in scores]
        if any(entry.tally.parts.get(kind, {}).get(name, {}).get("tag_epochs") for entry in scores):
            groups.append((name, points))
    values = [value for _, points in groups for *_, value in points if value > 0]
    low = 10.0 ** math.floor(math.log10(min([1.0, *values]))) / 2
    high = 10.0 ** math.ceil(math.log10(max([10.0, *values])))
    across = Scale(low, high, LEFT, WIDTH - RIGHT, is_log=True)
    return rows(groups, across, title, f"{title}, by {kind}")


def _wrong(entry: Score, kind: str, name: str) -> float:
    parts = entry.tally.parts.get(kind, {})
    part = parts.get(name, {})
    wrong = part.get("false_negatives", 0.0) + part.get("false_positives", 0.0)
    of = (
        sum(p.get("tag_epochs", 0.0) for p in parts.values())
        if kind == "zone"
        else part.get("tag_epochs", 0.0)
    )
    return 1_000 * wrong / of if of else 0.0


def time_chart(scores: Sequence[Score]) -> str:
    """Return the share of counts that are wrong, by hour since the shop's day began."""
    hours = sorted({hour for entry in scores for hour in entry.tally.parts.get("time", {})})
    shares = {entry.method: _wrong_counts(entry, hours) for entry in scores}
    high = max((share for line in shares.values() for _, share in line), default=0.0)
    titles = ("hours since opening", "counts that are wrong (%)")
    chart = plot(
        (0, max(1, len(hours))),
        (0, max(1.0, high * 1.1)),
        titles,
        "Wrong counts by hour of the day",
        height=340,
    )
    for method, line in shares.items():
        css, shape = look_of(method)
        chart.line(line, css, method)
        for hour, share in line:
            chart.point(hour, share, css, shape, f"{method}: {share:.2f} % in hour {int(hour)}", 0.7)
    return chart.svg()


def _wrong_counts(entry: Score, hours: Sequence[str]) -> list[tuple[float, float]]:
    parts = entry.tally.parts.get("time", {})
    return [
        (int(hour) + 0.5, 100 * parts[hour].get("wrong_counts", 0.0) / parts[hour]["counts"])
        for hour in hours
        if parts.get(hour, {}).get("counts")
    ]
