"""What it costs a store's own customers that pieces are sent to somebody else. Pure.

Of q pieces out of S, the k-th last is missed in the store if its customers ask for k or more before it is
replenished. So the pieces of the parcel that they would have bought are, on the mean,

    lost = sum of P(demand >= k) for k = S - q + 1 … S
"""

from gateway.alerts.records import AlertType
from gateway.alerts.rules import low_stock_levels
from gateway.answers import availability
from gateway.catalogue.articles import Article
from gateway.channels.model import Asker, Taken
from gateway.forecast.model import Demand
from gateway.ports.inventory import Availability
from gateway.site import NS_PER_S
from gateway.state import State

HORIZON_DAYS = 7
"""A shop is replenished about weekly: what its customers ask for later, the next delivery brings."""
HORIZON_NS = HORIZON_DAYS * 86_400 * NS_PER_S
MAX_STEPS = 8
"""Pieces of a parcel that are looked at one by one (30 us each); of more, as many at even distances."""


def taken(state: State, store: str, article: Article, qty: int, channel: str | None, now_ns: int) -> Taken:
    """Return what it costs a store to send pieces away. What nobody comes to buy at its shelves is missed by nobody."""
    view = availability(
        state, store, article.sku, qty, now_ns, is_dated=False, is_sure=False, asker=Asker(channel, "ship")
    )
    left = max(0, view.available - qty)
    zone = state.home_zone(store, article.sku)
    rule = state.rules.pick(AlertType.LOW_STOCK, store, zone, article.sku)
    at, _ = low_stock_levels(rule, article.low_stock_at)
    if not state.channels.has_customers(store):
        return Taken(left, 0.0, None, is_low=False)
    stock = max(0, view.on_hand - view.reserved)
    lost, days = _missed(state.demand, view, stock, min(qty, stock), now_ns)
    return Taken(left, lost, days, is_low=left <= at < view.available)


def _missed(demand: Demand, view: Availability, stock: int, qty: int, now_ns: int) -> tuple[float, float]:
    """Return the pieces of `qty` that customers would have bought, and how many days the rest lasts."""
    until_ns = now_ns + HORIZON_NS
    steps = min(qty, MAX_STEPS)
    places = [stock - round((n + 0.5) * qty / steps - 0.5) for n in range(steps)]
    chances = [demand.p_stock_out(view.store, view.sku, k, now_ns, until_ns) for k in places]
    a_day = demand.expected(view.store, view.sku, now_ns, until_ns) / HORIZON_DAYS
    rest = stock - qty
    days = float(HORIZON_DAYS) if rest >= a_day * HORIZON_DAYS else rest / a_day
    return (qty * sum(chances) / steps if steps else 0.0), days
