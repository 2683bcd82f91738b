"""Customers of the benchmark's shop: they look, try on, buy, steal and bring back. Pure, seeded."""

from itertools import accumulate

from simulators.agenda import Process, seconds
from simulators.benchmark.calendar import HOUR_NS, START_NS
from simulators.benchmark.shop import Item, Shop
from simulators.benchmark.truth import Mark, Walk

LOOKS_FOR_ANOTHER = 8
"""Articles that a customer thinks of before giving up."""


class Demand:
    """What is wanted when: articles by their popularity, the hour's rush, bursts, and a shift for good."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        family, rng = shop.family, shop.rng
        per_visit = 1.0 + family.browses_per_sale
        self._visits_per_h = (family.sales_per_day / (1.0 - family.theft_share) * per_visit) / family.open_h
        self._now = list(accumulate(article.popularity for article in shop.articles))
        count = round(len(shop.articles) * family.shifted_share)
        shifted = set(rng.sample(range(len(shop.articles)), count))
        factors = [family.shift_factor if n in shifted else 1.0 for n in range(len(shop.articles))]
        self._later = list(accumulate(a.popularity * f for a, f in zip(shop.articles, factors, strict=True)))
        self._burst_until_ns = 0
        self._burst_article = shop.articles[0]
        self.most_per_h = self._visits_per_h * shop.calendar.most * max(1.0, family.burst_factor)

    def per_h(self, at_ns: int) -> float:
        """Return how many people come in per hour now."""
        burst = self._shop.family.burst_factor if at_ns < self._burst_until_ns else 1.0
        return self._visits_per_h * self._shop.calendar.rush(at_ns) * burst

    def burst(self) -> Process:
        """Let the shop be stormed, some times a day, often for one article."""
        shop, family, rng = self._shop, self._shop.family, self._shop.rng
        while family.bursts_per_day > 0:
            yield round(rng.expovariate(family.bursts_per_day) * shop.calendar.day_ns)
            lasts_ns = seconds(rng.uniform(*family.burst_s))
            self._burst_article = rng.choice(shop.articles)
            self._burst_until_ns = shop.now_ns + lasts_ns
            mark = Mark(shop.now_ns, self._burst_until_ns, "burst", self._burst_article.sku)
            shop.truth.marks.append(mark)
            yield lasts_ns

    def wanted(self) -> Item | None:
        """Return an item that somebody takes from the floor now; None where there is none of what they want."""
        shop, rng = self._shop, self._shop.rng
        for attempt in range(LOOKS_FOR_ANOTHER):
            is_burst = attempt == 0 and shop.now_ns < self._burst_until_ns
            if is_burst and rng.random() < shop.family.burst_sku_share:
                article = self._burst_article
            else:
                article = rng.choices(shop.articles, cum_weights=self._weights())[0]
            there = shop.on_floor[article.sku]
            if there:
                return rng.choice(there)
        return None

    def _weights(self) -> list[float]:
        shift_day = self._shop.family.shift_at_day
        is_shifted = (
            shift_day is not None and self._shop.now_ns >= START_NS + shift_day * self._shop.calendar.day_ns
        )
        return self._later if is_shifted else self._now


def visitors(shop: Shop, demand: Demand) -> Process:
    """Let customers come in: a Poisson process whose rate follows the demand."""
    while True:
        yield round(shop.rng.expovariate(demand.most_per_h) * HOUR_NS)
        if shop.rng.random() * demand.most_per_h < demand.per_h(shop.now_ns):
            shop.start(_visit(shop, demand))


def _visit(shop: Shop, demand: Demand) -> Process:
    """One customer, one item: looked at, perhaps tried on, then bought, stolen or put back."""
    family, rng = shop.family, shop.rng
    leaves = rng.random() * (1.0 + family.browses_per_sale) < 1.0
    item = demand.wanted()
    if item is None:
        shop.truth.lost_sales += leaves
        return
    shop.take(item)
    shop.carry(item, item.zone or item.article.home, "carried")
    yield seconds(rng.uniform(*family.browse_s))
    if item.is_tagged and shop.fitting_room and rng.random() < family.fitting_share:
        shop.hang(item, shop.fitting_room, "fitting")
        yield seconds(rng.uniform(*family.fitting_s))
        if not leaves and rng.random() < family.left_in_fitting_share:
            shop.shelve(item, shop.fitting_room, "fitting")
            return
    if not leaves:
        _put_back(shop, item)
    elif rng.random() < family.theft_share and item.is_tagged:
        yield from _steal(shop, item)
    else:
        yield from _buy(shop, item)


def _put_back(shop: Shop, item: Item) -> None:
    elsewhere = [zone for zone in shop.floors if zone != item.article.home]
    if item.is_tagged and elsewhere and shop.rng.random() < shop.family.misplaced_share:
        shop.shelve(item, shop.rng.choice(elsewhere), "misplaced")
    else:
        shop.shelve(item, item.article.home, "moved")


def _buy(shop: Shop, item: Item) -> Process:
    family, rng = shop.family, shop.rng
    shop.carry(item, shop.till, "carried")
    yield seconds(rng.uniform(*family.till_queue_s))
    shop.pay(item)
    yield seconds(rng.uniform(*family.till_to_exit_s))
    begin_ns = shop.now_ns
    passing_ns = seconds(rng.uniform(*family.gate_passing_s))
    is_read = shop.pass_gate(item, begin_ns, begin_ns + passing_ns, family.gate_sale_share)
    yield passing_ns
    shop.truth.walks.append(Walk(item.sold_ns, shop.now_ns, item.epc, is_read))
    if item.is_tagged:
        shop.sold.append(item)


def _steal(shop: Shop, item: Item) -> Process:
    """A shielded item is in foil from the moment that it is put into the bag."""
    family, rng = shop.family, shop.rng
    is_shielded = rng.random() < family.theft_shielded_share
    shop.carry(item, item.zone or item.article.home, "carried", shielded=is_shielded)
    yield seconds(rng.uniform(*family.till_to_exit_s))
    begin_ns = shop.now_ns
    shop.carry(item, shop.exit, "carried", shielded=True)
    passing_ns = seconds(rng.uniform(*family.gate_passing_s))
    shop.pass_gate(item, begin_ns, begin_ns + passing_ns, 0.0 if is_shielded else family.gate_theft_share)
    yield passing_ns
    shop.stolen(item)


def returners(shop: Shop) -> Process:
    """Let customers bring back what was bought at least some time ago."""
    family, rng = shop.family, shop.rng
    while family.returns_per_day > 0:
        most_per_h = family.returns_per_day / family.open_h * shop.calendar.most
        yield round(rng.expovariate(most_per_h) * HOUR_NS)
        rush = shop.calendar.rush(shop.now_ns)
        if rng.random() * shop.calendar.most >= rush:
            continue
        oldest_ns = shop.now_ns - seconds(family.return_age_s)
        there = [item for item in shop.sold if item.sold_ns <= oldest_ns]
        if there:
            item = rng.choice(there)
            shop.sold.remove(item)
            shop.start(_bring_back(shop, item))


def _bring_back(shop: Shop, item: Item) -> Process:
    shop.desk.take_back(item.article, shop.now_ns)
    shop.hang(item, shop.till, "returned")
    yield seconds(shop.rng.uniform(*shop.family.return_at_till_s))
    shop.shelve(item, item.article.home, "restocked")
