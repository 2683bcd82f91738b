"""The demand for each article of each store: told what was sold, asked what will be. Pure.

sold, available ─▶ beliefs of rates ─▶ P(stock-out before t), its time, safety stock, reorder point
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from gateway.forecast.model import Delivery, ForecastReport, StockOutForecast
from gateway.forecast.outflow import Coming, Lasting, expected, first_hour, least_enough, p_gone
from gateway.forecast.score import report_of
from gateway.forecast.store import StoreDemand
from gateway.forecast.week import HORIZON_H, NS_PER_HOUR, LocalWeek, prior_week
from gateway.opening_hours import OpeningHours

NS_PER_S = 1_000_000_000
DAY_NS = 24 * NS_PER_HOUR
MAX_WINDOW_S = 3_600.0 * HORIZON_H
EARLY, LATE = 0.1, 0.9
"""The range of a stock-out's time holds it 8 times of 10."""
MAX_DELIVERIES = 8
"""Times of deliveries that a forecast follows; later ones change the days before them by nothing."""


def no_department(_sku: str) -> str:
    """Return the department of an article where there are none."""
    return ""


class DemandModel:
    """The demand of one site. One owner calls it; a store that the site has not raises KeyError."""

    def __init__(
        self,
        zones: Mapping[str, ZoneInfo],
        hours: Mapping[str, OpeningHours] | None = None,
        department: Callable[[str], str] = no_department,
    ) -> None:
        """`zones`: each store's time zone; `hours`: of the stores that have any; `department(sku)`: its name."""
        hours = hours or {}
        self.stores = {
            store: StoreDemand(LocalWeek(zone), prior_week(hours.get(store)), department)
            for store, zone in zones.items()
        }

    # -- what happens ------------------------------------------------------------------------------

    def sold(self, store: str, sku: str, pieces: int, at_ns: int) -> None:
        """Take in pieces that customers took, at the time when they did."""
        if pieces > 0:
            self.stores[store].sold(sku, pieces, at_ns)

    def available(self, store: str, sku: str, is_available: bool, at_ns: int) -> None:
        """Note whether customers can take an article from `at_ns` on; the time without teaches nothing."""
        self.stores[store].available(sku, at_ns, is_available=is_available)

    def advance(self, now_ns: int) -> None:
        """Learn from the hours that are over."""
        for _ in self.advancing(now_ns):
            pass

    def advancing(self, now_ns: int) -> Iterator[None]:
        """Do what `advance` does, in steps: others may ask in between, and nothing else may be told or written."""
        for demand in self.stores.values():
            yield from demand.advancing(now_ns)

    # -- what will be ------------------------------------------------------------------------------

    def forecast(
        self, store: str, sku: str, stock: int, now_ns: int, deliveries: tuple[Delivery, ...] = ()
    ) -> StockOutForecast:
        """Return when `stock` pieces will be gone."""
        demand = self.stores[store]
        beliefs = demand.beliefs(sku, now_ns)
        coming = _coming(demand, now_ns, deliveries)
        ends_h = demand.ends_h(now_ns) - demand.start_h(now_ns)

        lasting = Lasting(beliefs, stock, coming, demand.dispersion_of(sku))

        def time_of(share: float) -> int | None:
            hours = first_hour(lasting.p_gone, share, ends_h)
            return None if hours is None else max(now_ns, demand.time_of(now_ns, hours))

        return StockOutForecast(
            store=store,
            sku=sku,
            stock=stock,
            at_ns=now_ns,
            horizon_ns=(now_ns // NS_PER_HOUR + HORIZON_H) * NS_PER_HOUR,
            p_before_horizon=lasting.p_gone(float(ends_h[-1])),
            early_ns=time_of(EARLY),
            median_ns=time_of(0.5),
            late_ns=time_of(LATE),
            expected_day=expected(beliefs, demand.hours_until(now_ns, now_ns + DAY_NS)),
        )

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
        demand = self.stores[store]
        hours, coming = demand.hours_until(now_ns, until_ns), _coming(demand, now_ns, deliveries)
        return p_gone(demand.beliefs(sku, now_ns), stock, hours, coming, demand.dispersion_of(sku))

    def expected(self, store: str, sku: str, now_ns: int, until_ns: int) -> float:
        """Return the pieces that will be asked for until `until_ns`, on the mean."""
        demand = self.stores[store]
        return expected(demand.beliefs(sku, now_ns), demand.hours_until(now_ns, until_ns))

    def safety_stock(self, store: str, sku: str, now_ns: int, window_s: float, risk: float) -> int:
        """Return the smallest s with P(more than s pieces go within the next `window_s` seconds) <= `risk`.

        So much is kept back from what may be promised: a promise of all the rest is broken at most so often,
        when more than s of its pieces were taken before they could be picked.
        """
        demand = self.stores[store]
        window_ns = round(min(window_s, MAX_WINDOW_S) * NS_PER_S)
        hours = demand.hours_until(now_ns, now_ns + window_ns)
        return least_enough(demand.beliefs(sku, now_ns), hours, risk, demand.dispersion_of(sku))

    def reorder_point(self, store: str, sku: str, now_ns: int, lead_s: float, risk: float) -> int:
        """Return the smallest stock that outlasts the next `lead_s` seconds, but for `risk`: at it, order.

        It is the safety stock of a window as long as an order takes: the demand of that time, and what may come on top.
        """
        return self.safety_stock(store, sku, now_ns, lead_s, risk)

    def accuracy(self, store: str) -> ForecastReport | None:
        """Return what the store's forecasts of the last weeks were worth; None where none was scored yet."""
        demand = self.stores[store]
        return report_of(store, list(demand.scores.weeks.values()), demand.dispersion)

    # -- persistence -------------------------------------------------------------------------------

    def dirty_rows(self) -> list[tuple[str, str | None]]:
        """Return (key, text) of what changed since the last call; None: let go."""
        return [
            (f"{store}/{key}", text)
            for store, demand in self.stores.items()
            for key, text in demand.dirty_rows()
        ]

    def restore(self, rows: Iterable[tuple[str, str]]) -> None:
        """Take up what `dirty_rows` wrote, but for stores that the site no longer has."""
        for key, text in rows:
            store, _, rest = key.partition("/")
            if store in self.stores:
                self.stores[store].restore(rest, text)
        for demand in self.stores.values():
            demand.settle()


def _coming(demand: StoreDemand, now_ns: int, deliveries: tuple[Delivery, ...]) -> Coming:
    """Return the deliveries of a forecast in the store's time; those that are overdue come now."""
    told: dict[int, int] = {}
    for delivery in deliveries:
        at_ns = max(now_ns, delivery.at_ns)
        told[at_ns] = told.get(at_ns, 0) + max(0, delivery.pieces)
    return demand.coming(now_ns, sorted(told.items())[:MAX_DELIVERIES])
