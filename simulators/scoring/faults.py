"""Each single error of a method, for whoever looks for its cause: wrong counts, false departures, wrong alerts. Pure.

A wrong count is one span of time in which an article's believed pieces differ from the true ones by the
same number. Seconds are from the beginning of the run.
"""

import itertools
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np

from simulators.scoring.alerts import Alert, alert_faults
from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.departures import is_false
from simulators.scoring.grid import NS_PER_S
from simulators.scoring.history import History
from simulators.scoring.states import Counts

MAX_FAULTS = 100_000
"""Of one run: a method that flickers has millions, and nobody reads them."""
Fault = dict[str, str | int | float | None]


def faults_of(
    log: BeliefLog, true: Counts, believed: Counts, history: History, alerts: Sequence[Alert] = ()
) -> list[Fault]:
    """Return the errors in order of time, the first `MAX_FAULTS` of them. `alerts`: those of the rule on the truth."""
    found = [
        *_wrong_counts(true, believed, history),
        *_false_departures(log, history),
        *_wrong_alerts(log, alerts, history),
    ]
    return sorted(found, key=lambda fault: (fault["at_s"], str(fault)))[:MAX_FAULTS]


def _wrong_counts(true: Counts, believed: Counts, history: History) -> Iterator[Fault]:
    grid = history.grid
    for number, sku in enumerate(history.skus):
        error = (believed[number] - true[number])[grid.first :]
        edges = [0, *(np.flatnonzero(np.diff(error)) + 1).tolist(), len(error)]
        for begin, end in itertools.pairwise(edges):
            if end > begin and error[begin]:
                first = grid.first + begin
                yield {
                    "at_s": (first + 1) * grid.epoch_ns / NS_PER_S,
                    "fault": "wrong_count",
                    "sku": sku,
                    "for_s": (end - begin) * grid.epoch_ns / NS_PER_S,
                    "believed": int(believed[number, first]),
                    "true": int(true[number, first]),
                }


def _wrong_alerts(log: BeliefLog, true: Sequence[Alert], history: History) -> Iterator[Fault]:
    for at_ns, fault, kind, sku in () if log.alerts is None else alert_faults(log.alerts, true, history):
        at_s = (at_ns - history.grid.start_ns) / NS_PER_S
        yield {"at_s": at_s, "fault": fault, "sku": sku, "type": kind}


def _false_departures(log: BeliefLog, history: History) -> Iterator[Fault]:
    place: dict[str, str | None] = {}
    for at_ns, epc, zone in log.items or ():
        before, place[epc] = place.get(epc), zone
        item = history.number.get(epc)
        if zone is not None or before is None or item is None or not is_false(history, item, at_ns):
            continue
        steps = history.track[item]
        true_zone = steps[bisect_right([step[0] for step in steps], at_ns) - 1][1]
        yield {
            "at_s": (at_ns - history.grid.start_ns) / NS_PER_S,
            "fault": "false_departure",
            "sku": history.skus[history.sku_of[item]],
            "epc": epc,
            "quality": history.quality[item],
            "believed": before,
            "true": history.zones[true_zone],
        }
