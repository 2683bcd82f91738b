"""The rule that is tried: the live rules themselves, asked of one type and one rule alone. Pure."""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, replace

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.alert_rules.model import DEFAULT, AlertRule
from gateway.alerts.records import AlertType
from gateway.alerts.rules import STOCK_RULES, ArticleView, Condition, article_condition
from gateway.backtest.shop import PastShop
from gateway.catalogue.articles import Catalogue
from gateway.deliveries.book import DeliveryBook
from gateway.forecast.demand import DemandModel
from gateway.forecast.feed import DemandFeed, demand_of
from gateway.forecast.model import Delivery, StockOutForecast
from gateway.forecast.watch import StockOutWatch
from gateway.movements import Movement
from gateway.site import Site

LEARNED_BEFORE_NS = 28 * 86_400 * 1_000_000_000
"""The demand model learns so long before a period: four of each hour of the week."""
TRIED = (*STOCK_RULES, AlertType.PREDICTED_STOCK_OUT)
"""Types whose rules look at nothing but what is stored."""
_OF_DEVICES = "what devices report of themselves is not stored, only what people were told of it"
_OF_PROMISES = "how far each reservation was at each time is not stored"
NOT_TRIED = {
    AlertType.READER_DOWN: _OF_DEVICES,
    AlertType.COVERAGE_LOW: _OF_DEVICES,
    AlertType.CLOCK_SKEW: _OF_DEVICES,
    AlertType.RESERVATION_AT_RISK: _OF_PROMISES,
    AlertType.RESERVATION_UNPICKED: _OF_PROMISES,
    AlertType.COLLECT_OVERDUE: _OF_PROMISES,
    AlertType.DELIVERY_NOT_SEEN: "deliveries are kept while they are open, and not as they were at each time",
    AlertType.COUNT_VARIANCE: "counts fire by what people submit: nothing in the past tells of another tolerance",
    AlertType.PHANTOM_INVENTORY: "neither the ledger's figures nor the belief in each piece are stored over time",
    AlertType.GATE_EXIT_UNPAID: "each exit without a sale is told once, whatever its rule: read the journal of movements",
    AlertType.MISPLACED_ITEM: "where each article belonged at the time is not stored",
}
"""Why rules of the other types cannot be tried on what is stored."""


def why_not(kind: AlertType) -> str | None:
    """Return why a rule of a type cannot be tried on stored history; None: it can."""
    return None if kind in TRIED else NOT_TRIED.get(kind, _OF_DEVICES)


def trial_book(site: Site, rule: AlertRule, catalogue: Catalogue) -> RuleBook:
    """Return a book in which a rule stands alone, switched on. Raises RuleRefused where it cannot stand at all."""

    def department(sku: str) -> str:
        article = catalogue.article(sku)
        return "" if article is None else article.department or ""

    defaults = default_rules(site.config.alerts)
    tried = replace(rule, enabled=True)
    if rule.id.startswith(DEFAULT):
        return RuleBook([tried if other.type is rule.type else other for other in defaults], (), department)
    return RuleBook(defaults, [tried], department)


@dataclass(frozen=True, slots=True)
class _Probability:
    """A demand of which P alone is asked: when it will be takes ten times as long, and nobody is told of it."""

    demand: DemandModel

    def p_stock_out(
        self,
        store: str,
        sku: str,
        stock: int,
        now_ns: int,
        until_ns: int,
        deliveries: tuple[Delivery, ...] = (),
    ) -> float:
        return self.demand.p_stock_out(store, sku, stock, now_ns, until_ns, deliveries)

    def forecast(
        self,
        store: str,
        sku: str,
        stock: int,
        now_ns: int,
        deliveries: tuple[Delivery, ...] = (),  # noqa: ARG002 - the port's
    ) -> StockOutForecast:
        return StockOutForecast(store, sku, stock, now_ns, now_ns, 0.0, None, None, None, 0.0)


@dataclass(frozen=True, slots=True)
class _Foreseen:
    """What the live watch of predictions looks at. Announced deliveries are not stored: there are none."""

    rules: RuleBook
    demand: _Probability
    deliveries: DeliveryBook


class RuleJudge:
    """One rule over one store as it was. Implements gateway.backtest.run.Judge."""

    def __init__(
        self, rule: AlertRule, rules: RuleBook, site: Site, catalogue: Catalogue, shop: PastShop
    ) -> None:
        self._rule = rule
        self._rules = rules
        self._shop = shop
        self._is_predicted = rule.type is AlertType.PREDICTED_STOCK_OUT
        self._demand = demand_of(site, catalogue)
        self._feed = DemandFeed(self._demand, site, catalogue, shop)
        foreseen = _Foreseen(rules, _Probability(self._demand), DeliveryBook(0))
        self._watch = StockOutWatch(foreseen, lambda _store, sku, now_ns, _live: shop.view(sku, now_ns))

    def moved(self, movements: Iterable[Movement], touched: Iterable[str], now_ns: int) -> None:
        """Learn the demand, where the rule asks for it."""
        if self._is_predicted:
            self._demand.advance(now_ns)
            self._feed.tell(movements, ((self._shop.store, sku) for sku in touched), now_ns)

    def judged(self, view: ArticleView, now_ns: int) -> Condition | None:
        """Return the rule's verdict on an article; None where another rule would apply."""
        rule = self._rules.pick(self._rule.type, view.store, view.home_zone, view.sku)
        if rule.id != self._rule.id:
            return None
        if self._is_predicted:
            return self._watch.judged(view, now_ns)
        return article_condition(rule.type, view, rule)

    def again(self, now_ns: int, live_alerts: Container[str]) -> Iterator[Condition]:
        """Yield the verdicts on what is predicted, all of it: between two steps the live gateway has many passes."""
        while self._is_predicted:
            found = list(self._watch.again(now_ns, live_alerts))
            yield from found
            if not found:
                return
