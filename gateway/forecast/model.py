"""The values of the forecast: what is asked, what is answered. Pure."""

from dataclasses import dataclass
from typing import Protocol

from gateway.calibration import Bin, Mean


@dataclass(frozen=True, slots=True)
class Delivery:
    """Pieces that are known to come at `at_ns`."""

    at_ns: int
    pieces: int


@dataclass(frozen=True, slots=True)
class StockOutForecast:
    """When the last piece will be gone. Times in ns; None: later than `horizon_ns`.

    The stock-out comes before `early_ns` once of ten times, before `median_ns` once of two, before `late_ns`
    nine times of ten: the range between holds it 8 times of 10. `expected_day`: pieces of the next 24 hours.
    """

    store: str
    sku: str
    stock: int
    at_ns: int
    horizon_ns: int
    p_before_horizon: float
    early_ns: int | None
    median_ns: int | None
    late_ns: int | None
    expected_day: float


@dataclass(frozen=True, slots=True)
class ForecastReport:
    """What the forecasts of one store were worth: each hour was predicted before it was learnt from.

    `log_loss`: mean of -ln P(the pieces that were sold in the hour), over articles that were available all of it;
    `bins`: P(at least one is sold in the hour) against how often one was. Times in ns.
    """

    store: str
    since_ns: int
    until_ns: int
    log_loss: Mean
    brier: Mean
    ece: Mean
    bins: tuple[Bin, ...]
    dispersion: float
    sold_pieces: int
    unlearnt_pieces: int


class Demand(Protocol):
    """What others ask of the forecast. An article that was never heard of is answered by its department's mean.

    Every method raises KeyError where the site has no such store.
    """

    def forecast(
        self, store: str, sku: str, stock: int, now_ns: int, deliveries: tuple[Delivery, ...] = ()
    ) -> StockOutForecast:
        """Return when `stock` pieces will be gone."""
        ...

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

    def expected(self, store: str, sku: str, now_ns: int, until_ns: int) -> float:
        """Return the pieces that will be asked for until `until_ns`, on the mean."""
        ...

    def safety_stock(self, store: str, sku: str, now_ns: int, window_s: float, risk: float) -> int:
        """Return the smallest s with P(more than s pieces go within the next `window_s` seconds) <= risk."""
        ...

    def reorder_point(self, store: str, sku: str, now_ns: int, lead_s: float, risk: float) -> int:
        """Return the smallest stock that outlasts the next `lead_s` seconds, but for `risk`: at it, order."""
        ...

    def accuracy(self, store: str) -> ForecastReport | None:
        """Return what the store's forecasts of the last weeks were worth; None where none was scored yet."""
        ...
