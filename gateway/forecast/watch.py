"""Which articles will probably be sold out soon: judged as their stock changes, told with the time and its range. Pure.

    P(stock-out within the rule's horizon) > fire_at fires, until below clear_at, or it came

Only P is computed with each change; the time and its range cost ten times that, and are for what is told. What
is told is looked at again in turn, for hours pass without a change too.
"""

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Protocol

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertRecord, AlertType, Evidence
from gateway.alerts.rules import ArticleView, Condition, rule_for
from gateway.answers import article_view
from gateway.deliveries.book import DeliveryBook
from gateway.forecast.model import Delivery, StockOutForecast
from gateway.site import instant
from gateway.state import State

Key = tuple[str, str]
"""(store, sku)."""
LOOK_EVERY_NS = 900 * 1_000_000_000
LOOKED_AT_PER_PASS = 20
"""What is told is looked at this often, so many in one pass: one look costs about 0.2 ms."""
KEPT_NS, MAX_KEPT = 10 * 1_000_000_000, 20_000
"""A probability stands so long while the stock does not change, of so many articles: a hold touches an article, and
leaves what is on hand as it is.
"""
TOLD_STEP = 0.05
"""A probability that moved by less is told as it was: each text of an alert that changes is a message."""


class Outlook(Protocol):
    """Of the demand model, what is asked here."""

    def p_stock_out(
        self,
        store: str,
        sku: str,
        stock: int,
        now_ns: int,
        until_ns: int,
        deliveries: tuple[Delivery, ...] = (),
    ) -> float:
        """Return P(nothing is left at some time before `until_ns`)."""
        ...

    def forecast(
        self, store: str, sku: str, stock: int, now_ns: int, deliveries: tuple[Delivery, ...] = ()
    ) -> StockOutForecast:
        """Return when `stock` pieces will be gone."""
        ...


class Foreseen(Protocol):
    """Of a state, what is looked at here."""

    @property
    def rules(self) -> RuleBook:
        """Return the rules."""
        ...

    @property
    def demand(self) -> Outlook:
        """Return the demand."""
        ...

    @property
    def deliveries(self) -> DeliveryBook:
        """Return what is announced."""
        ...


Look = Callable[[str, str, int, Container[str]], ArticleView | None]
"""Returns the view of an article (store, SKU, now, live alerts); None: it is none, or no more."""


def looking(state: State) -> Look:
    """Return how a live gateway looks at an article."""

    def look(store: str, sku: str, now_ns: int, live_alerts: Container[str]) -> ArticleView | None:
        article = state.catalogue.article(sku)
        if article is None or store not in state.site.roles:
            return None
        return article_view(state, store, article, now_ns, live_alerts)

    return look


class StockOutWatch:
    """Predicts for one state."""

    def __init__(self, state: Foreseen, look: Look) -> None:
        self._state = state
        self._look = look
        self._told: dict[Key, tuple[int, float, Evidence] | None] = {}
        self._round: deque[Key] = deque()
        self._round_ns = 0
        self._kept: dict[Key, tuple[int, int, int, tuple[Delivery, ...], float]] = {}

    def restore(self, live_alerts: Iterable[str], standing: Iterable[AlertRecord] = ()) -> None:
        """Take up the alerts of an earlier life, so that they are looked at again, and what was told of those that stand:
        a start is no news.
        """
        for fingerprint in live_alerts:
            kind, store, sku, *_ = fingerprint.split("|")
            if kind == AlertType.PREDICTED_STOCK_OUT:
                self._told[store, sku] = None
        for record in standing:
            p, on_hand = record.evidence.get("probability"), record.evidence.get("on_hand")
            key = record.store, record.sku or ""
            is_told = record.type is AlertType.PREDICTED_STOCK_OUT and key in self._told
            if is_told and isinstance(p, int | float) and isinstance(on_hand, int):
                self._told[key] = on_hand, float(p), record.evidence

    def judged(self, view: ArticleView, now_ns: int) -> Condition:
        """Return the verdict on an article. Nothing left at all is stock_out's to tell."""
        key = view.store, view.sku
        rule = rule_for(AlertType.PREDICTED_STOCK_OUT, view, self._state.rules)
        p = self._p(view, rule, now_ns) if view.on_hand > 0 and rule.enabled else 1.0
        fires = view.on_hand > 0 and rule.enabled and p > rule["fire_at"]
        clears = view.on_hand == 0 or not rule.enabled or p < rule["clear_at"]
        evidence: Evidence = {}
        if clears:
            self._told.pop(key, None)
        elif fires:
            evidence = self._evidence(view, p, now_ns)
        return Condition(
            AlertType.PREDICTED_STOCK_OUT,
            rule.gravity,
            view.store,
            fires=fires,
            clears=clears,
            inhibited_by=view.inhibited_by,
            evidence=evidence,
            zone=view.home_zone,
            sku=view.sku,
            rule=rule,
        )

    def again(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdicts on some of what is told, in turn."""
        if not self._round and now_ns - self._round_ns >= LOOK_EVERY_NS:
            self._round_ns = now_ns
            self._round.extend(self._told)
        for _ in range(min(LOOKED_AT_PER_PASS, len(self._round))):
            store, sku = self._round.popleft()
            view = self._look(store, sku, now_ns, live_alerts) if (store, sku) in self._told else None
            if view is not None:
                yield self.judged(view, now_ns)

    def _p(self, view: ArticleView, rule: AlertRule, now_ns: int) -> float:
        key, horizon_ns = (view.store, view.sku), rule.ns("horizon_s")
        coming = self._coming(view, now_ns)
        kept = self._kept.get(key)
        if (
            kept is not None
            and 0 <= now_ns - kept[0] < KEPT_NS
            and kept[1:4] == (view.on_hand, horizon_ns, coming)
        ):
            return kept[4]
        p = self._state.demand.p_stock_out(*key, view.on_hand, now_ns, now_ns + horizon_ns, coming)
        if len(self._kept) >= MAX_KEPT:
            self._kept.clear()
        self._kept[key] = now_ns, view.on_hand, horizon_ns, coming, p
        return p

    def _coming(self, view: ArticleView, now_ns: int) -> tuple[Delivery, ...]:
        """Return what is announced; what is overdue may never come."""
        expected = self._state.deliveries.expected(view.store, view.sku)
        return tuple(Delivery(due_ns, pieces) for due_ns, pieces in expected if due_ns > now_ns)

    def _evidence(self, view: ArticleView, p: float, now_ns: int) -> Evidence:
        key = view.store, view.sku
        told = self._told.get(key)
        if told is not None and told[0] == view.on_hand and abs(told[1] - p) < TOLD_STEP:
            return told[2]
        coming = self._coming(view, now_ns)
        found = self._state.demand.forecast(view.store, view.sku, view.on_hand, now_ns, coming)
        evidence: Evidence = {"probability": round(p, 2), "on_hand": view.on_hand}
        for name, at_ns in (
            ("median_at", found.median_ns),
            ("early_at", found.early_ns),
            ("late_at", found.late_ns),
        ):
            evidence[name] = None if at_ns is None else instant(at_ns)
        self._told[key] = view.on_hand, p, evidence
        return evidence
