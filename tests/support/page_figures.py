"""Four weeks of key figures of a small shop, for looking at the reports. Pure."""

from datetime import date
from random import Random

from gateway.kpis.model import KpiDay
from gateway.kpis.store import NS_PER_HOUR
from gateway.kpis.tally import BEHIND, FLOOR, NONE, OUT, SHELF_UNKNOWN, STOCK_UNKNOWN, Tally

TODAY = date(2026, 11, 21).toordinal()
OPEN_H = 10
DEPARTMENTS = {"denim": 4, "knitwear": 2, "": 6}
"""Articles of each."""


def some_weeks(store: str, days: int = 28, seed: int = 4) -> list[KpiDay]:
    """Return the sums of these days up to today, of the store and of its departments; Sundays are closed."""
    random, found = Random(seed), list[KpiDay]()
    for day in range(TODAY - days + 1, TODAY + 1):
        if date.fromordinal(day).weekday() == 6:
            continue
        whole = Tally(OPEN_H * NS_PER_HOUR)
        for name, articles in DEPARTMENTS.items():
            part = _articles(articles, random)
            whole.add_articles(part)
            found.append(KpiDay(store, day, name, part.to_json()))
        _events(whole, random)
        found.append(KpiDay(store, day, None, whole.to_json()))
    return found


def _articles(articles: int, random: Random) -> Tally:
    """Return how so many articles stood on a day."""
    found = Tally(OPEN_H * NS_PER_HOUR)
    whole = articles * OPEN_H * NS_PER_HOUR
    unknown, behind = round(whole * random.uniform(0, 0.02)), round(whole * random.uniform(0.01, 0.07))
    gone = round(whole * random.uniform(0, 0.04))
    found.areas[FLOOR], found.areas[BEHIND] = whole - unknown - behind - gone, behind
    found.areas[NONE], found.areas[OUT] = gone, gone
    found.areas[SHELF_UNKNOWN] = found.areas[STOCK_UNKNOWN] = unknown
    lost = gone * 200_000
    found.lost, found.is_rated = [lost // 2, lost, 2 * lost], True
    return found


def _events(found: Tally, random: Random) -> None:
    """Add what happened on a day."""
    collected = random.randint(4, 11)
    found.events.update(made=collected + 3, collected=collected, released=1, expired=random.randint(0, 2),
                        short=random.randint(0, 1), counted=20, counted_exact=random.randint(17, 20),
                        counted_pieces=80, counted_error=2)  # fmt: skip
    for _ in range(random.randint(3, 8)):
        found.took("refill", random.uniform(400, 5_000))
        found.took("ready", random.uniform(300, 2_400))
