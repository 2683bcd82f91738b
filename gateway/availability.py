"""What may be promised: one answer from levels, watchfulness and rules. Pure.

available = max(0, min(on_hand - not_pickable - reserved - safety_stock, quota_left)); without a quota the first
alone. UNKNOWN is never guessed away: while a zone that holds (or, with nothing in sight, might hold) a piece is not watched, the quantities
are the last known ones and nothing is promised.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.channels.model import Fulfilment
from gateway.config.stores import STOCK_ROLES
from gateway.ports.inventory import Availability, Status, ZoneLevel

UNWATCHED, IN_DOUBT = "zone_unwatched", "shelf_in_doubt"
NOT_ENOUGH, ONLY_UNPICKABLE, NOT_SURE = "not_enough", "pieces_not_pickable", "not_sure"
QUOTA_REACHED = "quota_reached"


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A zone as this answer needs it. `role` None: the zone of pieces in customers' hands.

    `coverage`: how much of it is seen now (0 to 1), where that is measured; None: all or nothing.
    """

    zone: str
    role: str | None
    pieces: int
    watched: bool
    in_doubt: bool
    last_seen_ns: int | None
    coverage: float | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the formula that are not levels, in pieces."""

    reserved: int
    safety_stock: int
    incoming: int
    limited_below: int
    bound: int = 0
    """Pieces that cannot be picked because they were, for a reservation: they are among those reserved."""
    quota_left: int | None = None
    """Pieces that the asker's channel may still hold; None: as many as there are."""


@dataclass(frozen=True, slots=True)
class Context:
    """Everything else that an answer bears. `doubts`: why nothing is known, beside what the zones say. `zones_seen`: something watches where the pieces stand; for
    an article that scans alone track, nothing tells when it goes from the back room to the floor.
    `closed`: why nothing may be promised to this asker here, whatever there is; None where something may.
    """

    store: str
    sku: str
    gtin: str | None
    qty: int
    sources: tuple[str, ...]
    changed_ns: int | None
    valid_until_ns: int
    version: int
    zones_seen: bool = True
    doubts: tuple[str, ...] = ()
    fulfilment: Fulfilment = "pickup"
    closed: str | None = None


def answer(zones: tuple[ZoneView, ...], terms: Terms, context: Context) -> Availability:
    """Return the answer for one article in one store. `zones`: all zones that could bear witness."""
    on_hand = unpickable = 0
    last_seen_ns: int | None = None
    readers_ok = True
    shown: list[ZoneLevel] = []
    for zone in zones:  # once through: a pass answers for each article that it touched, some of them thrice
        pieces, seen_ns = zone.pieces, zone.last_seen_ns
        on_hand += pieces
        if zone.role not in STOCK_ROLES:
            unpickable += pieces
        if seen_ns is not None and (last_seen_ns is None or seen_ns > last_seen_ns):
            last_seen_ns = seen_ns
        if zone.role is not None and not zone.watched:
            readers_ok = False
        if pieces or zone.role:
            shown.append(ZoneLevel(zone.zone, pieces, zone.watched, seen_ns, zone.coverage))
    not_pickable = max(0, unpickable - terms.bound)
    margin = on_hand - not_pickable - terms.reserved - terms.safety_stock
    available = max(0, margin if terms.quota_left is None else min(margin, terms.quota_left))
    reasons = [*context.doubts, *_doubts(zones, on_hand)]
    status = "UNKNOWN" if reasons else _status(zones, available, terms, context)
    if context.closed is not None:
        reasons.append(context.closed)
    elif status != "UNKNOWN" and available < context.qty:
        reasons.append(_lacking(context.qty, margin, on_hand, not_pickable))
    return Availability(
        store=context.store,
        sku=context.sku,
        gtin=context.gtin,
        status=status,
        on_hand=on_hand,
        not_pickable=not_pickable,
        reserved=terms.reserved,
        safety_stock=terms.safety_stock,
        available=available,
        shortfall=max(0, -margin),
        incoming=terms.incoming,
        zones=tuple(shown),
        pickup="no" if reasons else "yes",
        reasons=tuple(reasons),
        last_seen_at_ns=last_seen_ns,
        last_changed_at_ns=context.changed_ns,
        coverage=_coverage(zones),
        readers_ok=readers_ok,
        sources=context.sources,
        valid_until_ns=context.valid_until_ns,
        version=context.version,
        quota_left=terms.quota_left,
        fulfilment=context.fulfilment,
    )


def _lacking(qty: int, margin: int, on_hand: int, not_pickable: int) -> str:
    """Return why as many pieces are not available."""
    if margin >= qty:
        return QUOTA_REACHED
    return ONLY_UNPICKABLE if on_hand - not_pickable < qty <= on_hand else NOT_ENOUGH


def _doubts(zones: tuple[ZoneView, ...], on_hand: int) -> list[str]:
    """Return why the levels cannot be believed, if they cannot."""
    doubts = []
    for zone in zones:
        might_hold = zone.pieces > 0 or (on_hand == 0 and zone.role in STOCK_ROLES)
        if might_hold and not zone.watched:
            doubts.append(f"{UNWATCHED}:{zone.zone}")
        if zone.in_doubt:
            doubts.append(f"{IN_DOUBT}:{zone.zone}")
    return doubts


def _status(zones: tuple[ZoneView, ...], available: int, terms: Terms, context: Context) -> Status:
    if available == 0:
        return "INCOMING" if terms.incoming else "OUT_OF_STOCK"
    roles = {zone.role for zone in zones if zone.pieces and zone.role in STOCK_ROLES}
    if context.zones_seen and "floor" not in roles:
        return "BACK_ROOM_ONLY"
    return "LIMITED" if available < terms.limited_below else "IN_STOCK"


def _coverage(zones: tuple[ZoneView, ...]) -> float:
    """Return how much of the stock zones is seen, 1.0 where there is none to watch."""
    stock = [zone for zone in zones if zone.role in STOCK_ROLES]
    seen = sum(float(zone.watched) if zone.coverage is None else zone.coverage for zone in stock)
    return seen / len(stock) if stock else 1.0


def merge_levels(levels: Mapping[str, int], zones: tuple[str, ...]) -> dict[str, int]:
    """Return a level for each of `zones`, and for any other zone that holds pieces."""
    if not zones:
        return dict(sorted(levels.items()))
    return {zone: levels.get(zone, 0) for zone in (*zones, *sorted(levels.keys() - set(zones)))}
