"""What a rule of each type may set: its thresholds with unit and bounds, and what it may be narrowed to. Pure.

Which side fires is the type's: few pieces fire low_stock, a high probability fires predicted_stock_out. What clears
lies on the other side of what fires, so that nothing on the edge flickers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gateway.alerts.records import AlertType

Unit = Literal["pieces", "expected_pieces", "probability", "share", "s", "tags_per_h"]
Filter = Literal["stores", "zones", "departments", "skus"]

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a rule may set, with its bounds, both allowed."""

    name: str
    unit: Unit
    low: float
    high: float


HOLD = Threshold("hold_s", "s", 0, 7 * DAY_S)
CLEAR_HOLD = Threshold("clear_hold_s", "s", 0, DAY_S)
_P: tuple[Unit, float, float] = ("probability", 0.0, 1.0)

OWN: dict[AlertType, tuple[Threshold, ...]] = {
    AlertType.LOW_STOCK: (
        Threshold("fire_at", "pieces", 0, 10_000),
        Threshold("clear_at", "pieces", 1, 10_000),
        Threshold("risk_above", *_P),
        Threshold("risk_clear_below", *_P),
    ),
    AlertType.STOCK_OUT: (Threshold("fire_at", *_P), Threshold("clear_at", *_P)),
    AlertType.SHELF_EMPTY: (
        Threshold("fire_at", "expected_pieces", 0, 10),
        Threshold("clear_at", "expected_pieces", 0, 10),
        Threshold("behind_above", *_P),
    ),
    AlertType.PREDICTED_STOCK_OUT: (
        Threshold("fire_at", *_P),
        Threshold("clear_at", *_P),
        Threshold("horizon_s", "s", 3_600, 14 * DAY_S),
    ),
    AlertType.COVERAGE_LOW: (Threshold("fire_at", "share", 0, 1), Threshold("clear_at", "share", 0, 1)),
    AlertType.CLOCK_SKEW: (Threshold("fire_at", "s", 2, DAY_S), Threshold("clear_at", "s", 1, DAY_S)),
    AlertType.PHANTOM_INVENTORY: (
        Threshold("fire_at", *_P),
        Threshold("clear_at", *_P),
        Threshold("unsold_below", *_P),
    ),
    AlertType.STRAY_READS: (
        Threshold("fire_at", "tags_per_h", 1, 100_000),
        Threshold("clear_at", "tags_per_h", 1, 100_000),
    ),
    AlertType.DELIVERY_NOT_SEEN: (Threshold("late_s", "s", 0, 30 * DAY_S),),
    AlertType.RESERVATION_UNPICKED: (Threshold("before_s", "s", 0, DAY_S),),
    AlertType.COLLECT_OVERDUE: (Threshold("before_s", "s", 0, 30 * DAY_S),),
}
"""Beside the holds, which every type has. A type that is not here has holds alone."""

APART: dict[AlertType, tuple[tuple[str, str], ...]] = {
    AlertType.LOW_STOCK: (("fire_at", "clear_at"), ("risk_clear_below", "risk_above")),
    AlertType.STOCK_OUT: (("fire_at", "clear_at"),),
    AlertType.SHELF_EMPTY: (("fire_at", "clear_at"),),
    AlertType.PREDICTED_STOCK_OUT: (("clear_at", "fire_at"),),
    AlertType.COVERAGE_LOW: (("fire_at", "clear_at"),),
    AlertType.CLOCK_SKEW: (("clear_at", "fire_at"),),
    AlertType.PHANTOM_INVENTORY: (("fire_at", "clear_at"),),
    AlertType.STRAY_READS: (("clear_at", "fire_at"),),
}
"""(lower, upper) thresholds of a type: the first must be less than the second."""

EVERY: tuple[Filter, ...] = ("stores", "zones", "departments", "skus")
NARROWED: dict[AlertType, tuple[Filter, ...]] = {
    **dict.fromkeys(
        (AlertType.READER_DOWN, AlertType.COVERAGE_LOW, AlertType.CLOCK_SKEW, AlertType.STRAY_READS),
        EVERY[:2],
    ),
    **dict.fromkeys(
        (
            AlertType.DELIVERY_NOT_SEEN,
            AlertType.COUNT_VARIANCE,
            AlertType.RESERVATION_UNPICKED,
            AlertType.COLLECT_OVERDUE,
        ),
        EVERY[:1],
    ),
}
"""What rules of a type may be narrowed to, where that is not everything: a device bears no article."""


def thresholds_of(kind: AlertType) -> tuple[Threshold, ...]:
    """Return all that a rule of a type may set."""
    return (*OWN.get(kind, ()), HOLD, CLEAR_HOLD)


def filters_of(kind: AlertType) -> tuple[Filter, ...]:
    """Return what a rule of a type may be narrowed to."""
    return NARROWED.get(kind, EVERY)


def fault_of(kind: AlertType, given: Mapping[str, float]) -> str | None:
    """Return what is wrong with the thresholds given for a type, and how to mend it; None: nothing."""
    known = {threshold.name: threshold for threshold in thresholds_of(kind)}
    for name, value in given.items():
        threshold = known.get(name)
        if threshold is None:
            return f"{name}: {kind} knows no such threshold: it knows {', '.join(known)}"
        if not threshold.low <= value <= threshold.high:
            return f"{name} = {value:g}: it must lie between {threshold.low:g} and {threshold.high:g}"
        if threshold.unit == "pieces" and value != int(value):
            return f"{name} = {value:g}: pieces are whole"
    return None


def tangled(kind: AlertType, whole: Mapping[str, float]) -> str | None:
    """Return which of all thresholds of a type are not apart; None: all are."""
    for lower, upper in APART.get(kind, ()):
        if whole[lower] >= whole[upper]:
            return f"{lower} = {whole[lower]:g} must be below {upper} = {whole[upper]:g}: give both"
    return None
