"""What tasks come of alerts, reservations and counts: from whence, whither, how many, how soon. Pure.

How many pieces fill a shelf: what customers are expected to ask for within a day, at least as many as end the
`low_stock` alert (`clear_at` of its rule), and no more than lie behind the shelf.
"""

import hashlib
import math
from collections.abc import Mapping

from gateway.alerts.records import AlertRecord, AlertType
from gateway.picking import ready_by
from gateway.reservations.model import Reservation, ReservedLine
from gateway.state import State
from gateway.tasks.model import MAX_PIECES, Cause, Kind, Priority, Task

OF_ALERT: Mapping[str, Kind] = {
    "shelf_empty_backroom_has_stock": "replenish",
    "misplaced_item": "put_back",
    "phantom_inventory": "count",
}
"""Types of alerts that a person can end by doing something, and what."""
OF_SEVERITY: Mapping[str, Priority] = {"critical": "high", "warning": "normal", "info": "low"}
BEHIND = frozenset({"back_room", "receiving"})
DAY_NS = 86_400 * 1_000_000_000
LOOKED_FOR = frozenset({"not_enough", "not_sure", "picked_piece_left"})
"""Risks of a reservation that looking for the piece can end. Of stock that is unknown a reader is to be mended."""


def task_id(kind: Kind, store: str, cause: Cause, about: str | None) -> str:
    """Return the id that the task of a cause bears, whenever it is made."""
    named = "|".join((kind, store, cause.type, cause.ref, cause.episode, about or ""))
    return f"tk_{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def alert_cause(record: AlertRecord) -> Cause:
    """Return an episode of an alert as a cause."""
    return Cause("alert", record.fingerprint, record.id)


def of_alert(state: State, record: AlertRecord, now_ns: int) -> Task | None:
    """Return the task of an alert; None where there is nothing to be done."""
    kind = OF_ALERT.get(str(record.type))
    if kind is None or record.sku is None:
        return None
    store, sku, cause = record.store, record.sku, alert_cause(record)
    from_zone, to_zone, qty = (
        _told(record, "from_zone"),
        _told(record, "to_zone") or _told(record, "home_zone"),
        1,
    )
    epc = _told(record, "epc")
    if kind == "replenish":
        to_zone = to_zone or record.zone or state.home_zone(store, sku)
        behind = pieces_behind(state, store, sku)
        from_zone = max(sorted(behind), key=lambda zone: behind[zone], default=None)
        qty = refill_pieces(state, store, sku, sum(behind.values()), now_ns)
        if to_zone is None or qty == 0:
            return None
    elif kind == "put_back":
        from_zone = from_zone or record.zone
        to_zone = to_zone or state.home_zone(store, sku)
    else:
        to_zone = to_zone or record.zone
    return Task(
        id=task_id(kind, store, cause, sku),
        kind=kind,
        store=store,
        sku=sku,
        qty=qty,
        opened_ns=now_ns,
        causes=(cause,),
        epc=epc,
        from_zone=from_zone,
        to_zone=to_zone,
        priority=OF_SEVERITY.get(str(record.severity), "normal"),
    )


def _told(record: AlertRecord, name: str) -> str | None:
    value = record.evidence.get(name)
    return value if isinstance(value, str) and value else None


def pieces_behind(state: State, store: str, sku: str) -> dict[str, int]:
    """Return the pieces of an article that lie where customers cannot take them, by zone."""
    roles = state.site.roles[store]
    levels = state.ledger.levels(store, sku)
    return {zone: pieces for zone, pieces in levels.items() if pieces > 0 and roles.get(zone) in BEHIND}


def refill_pieces(state: State, store: str, sku: str, behind: int, now_ns: int) -> int:
    """Return how many pieces fill an empty shelf."""
    day = math.ceil(state.demand.expected(store, sku, now_ns, now_ns + DAY_NS))
    rule = state.rules.pick(AlertType.LOW_STOCK, store, state.home_zone(store, sku), sku)
    return min(max(day, int(rule["clear_at"])), behind, MAX_PIECES)


def of_line(
    state: State, kind: Kind, hold: Reservation, line: ReservedLine, episode: str, now_ns: int
) -> Task:
    """Return the task to pick, or to find, the pieces of a line of a reservation."""
    cause = Cause("reservation", hold.id, episode)
    return Task(
        id=task_id(kind, hold.store, cause, line.sku),
        kind=kind,
        store=hold.store,
        sku=line.sku,
        qty=max(1, line.secured if kind == "pick" else line.secured - line.picked),
        opened_ns=now_ns,
        causes=(cause,),
        done=line.picked if kind == "pick" else 0,
        from_zone=nearest_zone(state, hold.store, line.sku),
        due_ns=due_of(state, hold, line.sku),
        priority="high" if kind == "find" else "normal",
    )


def nearest_zone(state: State, store: str, sku: str) -> str | None:
    """Return the zone from which a piece is fetched soonest; None where none is believed anywhere."""
    roles, minutes = state.site.roles[store], state.site.pick_minutes[store]
    levels = state.ledger.levels(store, sku)
    reachable = [(minutes[roles[z]], -n, z) for z, n in levels.items() if n > 0 and roles.get(z) in minutes]
    return min(reachable)[2] if reachable else None


def due_of(state: State, hold: Reservation, sku: str) -> int:
    """Return by when the pieces of a reservation should lie ready: as was promised, at the latest for who comes."""
    hours, zone = state.site.hours.get(hold.store), nearest_zone(state, hold.store, sku)
    promised_ns = None
    if hours is not None and zone is not None:
        role = state.site.roles[hold.store][zone]
        minutes = state.site.pick_minutes[hold.store][role]
        promised_ns = ready_by(hours, minutes, hold.confirmed_ns or hold.created_ns)
    return hold.expires_ns if promised_ns is None else min(promised_ns, hold.expires_ns)


def of_count(store: str, count_id: str, zone: str, episode: str, priority: Priority, now_ns: int) -> Task:
    """Return the task to count a zone."""
    cause = Cause("count", count_id, episode)
    return Task(
        id=task_id("count", store, cause, zone),
        kind="count",
        store=store,
        sku=None,
        qty=1,
        opened_ns=now_ns,
        causes=(cause,),
        to_zone=zone,
        priority=priority,
    )
