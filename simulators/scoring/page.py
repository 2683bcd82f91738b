"""The report: one self-contained page of tables and charts that a person can read. Pure: text out.

No script, no third party, no date: the same results give the same page.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from simulators.scoring.beliefs import OUTLOOK_HOURS
from simulators.scoring.metrics import Value
from simulators.scoring.page_charts import (
    best_of_kinds,
    delay_chart,
    legend,
    outlook_chart,
    quality_chart,
    reliability_chart,
    time_chart,
    zone_chart,
)
from simulators.scoring.page_style import STYLE
from simulators.scoring.predictions import outlook_reliability
from simulators.scoring.results import BY_KEY, PRODUCT, RFID_ALONE, UNRANKED, Score, cost, losses
from simulators.scoring.text_table import BLOCKS, number

HEADS = {
    "stock": "Is the count right?",
    "departures": "Is it noticed when a piece leaves, and only then?",
    "items": "Is each piece known, and where it is?",
    "answers": "Can a shop sell by it?",
    "alerts": "Are people told the right things?",
    "forecast": "Is it foretold what will be gone, and when?",
    "outage": "Does a dead reader make or end alerts?",
}
NOTE_S = "bold: the best figure of the column; below it, between what the figure lies with 95 % certainty"


@dataclass(frozen=True, slots=True)
class RunInfo:
    """What was run of one family."""

    family: str
    about: str
    held: bool
    seeds: tuple[int, ...]
    days: float
    reads: int
    messages: int
    pieces: float

    def words(self) -> str:
        """Return it as a sentence."""
        seeds = ", ".join(map(str, self.seeds))
        return (
            f"{len(self.seeds)} run(s) of {self.days:g} day(s), seeds {seeds}; {self.reads:,} reads in "
            f"{self.messages:,} messages, {self.pieces:.0f} pieces in stock"
        )


def page(infos: Sequence[RunInfo], scores: Sequence[Score]) -> str:
    """Return the page."""
    links = "".join(f'<a href="#{escape(info.family)}">{escape(info.family)}</a>' for info in infos)
    body = "".join(_family(info, [s for s in scores if s.family == info.family]) for info in infos)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>How true the stock is</title><style>{STYLE}</style></head><body>"
        "<h1>How true the stock is</h1>"
        "<p>Simulated shops whose every piece is known send what their readers, tills and shelves would send. "
        "Each method below was given the same messages, and is judged against what was true.</p>"
        f"<nav>{links}</nav>{body}{_definitions()}</body></html>\n"
    )


def _family(info: RunInfo, scores: Sequence[Score]) -> str:
    compared = [entry for entry in scores if not entry.curve]
    held = " <em>Held: never looked at while a rule was tuned.</em>" if info.held else ""
    return "".join(
        (
            f'<section id="{escape(info.family)}"><h2>Shop “{escape(info.family)}”</h2>',
            f'<p>{escape(info.about)}{held}</p><p class="soft">{escape(info.words())}.</p>',
            *_tables(compared),
            _losses(compared),
            *_charts(scores, compared),
            "</section>",
        )
    )


def _tables(scores: Sequence[Score]) -> Iterator[str]:
    for title, keys in BLOCKS:
        if not any(_is_known(entry, key) for entry in scores for key in keys):
            continue
        best = {key: min((cost(key, s.values[key].value) for s in scores if _is_known(s, key)), default=None)
                for key in keys}  # fmt: skip
        heads = "".join(f"<th>{escape(BY_KEY[key].title)}{_unit(BY_KEY[key].unit)}</th>" for key in keys)
        rows = "".join(
            f"<tr{' class=ours' if entry.method == PRODUCT else ''}><td>{escape(entry.method)}</td>"
            + "".join(
                _cell(
                    entry.values[key],
                    is_best=_is_known(entry, key)
                    and key not in UNRANKED
                    and cost(key, entry.values[key].value) == best[key],
                )
                for key in keys
            )
            + "</tr>"
            for entry in scores
        )
        yield (
            f'<div class="scroll"><table><caption>{HEADS[title]}</caption>'
            f"<thead><tr><th>method</th>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )
    inputs = "".join(f"<li>{escape(s.method)}: {escape(s.inputs)}</li>" for s in scores)
    yield f'<p class="soft">{NOTE_S}.</p><h3>What each method is given</h3><ul>{inputs}</ul>'


def _is_known(entry: Score, key: str) -> bool:
    return not math.isnan(entry.values[key].value)


def _unit(unit: str) -> str:
    return f'<br><span class="soft">{escape(unit)}</span>' if unit else ""


def _cell(value: Value, *, is_best: bool) -> str:
    if math.isnan(value.value):
        return "<td>–</td>"
    css = ' class="best"' if is_best else ""
    return f"<td{css}>{number(value.value)}<small>{number(value.low)} … {number(value.high)}</small></td>"


def _losses(scores: Sequence[Score]) -> str:
    lines = "".join(
        f"<li>{escape(loss.metric.title)}: {number(loss.ours.value)} against {number(loss.best.value)} of "
        f"{escape(loss.method)}{'' if loss.is_sure else ' (within the uncertainty)'}"
        f"{escape('; better too: ' + ', '.join(loss.others)) if loss.others else ''}</li>"
        for loss in losses(scores)
    )
    return (
        '<h3>Where the product is not the best</h3><p class="soft">A method that is quick because it lets go of '
        "what is there, or misses nothing because it never lets go, is best in one column: see what it pays in "
        f"the others.</p><ul>{lines or '<li>nowhere in this run</li>'}</ul>"
    )


def _charts(scores: Sequence[Score], compared: Sequence[Score]) -> Iterator[str]:
    kinds = best_of_kinds(compared)
    ours = [entry for entry in kinds if entry.method in (PRODUCT, RFID_ALONE)]
    items = [entry for entry in kinds if entry.tally.parts.get("quality")]
    peers = sorted((e for e in items if e not in ours), key=lambda e: e.values["mae"].value)[:2]
    yield _figure(
        "Speed against error",
        delay_chart(scores),
        [e.method for e in compared if _is_known(e, "delay_median_s")],
        "Down and to the left is better. Strokes: 95 % intervals. Thin lines: a baseline over the range of its "
        "own setting, from hasty to patient. Both scales are logarithmic; “none” is a run without any.",
    )
    yield _figure(
        "Do probabilities mean what they say?",
        reliability_chart(ours),
        [entry.method for entry in ours],
        "Every article is asked for once a minute: is there one? On the dashed line, of a hundred answers "
        "“80 %”, eighty are right. Larger points stand for more answers (nearly all are at the two ends); a number says how few, of the product.",
    )
    told = next((entry.tally for entry in ours if entry.method == PRODUCT), None)
    outlooks = {} if told is None else {hours: outlook_reliability(told, hours) for hours in OUTLOOK_HOURS}
    if any(outlooks.values()):
        yield (
            f"<h3>Do forecasts mean what they say?</h3><figure>{outlook_chart(outlooks)}<figcaption>Every half hour each "
            "article is asked for: will what you have be gone within three hours, within a day? On the dashed line, of a "
            "hundred answers “80 %”, eighty come true. Numbers say how few answers a point stands for.</figcaption></figure>"
        )
    shown = [*ours, *peers]
    names = [entry.method for entry in shown]
    yield _figure(
        "Errors by quality of the tag",
        quality_chart(shown),
        names,
        "A tag-epoch is one piece at one instant of 5 s. It is wrong where the piece is there and not "
        "believed, or believed and not there. Nobody can see a dead tag; some can know of it. Compared are the "
        "two baselines with the least stock error of their kinds.",
    )
    yield _figure(
        "Errors by zone",
        zone_chart(shown),
        names,
        "By the true zone for pieces that are missing, by the believed zone for those that are not there.",
    )
    yield _figure(
        "Errors over the day",
        time_chart(kinds),
        [entry.method for entry in kinds],
        "Counts of articles that are wrong, by any number of pieces; of each kind of baseline the one with "
        "the least stock error.",
    )


def _figure(title: str, chart: str, methods: Sequence[str], words: str) -> str:
    return (
        f"<h3>{escape(title)}</h3><figure>{legend(methods)}{chart}"
        f"<figcaption>{escape(words)}</figcaption></figure>"
    )


def _definitions() -> str:
    return (
        "<h2>How it is counted</h2><p>At each instant of 5 s, what a method believes is compared with the truth; "
        "the first half hour is not scored, for every method starts knowing nothing. A departure is false if the "
        "piece is in the store and does not leave within the next minute; a true departure is that of a piece "
        "that was paid for or taken away, and counts where a reader had read its tag before. Promises: every "
        "article, every minute, one piece. Alerts are right if the same rule on the truth fires within ten "
        "minutes. A predicted stock-out came true where the last piece was gone within the horizon of its rule. Uncertainty: articles × days drawn again 400 times; where no event was seen at all, the upper "
        "bound is three events.</p>"
    )
