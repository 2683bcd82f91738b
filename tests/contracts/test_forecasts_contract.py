"""What will become of an article, by the port that the API asks: in memory, as its tests have it, and the desk itself."""

from typing import Protocol

import pytest

from gateway.forecast.desk import ForecastDesk
from gateway.forecast.model import Delivery
from gateway.forecast.ports import ArticleForecast, ForecastQuery, ForecastsPort
from tests.support.delivery_shop import OTHER, DeliveryShop
from tests.support.fake_forecasts import FakeForecasts
from tests.support.small_site import STORE, S

DAY_S = 86_400.0
SKU = "TEE-WHT-M"
"""An article of the fake."""


class Bench(Protocol):
    """Forecasts of one article, of which so many pieces are there."""

    port: ForecastsPort
    store: str
    sku: str
    quiet_store: str
    """A store where nothing was forecast yet."""
    now_ns: int

    def announce(self, pieces: int, in_s: int) -> Delivery:
        """Let pieces be expected after so many seconds from now."""


class InMemory:
    """The fake of the tests of the API."""

    def __init__(self) -> None:
        self.now_ns = 1_800_000_000 * S
        self.port = FakeForecasts(self.now_ns)
        self.store, self.sku, self.quiet_store = "lyon-1", SKU, "paris-2"
        self.port.sell(self.store, self.sku, per_day=4, days=14)

    def announce(self, pieces: int, in_s: int) -> Delivery:
        coming = Delivery(self.now_ns + in_s * S, pieces)
        self.port.coming[self.store, self.sku] = (coming,)
        return coming


class InTheGateway:
    """The desk over a whole state."""

    def __init__(self) -> None:
        self._shop = DeliveryShop()
        self.store, self.sku, self.quiet_store = STORE, "TOTE", OTHER
        for _ in range(6):
            self._shop.tell("receive", sku=self.sku, qty=1, zone="floor")
        self._shop.live(self._shop.now)
        for _ in range(2):
            self._shop.now += 3_600 * S
            self._shop.tell("sale", sku=self.sku)
            self._shop.live(self._shop.now)
        self.now_ns = self._shop.now
        self.port = ForecastDesk(self._shop.engine.state, lambda: self.now_ns)

    def announce(self, pieces: int, in_s: int) -> Delivery:
        self._shop.announce((self.sku, pieces), in_s=in_s)
        return Delivery(self.now_ns + in_s * S, pieces)


@pytest.fixture(params=[InMemory, InTheGateway])
def bench(request: pytest.FixtureRequest) -> Bench:
    """Return forecasts of each kind."""
    made: Bench = request.param()
    return made


def asked(bench: Bench, days: float = 1, risk: float = 0.05, lead_days: float = 2) -> ArticleForecast:
    found = bench.port.article(
        bench.store, bench.sku, ForecastQuery(days * DAY_S, days * DAY_S, lead_days * DAY_S, risk)
    )
    assert found is not None
    return found


def test_what_does_not_exist_has_no_forecast(bench: Bench) -> None:
    """Neither an article nor a store that nobody knows; nor is there a report before a forecast could be scored."""
    query = ForecastQuery(DAY_S, DAY_S, DAY_S, 0.05)
    assert bench.port.article(bench.store, "NO-SUCH", query) is None
    assert bench.port.article("nowhere-9", bench.sku, query) is None
    assert bench.port.accuracy(bench.quiet_store) is None


def test_the_further_one_looks_the_likelier_nothing_is_left(bench: Bench) -> None:
    """A chance between none and all, that grows with the time as what is asked for does; each ends when asked."""
    looks = [asked(bench, days) for days in (0.5, 2, 7)]
    assert [look.until_ns - bench.now_ns for look in looks] == [round(d * DAY_S * S) for d in (0.5, 2, 7)]
    gone, wanted = [look.p_gone for look in looks], [look.expected for look in looks]
    assert 0 <= gone[0] <= gone[1] <= gone[2] <= 1
    assert 0 <= wanted[0] < wanted[1] < wanted[2]
    assert gone[0] < gone[2]


def test_the_less_is_risked_the_more_is_kept(bench: Bench) -> None:
    """Pieces kept back and the point to order at rise as the risk falls, and never fall below none."""
    bold, careful = asked(bench, risk=0.4), asked(bench, risk=0.001)
    assert 0 <= bold.safety_stock <= careful.safety_stock
    assert 0 <= bold.reorder_point < careful.reorder_point


def test_what_is_announced_is_counted_in_while_it_is_to_come(bench: Bench) -> None:
    """A delivery that comes makes it less likely that nothing is left; it is told with the forecast."""
    before = asked(bench, days=7)
    assert before.deliveries == ()
    coming = bench.announce(100, in_s=3_600)
    after = asked(bench, days=7)
    assert after.deliveries == (coming,)
    assert after.p_gone < before.p_gone
    bench.now_ns = coming.at_ns + S
    if isinstance(bench.port, FakeForecasts):
        bench.port.now_ns = bench.now_ns
    assert asked(bench).deliveries == ()
