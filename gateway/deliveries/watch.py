"""Which deliveries were not seen when they should have been: judged at each pass, for each store. Pure.

While the readers of a store's receiving and back-room zones are down, nothing is said: what nobody could
see may well have come.
"""

from collections.abc import Container, Iterator
from heapq import heappop, heappush

from gateway.alerts.records import AlertType
from gateway.alerts.rules import Condition, LateDeliveries, delivery_condition
from gateway.deliveries.model import Delivery
from gateway.site import instant
from gateway.state import State

ARRIVAL_ROLES = frozenset({"receiving", "back_room"})


class DeliveryWatch:
    """Knows which open deliveries are overdue. Work is by change and by deadline."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._revision = -1, -1
        self._deadlines: list[tuple[int, str]] = []
        self._late: dict[str, LateDeliveries] = {}

    def overdue(self, now_ns: int) -> list[Delivery]:
        """Return the deliveries of which pieces are missing after the time of grace, those due first before others."""
        late = [d for d in self._state.deliveries.open_ones() if now_ns > self._late_ns(d)]
        return sorted(late, key=lambda delivery: (delivery.due_ns, delivery.id))

    def judged(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdict on each store of which something is, or was, to be said."""
        self._look(now_ns)
        for store in self._state.site.roles:
            late = self._late.get(store)
            if late is not None or f"{AlertType.DELIVERY_NOT_SEEN}|{store}||" in live_alerts:
                inhibited_by = self._inhibition(store, now_ns, live_alerts)
                rule = self._state.rules.pick(AlertType.DELIVERY_NOT_SEEN, store)
                yield delivery_condition(store, late, inhibited_by, rule)

    def _late_ns(self, delivery: Delivery) -> int:
        rule = self._state.rules.pick(AlertType.DELIVERY_NOT_SEEN, delivery.store)
        return delivery.due_ns + rule.ns("late_s")

    def _look(self, now_ns: int) -> None:
        """Look again which are late, where a delivery or a rule changed, or one's time of grace is over."""
        book = self._state.deliveries
        revision = book.revision, self._state.rules.revision
        if revision != self._revision:
            self._revision = revision
            self._deadlines = []
            for delivery in book.open_ones():
                heappush(self._deadlines, (self._late_ns(delivery), delivery.id))
            self._late = self._summed(now_ns)
        is_due = False
        while self._deadlines and self._deadlines[0][0] < now_ns:
            heappop(self._deadlines)
            is_due = True
        if is_due:
            self._late = self._summed(now_ns)

    def _summed(self, now_ns: int) -> dict[str, LateDeliveries]:
        by_store: dict[str, list[Delivery]] = {}
        for delivery in self.overdue(now_ns):
            by_store.setdefault(delivery.store, []).append(delivery)
        return {
            store: LateDeliveries(
                deliveries=len(late),
                pieces=sum(delivery.missing for delivery in late),
                first=late[0].reference or late[0].id,
                due_at=instant(late[0].due_ns),
            )
            for store, late in by_store.items()
        }

    def _inhibition(self, store: str, now_ns: int, live_alerts: Container[str]) -> str | None:
        """Return why what came in might not have been seen."""
        for zone, role in self._state.site.roles[store].items():
            readers = self._state.site.places[self._state.site.place_id[store, zone]].readers
            if role in ARRIVAL_ROLES and readers and not self._state.is_watched(store, zone, now_ns):
                for reader in readers:
                    fingerprint = f"{AlertType.READER_DOWN}|{store}||{reader}"
                    if fingerprint in live_alerts:
                        return fingerprint
                return f"zone_unwatched:{zone}"
        return None
