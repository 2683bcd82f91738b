"""Forecasts of two stores in memory: the model itself, over stocks that are set by hand."""

from zoneinfo import ZoneInfo

from gateway.forecast.demand import DemandModel
from gateway.forecast.model import Delivery, ForecastReport
from gateway.forecast.ports import ArticleForecast, ForecastQuery

S = 1_000_000_000
HOUR_NS = 3_600 * S


class FakeForecasts:
    """Implements ForecastsPort. `stock`: pieces by (store, SKU); `coming`: by the same; `known`: those that are."""

    def __init__(self, now_ns: int, stores: tuple[str, ...] = ("lyon-1", "paris-1", "paris-2")) -> None:
        self.now_ns = now_ns
        self.model = DemandModel({store: ZoneInfo("Europe/Paris") for store in stores})
        self.stock = {(store, sku): 6 for store in stores for sku in ("DEN-501-32", "TEE-WHT-M")}
        self.coming: dict[tuple[str, str], tuple[Delivery, ...]] = {}
        self.unknown: set[tuple[str, str]] = set()

    def sell(self, store: str, sku: str, per_day: int, days: int) -> None:
        """Let so many pieces be sold each day until now, one after the other from nine on."""
        first_ns = self.now_ns - days * 24 * HOUR_NS
        self.model.available(store, sku, True, first_ns)
        for hour in range(days * 24):
            at_ns = first_ns + hour * HOUR_NS
            self.model.advance(at_ns)
            if 9 <= hour % 24 < 9 + per_day:
                self.model.sold(store, sku, 1, at_ns + HOUR_NS // 2)
        self.model.advance(self.now_ns)

    def article(self, store: str, sku: str, query: ForecastQuery) -> ArticleForecast | None:
        key, now_ns = (store, sku), self.now_ns
        if key not in self.stock:
            return None
        stock, until_ns = self.stock[key], now_ns + round(query.within_s * S)
        coming = tuple(delivery for delivery in self.coming.get(key, ()) if delivery.at_ns > now_ns)
        return ArticleForecast(
            self.model.forecast(store, sku, stock, now_ns, coming),
            key not in self.unknown,
            until_ns,
            self.model.p_stock_out(store, sku, stock, now_ns, until_ns, coming),
            self.model.expected(store, sku, now_ns, until_ns),
            self.model.safety_stock(store, sku, now_ns, query.window_s, query.risk),
            self.model.reorder_point(store, sku, now_ns, query.lead_s, query.risk),
            coming,
        )

    def accuracy(self, store: str) -> ForecastReport | None:
        return self.model.accuracy(store)
