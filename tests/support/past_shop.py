"""A made-up past of the small site's first store, and a rule tried on it. Pure."""

from collections.abc import Iterable, Mapping

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.backtest.model import Moved, Past, Promised, Sight, Step
from gateway.backtest.trial import Trial, Tried, Trying
from gateway.catalogue.articles import Catalogue
from gateway.movements import Movement, MovementKind, ZoneDelta
from gateway.site import Site
from tests.support.small_site import STORE, T0, S, articles, small_site

MINUTE, HOUR, DAY = 60, 3_600, 86_400
BEGIN_S = 10 * DAY
"""Seconds from T0 to the begin of the period; what is before was the past's past."""


def at(seconds: float) -> int:
    """Return a time of the period, ns."""
    return T0 + round((BEGIN_S + seconds) * S)


def moved(
    seconds: float,
    sku: str,
    pieces: int,
    zone: str = "floor",
    kind: MovementKind = MovementKind.SOLD,
    cause: str = "till",
) -> Moved:
    """Return a movement of pieces into a zone (below 0: out of it)."""
    movement = Movement(
        kind, cause, STORE, sku, at(seconds), at(seconds), abs(pieces), deltas=(ZoneDelta(zone, pieces),)
    )
    return Moved(at(seconds), movement)


def promised(seconds: float, sku: str, pieces: int) -> Promised:
    """Return pieces that were promised."""
    return Promised(at(seconds), sku, pieces)


def sight(seconds: float, device: str, *, is_lost: bool) -> Sight:
    """Return a device that went dark, or came back."""
    return Sight(at(seconds), device, f"reader_down|{STORE}||{device}", is_lost)


def past(
    levels: Mapping[tuple[str, str], int], steps: Iterable[Step], days: float = 1.0, from_s: float = 0.0
) -> Past:
    """Return a past that begins `from_s` after the period does (before it: below 0)."""
    ordered = sorted(steps, key=lambda step: step.at_ns)
    moves = sum(isinstance(step, Moved) for step in ordered)
    return Past(STORE, at(from_s), at(days * DAY), dict(levels), ordered, moves)


def rule(kind: AlertType = AlertType.LOW_STOCK, **thresholds: float) -> AlertRule:
    """Return a rule of all articles."""
    return AlertRule("tried", kind, thresholds=thresholds)


def tried(
    wanted: AlertRule, of: Past, *, horizon_s: float = DAY, catalogue: Catalogue | None = None
) -> Tried:
    """Return what became of a rule that was tried."""
    trial = Trial(wanted, (STORE,), at(0), of.to_ns, round(horizon_s * S))
    trying = Trying(
        trial, lambda _store, _from, _to: of, Site(small_site()), catalogue or articles(), 1_000_000
    )
    for _ in trying.running():
        pass
    assert trying.tried is not None
    return trying.tried
