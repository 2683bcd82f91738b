"""Alerts against the same rule on the truth. Pure.

The rule of each alert, on pieces per article and instant (thresholds and holds are the site's own):
- stock_out: none in the store; clears with the first piece.
- low_stock: some in the store, but `low_at` or fewer where they can be picked (floor, back room,
  receiving); clears at `clear_at` or more, or when none is left.
- shelf_empty_backroom_has_stock: none on the floor, some behind; clears when either ends.
A condition held for `hold_ns` fires an alert, its end held for `clear_hold_ns` ends it.

An alert is right if the rule on the truth fires for the same article within ± 10 min of it; each true
one is matched once. Precision: right ones of all; recall: true ones that were matched, of all; lead:
how long before the true one it fired (negative: after). Alerts in the first ten minutes of scoring,
and in the last ten of the run, are not judged, but may be matched. All of it is told for each type too,
and how many were told, and would have been by the truth, per 100 articles and days.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simulators.scoring.grid import NS_PER_S
from simulators.scoring.history import History
from simulators.scoring.states import Counts, unit_of
from simulators.scoring.tally import Tally

MATCH_NS = 600 * NS_PER_S
FLOOR_ROLES = frozenset({"floor"})
BEHIND_ROLES = frozenset({"back_room", "receiving"})
TYPES = ("stock_out", "low_stock", "shelf_empty_backroom_has_stock")
SHORT_TYPES = ("stock_out", "low_stock", "shelf_empty")
"""What figures call them."""
Alert = tuple[int, str, str]
"""(fired_at_ns, type, sku)."""


@dataclass(frozen=True, slots=True)
class Episode:
    """An alert from when it fired until it cleared; `cleared_ns` None: it stood at the end."""

    fired_ns: int
    cleared_ns: int | None
    kind: str
    sku: str


@dataclass(frozen=True, slots=True)
class AlertRule:
    """The site's own numbers. `low_at` by SKU; `clear_gap` pieces above it the alert clears; a stock-out is
    predicted `predicted_within_ns` ahead.
    """

    low_at: Mapping[str, int]
    clear_gap: int
    hold_ns: int
    clear_hold_ns: int
    predicted_within_ns: int = 86_400 * NS_PER_S


def alerts_of(levels: Counts, history: History, rule: AlertRule) -> list[Alert]:
    """Return what the rule fires on levels, shaped as `states.true_levels`."""
    return [(one.fired_ns, one.kind, one.sku) for one in episodes_of(levels, history, rule)]


def episodes_of(levels: Counts, history: History, rule: AlertRule) -> list[Episode]:
    """Return the alerts of the rule on levels, in order of time."""
    by_zone = levels.reshape(len(history.skus), len(history.zones), -1)
    roles = [history.roles[zone] for zone in history.zones]
    floor = by_zone[:, [role in FLOOR_ROLES for role in roles]].sum(axis=1)
    behind = by_zone[:, [role in BEHIND_ROLES for role in roles]].sum(axis=1)
    every = by_zone.sum(axis=1)
    found: list[Episode] = []
    for number, sku in enumerate(history.skus):
        pickable, low_at = floor[number] + behind[number], rule.low_at[sku]
        some, clear_at = every[number] > 0, rule.low_at[sku] + rule.clear_gap
        verdicts = {
            "stock_out": (~some, some),
            "low_stock": (some & (pickable <= low_at), (pickable >= clear_at) | ~some),
            TYPES[2]: (
                (floor[number] == 0) & (behind[number] > 0),
                (floor[number] > 0) | (behind[number] == 0),
            ),
        }
        for kind, (fires, clears) in verdicts.items():
            spans = _spans(fires, clears, history, rule)
            found += [Episode(fired_ns, cleared_ns, kind, sku) for fired_ns, cleared_ns in spans]
    return sorted(found, key=lambda one: (one.fired_ns, one.kind, one.sku))


def _spans(
    fires: NDArray[np.bool_], clears: NDArray[np.bool_], history: History, rule: AlertRule
) -> Iterator[tuple[int, int | None]]:
    """Yield when an alert fires and clears, from its verdict at each instant."""
    fired_ns: int | None = None
    for at_ns in _turns(fires, clears, history, rule):
        if fired_ns is None:
            fired_ns = at_ns
        else:
            yield fired_ns, at_ns
            fired_ns = None
    if fired_ns is not None:
        yield fired_ns, None


def _turns(
    fires: NDArray[np.bool_], clears: NDArray[np.bool_], history: History, rule: AlertRule
) -> Iterator[int]:
    """Yield the times at which an alert fires, clears, fires …"""
    grid = history.grid
    state = fires.astype(np.int8) + 2 * clears.astype(np.int8)
    edges = np.flatnonzero(np.diff(state)) + 1
    begins = [0, *edges.tolist()]
    ends = [*edges.tolist(), grid.size]
    is_live, since = False, None
    for begin, end in zip(begins, ends, strict=True):
        wanted = bool(clears[begin]) if is_live else bool(fires[begin])
        if not wanted:
            since = None
            continue
        since = begin if since is None else since
        hold_ns = rule.clear_hold_ns if is_live else rule.hold_ns
        due = since + -(-hold_ns // grid.epoch_ns)
        if due < end:
            yield grid.start_ns + (due + 1) * grid.epoch_ns
            is_live = not is_live
            wanted = bool(clears[begin]) if is_live else bool(fires[begin])
            since = due if wanted else None


def tally_alerts(tally: Tally, believed: Sequence[Alert], true: Sequence[Alert], history: History) -> None:
    """Take the alerts of a method into a tally."""
    grid = history.grid
    sku_number = {sku: number for number, sku in enumerate(history.skus)}
    lines: dict[tuple[str, str], tuple[list[int], list[int]]] = defaultdict(lambda: ([], []))
    for place, alerts in enumerate((believed, true)):
        for at_ns, kind, sku in alerts:
            if sku in sku_number and kind in TYPES:
                lines[kind, sku][place].append(at_ns)
    first_ns, last_ns = grid.scored_ns + MATCH_NS, grid.end_ns - MATCH_NS
    judged_days = max(0, last_ns - first_ns) / grid.day_ns
    tally.add("alert_days", np.arange(len(history.skus)) * grid.days, judged_days)
    for (kind, sku), (mine, theirs) in sorted(lines.items()):
        pairs = match(sorted(mine), sorted(theirs), MATCH_NS)
        matched_mine, matched_theirs = {m for m, _ in pairs}, {t for _, t in pairs}
        for name, times, matched in (("alerts", mine, matched_mine), ("true_alerts", theirs, matched_theirs)):
            for at_ns in times:
                if first_ns <= at_ns <= last_ns:
                    unit = unit_of(grid, sku_number[sku], at_ns)
                    for counted in (name, f"{name}/{kind}"):
                        tally.count(counted, unit)
                        if at_ns in matched:
                            tally.count(f"{counted}_matched", unit)
        for mine_ns, true_ns in pairs:
            if first_ns <= true_ns <= last_ns:
                unit_number = unit_of(grid, sku_number[sku], true_ns)
                lead_s = (true_ns - mine_ns) / NS_PER_S
                tally.samples.setdefault("leads", []).append((unit_number, lead_s))


def alert_faults(
    believed: Sequence[Alert], true: Sequence[Alert], history: History
) -> Iterator[tuple[int, str, str, str]]:
    """Yield (at_ns, "false_alert" or "missed_alert", type, sku) of each alert that is judged and has no partner."""
    grid = history.grid
    first_ns, last_ns = grid.scored_ns + MATCH_NS, grid.end_ns - MATCH_NS
    for kind in TYPES:
        for sku in history.skus:
            mine, theirs = (
                sorted(a[0] for a in alerts if a[1:] == (kind, sku)) for alerts in (believed, true)
            )
            pairs = match(mine, theirs, MATCH_NS)
            for fault, times, place in (("false_alert", mine, 0), ("missed_alert", theirs, 1)):
                matched = {pair[place] for pair in pairs}
                for at_ns in times:
                    if at_ns not in matched and first_ns <= at_ns <= last_ns:
                        yield at_ns, fault, kind, sku


def match(mine: Sequence[int], theirs: Sequence[int], within_ns: int) -> list[tuple[int, int]]:
    """Return pairs of times no further apart than that, each time once, the earliest first."""
    pairs: list[tuple[int, int]] = []
    free = list(theirs)
    for at_ns in mine:
        place = bisect_left(free, at_ns - within_ns)
        if place < len(free) and free[place] <= at_ns + within_ns:
            pairs.append((at_ns, free.pop(place)))
    return pairs
