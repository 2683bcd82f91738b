"""Forecasts as they are asked for: implements gateway.forecast.ports.ForecastsPort. Pure."""

from collections.abc import Callable

from gateway.answers import availability
from gateway.forecast.model import Delivery, ForecastReport
from gateway.forecast.ports import ArticleForecast, ForecastQuery
from gateway.state import State

NS_PER_S = 1_000_000_000


class ForecastDesk:
    """The forecasts of one state. `now_ns` is asked at each answer."""

    def __init__(self, state: State, now_ns: Callable[[], int]) -> None:
        self._state = state
        self._now_ns = now_ns

    def article(self, store: str, sku: str, query: ForecastQuery) -> ArticleForecast | None:
        """Return the forecast of an article, from all pieces that are in the store, as its alerts are judged."""
        state, now_ns = self._state, self._now_ns()
        if store not in state.site.roles or state.catalogue.article(sku) is None:
            return None
        found = availability(state, store, sku, 1, now_ns, is_dated=False)
        until_ns = now_ns + round(query.within_s * NS_PER_S)
        demand = state.demand
        coming = tuple(
            Delivery(due_ns, pieces)
            for due_ns, pieces in state.deliveries.expected(store, sku)
            if due_ns > now_ns
        )
        stock_out = demand.forecast(store, sku, found.on_hand, now_ns, coming)
        return ArticleForecast(
            stock_out,
            found.status != "UNKNOWN",
            until_ns,
            demand.p_stock_out(store, sku, found.on_hand, now_ns, until_ns, coming),
            demand.expected(store, sku, now_ns, until_ns),
            demand.safety_stock(store, sku, now_ns, query.window_s, query.risk),
            demand.reorder_point(store, sku, now_ns, query.lead_s, query.risk),
            coming,
        )

    def accuracy(self, store: str) -> ForecastReport | None:
        """Return what a store's forecasts of the last weeks were worth; None where none was scored yet."""
        return self._state.demand.accuracy(store)
