"""Alerts that an outage made or ended: of what stands in the dark, nobody knows anything new. Pure.

Judged is from the beginning of an outage until `AFTER_OUTAGE_NS` after its end, and only of the stock alerts of alerts.py:
- fired by the outage: an alert of an article with a piece in a dark zone, where the truth's alert does not stand within ± 10 min;
- cleared by the outage: an alert that ends while the truth's stands, and goes on for more than 10 min.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from simulators.scoring.alerts import MATCH_NS, TYPES, Alert, Episode
from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.departures import AFTER_OUTAGE_NS
from simulators.scoring.history import History
from simulators.scoring.states import Counts, unit_of
from simulators.scoring.tally import Tally


def tally_outage_alerts(
    tally: Tally, log: BeliefLog, true: Sequence[Episode], levels: Counts, history: History
) -> None:
    """Take into a tally what outages did to the alerts of a method that tells its own; `levels`: the truth's."""
    if not history.outages or log.alerts is None:
        return
    tally.add("outage_days", np.arange(len(history.skus)) * history.grid.days, history.grid.days)
    stood: dict[tuple[str, str], list[Episode]] = {}
    for episode in true:
        stood.setdefault((episode.kind, episode.sku), []).append(episode)
    for name, alerts, is_wrong in (
        ("outage_fired", log.alerts, _stands_nowhere_near),
        ("outage_cleared", log.cleared, _goes_on),
    ):
        for at_ns, kind, unit in _in_the_dark(alerts, levels, history, needs_piece=name == "outage_fired"):
            if is_wrong(stood.get((kind, history.skus[unit]), ()), at_ns):
                tally.count(name, unit_of(history.grid, unit, at_ns))


def _in_the_dark(
    alerts: Sequence[Alert], levels: Counts, history: History, *, needs_piece: bool
) -> Iterator[tuple[int, str, int]]:
    """Yield (at_ns, type, article) of stock alerts within outages; with `needs_piece`, of articles in the dark alone."""
    number = {sku: place for place, sku in enumerate(history.skus)}
    for at_ns, kind, sku in alerts:
        if kind not in TYPES or sku not in number:
            continue
        dark = {
            zone
            for begin_ns, until_ns, zones in history.outages
            if begin_ns <= at_ns < until_ns + AFTER_OUTAGE_NS
            for zone in zones
        }
        if dark and (not needs_piece or _has_piece(number[sku], dark, at_ns, levels, history)):
            yield at_ns, kind, number[sku]


def _has_piece(sku: int, dark: set[str], at_ns: int, levels: Counts, history: History) -> bool:
    place = min(history.grid.index(at_ns), history.grid.size - 1)
    rows = [sku * len(history.zones) + history.zones.index(zone) for zone in dark]
    return bool((levels[rows, place] > 0).any())


def _stands_nowhere_near(episodes: Sequence[Episode], at_ns: int) -> bool:
    return not any(
        one.fired_ns - MATCH_NS <= at_ns and (one.cleared_ns is None or at_ns <= one.cleared_ns + MATCH_NS)
        for one in episodes
    )


def _goes_on(episodes: Sequence[Episode], at_ns: int) -> bool:
    return any(
        one.fired_ns <= at_ns and (one.cleared_ns is None or at_ns + MATCH_NS < one.cleared_ns)
        for one in episodes
    )
