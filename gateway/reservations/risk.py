"""Which holds may not be kept: the pieces behind them fade, leave, or are not seen any more. Pure.

The pieces of an article that can be picked are dealt to its reservations: first those whose pieces lie
picked, then the older ones. Who is left with none is at risk (`not_enough`), and so are those whose
pieces are not sure any more, or unseen for longer than a moment. A risk ends when its cause does.
"""

from collections import deque
from collections.abc import Iterable

from gateway.alerts.records import AlertType
from gateway.alerts.rules import Condition
from gateway.answers import availability
from gateway.config.reservations import ReservationsSection
from gateway.ports.inventory import Availability
from gateway.reservations.book import Key
from gateway.reservations.model import Reservation, ReservedLine, Risk, RiskReason
from gateway.site import ns
from gateway.state import State

LOOKED_AT_PER_PASS = 100
"""Articles looked at in one pass beside those that changed: belief fades slowly, and a look costs up to 0.1 ms."""
CLEARS_ABOVE = 0.1
"""A hold that was not sure is sure again this much above: what wavers is not told twice a minute."""
CALM_ABOVE = 0.99
"""Pieces that are there so surely are above every threshold."""


class RiskWatch:
    """Looks after the holds of one state."""

    def __init__(self, state: State, config: ReservationsSection) -> None:
        self._state = state
        self._below = config.at_risk_below
        self._grace_ns = ns(config.unknown_grace_s)
        self._soon: dict[Key, None] = {}
        self._round: deque[Key] = deque()
        self._round_ns = 0
        self._unknown_since: dict[Key, int] = {}
        self._alerted: set[Key] = set()
        self._conditions: list[Condition] = []

    def look_at(self, keys: Iterable[Key]) -> None:
        """Have the holds of these articles looked at in this pass."""
        self._soon.update(dict.fromkeys(keys))

    def restore(self, live_alerts: Iterable[str]) -> None:
        """Take up the alerts of an earlier life: those whose holds are over meanwhile must be ended."""
        for fingerprint in live_alerts:
            kind, store, sku, *_ = fingerprint.split("|")
            if kind == AlertType.RESERVATION_AT_RISK:
                self._alerted.add((store, sku))
        for hold in self._state.book.open():
            self._alerted.update((hold.store, risk.sku) for risk in hold.risks)
        self.look_at([*self._alerted, *self._state.book.keys()])

    def advance(self, now_ns: int) -> None:
        """Look at the holds of articles that changed, and in turn, once an epoch, at all others."""
        book = self._state.book
        self._soon.update(dict.fromkeys(key for key in self._state.touched if book.holds(key)))
        epoch_ns = self._state.presence.epoch_ns
        if not self._round and epoch_ns != self._round_ns:
            self._round_ns = epoch_ns
            self._round.extend(book.keys())
        for _ in range(min(LOOKED_AT_PER_PASS, len(self._round))):
            self._soon[self._round.popleft()] = None
        keys, self._soon = list(self._soon), {}
        for key in (*keys, *[key for key in self._unknown_since if key not in keys]):
            self._look(key, now_ns)

    def drain(self) -> list[Condition]:
        """Return the verdicts since the last drain, for the alert engine."""
        conditions, self._conditions = self._conditions, []
        return conditions

    def _look(self, key: Key, now_ns: int) -> None:
        if key not in self._alerted and self._is_calm(key, now_ns):
            self._unknown_since.pop(key, None)
            return
        holds = self._state.book.holding(*key, now_ns)
        if not holds:
            self._unknown_since.pop(key, None)
            if key in self._alerted:
                self._alerted.discard(key)
                self._tell(key, (), 0, 0)
            return
        view = availability(self._state, *key, 1, now_ns, is_dated=False)
        reasons = self._reasons(key, holds, view, now_ns)
        for hold in holds:
            self._note(hold, key[1], reasons.get(hold.id), now_ns)
        at_risk = tuple(hold.id for hold in holds if hold.id in reasons)
        if at_risk or key in self._alerted:
            self._alerted.add(key)
            self._tell(key, at_risk, view.reserved, view.on_hand)
            if not at_risk:
                self._alerted.discard(key)

    def _is_calm(self, key: Key, now_ns: int) -> bool:
        """Return whether no hold of an article can be at risk: without a look at each (there may be thousands)."""
        view = availability(self._state, *key, 1, now_ns, is_dated=False)
        spoken_for = view.reserved + view.not_pickable
        return (
            view.status != "UNKNOWN"
            and spoken_for <= view.on_hand
            and (view.belief is None or view.belief.at_least(spoken_for) >= CALM_ABOVE)
            and not self._state.book.picked(*key, now_ns)[0]
        )

    def _reasons(
        self, key: Key, holds: list[Reservation], view: Availability, now_ns: int
    ) -> dict[str, RiskReason]:
        """Return why each hold that is at risk is."""
        unseen = self._is_unseen(key, view, now_ns)
        lines = [(hold, line) for hold in holds if (line := hold.line(key[1])) is not None and line.secured]
        lines.sort(key=lambda pair: not self._lies_picked(key[0], pair[1]))
        left = view.on_hand - view.not_pickable
        dealt = 0
        found: dict[str, RiskReason] = {}
        for hold, line in lines:
            dealt += line.secured
            lies_picked = self._lies_picked(key[0], line)
            if dealt > left:
                found[hold.id] = "not_enough"
            elif line.epcs and not self._are_here(key[0], line.epcs):
                found[hold.id] = "picked_piece_left"
            elif lies_picked:
                continue
            elif unseen or (view.status == "UNKNOWN" and Risk(key[1], "stock_unknown") in hold.risks):
                found[hold.id] = "stock_unknown"
            elif self._is_unsure(hold, key[1], view, dealt):
                found[hold.id] = "not_sure"
        return found

    def _is_unseen(self, key: Key, view: Availability, now_ns: int) -> bool:
        """Return whether the stock has been UNKNOWN for longer than a moment."""
        if view.status != "UNKNOWN":
            self._unknown_since.pop(key, None)
            return False
        since_ns = self._unknown_since.setdefault(key, now_ns)
        return now_ns - since_ns >= self._grace_ns

    def _is_unsure(self, hold: Reservation, sku: str, view: Availability, dealt: int) -> bool:
        if view.belief is None or view.status == "UNKNOWN":
            return Risk(sku, "not_sure") in hold.risks and view.belief is not None
        below = min(self._below, hold.min_probability)
        if Risk(sku, "not_sure") in hold.risks:
            below = min(below + CLEARS_ABOVE, max(below, hold.min_probability))
        return view.belief.at_least(dealt + view.not_pickable) < below

    def _lies_picked(self, store: str, line: ReservedLine) -> bool:
        return line.is_picked and self._are_here(store, line.epcs)

    def _are_here(self, store: str, epcs: tuple[str, ...]) -> bool:
        places = self._state.site.places
        at = [self._state.presence.place_of(epc) for epc in epcs]
        return all(place is not None and places[place].store == store for place in at)

    def _note(self, hold: Reservation, sku: str, reason: RiskReason | None, now_ns: int) -> None:
        """Write down that a hold is at risk, why, or that it is not any more."""
        risks = tuple(risk for risk in hold.risks if risk.sku != sku)
        if reason is not None:
            risks = (*risks, Risk(sku, reason))
        if set(risks) != set(hold.risks):
            self._state.book.put(hold.changed(now_ns, risks=risks))

    def _tell(self, key: Key, at_risk: tuple[str, ...], held: int, on_hand: int) -> None:
        store, sku = key
        zone = self._state.home_zone(store, sku)
        rule = self._state.rules.pick(AlertType.RESERVATION_AT_RISK, store, zone, sku)
        self._conditions.append(
            Condition(
                AlertType.RESERVATION_AT_RISK,
                rule.gravity,
                store,
                fires=bool(at_risk),
                clears=not at_risk,
                inhibited_by=None,
                evidence={"reservations": len(at_risk), "reserved": held, "on_hand": on_hand},
                sku=sku,
                rule=rule,
            )
        )
