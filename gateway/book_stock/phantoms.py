"""Stock that is in the books alone: the ledger says that there is some, and the readers are sure that there is none. Pure."""

from collections.abc import Iterable

from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import ArticleView, Condition, rule_for
from gateway.beliefs import level_belief
from gateway.movements import Movement, MovementKind
from gateway.state import State

SURELY_THERE = 3
"""Of so many believed pieces one is there: belief need not be asked."""


class PhantomWatch:
    """Compares the ledger with the belief of one state. A count ends it, until the ledger tells anew."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._counted: dict[tuple[str, str], int] = {}

    def take(self, movements: Iterable[Movement]) -> None:
        """Take in what moved in a pass."""
        for movement in movements:
            account = self._state.books.account(movement.store, movement.sku)
            if movement.kind is MovementKind.COUNTED and account is not None and account.figure is not None:
                self._counted[movement.store, movement.sku] = account.figure.as_of_ns

    def judged(self, view: ArticleView) -> Condition | None:
        """Return the verdict on an article; None where no ledger tells of it beside the readers."""
        key = view.store, view.sku
        account = self._state.books.account(*key)
        if account is None or account.figure is None or view.store in self._state.books.ledger_stores:
            return None
        if not view.has_shelf_zones:  # nothing sees it: its stock are scans, as the ledger's
            return None
        rule = rule_for(AlertType.PHANTOM_INVENTORY, view, self._state.rules)
        booked, p = account.pieces, 1.0
        if booked > 0 and view.on_hand < SURELY_THERE:
            belief = level_belief(self._state, *key)
            p = 1.0 if belief is None else belief.at_least(1)
        was_counted = self._counted.get(key) == account.figure.as_of_ns
        if not was_counted:
            self._counted.pop(key, None)
        fires = booked > 0 and p < rule["fire_at"] and not was_counted
        evidence: Evidence = {"ledger": booked, "on_hand": view.on_hand, "probability": round(p, 1)}
        return Condition(
            AlertType.PHANTOM_INVENTORY,
            rule.gravity,
            view.store,
            fires=fires,
            clears=not fires and (booked <= 0 or was_counted or p > rule["clear_at"]),
            inhibited_by=view.inhibited_by,
            evidence=evidence,
            zone=view.home_zone,
            sku=view.sku,
            rule=rule,
        )
