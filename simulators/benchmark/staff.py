"""Staff of the benchmark's shop: they refill the floor, put strays back, and receive deliveries. Pure, seeded."""

from simulators.agenda import Process, seconds
from simulators.benchmark.calendar import HOUR_NS
from simulators.benchmark.shop import Shop
from simulators.benchmark.truth import Mark

CLEARING_AFTER_NS = HOUR_NS // 6


def restocking(shop: Shop) -> Process:
    """Refill the floor from the back room again and again while the shop is open."""
    while True:
        yield seconds(shop.family.restock_each_s)
        if shop.calendar.is_open(shop.now_ns):
            yield from _put_strays_back(shop)
            yield from _refill(shop)


def _put_strays_back(shop: Shop) -> Process:
    for item in list(shop.strays):
        if shop.rng.random() >= shop.family.put_back_share:
            continue
        shop.strays.remove(item)
        shop.carry(item, item.zone or shop.back_room, "carried")
        yield seconds(shop.rng.uniform(*shop.family.shelving_s))
        shop.shelve(item, item.article.home, "restocked")


def _refill(shop: Shop) -> Process:
    for article in shop.articles:
        while shop.in_back[article.sku] and len(shop.on_floor[article.sku]) < article.floor_capacity:
            item = shop.in_back[article.sku].pop(0)
            shop.carry(item, shop.back_room, "carried")
            yield seconds(shop.rng.uniform(*shop.family.shelving_s))
            shop.shelve(item, article.home, "restocked")


def deliveries(shop: Shop) -> Process:
    """Receive the day's delivery: pieces of what has been sold most since the opening."""
    family, rng = shop.family, shop.rng
    yield round(family.delivery_at_h * HOUR_NS)
    while True:
        missing = {
            a.sku: max(0, a.units - len(shop.on_floor[a.sku]) - len(shop.in_back[a.sku]))
            for a in shop.articles
        }
        weights = [missing[a.sku] + 0.1 * a.popularity for a in shop.articles]
        began_ns = shop.now_ns
        for article in rng.choices(shop.articles, weights, k=family.delivered_per_day):
            item = shop.make(article)
            shop.desk.receive(article, item.epc if item.is_tagged else None, shop.now_ns)
            shop.shelve(item, shop.back_room, "delivered")
            yield seconds(rng.uniform(*family.receiving_gap_s))
        shop.truth.marks.append(Mark(began_ns, shop.now_ns, "delivery", shop.back_room))
        yield shop.calendar.day_ns - (shop.now_ns - began_ns)


def clearing(shop: Shop) -> Process:
    """Write off what is too old, each morning just after opening."""
    if shop.family.life_days is None:
        return
    yield CLEARING_AFTER_NS
    while True:
        began_ns = shop.now_ns
        for article in shop.articles:
            for place in (shop.on_floor[article.sku], shop.in_back[article.sku]):
                for item in [item for item in place if (item.best_before_ns or 0) <= began_ns]:
                    if item not in place:
                        continue
                    if place is shop.on_floor[article.sku]:
                        shop.take(item)
                    else:
                        place.remove(item)
                    shop.write_off(item)
                    yield seconds(shop.rng.uniform(*shop.family.shelving_s))
        yield shop.calendar.day_ns - (shop.now_ns - began_ns)
