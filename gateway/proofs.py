"""Where a count or a sale proves an answer: what was answered just before goes to calibration. Pure.

A count proves the level of an article in one zone; a sale, that there was at least one in the store.
"""

from dataclasses import dataclass
from math import prod

from gateway.answers import availability
from gateway.beliefs import level_belief
from gateway.calibration import Answered
from gateway.state import State

LATE_SALE_NS = 60 * 1_000_000_000
"""A sale told later than this: what was answered at its time is not known any more."""


@dataclass(frozen=True, slots=True)
class SaleProof:
    """What was answered just before a sale took effect. `unannounced`: pieces that had left unpaid by then."""

    state: State
    store: str
    sku: str
    answered: Answered
    unannounced: int

    def sold(self, at_ns: int, now_ns: int) -> None:
        """Score it, now that the sale has taken effect: one that was paired with such a piece accuses nobody."""
        calibration = self.state.calibration
        if now_ns - at_ns > LATE_SALE_NS:
            calibration.sold_late(self.store, now_ns)
            return
        had_left = _unannounced(self.state, self.store, self.sku) < self.unannounced
        calibration.sold(self.store, self.answered, now_ns, had_left=had_left)


def before_sale(state: State, store: str, sku: str, now_ns: int) -> SaleProof:
    """Return what would be answered now; call `sold` on it once the sale has taken effect."""
    found = availability(state, store, sku, 1, now_ns, is_dated=False)
    belief = found.belief
    answered = Answered(
        pieces=found.on_hand,
        expected=None if belief is None else belief.expected,
        p_at_least_one=None if belief is None else belief.at_least(1),
        is_unknown=found.status == "UNKNOWN",
    )
    return SaleProof(state, store, sku, answered, _unannounced(state, store, sku))


def count_proves(
    state: State, store: str, sku: str, zone: str, pieces: int, now_ns: int, *, tells_of_none: bool
) -> None:
    """Score the level of a zone before a count takes effect there. `tells_of_none`: see Calibration."""
    answered = answered_in_zone(state, store, sku, zone, now_ns)
    state.calibration.counted(store, answered, pieces, now_ns, tells_of_none=tells_of_none)
    state.kpis.counted(store, sku, answered, pieces)


def _unannounced(state: State, store: str, sku: str) -> int:
    line = state.ledger.line(store, sku)
    return 0 if line is None else len(line.lone_departures)


def answered_in_zone(state: State, store: str, sku: str, zone: str, now_ns: int) -> Answered:
    """Return the level of a zone as it is answered, with its probabilities where tags alone make it up."""
    pieces = state.ledger.levels(store, sku).get(zone, 0)
    if state.ledger.tracked_by(store, sku) != "tag":
        return _answered_by_shelves(state, store, sku, zone, now_ns)
    unknown = not state.is_watched(store, zone, now_ns)
    line = state.ledger.line(store, sku)
    if line is not None and line.tags[zone] != pieces:  # scans and sales have their say as well
        return Answered(pieces, None, None, is_unknown=unknown)
    p_there = _p_in_zone(state, store, sku, zone)
    return Answered(pieces, sum(p_there), 1.0 - prod(1.0 - p for p in p_there), is_unknown=unknown)


def _answered_by_shelves(state: State, store: str, sku: str, zone: str, now_ns: int) -> Answered:
    """Return the level of a zone of an untagged article; the belief of its shelves where none stands elsewhere."""
    levels = state.ledger.levels(store, sku)
    pieces = levels.get(zone, 0)
    shelves = [s for s in state.site.config.shelves if (s.store, s.sku) == (store, sku)]
    belief = level_belief(state, store, sku)
    if belief is None or pieces != sum(levels.values()) or {s.zone for s in shelves} != {zone}:
        return Answered(pieces, None, None)
    unknown = availability(state, store, sku, 1, now_ns, is_dated=False).status == "UNKNOWN"
    return Answered(pieces, belief.expected, belief.at_least(1), is_unknown=unknown)


def _p_in_zone(state: State, store: str, sku: str, zone: str) -> list[float]:
    """Return P(in this zone) of each tag of an article, those believed elsewhere or doubted as well."""
    belief, key = state.presence.stores[store], (store, sku)
    columns, number = belief.columns, belief.zone_number[zone]
    rows = (columns.index.get(epc) for epc in (*state.tags_of.get(key, ()), *state.doubtful.get(key, ())))
    return [columns.p_present(row) * float(columns.p_zone[row, number]) for row in rows if row is not None]
