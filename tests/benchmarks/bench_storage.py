"""The embedded store: what it takes in, what it answers, what it weighs on disk, beside what is plain.

Run as `python tests/benchmarks/bench_storage.py [folder]`. The folder decides which disk is measured
(default: the system's temporary folder; a tmpfs there flushes for nothing). All at synchronous=FULL.

    commits    what a till event writes: alone, and 64 callers at once; beside an fdatasync of a bare file
    points     sixty days of a shop of 500 articles in 4 zones, each article moved six times a day, in
               commits of 1,000 points; beside one SQLite table with an index (tests/support/plain_series.py)
    questions  of the same shop, at random; and 30 days of an article that changes each ten minutes
    a year     what a shop of 6,000 movements a day weighs after it, from the bytes of each row
"""

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.config.storage import StorageSection
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import AppliedEvent, Commit, LevelSeries
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from tests.support.figures import figure
from tests.support.plain_series import PlainSeries

MEASURED_S = 3.0
WAITING = 64
STORE, SKUS, ZONES = "lyon-1", 500, ("front", "denim", "fitting-room", "back-room")
HOUR_NS, DAY_NS = 3_600 * 10**9, 86_400 * 10**9
START_NS = 20_778 * DAY_NS
"""2026-11-21, midnight."""
DAYS, MOVES_PER_DAY = 60, 6
POINTS_PER_COMMIT = 1_000
HISTORY_SKU, HISTORY_DAYS, HISTORY_GAP_NS = "SKU-HISTORY", 30, 600 * 10**9
QUESTIONS, LONG_QUESTIONS, MANY = 2_000, 100, 1_000
BARE_WRITE_BYTES = 4_096
"""A page: less than the write-ahead log writes of the smallest commit."""
YEAR_DAYS, YEAR_MOVES = 365, 6_000
TABLES = ("levels", "hourly", "daily", "movements", "applied")
"""Those that grow with the shop's work. Each is kept as a site has it that says nothing else."""


def sale(number: int) -> Commit:
    """Return what a till event commits: a movement, a level and the event itself."""
    moved = Movement(
        MovementKind.SOLD,
        "till",
        STORE,
        f"SKU-{number % SKUS}",
        number,
        number,
        deltas=(ZoneDelta("front", -1),),
    )
    level = LevelPoint(STORE, moved.sku, "front", number, number % 50)
    event = AppliedEvent("till-1", str(number), "0" * 32, number, '{"outcome":"applied"}')
    return Commit(number, movements=[moved], levels=[level], applied=[event])


async def commits_per_s(store: SqliteStore, waiting: int, first: int) -> tuple[float, float, list[float]]:
    """Return commits/s with so many callers waiting, commits per transaction, and the waits, seconds."""
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
        return len(waits_s) / took_s, len(waits_s) / writer.transactions, waits_s


def bare_syncs_per_s(path: Path) -> float:
    """Return how often a second a bare file can be written to and flushed: the disk's own speed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        count, started_s = 0, time.perf_counter()
        while (took_s := time.perf_counter() - started_s) < MEASURED_S / 2:
            os.write(descriptor, bytes(BARE_WRITE_BYTES))
            os.fdatasync(descriptor)
            count += 1
        return count / took_s
    finally:
        os.close(descriptor)


def bench_commits(folder: Path) -> None:
    """Measure durable commits alone and grouped, each between two looks at the bare disk."""
    store = SqliteStore.open(folder / "commits.db")
    for name, waiting, first in (("alone", 1, 0), ("grouped", WAITING, 10**8)):
        before = bare_syncs_per_s(folder / "bare")
        rate, size, waits_s = asyncio.run(commits_per_s(store, waiting, first))
        bare = (before + bare_syncs_per_s(folder / "bare")) / 2
        figure(f"storage_commits_{name}", rate, "commits/s")
        figure(f"storage_commit_wait_{name}_p50", 1e3 * statistics.median(waits_s), "ms")
        figure(f"storage_commit_wait_{name}_p99", 1e3 * quantile(waits_s, 0.99), "ms")
        figure(f"storage_commits_per_transaction_{name}", size, "commits")
        figure(f"storage_bare_syncs_beside_{name}", bare, "syncs/s")
        figure(f"storage_commits_{name}_against_bare_syncs", rate / bare, "times")
    store.close()


def shop_points() -> Iterator[LevelPoint]:
    """Yield the points of sixty days in order of time: each movement takes a piece from one zone to another."""
    rng = Random(1)
    levels = {(sku, zone): 20 for sku in range(SKUS) for zone in ZONES}
    moves = DAYS * SKUS * MOVES_PER_DAY
    for number in range(moves):
        at_ns = START_NS + number * (DAYS * DAY_NS // moves) + rng.randrange(10**9)
        sku, (source, goal) = rng.randrange(SKUS), rng.sample(ZONES, 2)
        for zone, delta in ((source, -1), (goal, 1)):
            levels[sku, zone] += delta
            yield LevelPoint(STORE, f"SKU-{sku}", zone, at_ns, levels[sku, zone])


def batches() -> Iterator[list[LevelPoint]]:
    """Yield the shop's points in commits."""
    points = shop_points()
    while batch := list(islice(points, POINTS_PER_COMMIT)):
        yield batch


def bench_points(folder: Path) -> tuple[SqliteStore, PlainSeries]:
    """Fill the store and the plain table in turns, so that both see the same disk; return them, filled."""
    store, plain = SqliteStore.open(folder / "points.db"), PlainSeries(folder / "plain.db")
    ours_s = plain_s = ours_cpu_s = plain_cpu_s = 0.0
    total = 0
    for number, batch in enumerate(batches()):
        started_s, cpu_s = time.perf_counter(), time.process_time()
        store.commit(Commit(number, levels=batch))
        between_s, between_cpu_s = time.perf_counter(), time.process_time()
        plain.append(batch)
        ours_s, plain_s = ours_s + between_s - started_s, plain_s + time.perf_counter() - between_s
        ours_cpu_s += between_cpu_s - cpu_s
        plain_cpu_s += time.process_time() - between_cpu_s
        total += len(batch)
    figure("storage_points", total / ours_s, "points/s")
    figure("storage_points_per_core", total / ours_cpu_s, "points/s")
    figure("storage_points_plain_table", total / plain_s, "points/s")
    figure("storage_points_plain_table_per_core", total / plain_cpu_s, "points/s")
    figure("storage_points_against_plain_table", plain_s / ours_s, "times")
    store.close()
    figure("storage_bytes_per_point_with_rollups", (folder / "points.db").stat().st_size / total, "bytes")
    figure("storage_bytes_per_point_plain_table", size_of(folder / "plain.db") / total, "bytes")
    started_s = time.perf_counter()
    store = SqliteStore.open(folder / "points.db")
    figure("storage_open_with_check", 1_000 * (time.perf_counter() - started_s), "ms")
    return store, plain


def size_of(path: Path) -> int:
    """Return the bytes of a database, its log included."""
    return sum(part.stat().st_size for part in path.parent.glob(f"{path.name}*"))


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile."""
    return sorted(values)[int(share * (len(values) - 1))]


def ask(name: str, question: Callable[[LevelSeries | PlainSeries, int], object], both: tuple[SqliteStore, PlainSeries], times: int) -> None:  # fmt: skip
    """Ask the store and the plain table in turns; print p50 and p99 of the store, and how many times sooner."""
    spans: tuple[list[float], list[float]] = [], []
    for number in range(times):
        for taken, series in zip(spans, both, strict=True):
            started_s = time.perf_counter()
            question(series, number)
            taken.append(time.perf_counter() - started_s)
    ours, plain = spans
    figure(f"storage_{name}_p50", 1e6 * statistics.median(ours), "us")
    figure(f"storage_{name}_p99", 1e6 * quantile(ours, 0.99), "us")
    figure(f"storage_{name}_plain_table_p50", 1e6 * statistics.median(plain), "us")
    figure(f"storage_{name}_against_plain_table", statistics.median(plain) / statistics.median(ours), "times")


def bench_questions(both: tuple[SqliteStore, PlainSeries]) -> None:
    """Measure latest, as-of and history."""
    changes = [
        LevelPoint(STORE, HISTORY_SKU, zone, START_NS + i * HISTORY_GAP_NS + place, (i + place) % 9)
        for i in range(HISTORY_DAYS * DAY_NS // HISTORY_GAP_NS)
        for place, zone in enumerate(ZONES)
    ]
    both[0].commit(Commit(1, levels=changes))
    both[1].append(changes)
    rng = Random(2)
    keys = [(STORE, f"SKU-{rng.randrange(SKUS)}", rng.choice(ZONES)) for _ in range(QUESTIONS)]
    times = [START_NS + rng.randrange(DAYS * DAY_NS) for _ in range(QUESTIONS)]
    many = [(STORE, f"SKU-{n // len(ZONES)}", ZONES[n % len(ZONES)]) for n in range(MANY)]
    to_ns = START_NS + HISTORY_DAYS * DAY_NS

    def thirty_days(zone: str | None) -> Callable[[LevelSeries | PlainSeries, int], object]:
        return lambda series, _: series.history(STORE, HISTORY_SKU, START_NS, to_ns, HOUR_NS, zone)

    ask("latest_of_one", lambda series, n: series.latest_many([keys[n]]), both, QUESTIONS)
    ask(f"latest_of_{MANY}", lambda series, _: series.latest_many(many), both, LONG_QUESTIONS)
    ask("as_of", lambda series, n: series.levels_at(STORE, keys[n][1], times[n]), both, QUESTIONS)
    ask("history_30_days_zone_by_hour", thirty_days("front"), both, LONG_QUESTIONS)
    ask("history_30_days_store_by_hour", thirty_days(None), both, LONG_QUESTIONS)


def moved(number: int) -> tuple[Movement, AppliedEvent]:
    """Return a tag that was carried, and an event of a till, each as long as they are in a shop."""
    at_ns, rng = START_NS + number * 10**9, Random(number)
    carried = Movement(
        MovementKind.MOVED,
        "rfid",
        STORE,
        f"DEN-{rng.randrange(SKUS)}-32",
        at_ns,
        at_ns + 10**8,
        epc=f"{rng.randrange(16**24):024X}",
        from_zone="front",
        to_zone="back-room",
        deltas=(ZoneDelta("front", -1), ZoneDelta("back-room", 1)),
    )
    result = {"event_id": f"{rng.randrange(16**32):032x}", "outcome": "applied", "sku": carried.sku}
    told = {**result, "code": None, "detail": None, "pointer": None}
    event = AppliedEvent(
        "k3f9a1c2b7d4", result["event_id"], f"{rng.randrange(16**64):064x}", at_ns, json.dumps(told)
    )
    return carried, event


def bench_year(folder: Path) -> None:
    """Tell the bytes of a row of each table, and what a shop's year weighs by them, in MiB."""
    store = SqliteStore.open(folder / "points.db")
    for first in range(0, 20_000, 500):
        told = [moved(number) for number in range(first, first + 500)]
        store.commit(Commit(START_NS, movements=[m for m, _ in told], applied=[a for _, a in told]))
    store.close()
    moves = DAYS * SKUS * MOVES_PER_DAY
    total_mib = 0.0
    for table in TABLES:
        days = getattr(StorageSection(), f"{table}_days")
        rows, size = weigh(folder / "points.db", table)
        if not rows:
            continue
        figure(f"storage_bytes_per_row_{table}", size / rows, "bytes")
        per_move = 1.0 if table in {"movements", "applied"} else rows / moves
        mib = per_move * size / rows * YEAR_MOVES * min(days, YEAR_DAYS) / (1 << 20)
        figure(f"storage_year_{table}_{min(days, YEAR_DAYS)}_days", mib, "MiB")
        total_mib += mib
    figure(f"storage_year_of_{YEAR_MOVES}_movements_a_day", total_mib, "MiB")


def weigh(path: Path, table: str) -> tuple[int, int]:
    """Return the rows of a table, and the bytes of its pages, indexes included; (0, 0) where there is none."""
    with sqlite3.connect(path) as sql:
        names = [
            name for (name,) in sql.execute("SELECT name FROM sqlite_schema WHERE tbl_name = ?", (table,))
        ]
        if not names:
            return 0, 0
        [(rows,)] = sql.execute(f"SELECT count(*) FROM {table}").fetchall()  # noqa: S608 - a name of ours
        sizes = [sql.execute("SELECT sum(pgsize) FROM dbstat WHERE name = ?", (name,)).fetchone()[0] for name in names]  # fmt: skip
    sql.close()
    return rows, sum(size or 0 for size in sizes)


def main(folder: Path | None) -> None:
    """Run all, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-", dir=folder) as name:
        bench_commits(Path(name))
        both = bench_points(Path(name))
        bench_questions(both)
        for one in both:
            one.close()
        bench_year(Path(name))


if __name__ == "__main__":
    print(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
