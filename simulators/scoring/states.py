"""Tag-epochs and stock: at each instant, is each item believed where it is, is each count right? Pure.

- false positive: an item believed in the store that is not; false negative: an item in the store that
  is not believed there; both per 1,000 tag-epochs (an item that is in the store, at an instant).
- zone accuracy: of the tag-epochs in which an item is in the store and believed there, the share with
  the right zone. Zone moves: changes from a zone to another one, believed per true.
- stock error: |believed - true| pieces of an article at an instant, wherever in the store they are;
  exact: the share of article-instants without error; "low": those with at most two true pieces.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.grid import NS_PER_S, Bytes, Grid, Ints, column, running_sum, spread
from simulators.scoring.history import History
from simulators.scoring.tally import HOURS, Tally

LOW_PIECES = 2
SECONDS_PER_HOUR = 3_600
Counts = NDArray[np.int16]


def true_places(history: History) -> Bytes:
    """Return the true zone of each item at each instant, -1 where it is not in the store."""
    items, times, zones = history.item_events()
    grid = history.grid
    return spread(items, grid.indices(times), zones, (len(history.epcs), grid.size), -1)


def true_levels(history: History) -> Counts:
    """Return the true pieces per (article, zone) at each instant, (article · zones + zone) × instants."""
    keys: list[int] = []
    times: list[int] = []
    deltas: list[int] = []
    for item, steps in enumerate(history.track):
        before = -1
        for at_ns, zone in steps:
            for place, delta in ((before, -1), (zone, 1)):
                if place >= 0:
                    keys.append(history.sku_of[item] * len(history.zones) + place)
                    times.append(at_ns)
                    deltas.append(delta)
            before = zone
    grid = history.grid
    shape = (len(history.skus) * len(history.zones), grid.size)
    return running_sum(column(keys), grid.indices(column(times)), column(deltas), shape)


def level_events(history: History, log: BeliefLog) -> tuple[Ints, Ints, Ints]:
    """Return (at_ns, article · zones + zone, change of pieces) of all that a method came to believe, in order."""
    zone_number = {zone: number for number, zone in enumerate(history.zones)}
    sku_number = {sku: number for number, sku in enumerate(history.skus)}
    width = len(history.zones)
    out: list[tuple[int, int, int]] = []
    if log.levels is not None:
        held: dict[int, int] = {}
        for at_ns, sku, zone, pieces in log.levels:
            if sku in sku_number:
                key = sku_number[sku] * width + zone_number.get(zone, 0)
                out.append((at_ns, key, pieces - held.get(key, 0)))
                held[key] = pieces
    else:
        place: dict[int, int] = {}
        for at_ns, epc, zone_id in log.items or ():
            item = history.number.get(epc)
            if item is None:
                continue
            base = history.sku_of[item] * width
            if (before := place.pop(item, None)) is not None:
                out.append((at_ns, base + before, -1))
            if zone_id is not None:
                place[item] = zone_number[zone_id]
                out.append((at_ns, base + place[item], 1))
    columns = np.asarray(out, dtype=np.int64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]


def believed_levels(history: History, log: BeliefLog) -> Counts:
    """Return the pieces that a method believed in, shaped as `true_levels`."""
    times, keys, deltas = level_events(history, log)
    shape = (len(history.skus) * len(history.zones), history.grid.size)
    return running_sum(keys, history.grid.indices(times), deltas, shape)


def on_hand(levels: Counts, history: History) -> Counts:
    """Return the pieces per article at each instant, wherever in the store."""
    whole = levels.reshape(len(history.skus), len(history.zones), -1)
    summed: Counts = whole.sum(axis=1, dtype=np.int16)
    return summed


def believed_places(history: History, log: BeliefLog) -> tuple[Bytes, list[str]]:
    """Return the believed zone of each item at each instant, items of no truth behind the true ones."""
    number = dict(history.number)
    items: list[int] = []
    times: list[int] = []
    zones: list[int] = []
    zone_number = {zone: place for place, zone in enumerate(history.zones)}
    for at_ns, epc, zone in log.items or ():
        items.append(number.setdefault(epc, len(number)))
        times.append(at_ns)
        zones.append(-1 if zone is None else zone_number[zone])
    shape = (len(number), history.grid.size)
    places = spread(column(items), history.grid.indices(column(times)), column(zones), shape, -1)
    return places, list(number)[len(history.number) :]


def unit_of(grid: Grid, sku: int, at_ns: int) -> int:
    """Return the unit of an article at a time."""
    return sku * grid.days + grid.day(at_ns)


def units_of(grid: Grid, skus: Ints, at_ns: Ints) -> Ints:
    """Return `unit_of` of many."""
    return skus * grid.days + np.clip((at_ns - grid.start_ns) // grid.day_ns, 0, grid.days - 1)


def tally_stock(tally: Tally, true: Counts, believed: Counts, history: History) -> None:
    """Take the counts of articles into a tally; both are pieces per article and instant."""
    grid = history.grid
    error = np.abs(true - believed)
    scored = np.zeros(grid.size, dtype=bool)
    scored[grid.first :] = True
    low = (true <= LOW_PIECES) & scored
    units = np.arange(len(history.skus) * grid.days)
    for name, values in (
        ("stock_instants", np.broadcast_to(scored, error.shape)),
        ("stock_error", error * scored),
        ("stock_exact", (error == 0) & scored),
        ("low_instants", low),
        ("low_error", error * low),
        ("low_exact", (error == 0) & low),
    ):
        tally.add(name, units, _by_day(values, grid).ravel())
    wrong = (error > 0)[:, grid.first :].sum(axis=0)
    for hour, count, total in _by_hour(wrong, grid):
        tally.add_part("time", hour, "wrong_counts", count)
        tally.add_part("time", hour, "counts", total * len(history.skus))


def tally_items(tally: Tally, true: Bytes, log: BeliefLog, history: History) -> None:
    """Take where items are and are believed into a tally."""
    grid = history.grid
    believed, foreign = believed_places(history, log)
    strangers = believed[len(true) :, grid.first :]
    believed = believed[: len(true)]
    is_there, is_believed = true >= 0, believed >= 0
    is_there[:, : grid.first] = False
    is_there[~np.asarray(history.tagged)] = False
    missing = is_there & ~is_believed
    extra = (true < 0) & is_believed
    extra[:, : grid.first] = False
    both = is_there & is_believed
    right = both & (true == believed)
    day = np.arange(grid.days)
    units = (np.asarray(history.sku_of)[:, None] * grid.days + day[None, :]).astype(np.int64)
    grids = (
        ("tag_epochs", is_there),
        ("false_negatives", missing),
        ("false_positives", extra),
        ("placed", both),
        ("placed_right", right),
    )
    for name, values in grids:
        tally.add(name, units, _by_day(values, grid))
    if foreign:  # tags that no truth knows: belong to no article, and are still wrong
        tally.sums["false_positives"][0] += float((strangers >= 0).sum())
    _by_quality(tally, grids, history)
    for number, zone in enumerate(history.zones):
        here = true == number
        tally.add_part("zone", zone, "tag_epochs", float((here & is_there).sum()))
        tally.add_part("zone", zone, "false_negatives", float((here & missing).sum()))
        tally.add_part("zone", zone, "false_positives", float(((believed == number) & extra).sum()))
        tally.add_part("zone", zone, "placed", float((here & both).sum()))
        tally.add_part("zone", zone, "placed_right", float((here & right).sum()))
    for name, values in grids[:3]:
        for hour, count, _ in _by_hour(values[:, grid.first :].sum(axis=0), grid):
            tally.add_part("time", hour, name, count)
    _tally_moves(tally, log, history)


def _by_quality(tally: Tally, grids: tuple[tuple[str, NDArray[np.bool_]], ...], history: History) -> None:
    quality = np.asarray(history.quality, dtype=object)
    for label in sorted(set(history.quality)):
        rows = quality == label
        for name, values in grids:
            tally.add_part("quality", label, name, float(values[rows].sum()))


def _tally_moves(tally: Tally, log: BeliefLog, history: History) -> None:
    """Count changes from one zone to another: a departure and an arrival are none."""
    scored_ns = history.grid.scored_ns
    place: dict[str, str | None] = {}
    moves: list[tuple[int, int]] = []
    for at_ns, epc, zone in log.items or ():
        before, place[epc] = place.get(epc), zone
        if zone is not None and before is not None and zone != before and at_ns >= scored_ns:
            item = history.number.get(epc)
            if item is not None:
                moves.append((history.sku_of[item], at_ns))
    true_moves = [
        (history.sku_of[item], at_ns)
        for item, steps in enumerate(history.track)
        for (_, before_zone), (at_ns, zone_number) in itertools.pairwise(steps)
        if at_ns >= scored_ns and before_zone != zone_number and -1 not in (before_zone, zone_number)
    ]
    for name, found in (("moves", moves), ("true_moves", true_moves)):
        if found:
            skus, times = np.array(found, dtype=np.int64).T
            tally.add(name, units_of(history.grid, skus, times))


def _by_day(values: NDArray[np.generic], grid: Grid) -> NDArray[np.float64]:
    return np.add.reduceat(np.asarray(values, dtype=np.int32), grid.day_starts(), axis=1).astype(np.float64)


def _by_hour(counts: NDArray[np.int64], grid: Grid) -> list[tuple[str, float, float]]:
    """Return (hour since the day began, sum, instants) of counts per scored instant."""
    since_ns = np.arange(grid.first, grid.size) * grid.epoch_ns % grid.day_ns
    hours = since_ns // (SECONDS_PER_HOUR * NS_PER_S)
    totals = np.bincount(hours, weights=counts, minlength=HOURS)
    numbers = np.bincount(hours, minlength=HOURS)
    return [(f"{h:02d}", float(totals[h]), float(numbers[h])) for h in range(HOURS) if numbers[h]]
