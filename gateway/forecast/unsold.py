"""What should have sold by now and did not: of an article that is there and sells, the usual rate says how unlikely that is. Pure.

    P(nothing sold while customers could take it) < unsold_below ─▶ it may not be there; until it sells, is counted, or is gone

Silence makes no change that anybody would judge: the articles of each store are looked at in turn, once an hour.
"""

from collections.abc import Iterable, Iterator

from gateway.alert_rules.book import RuleBook
from gateway.alerts.records import AlertType
from gateway.forecast.demand import DemandModel
from gateway.movements import Movement, MovementKind

Key = tuple[str, str]
"""(store, sku)."""
ROUND_NS = 3_600 * 1_000_000_000
AT_ONCE = 4_096
"""Articles looked at in one pass: a millisecond's work."""
CLEARS_ABOVE = 0.5
"""Once it sold, P is 1 and falls again; a till that tells a late sale is believed as well."""


class UnsoldWatch:
    """Looks after the articles of one demand model. `suspects`: pieces expected by article, as when it was first noticed."""

    def __init__(self, demand: DemandModel, rules: RuleBook) -> None:
        self._demand = demand
        self._rules = rules
        self._round_ns = 0
        self._turns: list[tuple[str, int]] = []
        self.suspects: dict[Key, int] = {}

    def restore(self, live_alerts: Iterable[str]) -> None:
        """Take up the alerts of an earlier life: they are looked at again at each change."""
        for fingerprint in live_alerts:
            kind, store, sku, _ = fingerprint.split("|")
            if kind == AlertType.PHANTOM_INVENTORY:
                self.suspects[store, sku] = 0

    def take(self, movements: Iterable[Movement]) -> None:
        """Take in what moved in a pass: whoever counts pieces of an article says that it is there."""
        for movement in movements:
            if movement.kind is MovementKind.COUNTED and movement.store in self._demand.stores:
                self._demand.stores[movement.store].confirm(movement.sku, movement.at_ns)

    def p_unsold(self, store: str, sku: str) -> float:
        """Return P(nothing sold) of an article; 1 where nothing is known, or it sold just now."""
        return self._demand.stores[store].unsold_of(sku)[0]

    def due(self, now_ns: int) -> Iterator[Key]:
        """Yield the articles to be judged now that did not sell against all likelihood."""
        if not self._turns and now_ns - self._round_ns >= ROUND_NS:
            self._round_ns = now_ns
            self._turns = [
                (store, first)
                for store, demand in self._demand.stores.items()
                for first in range(0, demand.rates.used, AT_ONCE)
            ]
        if not self._turns:
            return
        store, first = self._turns.pop()
        for sku, p, expected in self._demand.stores[store].unsold(first, AT_ONCE):
            if p < self._below:
                self.suspects.setdefault((store, sku), round(expected))
                yield store, sku

    @property
    def _below(self) -> float:
        """Return the least strict threshold of all rules: each article's own is asked where it is judged."""
        kind, name = AlertType.PHANTOM_INVENTORY, "unsold_below"
        return max(rule.thresholds.get(name, 0.0) for rule in self._rules if rule.type is kind)
