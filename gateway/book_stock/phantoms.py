"""Stock that is in the books alone: readers are sure that there is none, or nothing sells though it should. Pure.

    the ledger has some, and P(one is there) < fire_at ─────────────▶ fires, until it is counted, the ledger has none,
                                                                      or P > clear_at
    there is some, and P(nothing sold so long) < unsold_below ──────▶ fires, until a piece sells, it is counted, or
                                                                      nothing is left of it

Both are one alert of an article: it asks for a count.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType, Evidence
from gateway.alerts.rules import ArticleView, Condition, rule_for
from gateway.answers import article_view
from gateway.beliefs import level_belief
from gateway.forecast.unsold import CLEARS_ABOVE, UnsoldWatch
from gateway.movements import Movement, MovementKind
from gateway.state import State

SURELY_THERE = 3
"""Of so many believed pieces one is there: belief need not be asked."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What one of the two ways says."""

    fires: bool
    clears: bool
    evidence: Evidence


class PhantomWatch:
    """Compares the ledger with the belief of one state, and what sold with what should. A count ends either."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._counted: dict[tuple[str, str], int] = {}
        self._unsold = UnsoldWatch(state.demand, state.rules)

    def restore(self, live_alerts: Iterable[str]) -> None:
        """Take up the alerts of an earlier life."""
        self._unsold.restore(live_alerts)

    def take(self, movements: Iterable[Movement]) -> None:
        """Take in what moved in a pass."""
        for movement in movements:
            account = self._state.books.account(movement.store, movement.sku)
            if movement.kind is MovementKind.COUNTED and account is not None and account.figure is not None:
                self._counted[movement.store, movement.sku] = account.figure.as_of_ns
        self._unsold.take(movements)

    def again(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdicts on articles that did not sell for long: nothing else would have them judged."""
        for store, sku in self._unsold.due(now_ns):
            article = self._state.catalogue.article(sku)
            if article is None or not article.known:
                continue
            view = article_view(self._state, store, article, now_ns, live_alerts)
            if (condition := self.judged(view)) is not None:
                yield condition

    def judged(self, view: ArticleView) -> Condition | None:
        """Return the verdict on an article; None where there is nothing to say of it."""
        rule = rule_for(AlertType.PHANTOM_INVENTORY, view, self._state.rules)
        found = [sign for sign in (self._booked(view, rule), self._unsold_so_long(view, rule)) if sign]
        if not found:
            return None
        telling = [sign for sign in found if sign.fires] or found
        return Condition(
            AlertType.PHANTOM_INVENTORY,
            rule.gravity,
            view.store,
            fires=any(sign.fires for sign in found),
            clears=all(sign.clears for sign in found),
            inhibited_by=view.inhibited_by,
            evidence={name: value for sign in telling for name, value in sign.evidence.items()},
            zone=view.home_zone,
            sku=view.sku,
            rule=rule,
        )

    def _booked(self, view: ArticleView, rule: AlertRule) -> Sign | None:
        """Return what the ledger says against the readers; None where none tells of it beside them."""
        key = view.store, view.sku
        account = self._state.books.account(*key)
        if account is None or account.figure is None or view.store in self._state.books.ledger_stores:
            return None
        if not view.has_shelf_zones:  # nothing sees it: its stock are scans, as the ledger's
            return None
        booked, p = account.pieces, 1.0
        if booked > 0 and view.on_hand < SURELY_THERE:
            belief = level_belief(self._state, *key)
            p = 1.0 if belief is None else belief.at_least(1)
        was_counted = self._counted.get(key) == account.figure.as_of_ns
        if not was_counted:
            self._counted.pop(key, None)
        fires = booked > 0 and p < rule["fire_at"] and not was_counted
        clears = not fires and (booked <= 0 or was_counted or p > rule["clear_at"])
        return Sign(fires, clears, {"ledger": booked, "on_hand": view.on_hand, "probability": round(p, 1)})

    def _unsold_so_long(self, view: ArticleView, rule: AlertRule) -> Sign | None:
        """Return what the usual rate says of an article that did not sell; None where it is no suspect."""
        key = view.store, view.sku
        expected = self._unsold.suspects.get(key)
        if expected is None:
            return None
        p = self._unsold.p_unsold(*key) if view.on_hand > 0 else 1.0
        fires, clears = p < rule["unsold_below"], p > CLEARS_ABOVE
        if clears:
            del self._unsold.suspects[key]
        return Sign(
            fires, clears, {"ledger": view.on_hand, "on_hand": view.on_hand, "expected_sales": expected}
        )
