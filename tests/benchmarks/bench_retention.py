"""What keeping the store small costs. Run as `python tests/benchmarks/bench_retention.py [folder]`.

A store with 30 days of history and more, of which most is let go while a till commits; the migration of a store
of version 1; and the look for damage before and after a start. The folder decides which disk is measured.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.clock import ScaledClock, SystemClock
from gateway.movements import LevelPoint
from gateway.storage.inspector import Inspector
from gateway.storage.janitor import Janitor
from gateway.storage.ports import AppliedEvent, Commit
from gateway.storage.retention_rule import Retention
from gateway.storage.rollups import DAY_NS
from gateway.storage.schema import _FIRST, APPLICATION_ID
from gateway.storage.sqlite import SqliteStore
from gateway.storage.upkeep import StoreUpkeep
from gateway.storage.writer import Writer

SKUS, ZONES = 500, ("front", "denim", "fitting-room", "back-room")
DAYS, CHANGES_A_DAY = 30, 3
"""180,000 changes, 6,000 a day: a month of a middle shop."""
NOW_NS = 20_000 * DAY_NS
WEEK_NS = 7 * DAY_NS
RULE = Retention(
    WEEK_NS, 3_650 * DAY_NS, 3_650 * DAY_NS, WEEK_NS, WEEK_NS, WEEK_NS, WEEK_NS, WEEK_NS, WEEK_NS
)


def figure(name: str, value: float, unit: str) -> None:
    """Print one result."""
    print(f"figure: {name} = {value:.6g} {unit}", flush=True)


def points_of(day: int, change: int) -> list[LevelPoint]:
    """Return the change number `change` of a day of every series, spread over the day."""
    at_ns = NOW_NS - (DAYS - day) * DAY_NS + change * DAY_NS // CHANGES_A_DAY
    return [
        LevelPoint("lyon-1", f"SKU-{sku}", zone, at_ns + sku * 10**9, (day * 7 + change + sku) % 12)
        for sku in range(SKUS)
        for zone in ZONES
    ]


def filled(path: Path) -> SqliteStore:
    """Return a store with the month, and so many events a day."""
    store = SqliteStore.open(path)
    started_s = time.perf_counter()
    for day in range(DAYS):
        for change in range(CHANGES_A_DAY):
            store.commit(Commit(NOW_NS, levels=points_of(day, change)))
        at_ns = NOW_NS - (DAYS - day) * DAY_NS
        events = [AppliedEvent("till", f"{day}-{n}", "0" * 32, at_ns, "{}") for n in range(2_000)]
        store.commit(Commit(at_ns, applied=events))
    points = SKUS * len(ZONES) * DAYS * CHANGES_A_DAY
    figure("retention_points_written", points / (time.perf_counter() - started_s), "points/s")
    figure("retention_bytes_per_point_with_rollups", path.stat().st_size / points, "bytes")
    return store


def sale(number: int) -> Commit:
    """Return what a till commits."""
    level = LevelPoint("lyon-1", f"SKU-{number % SKUS}", "front", NOW_NS + number * 10**6, number % 50)
    event = AppliedEvent("till-1", str(number), "0" * 32, NOW_NS, "{}")
    return Commit(NOW_NS, levels=[level], applied=[event])


async def sell(writer: Writer, first: int, until: asyncio.Future[None] | None) -> list[float]:
    """Commit one sale after the other, for 3 s or until something is done; return how long each waited, ms."""
    waits_ms: list[float] = []
    began_s = time.perf_counter()
    while not until.done() if until is not None else time.perf_counter() - began_s < 3:
        started_s = time.perf_counter()
        await writer.commit(sale(first + len(waits_ms)))
        waits_ms.append(1_000 * (time.perf_counter() - started_s))
        await asyncio.sleep(0.001)
    return waits_ms


async def sweep_beside_a_till(store: SqliteStore) -> None:
    """Let three weeks go while a till sells, and compare its waits with those before."""
    clock = ScaledClock.starting_now(1.0, NOW_NS)
    async with Writer(store) as writer:
        janitor = Janitor(store, writer, clock, RULE)
        alone_ms = await sell(writer, 0, None)
        started_s = time.perf_counter()
        looking = asyncio.ensure_future(janitor.look())
        beside_ms = await sell(writer, 10**6, looking)
        took_s = time.perf_counter() - started_s
    rows = sum(janitor.upkeep.let_go.values())
    figure("retention_rows_let_go", rows, "rows")
    figure("retention_rows_let_go_per_second", rows / took_s, "rows/s")
    for name, waits_ms in (("alone", alone_ms), ("beside_the_janitor", beside_ms)):
        figure(f"retention_commit_{name}_p50", statistics.median(waits_ms), "ms")
        figure(f"retention_commit_{name}_p99", statistics.quantiles(waits_ms, n=100)[98], "ms")
    figure("retention_pages_given_back", janitor.upkeep.pages_given_back, "pages")


def bench_looks(path: Path) -> None:
    """Measure the start, and the look for damage after it."""
    started_s = time.perf_counter()
    store = SqliteStore.open(path)
    figure("retention_open", 1_000 * (time.perf_counter() - started_s), "ms")
    upkeep = StoreUpkeep()
    asyncio.run(Inspector(store, SystemClock(), upkeep).look_through())
    figure("retention_look_through", upkeep.check_s, "s")
    figure("retention_file", path.stat().st_size / 1e6, "MB")
    store.close()


def bench_migration(new: Path, old: Path) -> None:
    """Measure the migration of a store of version 1 with the same points."""
    with closing(sqlite3.connect(old, isolation_level=None)) as database:
        for statement in (*_FIRST, f"PRAGMA application_id = {APPLICATION_ID}", "PRAGMA user_version = 1"):
            database.execute(statement)
        database.execute("ATTACH ? AS new", (str(new),))
        database.execute("BEGIN")
        database.execute("INSERT INTO counters VALUES ('version', 0)")
        database.execute("INSERT INTO journals VALUES (1, 'bench')")
        database.execute("INSERT INTO series SELECT * FROM new.series WHERE zone <> ''")
        for table in ("levels", "hourly", "latest"):
            database.execute(
                f"INSERT INTO {table} SELECT * FROM new.{table} WHERE series IN (SELECT id FROM series)"  # noqa: S608 - our names
            )
        database.execute("COMMIT")
    started_s = time.perf_counter()
    SqliteStore.open(old).close()
    figure("retention_migrate", time.perf_counter() - started_s, "s")


def main(folder: Path | None) -> None:
    """Run all, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-", dir=folder) as name:
        path = Path(name) / "storefloor.db"
        filled(path).close()
        bench_looks(path)
        bench_migration(path, Path(name) / "old.db")
        store = SqliteStore.open(path)
        asyncio.run(sweep_beside_a_till(store))
        store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
