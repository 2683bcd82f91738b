"""The simulated shop: one seed, one history, and always the truth about it. Pure, in virtual time.

Build it, `advance` it, ask it for the `truth`, and take the `signals` that devices notice.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random

from simulators.agenda import NS_PER_S, Agenda
from simulators.customers import Customers
from simulators.layout import Article, SiteLayout
from simulators.opening_act import (
    EMPTIED_FLOOR_PIECES,
    SCARCE_PIECES,
    emptied_article,
    opening_act,
    scarce_article,
)
from simulators.params import ShopParams
from simulators.scene import Scene
from simulators.signals import Signal
from simulators.staff import Staff
from simulators.stock import Change, Stock, Truth

POPULARITY_FALL = 0.5
"""Demand of the n-th most wanted article goes with 1 / n ** 0.5: the first sells about thrice the last."""


class Shop:
    """A small shop, from `start_ns` on. Same seed, parameters and start: same history."""

    def __init__(
        self,
        layout: SiteLayout,
        seed: int,
        params: ShopParams,
        start_ns: int,
        *,
        with_opening_act: bool = False,
        on_change: Callable[[Change], None] | None = None,
    ) -> None:
        rng = Random(f"{seed}:shop")
        self.layout = layout
        self.stock = Stock(layout, start_ns, on_change)
        self._agenda = Agenda(start_ns)
        self._scene = Scene(self._agenda, self.stock, layout, params, rng)
        popularity = _popularity(layout, rng)
        targets = _targets(layout, params, popularity)
        capacities = _capacities(layout, params, popularity)
        self._open(targets, capacities, with_opening_act=with_opening_act)
        customers, staff = Customers(self._scene, popularity), Staff(self._scene, targets, capacities)
        for process in (customers.arrivals(), customers.returners(), customers.touches()):
            self._agenda.start(process)
        for process in (staff.restock_rounds(), staff.deliveries()):
            self._agenda.start(process)
        if with_opening_act:
            self._agenda.start(opening_act(self._scene, customers))

    @property
    def now_ns(self) -> int:
        """Return the shop's time."""
        return self._agenda.now_ns

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return every true change so far, oldest first (the newest MAX_CHANGES of them)."""
        return tuple(self.stock.changes)

    def advance(self, until_ns: int) -> None:
        """Let all happen that happens up to and including `until_ns`."""
        self._agenda.run_until(until_ns)

    def take_signals(self) -> list[Signal]:
        """Return what devices could notice since the last call, in order."""
        signals, self._scene.signals = self._scene.signals, []
        return signals

    def truth(self, sku: str) -> Truth:
        """Return what an article really has, in all and by zone."""
        return self.stock.truth(sku)

    def last_change_ns(self, sku: str) -> int:
        """Return when the pieces of an article last changed in any zone."""
        return self.stock.last_change_ns(sku)

    def shelf_load_g(self, sku: str) -> float:
        """Return what an article's goods on its weight shelf weigh."""
        return self._scene.shelf_load_g(self.layout.article(sku))

    def _open(self, targets: dict[str, int], capacities: dict[str, int], *, with_opening_act: bool) -> None:
        """Fill the shop. Untagged pieces in the back room come later, through the receiving scanner."""
        emptied, scarce = emptied_article(self.layout).sku, scarce_article(self.layout).sku
        for article in self.layout.articles:
            floor, total = capacities[article.sku], targets[article.sku]
            if with_opening_act and article.sku == emptied:
                floor = EMPTIED_FLOOR_PIECES
            elif with_opening_act and article.sku == scarce:
                floor = total = SCARCE_PIECES
            for n in range(total if article.tracked_by == "tag" else self._on_shelf(article, floor)):
                self._scene.make(article, article.home if n < floor else self._scene.back_room, "opened")
        if with_opening_act:
            self._scene.held_back |= {emptied, scarce}

    def _on_shelf(self, article: Article, floor: int) -> int:
        return floor if article.tracked_by == "weight" else 0


def opening_ns(day: datetime, params: ShopParams) -> int:
    """Return when the shop opens on the local calendar day of `day` (an aware time)."""
    local = (day.astimezone(UTC) + timedelta(seconds=params.utc_offset_s)).date()
    midnight = datetime.combine(local, time(), UTC) - timedelta(seconds=params.utc_offset_s)
    return (round(midnight.timestamp()) + params.opens_s) * NS_PER_S


def _popularity(layout: SiteLayout, rng: Random) -> dict[str, float]:
    """Return each article's share of demand, in an order of its own for each seed."""
    weights = [1 / rank**POPULARITY_FALL for rank in range(1, len(layout.articles) + 1)]
    rng.shuffle(weights)
    return {a.sku: weight / sum(weights) for a, weight in zip(layout.articles, weights, strict=True)}


def _targets(layout: SiteLayout, params: ShopParams, popularity: dict[str, float]) -> dict[str, int]:
    """Return how many pieces of each article the shop likes to have: half evenly, half by demand."""
    tagged = [article for article in layout.articles if article.tracked_by == "tag"]
    demand = sum(popularity[article.sku] for article in tagged)
    targets = {}
    for article in layout.articles:
        if article.tracked_by == "tag":
            share = 0.5 / len(tagged) + 0.5 * popularity[article.sku] / demand
            targets[article.sku] = round(params.tagged_pieces * share)
        elif article.tracked_by == "weight":
            targets[article.sku] = params.shelf_capacity + params.weight_back_room
        else:
            targets[article.sku] = params.count_pieces
    return targets


def _capacities(layout: SiteLayout, params: ShopParams, popularity: dict[str, float]) -> dict[str, int]:
    """Return how many pieces of each article its place on the floor holds."""
    least, most = params.floor_capacity
    top = max(popularity.values())
    return {
        article.sku: params.shelf_capacity
        if article.tracked_by == "weight"
        else least + round((most - least) * popularity[article.sku] / top)
        for article in layout.articles
    }
