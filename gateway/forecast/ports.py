"""What api/ may ask of the forecast. Pure."""

from dataclasses import dataclass
from typing import Protocol

from gateway.forecast.model import Delivery, ForecastReport, StockOutForecast


@dataclass(frozen=True, slots=True)
class ForecastQuery:
    """What is asked of an article: within which time it may be gone, for how long pieces are kept back (`window_s`),
    how long an order takes (`lead_s`), and how often either may fall short (`risk`). Times in shop seconds.
    """

    within_s: float
    window_s: float
    lead_s: float
    risk: float


@dataclass(frozen=True, slots=True)
class ArticleForecast:
    """What will become of an article in a store. `is_known`: whether its stock is (else its last known one is taken).

    `p_gone`: P(nothing is left at some time before `until_ns`); `expected`: pieces asked for until then.
    `deliveries`: those announced, counted in.
    """

    stock_out: StockOutForecast
    is_known: bool
    until_ns: int
    p_gone: float
    expected: float
    safety_stock: int
    reorder_point: int
    deliveries: tuple[Delivery, ...]


class ForecastsPort(Protocol):
    """Forecasts of one site."""

    def article(self, store: str, sku: str, query: ForecastQuery) -> ArticleForecast | None:
        """Return the forecast of an article; None where there is no such store or article."""
        ...

    def accuracy(self, store: str) -> ForecastReport | None:
        """Return what a store's forecasts of the last weeks were worth; None where none was scored yet."""
        ...
