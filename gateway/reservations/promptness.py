"""Which orders are not picked in time, and which are not collected in time. Work is by change and by deadline. Pure.

    confirmed, picking ── due to lie ready, less a warning ──▶ reservation_unpicked, until picked or ended
    ready ── time to collect ends, less a warning ───────────▶ collect_overdue, until collected or ended

An order should lie ready when its pick is done by opening hours, as availability promised (gateway/picking.py).
One alert of each kind per store tells of all such orders: whoever picks one sees the others.
"""

from collections.abc import Container, Iterable, Iterator
from heapq import heappop, heappush

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.alerts.rules import Condition
from gateway.picking import pick_minutes, ready_by
from gateway.reservations.model import Reservation
from gateway.site import NS_PER_S, instant
from gateway.state import State

KINDS = (AlertType.RESERVATION_UNPICKED, AlertType.COLLECT_OVERDUE)
Late = dict[str, tuple[int, int]]
"""By id: when it is due, in ns; pieces."""


class PromptWatch:
    """Looks after the times of one state's orders."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._rules_revision = state.rules.revision
        self._ready_due: dict[str, tuple[str, int]] = {}
        self._deadlines: list[tuple[int, str]] = []
        self._late: dict[tuple[AlertType, str], Late] = {}
        self._where: dict[str, tuple[AlertType, str]] = {}

    def restore(self, reservations: Iterable[Reservation]) -> None:
        """Take up the open reservations of an earlier life."""
        for reservation in reservations:
            self.note(reservation)

    def note(self, reservation: Reservation) -> None:
        """Take note of a new version of a reservation."""
        where = self._where.pop(reservation.id, None)
        if where is not None:
            self._late[where].pop(reservation.id, None)
        due = self._due(reservation)
        if due is None:
            if not reservation.is_open:
                self._ready_due.pop(reservation.id, None)
            return
        heappush(self._deadlines, (self._told_ns(reservation, *due), reservation.id))

    def _told_ns(self, reservation: Reservation, kind: AlertType, due_ns: int) -> int:
        """Return when it is told of an order that it is not done yet."""
        return due_ns - self._state.rules.pick(kind, reservation.store).ns("before_s")

    def judged(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdict on each store of which something is, or was, to be said."""
        if self._rules_revision != self._state.rules.revision:
            self._rules_revision = self._state.rules.revision
            self.restore(self._state.book.open())
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            self._look(heappop(self._deadlines)[1], now_ns)
        for kind in KINDS:
            for store in self._state.site.roles:
                late = self._late.get((kind, store), {})
                if late or f"{kind}|{store}||" in live_alerts:
                    yield _condition(kind, store, late, self._state.rules.pick(kind, store))

    def _look(self, reservation_id: str, now_ns: int) -> None:
        """See whether an order whose time came is late: it may have been changed since that was set."""
        reservation = self._state.book.get(reservation_id)
        if reservation is None or not reservation.counts_at(now_ns) or reservation_id in self._where:
            return
        due = self._due(reservation)
        if due is None or self._told_ns(reservation, *due) > now_ns:
            return
        where = self._where[reservation_id] = due[0], reservation.store
        pieces = sum(
            line.secured - (line.picked if due[0] is AlertType.RESERVATION_UNPICKED else 0)
            for line in reservation.lines
        )
        self._late.setdefault(where, {})[reservation_id] = due[1], pieces

    def _due(self, reservation: Reservation) -> tuple[AlertType, int] | None:
        """Return what an order waits for and until when, in ns; None: for nothing that staff do."""
        match reservation.state:
            case "confirmed" | "picking" if not all(line.is_picked for line in reservation.lines):
                return AlertType.RESERVATION_UNPICKED, self._ready_due_ns(reservation)
            case "ready" if reservation.fulfilment == "pickup":
                return AlertType.COLLECT_OVERDUE, reservation.expires_ns
            case _:
                return None

    def _ready_due_ns(self, reservation: Reservation) -> int:
        """Return when an order should lie ready; once it is told, another way to its pieces changes nothing."""
        known = self._ready_due.get(reservation.id)
        if known is not None and known[0] == reservation.store:
            return known[1]
        began_ns = reservation.confirmed_ns or reservation.changed_ns
        if known is not None:  # given to another store, which knows of it since then
            began_ns = reservation.changed_ns
        minutes = max(self._minutes(reservation.store, line.sku, line.secured) for line in reservation.lines)
        hours = self._state.site.hours.get(reservation.store)
        due_ns = None if hours is None else ready_by(hours, minutes, began_ns)
        if due_ns is None:
            due_ns = began_ns + minutes * 60 * NS_PER_S
        self._ready_due[reservation.id] = reservation.store, due_ns
        return due_ns

    def _minutes(self, store: str, sku: str, pieces: int) -> int:
        """Return how long the pieces of one line take to fetch; where they are not seen, as long as it takes at most."""
        minutes, roles = self._state.site.pick_minutes[store], self._state.site.roles[store]
        levels = self._state.ledger.levels(store, sku)
        found = pick_minutes([(roles.get(zone, ""), n) for zone, n in levels.items()], minutes, pieces)
        return max(minutes.values()) if found is None else found


def _condition(kind: AlertType, store: str, late: Late, rule: AlertRule) -> Condition:
    first = min(late, key=lambda name: (late[name][0], name), default=None)
    return Condition(
        kind,
        rule.gravity,
        store,
        fires=bool(late),
        clears=not late,
        inhibited_by=None,
        evidence={}
        if first is None
        else {
            "reservations": len(late),
            "pieces": sum(pieces for _, pieces in late.values()),
            "first": first,
            "due_at": instant(late[first][0]),
        },
        rule=rule,
    )
