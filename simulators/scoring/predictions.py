"""Predicted stock-outs against what came: how long before, and whether the probabilities mean what they say. Pure.

- A `predicted_stock_out` came true if the last piece of its article was gone, by the truth, within the horizon of
  the rule from when it fired; the lead is the time between. One that did not come may have been averted by a delivery.
  Those whose horizon reaches beyond the end of the run are not judged, whether they came or not: to count
  only what came would flatter.
- Foretold: of the true stock-outs (the rule of alerts.py), the share before whose last piece was gone such an alert
  fired, within the horizon.
- Reliability: every article is asked for each half hour, "will what you have be gone within so many hours?"; it came true
  where as many pieces left the store in that time as were there at its beginning. What was delivered or
  brought back meanwhile does not count: the question is of what is there.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from simulators.scoring.alerts import MATCH_NS, Alert, Episode
from simulators.scoring.beliefs import OUTLOOK_HOURS, BeliefLog
from simulators.scoring.grid import NS_PER_S
from simulators.scoring.history import History
from simulators.scoring.states import Counts, unit_of
from simulators.scoring.tally import Tally

PREDICTED, STOCK_OUT = "predicted_stock_out", "stock_out"
HOUR_NS = 3_600 * NS_PER_S
MINUTE_S = 60.0
OUTLOOK_EDGES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 1.0)
"""Bins of the probability: most articles last for days, so nearly all answers are at the low end."""
OUTLOOK_BINS = len(OUTLOOK_EDGES) - 1


def tally_predictions(
    tally: Tally, log: BeliefLog, true: Sequence[Episode], on_hand: Counts, horizon_ns: int, history: History
) -> None:
    """Take what a method foretold into a tally; `on_hand`: true pieces per article and instant."""
    fired = [alert for alert in log.alerts or () if alert[1] == PREDICTED]
    if log.alerts is not None:
        _tally_alerts(tally, fired, true, on_hand, horizon_ns, history)
    if log.outlooks:
        _tally_outlooks(tally, log.outlooks, on_hand, history)


def _tally_alerts(
    tally: Tally,
    fired: Sequence[Alert],
    true: Sequence[Episode],
    on_hand: Counts,
    horizon_ns: int,
    history: History,
) -> None:
    grid = history.grid
    number = {sku: place for place, sku in enumerate(history.skus)}
    times: dict[str, list[int]] = {}
    for at_ns, _, sku in fired:
        if sku not in number:
            continue
        times.setdefault(sku, []).append(at_ns)
        if at_ns < grid.scored_ns or at_ns + horizon_ns > grid.end_ns:
            continue
        unit = unit_of(grid, number[sku], at_ns)
        tally.count("predicted", unit)
        zero_ns = _gone_ns(on_hand[number[sku]], at_ns, history)
        if zero_ns is not None and zero_ns <= at_ns + horizon_ns:
            tally.count("predicted_came", unit)
            lead_min = max(0, zero_ns - at_ns) / NS_PER_S / MINUTE_S
            tally.samples.setdefault("predicted_leads", []).append((unit, lead_min))
    for episode in true:
        if episode.kind != STOCK_OUT or episode.fired_ns < grid.scored_ns + MATCH_NS:
            continue
        unit = unit_of(grid, number[episode.sku], episode.fired_ns)
        tally.count("stock_outs", unit)
        told = [at_ns for at_ns in times.get(episode.sku, ()) if at_ns <= episode.fired_ns]
        if told and told[-1] >= episode.fired_ns - horizon_ns:
            tally.count("stock_outs_foretold", unit)


def _gone_ns(pieces: NDArray[np.int16], at_ns: int, history: History) -> int | None:
    """Return from when on none is left, at or after a time; None: until the end of the run there is one."""
    first = history.grid.index(at_ns)
    gone = np.flatnonzero(pieces[first:] == 0)
    if not len(gone):
        return None
    return history.grid.start_ns + (first + int(gone[0]) + 1) * history.grid.epoch_ns


def _tally_outlooks(
    tally: Tally, outlooks: Sequence[tuple[int, str, int, float]], on_hand: Counts, history: History
) -> None:
    grid = history.grid
    number = {sku: place for place, sku in enumerate(history.skus)}
    left = _departures(history)
    sums = {
        hours: {name: np.zeros((tally.units, OUTLOOK_BINS)) for name in ("n", "sum", "came")}
        for hours in OUTLOOK_HOURS
    }
    for at_ns, sku, hours, p in outlooks:
        until_ns = at_ns + hours * HOUR_NS
        if at_ns < grid.scored_ns or until_ns > grid.end_ns or sku not in number:
            continue
        pieces = int(on_hand[number[sku], grid.index(at_ns)])
        if pieces == 0:
            continue
        gone = bisect_right(left[number[sku]], until_ns) - bisect_right(left[number[sku]], at_ns)
        place = min(OUTLOOK_BINS - 1, bisect_right(OUTLOOK_EDGES, p) - 1)
        at = unit_of(grid, number[sku], at_ns), place
        for name, value in (("n", 1.0), ("sum", p), ("came", float(gone >= pieces))):
            sums[hours][name][at] += value
    for hours, by_name in sums.items():
        if by_name["n"].any():
            for name, values in by_name.items():
                tally.bins[f"outlook_{hours}h_{name}"] = values


def _departures(history: History) -> list[list[int]]:
    """Return when pieces of each article left the store."""
    left: list[list[int]] = [[] for _ in history.skus]
    for item, steps in enumerate(history.track):
        for (_, before), (at_ns, zone) in pairwise(steps):
            if zone < 0 <= before:
                left[history.sku_of[item]].append(at_ns)
    return [sorted(times) for times in left]


def outlook_reliability(tally: Tally, hours: int) -> list[dict[str, float]]:
    """Return per bin that was used: answers, mean P, and the share of them that came true."""
    bins = {name: tally.bins.get(f"outlook_{hours}h_{name}") for name in ("n", "sum", "came")}
    n, told, came = (None if found is None else found.sum(axis=0) for found in bins.values())
    if n is None or told is None or came is None:
        return []
    return [
        {
            "answers": float(n[place]),
            "mean": float(told[place] / n[place]),
            "came": float(came[place] / n[place]),
        }
        for place in range(OUTLOOK_BINS)
        if n[place]
    ]
