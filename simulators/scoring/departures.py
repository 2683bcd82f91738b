"""Departures: which were false, how late the true ones were noticed, how many at all. Pure.

- A true departure: the truth has an item leave the store at T (paid for and gone, stolen, …). It is
  observable if a reader had read its tag before T: nobody can notice that an item left which was
  never seen.
- A believed departure at t is false if the item is in the store at t and does not leave it within
  `EARLY_NS` after t: whoever knows of the payment may let go a moment before the door. Each counts,
  also of the same item; per 1,000 hours of items in the store.
- In an outage is a false departure whose item stands, by the truth, in a zone that no reader sees then,
  or did not see within `AFTER_OUTAGE_NS` before: what a dead reader caused.
- The delay of a true departure is that of the first believed departure after T - EARLY_NS, and before
  the item is back, at least 0. Those never noticed have no delay: recall tells of them.
  From the door: the same, from when a piece that was paid for passed the gate; readers have nothing to
  go by before.
- Recall: of the observable departures that are `RECALL_NS` or more before the end of the run, the
  share that was noticed within `RECALL_NS`. An item given up long before counts as not noticed.
- A sale is noticed within 60 s if the believed pieces of its article fall within 60 s before or after
  it was paid; each piece of a fall stands for one sale.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict

import numpy as np

from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.grid import NS_PER_S, Ints
from simulators.scoring.history import History
from simulators.scoring.states import unit_of
from simulators.scoring.tally import Tally

EARLY_NS = 60 * NS_PER_S
RECALL_NS = 900 * NS_PER_S
NOTICED_NS = 60 * NS_PER_S
AFTER_OUTAGE_NS = 300 * NS_PER_S
HOURS_PER_EPOCH = 1 / 3_600 / NS_PER_S
FOREVER_NS = 1 << 62


def tally_departures(tally: Tally, log: BeliefLog, history: History) -> None:
    """Take the departures of a method into a tally (its tag-epochs are there already)."""
    believed: dict[int, list[int]] = defaultdict(list)
    present: set[int] = set()
    for at_ns, epc, zone in log.items or ():
        item = history.number.get(epc)
        if item is None:
            continue
        if zone is not None:
            present.add(item)
        elif item in present:
            present.discard(item)
            believed[item].append(at_ns)
    tally.sums["tag_hours"] = tally.sum_of("tag_epochs") * (history.grid.epoch_ns * HOURS_PER_EPOCH)
    for item, steps in enumerate(history.track):
        _false_ones(tally, history, item, believed.get(item, []))
        for (_, before), (at_ns, zone_number), after in zip(
            steps, steps[1:], [*steps[2:], (FOREVER_NS, -1)], strict=False
        ):
            if before >= 0 and zone_number < 0:
                _true_one(tally, history, item, at_ns, after[0], believed.get(item, []))


def is_false(history: History, item: int, at_ns: int) -> bool:
    """Return whether letting go of an item at a time is a false departure that is scored."""
    steps = history.track[item]
    times = [step[0] for step in steps]
    place = bisect_right(times, at_ns)
    if at_ns < history.grid.scored_ns or place == 0 or steps[place - 1][1] < 0:
        return False
    return all(zone >= 0 for _, zone in steps[place : bisect_right(times, at_ns + EARLY_NS)])


def _false_ones(tally: Tally, history: History, item: int, believed: list[int]) -> None:
    steps = history.track[item]
    for at_ns in believed:
        if not is_false(history, item, at_ns):
            continue
        unit = unit_of(history.grid, history.sku_of[item], at_ns)
        tally.count("false_departures", unit)
        tally.add_part("quality", history.quality[item], "false_departures", 1)
        place = bisect_right(steps, at_ns, key=lambda step: step[0])
        zone = history.zones[steps[place - 1][1]]
        tally.add_part("zone", zone, "false_departures", 1)
        if any(
            begin <= at_ns <= end + AFTER_OUTAGE_NS and zone in zones for begin, end, zones in history.outages
        ):
            tally.count("outage_departures", unit)


def _true_one(
    tally: Tally, history: History, item: int, at_ns: int, back_ns: int, believed: list[int]
) -> None:
    grid = history.grid
    read_ns = history.read_ns.get(history.epcs[item])
    if at_ns < grid.scored_ns or at_ns > grid.end_ns or read_ns is None or read_ns > at_ns:
        return
    unit = unit_of(grid, history.sku_of[item], at_ns)
    place = bisect_left(believed, at_ns - EARLY_NS)
    noticed_ns = believed[place] if place < len(believed) and believed[place] < back_ns else None
    delay_s = None if noticed_ns is None else max(0, noticed_ns - at_ns) / NS_PER_S
    if delay_s is not None:
        tally.samples.setdefault("delays", []).append((unit, delay_s))
        left_ns = history.door_ns.get((history.epcs[item], at_ns), at_ns)
        late_ns = max(0, at_ns + round(delay_s * NS_PER_S) - left_ns)
        tally.samples.setdefault("door_delays", []).append((unit, late_ns / NS_PER_S))
    if at_ns + RECALL_NS <= grid.end_ns:
        tally.count("departures", unit)
        if delay_s is not None and delay_s <= RECALL_NS / NS_PER_S:
            tally.count("departures_noticed", unit)


def tally_sales(tally: Tally, events: tuple[Ints, Ints, Ints], history: History) -> None:
    """Take how soon sales were noticed into a tally; `events` as `states.level_events` gives them."""
    falls = _falls(events, len(history.zones))
    used: dict[int, int] = defaultdict(int)
    sku_number = {sku: number for number, sku in enumerate(history.skus)}
    for sale in sorted(history.sales, key=lambda sale: sale.at_ns):
        sku = sku_number[sale.sku]
        if not history.grid.scored_ns <= sale.at_ns <= history.grid.end_ns - NOTICED_NS:
            continue
        unit = unit_of(history.grid, sku, sale.at_ns)
        tally.count("sales", unit)
        times = falls.get(sku, [])
        place = max(used[sku], bisect_left(times, sale.at_ns - NOTICED_NS))
        if place < len(times) and times[place] <= sale.at_ns + NOTICED_NS:
            tally.count("sales_noticed", unit)
            used[sku] = place + 1


def _falls(events: tuple[Ints, Ints, Ints], zones: int) -> dict[int, list[int]]:
    """Return per article the times at which its pieces fell, one entry per piece; moves are no fall."""
    times, keys, deltas = events
    if not len(times):
        return {}
    skus = keys // zones
    order = np.lexsort((skus, times))
    at, sku, delta = times[order], skus[order], deltas[order]
    begins = np.flatnonzero(np.append(True, (at[1:] != at[:-1]) | (sku[1:] != sku[:-1])))
    falls: dict[int, list[int]] = defaultdict(list)
    for begin, change in zip(begins, np.add.reduceat(delta, begins), strict=True):
        falls[int(sku[begin])] += [int(at[begin])] * max(0, -int(change))
    return falls
