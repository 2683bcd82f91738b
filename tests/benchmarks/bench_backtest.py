"""What it costs to try a rule on stored history, and what the gateway's loop feels of it. Run as a module.

    python -m tests.benchmarks.bench_backtest [--articles 2000] [--days 30]

One store whose articles sell two pieces a day in the mean, by Poisson, within ten opening hours, and are filled up
from the back room; each piece sold, moved or delivered is a movement on disk. The whole journal is tried at once on
the command line's way (a core of its own), then through the office of a running gateway, which rests as it works.
"""

import argparse
import asyncio
import math
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from random import Random
from time import perf_counter, process_time

from gateway.alert_rules.model import AlertRule
from gateway.alerts.records import AlertType
from gateway.backtest.office import BacktestOffice
from gateway.backtest.picture import picture
from gateway.backtest.ports import BacktestAnswer, BacktestAsked
from gateway.backtest.trial import Trial, Tried, Trying, shown
from gateway.catalogue.articles import Catalogue
from gateway.config.file import parse_catalogue
from gateway.delivery.language_files import languages
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.site import Site
from gateway.storage.connection import opened_file
from gateway.storage.past import past_of
from gateway.storage.ports import Commit
from gateway.storage.sqlite import SqliteStore
from tests.support.figures import figure
from tests.support.small_site import STORE, S, small_site

DAY_NS = 86_400 * S
T0 = 1_795_219_200 * S
OPEN_FROM_NS, OPEN_NS = 9 * 3_600 * S, 10 * 3_600 * S
MEAN_PER_DAY, FULL = 2.0, 8
SETTLE_NS = 60 * S
TICK_S = 0.01


def day_of(
    number: int, random: Random, levels: dict[tuple[str, str], int], skus: list[str]
) -> Iterator[Movement]:
    """Yield the movements of one day, in no order."""
    begin_ns = T0 + number * DAY_NS + OPEN_FROM_NS
    for sku in skus:
        if number % 7 == 0 and levels[sku, "back"] < FULL:
            levels[sku, "back"] += 2 * FULL
            yield moved(sku, begin_ns, {"back": 2 * FULL}, MovementKind.ARRIVED, "receiving")
        times = sorted(begin_ns + 1 + random.randrange(OPEN_NS) for _ in range(poisson(random, MEAN_PER_DAY)))
        for at_ns in times:
            if levels[sku, "floor"] == 0:
                break
            levels[sku, "floor"] -= 1
            yield moved(sku, at_ns, {"floor": -1}, MovementKind.SOLD, "till")
        more = min(FULL - levels[sku, "floor"], levels[sku, "back"])
        if more > 0 and levels[sku, "floor"] <= FULL // 4:
            levels[sku, "floor"] += more
            levels[sku, "back"] -= more
            yield moved(sku, begin_ns + OPEN_NS, {"back": -more, "floor": more}, MovementKind.MOVED, "rfid")


def poisson(random: Random, mean: float) -> int:
    """Return how many come, by Knuth's way: good for few."""
    count, product, bound = 0, random.random(), math.exp(-mean)
    while product > bound:
        count, product = count + 1, product * random.random()
    return count


def moved(sku: str, at_ns: int, more: dict[str, int], kind: MovementKind, cause: str) -> Movement:
    """Return a movement of an article."""
    deltas = tuple(ZoneDelta(zone, pieces) for zone, pieces in more.items())
    return Movement(kind, cause, STORE, sku, at_ns, at_ns, sum(map(abs, more.values())), deltas=deltas)


def filled(path: Path, skus: list[str], days: int) -> int:
    """Write the journal; return how many movements it has."""
    random = Random(1)
    levels = {(sku, zone): 0 for sku in skus for zone in ("floor", "back")}
    store, total = SqliteStore.open(path, synchronous="OFF"), 0
    for number in range(days):
        movements = sorted(day_of(number, random, levels, skus), key=lambda m: m.at_ns)
        end_ns = T0 + (number + 1) * DAY_NS
        points = [LevelPoint(STORE, sku, zone, end_ns, pieces) for (sku, zone), pieces in levels.items()]
        store.commit(Commit(end_ns, movements=movements, levels=points))
        total += len(movements)
    store.close()
    return total


def tried(kind: AlertType, path: Path, site: Site, catalogue: Catalogue, days: int) -> Tried:
    """Try the built-in thresholds of a type on all of it, and tell what that took."""
    reading = partial(opened_file, path)
    trial = Trial(AlertRule("trial", kind), (STORE,), T0, T0 + days * DAY_NS)
    trying = Trying(
        trial,
        lambda store, from_ns, to_ns: past_of(reading, store, from_ns, to_ns, SETTLE_NS),
        site,
        catalogue,
        10**8,
    )
    began_s, cpu_s = perf_counter(), process_time()
    for _ in trying.running():
        pass
    spent_s = process_time() - cpu_s
    figure(f"backtest_{kind}_time", perf_counter() - began_s, "s")
    figure(f"backtest_{kind}_cpu_per_movement", 1e6 * spent_s / trying.movements, "us")
    if trying.tried is None:
        raise RuntimeError("the trial has no result")
    score = trying.tried.score
    figure(f"backtest_{kind}_alerts", score.alerts, "alerts")
    figure(f"backtest_{kind}_stock_outs", score.stock_outs, "stock-outs")
    return trying.tried


async def beside(path: Path, site: Site, catalogue: Catalogue, days: int) -> None:
    """Tell how late a loop is while nothing else happens, and while a rule is tried beside it."""
    store = SqliteStore.attach(path)
    office = BacktestOffice(site, catalogue, store, lambda: T0 + days * DAY_NS, languages(), max_s=600)
    idle = await lateness(asyncio.create_task(asyncio.sleep(3)))
    asked = BacktestAsked(
        AlertRule("trial", AlertType.LOW_STOCK), [STORE], T0, T0 + days * DAY_NS, DAY_NS, "en"
    )
    began_s = perf_counter()
    task = asyncio.create_task(office.backtest(asked))
    busy = await lateness(task)
    if not isinstance(task.result(), BacktestAnswer):
        raise RuntimeError(f"not tried: {task.result()}")  # noqa: TRY004 - a refusal is no wrong type
    figure("backtest_beside_time", perf_counter() - began_s, "s")
    for name, late in (("idle", idle), ("beside", busy)):
        figure(f"backtest_loop_late_{name}_p50", 1e3 * late[len(late) // 2], "ms")
        figure(f"backtest_loop_late_{name}_p99", 1e3 * late[len(late) * 99 // 100], "ms")
    office.close()
    store.close()


async def lateness(task: asyncio.Task[object]) -> list[float]:
    """Return by how much each tick came late until a task was done, s, in ascending order."""
    late = []
    while not task.done():
        due_s = perf_counter() + TICK_S
        await asyncio.sleep(TICK_S)
        late.append(perf_counter() - due_s)
    return sorted(late)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--articles", type=int, default=2_000)
    parser.add_argument("--days", type=int, default=30)
    asked = parser.parse_args()
    skus = [f"A{n:05}" for n in range(asked.articles)]
    catalogue = parse_catalogue("sku,tracked_by\n" + "".join(f"{sku},tag\n" for sku in skus), "bench.csv")
    site = Site(small_site())
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder:
        path = Path(folder) / "storefloor.db"
        figure("backtest_movements", filled(path, skus, asked.days), "movements")
        for kind in (AlertType.LOW_STOCK, AlertType.STOCK_OUT, AlertType.PREDICTED_STOCK_OUT):
            found = tried(kind, path, site, catalogue, asked.days)
        began_s = process_time()
        svg = picture(found.score, found.lived, shown(found, site, "en"))
        figure("backtest_picture_time", 1e3 * (process_time() - began_s), "ms")
        figure("backtest_picture", len(svg.encode()), "bytes")
        asyncio.run(beside(path, site, catalogue, asked.days))


if __name__ == "__main__":
    main()
