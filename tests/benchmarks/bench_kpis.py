"""What the key figures cost: a change of one article, a close of a day, a start. Run as a module.

    python -m tests.benchmarks.bench_kpis [--articles 10000,100000] [--changes 200000]

One store with 20 departments, all articles on the floor at first. Each change puts one article into another state
(on the floor, behind, gone, unknown) a few milliseconds after the one before; a year's answer is summed from disk
rows of 365 days.
"""

import argparse
import gc
import tracemalloc
from random import Random
from time import process_time
from zoneinfo import ZoneInfo

from gateway.kpis.days import Calendar
from gateway.kpis.model import KpiDay, KpiQuery, Rate, Sighting
from gateway.kpis.reports import summed
from gateway.kpis.store import MAX_STEP_NS, StoreKpis
from gateway.opening_hours import OpeningHours
from tests.support.figures import figure

S = 1_000_000_000
PARIS = ZoneInfo("Europe/Paris")
HOURS = OpeningHours(PARIS, (((540, 1_140),),) * 7, {})
NOON_NS = 1_795_258_800 * S
DEPARTMENTS = 20
STATES = ((1, 0, True), (0, 2, True), (0, 0, True), (1, 1, False))
DAYS = 365


class OneRate:
    """Every article sells alike: the cost of the forecast itself is measured with the forecast."""

    def rate(self, store: str, sku: str, now_ns: int) -> Rate | None:
        return Rate(0.1, 0.2, 0.4)


def seen(number: int, floor: int, behind: int, at_ns: int, *, known: bool) -> Sighting:
    """Return a sighting of the article of a number."""
    return Sighting(
        "lyon-1", f"SKU-{number:06d}", f"department {number % DEPARTMENTS}", floor + behind, floor + behind,
        floor, behind, known, True, at_ns,
    )  # fmt: skip


def measure(articles: int, changes: int) -> None:
    """Tell the figures of one size."""
    tracemalloc.start()
    store = StoreKpis("lyon-1", Calendar(PARIS, HOURS), OneRate())
    store.advance(NOON_NS)
    for number in range(articles):
        store.judge(seen(number, 1, 0, NOON_NS, known=True), NOON_NS)
    figure(f"kpis_memory_per_article_{articles}", tracemalloc.get_traced_memory()[0] / articles, "bytes")
    tracemalloc.stop()
    random, now_ns = Random(1), NOON_NS
    told = [(random.randrange(articles), random.choice(STATES)) for _ in range(changes)]
    stream = [
        (seen(n, floor, behind, NOON_NS, known=known), NOON_NS + (i + 1) * S // 50)
        for i, (n, (floor, behind, known)) in enumerate(told)
    ]
    gc.collect()
    started_s = process_time()
    for sighting, now_ns in stream:
        store.advance(now_ns)
        store.judge(sighting, now_ns)
    took_s = process_time() - started_s
    figure(f"kpis_change_{articles}", 1e6 * took_s / changes, "us")
    sizes = [len(text or "") for key, text in store.dirty_rows() if key == "day"]
    figure(f"kpis_day_row_{articles}", sum(sizes), "bytes")
    day = store.day
    while day is not None and day.end_ns - now_ns > MAX_STEP_NS:
        now_ns += MAX_STEP_NS
        store.advance(now_ns)
    gc.collect()
    steps_s, last_s = [], process_time()
    for _ in store.advancing(now_ns + MAX_STEP_NS):
        steps_s.append(process_time() - last_s)
        last_s = process_time()
    figure(f"kpis_close_of_day_{articles}", 1e3 * sum(steps_s), "ms")
    figure(f"kpis_close_of_day_longest_step_{articles}", 1e3 * max(steps_s), "ms")
    rows = store.drain_days()
    assert len(rows) == 1 + DEPARTMENTS
    figure(f"kpis_stored_day_{articles}", sum(len(row.record) for row in rows) / len(rows), "bytes")
    year = [
        KpiDay(row.store, row.day - n, row.department, row.record)
        for n in range(DAYS)
        for row in rows
        if row.department
    ]
    started_s = process_time()
    summed(year, KpiQuery(("lyon-1",), 1, 10**6, "department"))
    figure(f"kpis_year_by_department_{articles}", 1e3 * (process_time() - started_s), "ms")


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", default="10000,100000")
    parser.add_argument("--changes", type=int, default=200_000)
    arguments = parser.parse_args()
    for articles in arguments.articles.split(","):
        measure(int(articles), arguments.changes)


if __name__ == "__main__":
    main()
