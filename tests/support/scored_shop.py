"""A shop of a few items whose truth is written by hand, in minutes, to score beliefs against. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simulators.scoring.alerts import AlertRule
from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.grid import NS_PER_S, Grid
from simulators.scoring.history import History, Sale
from simulators.scoring.metrics import Value, values_of
from simulators.scoring.score import Scorer
from simulators.scoring.tally import Tally

MINUTE_NS = 60 * NS_PER_S
START_NS = 1_000_000 * NS_PER_S
ROLES = {"back": "back_room", "floor": "floor", "floor-2": "floor", "exit": "exit"}
Step = tuple[float, str, str | None]
"""(minute, EPC, zone or None)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One true change."""

    at_ns: int
    epc: str
    sku: str
    zone: str | None
    cause: str = "moved"


def at(minute: float) -> int:
    """Return a minute of the shop's day in ns."""
    return START_NS + round(minute * MINUTE_NS)


def shop(
    steps: Sequence[Step],
    *,
    hours: float = 8,
    quality: Mapping[str, str] | None = None,
    sales: Sequence[tuple[float, str]] = (),
    unread: frozenset[str] = frozenset(),
    skus: tuple[str, ...] = ("A", "B"),
    day_hours: float = 24,
) -> History:
    """Return the truth. The first letter of an EPC is its SKU; every tag was read at the start but those unread."""
    grid = Grid(START_NS, at(hours * 60), 5 * NS_PER_S, round(day_hours * 60) * MINUTE_NS)
    history = History(grid, skus, tuple(ROLES), ROLES)
    changes = [
        Change(at(minute), epc, epc[0], zone) for minute, epc, zone in sorted(steps, key=lambda s: s[0])
    ]
    epcs = {epc for _, epc, _ in steps}
    history.add(changes, dict.fromkeys(sorted(epcs), "normal") | dict(quality or {}))
    history.read_ns.update(dict.fromkeys(epcs - unread, START_NS))
    history.sales += [Sale(at(minute), sku) for minute, sku in sales]
    return history


def belief(steps: Sequence[Step], **more: object) -> BeliefLog:
    """Return the beliefs of a method that knows items."""
    items = [(at(minute), epc, zone) for minute, epc, zone in sorted(steps, key=lambda s: s[0])]
    return BeliefLog("method", "reads", items, **more)  # type: ignore[arg-type]  # fields by name


RULE = AlertRule({"A": 2, "B": 2}, clear_gap=2, hold_ns=10 * MINUTE_NS, clear_hold_ns=MINUTE_NS)


def tally(history: History, log: BeliefLog, rule: AlertRule = RULE) -> Tally:
    """Return the tally of a method."""
    return Scorer(history, rule).score(log)


def scored(history: History, log: BeliefLog, rule: AlertRule = RULE) -> dict[str, Value]:
    """Return the metrics of a method."""
    return values_of(tally(history, log, rule))
