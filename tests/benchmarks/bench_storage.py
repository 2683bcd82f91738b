"""First figures of the embedded store. Run as `python tests/benchmarks/bench_storage.py [folder]`.

The folder decides which disk is measured (default: the system's temporary folder; a tmpfs there
flushes for nothing). Everything runs at synchronous=FULL, as the gateway does.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import AppliedEvent, Commit
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer

MEASURED_S = 3.0
WAITING = 64
POINTS_PER_COMMIT = 1_000
POINT_COMMITS = 300
SKUS, ZONES = 500, ("front", "denim", "fitting-room", "back-room")
DAY_NS = 86_400 * 10**9
HISTORY_POINTS = 30 * 144
LOOK_UPS = 3_000


def figure(name: str, value: float, unit: str) -> None:
    """Print one result."""
    print(f"figure: {name} = {value:.6g} {unit}", flush=True)


def sale(number: int) -> Commit:
    """Return what a till event commits: a movement, a level and the event itself."""
    moved = Movement(
        MovementKind.SOLD,
        "till",
        "lyon-1",
        f"SKU-{number % SKUS}",
        number,
        number,
        deltas=(ZoneDelta("front", -1),),
    )
    level = LevelPoint("lyon-1", moved.sku, "front", number, number % 50)
    event = AppliedEvent("till-1", str(number), "0" * 32, number, '{"outcome":"applied"}')
    return Commit(number, movements=[moved], levels=[level], applied=[event])


async def commits_per_s(store: SqliteStore, waiting: int, first: int) -> tuple[float, float, float]:
    """Return commits/s with so many callers waiting, commits per transaction, and the p50 of the wait, ms."""
    waits_s: list[float] = []
    numbers = iter(range(first, 10**9))
    async with Writer(store) as writer:
        started_s = time.perf_counter()

        async def call() -> None:
            while (now_s := time.perf_counter()) - started_s < MEASURED_S:
                await writer.commit(sale(next(numbers)))
                waits_s.append(time.perf_counter() - now_s)

        await asyncio.gather(*(call() for _ in range(waiting)))
        took_s = time.perf_counter() - started_s
        return len(waits_s) / took_s, len(waits_s) / writer.transactions, 1_000 * statistics.median(waits_s)


def bench_commits(store: SqliteStore) -> None:
    """Measure durable commits alone and grouped."""
    for name, waiting, first in (("alone", 1, 0), ("grouped", WAITING, 10**8)):
        rate, size, wait_ms = asyncio.run(commits_per_s(store, waiting, first))
        figure(f"storage_commits_{name}", rate, "commits/s")
        figure(f"storage_commit_wait_{name}_p50", wait_ms, "ms")
        figure(f"storage_commits_per_transaction_{name}", size, "commits")


def bench_points(path: Path) -> SqliteStore:
    """Measure level points in large commits, in order of time over all series; return the filled store."""
    store = SqliteStore.open(path)
    series = [(f"SKU-{sku}", zone) for sku in range(SKUS) for zone in ZONES]
    started_s = time.perf_counter()
    for number in range(POINT_COMMITS):
        points = [
            LevelPoint(
                "lyon-1", *series[(number * POINTS_PER_COMMIT + i) % len(series)], number * 60 * 10**9, i
            )
            for i in range(POINTS_PER_COMMIT)
        ]
        store.commit(Commit(number, levels=points))
    total = POINT_COMMITS * POINTS_PER_COMMIT
    figure("storage_points", total / (time.perf_counter() - started_s), "points/s")
    store.close()
    figure("storage_bytes_per_point", path.stat().st_size / total, "bytes")
    started_s = time.perf_counter()
    store = SqliteStore.open(path)
    figure("storage_open_with_check", 1_000 * (time.perf_counter() - started_s), "ms")
    return store


def p50_us(call: Callable[[int], object], times: int) -> float:
    """Return the median duration of a call, in microseconds."""
    spans = []
    for number in range(times):
        started_s = time.perf_counter()
        call(number)
        spans.append(time.perf_counter() - started_s)
    return 1e6 * statistics.median(spans)


def bench_reads(store: SqliteStore) -> None:
    """Measure look-ups of the newest levels, and the history of 30 days with a change each 10 minutes."""
    now_ns = 10 * DAY_NS
    look_up = p50_us(lambda i: store.levels_at("lyon-1", f"SKU-{i % SKUS}", now_ns), LOOK_UPS)
    figure("storage_latest_look_up_p50", look_up, "us")
    figure(
        f"storage_latest_levels_of_{SKUS * len(ZONES)}",
        p50_us(lambda _: store.latest_levels(), 20) / 1e3,
        "ms",
    )
    gap_ns = 30 * DAY_NS // HISTORY_POINTS
    store.commit(
        Commit(
            1,
            levels=[
                LevelPoint("lyon-1", "HISTORY", zone, i * gap_ns + 7, i % 9)
                for zone in ZONES
                for i in range(HISTORY_POINTS)
            ],
        )
    )
    for name, step_s, zone in (
        ("zone_by_hour", 3_600, "front"),
        ("zone_by_5_min", 300, "front"),
        ("store_by_hour", 3_600, None),
    ):
        took_us = p50_us(partial(thirty_days, store, step_s, zone), 30)
        figure(f"storage_history_30_days_{name}_p50", took_us / 1e3, "ms")


def thirty_days(store: SqliteStore, step_s: int, zone: str | None, _: int) -> object:
    """Read one article's history of 30 days."""
    return store.history("lyon-1", "HISTORY", 0, 30 * DAY_NS, step_s * 10**9, zone)


def main(folder: Path | None) -> None:
    """Run all, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-", dir=folder) as name:
        store = SqliteStore.open(Path(name) / "commits.db")
        bench_commits(store)
        store.close()
        store = bench_points(Path(name) / "points.db")
        bench_reads(store)
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
