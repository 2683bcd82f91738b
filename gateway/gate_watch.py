"""Pieces that left by an exit and that no sale was found for: a note for the digest, never an accusation. Pure.

    departed by an exit, unpaid ── the pairing window passes ──▶ gate_exit_unpaid, until its sale is told, it comes
                                                                 back, or a day and a half is over

Late sales, exchanges and tags of another shop's bags are all likelier than a theft. Where no till told a sale since,
nothing is said: then it is the till that is silent. What waits for the window when the gateway is restarted is
not told.
"""

from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import Condition
from gateway.movements import Movement, MovementKind
from gateway.site import instant, ns
from gateway.state import State

Key = tuple[str, str]
"""(store, sku)."""
TOLD_NS = 36 * 3_600 * 1_000_000_000
"""The digest of the next opening has it, and the one after does not."""
MAX_WAITING = 4_096
"""Pieces whose sale is waited for; of the oldest beyond, none is missed."""
BACK = frozenset({MovementKind.ARRIVED, MovementKind.RETURNED, MovementKind.TRANSFERRED, MovementKind.SOLD})


class GateWatch:
    """Looks after the exits of one state."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._window_ns = ns(state.site.config.stock.pairing_window_s)
        self._waiting: dict[str, tuple[Key, int]] = {}
        self._unpaid: dict[Key, dict[str, int]] = {}
        self._sold_ns: dict[str, int] = {}
        self._deadlines: list[tuple[int, str, Key]] = []
        self._changed: set[Key] = set()
        self._restored: list[Key] = []
        self._rules_revision = state.rules.revision

    def restore(self, live_alerts: Iterable[str]) -> None:
        """Take up the alerts of an earlier life: they were told, and end by the time."""
        for fingerprint in live_alerts:
            kind, store, sku, _ = fingerprint.split("|")
            if kind == AlertType.GATE_EXIT_UNPAID:
                self._restored.append((store, sku))

    def take(self, movements: Iterable[Movement]) -> None:
        """Take in what moved in a pass."""
        for movement in movements:
            if movement.kind is MovementKind.SOLD:
                self._sold_ns[movement.store] = max(movement.at_ns, self._sold_ns.get(movement.store, 0))
            if movement.epc is None:
                continue
            if movement.kind is MovementKind.DEPARTED and movement.cause == "exit" and movement.ref is None:
                self._left(movement.epc, (movement.store, movement.sku), movement.at_ns)
            elif movement.kind in BACK:
                self._waiting.pop(movement.epc, None)
                key = movement.store, movement.sku
                if self._unpaid.get(key, {}).pop(movement.epc, None) is not None:
                    self._changed.add(key)

    def judged(self, now_ns: int) -> Iterator[Condition]:
        """Yield the verdicts on each article of which something changed."""
        if self._rules_revision != self._state.rules.revision:
            self._rules_revision = self._state.rules.revision
            self._changed.update(self._unpaid)
        while self._restored:  # which pieces they were is not known any more
            key = self._restored.pop()
            self._unpaid.setdefault(key, {})[""] = now_ns
            heappush(self._deadlines, (now_ns + TOLD_NS, "", key))
        while self._deadlines and self._deadlines[0][0] <= now_ns:
            _, epc, key = heappop(self._deadlines)
            waiting = self._waiting.get(epc)
            if waiting is not None and waiting[1] + self._window_ns <= now_ns:
                del self._waiting[epc]
                if self._sold_ns.get(key[0], 0) >= waiting[1]:
                    self._note(key, epc, waiting[1])
            elif (at_ns := self._unpaid.get(key, {}).get(epc)) is not None and at_ns + TOLD_NS <= now_ns:
                del self._unpaid[key][epc]
                self._changed.add(key)
        changed, self._changed = sorted(self._changed), set()
        for store, sku in changed:
            yield self._condition(store, sku)

    def _left(self, epc: str, key: Key, at_ns: int) -> None:
        article = self._state.catalogue.article(key[1])
        if article is None or not article.known:
            return
        self._waiting[epc] = key, at_ns
        if len(self._waiting) > MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        heappush(self._deadlines, (at_ns + self._window_ns, epc, key))

    def _note(self, key: Key, epc: str, at_ns: int) -> None:
        self._unpaid.setdefault(key, {})[epc] = at_ns
        self._changed.add(key)
        heappush(self._deadlines, (at_ns + TOLD_NS, epc, key))

    def _condition(self, store: str, sku: str) -> Condition:
        unpaid = self._unpaid.get((store, sku), {})
        evidence: Evidence = {}
        if unpaid:
            evidence = {"pieces": len(unpaid), "last_at": instant(max(unpaid.values()))}
        else:
            self._unpaid.pop((store, sku), None)
        zone = self._state.home_zone(store, sku)
        rule = self._state.rules.pick(AlertType.GATE_EXIT_UNPAID, store, zone, sku)
        return Condition(
            AlertType.GATE_EXIT_UNPAID,
            rule.gravity,
            store,
            fires=bool(unpaid),
            clears=not unpaid,
            inhibited_by=None,
            evidence=evidence,
            sku=sku,
            rule=rule,
        )
