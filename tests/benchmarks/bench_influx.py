"""What telling InfluxDB costs a shop. Run as `python tests/benchmarks/bench_influx.py [--hour-points N]`.

Encoding; the commit with and without an outbox; its wait while the server is well, hangs or is gone;
delivery to a real InfluxDB (Debian's 1.6.7 behind the translator of the tests); and memory while the
server is away, fed as fast as the disk takes it (an hour of 1,000 points a second by --hour-points 3600000).
"""

import argparse
import asyncio
import contextlib
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.cli.influx_parts import connected
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.influx.delivery import Delivery
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.influx.ports import DeliveryRules
from gateway.storage.influx.settings import InfluxSettings
from gateway.storage.ports import AppliedEvent, Commit
from gateway.storage.sqlite import SqliteStore
from gateway.storage.writer import Writer
from readers.off_loop import off_loop
from tests.support.figures import figure
from tests.support.influx_server import InfluxServer
from tests.support.needed import found

T = TypeVar("T")
SKUS, ZONES = 500, ("front", "denim", "fitting-room", "back-room")
SERIES = [(f"DEN-{sku}-32", zone) for sku in range(SKUS) for zone in ZONES]
T0 = 1_760_000_000 * 10**9
ENCODED = 200_000
POINTS_PER_COMMIT, POINT_COMMITS = 1_000, 100
DELIVERED = 200_000
WAIT_S = 0.5
ROUNDS = 13
NEIGHBOURS = ("no_influxdb", "well", "hanging", "gone")
NOBODY = "http://127.0.0.1:1"


def levels(start: int, count: int) -> list[LevelPoint]:
    """Return levels in order of time over all series, 1,000 a second."""
    return [
        LevelPoint("lyon-1", *SERIES[n % len(SERIES)], T0 + n * 1_000_000, n % 50)
        for n in range(start, start + count)
    ]


def sale(number: int) -> Commit:
    """Return what a till event commits."""
    at_ns = T0 + number * 1_000_000
    sold = Movement(MovementKind.SOLD, "till", "lyon-1", SERIES[number % len(SERIES)][0], at_ns, at_ns, deltas=(ZoneDelta("front", -1),))  # fmt: skip
    event = AppliedEvent("till-1", str(number), "0" * 32, at_ns, '{"outcome":"applied"}')
    return Commit(at_ns, movements=[sold], levels=[LevelPoint("lyon-1", sold.sku, "front", at_ns, number % 50)], applied=[event])  # fmt: skip


def rss_mib() -> float:
    """Return what this process holds in memory now."""
    text = Path("/proc/self/status").read_text("ascii")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def bench_encoding() -> None:
    """Measure the encoder alone."""
    points, encoder = levels(0, ENCODED), LineEncoder()
    encoder.encode([], points[: len(SERIES)], [])
    started_s = time.process_time()
    for start in range(0, ENCODED, POINTS_PER_COMMIT):
        encoder.encode([], points[start : start + POINTS_PER_COMMIT], [])
    took_s = time.process_time() - started_s
    figure("influx_encode", ENCODED / took_s, "lines/s")
    figure("influx_encode_per_line", 1e6 * took_s / ENCODED, "us")


def bench_commits(folder: Path) -> None:
    """Measure large commits with and without an outbox: CPU per point, and bytes per point."""
    for name, encoder in (("without", None), ("with", LineEncoder())):
        store = SqliteStore.open(folder / f"{name}.db", encoder=encoder)
        store.commit(Commit(1, levels=levels(0, len(SERIES))))
        batches = [levels((n + 2) * POINTS_PER_COMMIT, POINTS_PER_COMMIT) for n in range(POINT_COMMITS)]
        started_s = time.process_time()
        for batch in batches:
            store.commit(Commit(batch[-1].at_ns, levels=batch))
        took_s = time.process_time() - started_s
        figure(
            f"influx_commit_cpu_per_point_{name}", 1e6 * took_s / (POINTS_PER_COMMIT * POINT_COMMITS), "us"
        )
        if encoder is not None:
            totals = store.outbox_totals()
            figure("influx_outbox_bytes_per_point", totals.bytes / totals.points, "bytes")
        store.close()


@contextlib.asynccontextmanager
async def telling(store: SqliteStore, writer: Writer, url: str, bucket: str) -> AsyncIterator[Delivery]:
    """Give a running delivery, as a gateway has it."""
    settings = InfluxSettings(url, bucket)

    def away(call: Callable[[], T]) -> "asyncio.Future[T]":
        return asyncio.ensure_future(off_loop(call, name="influxdb", discard=lambda _: None))

    delivery = Delivery(
        store, writer, lambda: connected(settings), LineEncoder(), time.time_ns, away, random.uniform,
        DeliveryRules(tells_gaps=False),
    )  # fmt: skip
    task = asyncio.create_task(delivery.run())
    try:
        yield delivery
    finally:
        task.cancel()


async def waits_ms(writer: Writer, first: int, tell: Callable[[], None]) -> list[float]:
    """Return how long single commits took, one after the other with a pause, as a till makes them."""
    waits: list[float] = []
    until_s = time.perf_counter() + WAIT_S
    number = first
    while (started_s := time.perf_counter()) < until_s:
        number += 1
        await writer.commit(sale(number))
        waits.append(1_000 * (time.perf_counter() - started_s))
        tell()
        await asyncio.sleep(0.002)
    return waits


async def bench_waits(folder: Path, server: InfluxServer) -> None:
    """Measure a commit's wait without InfluxDB, and with one that is well, hangs, or is gone."""
    pooled: dict[str, list[float]] = {name: [] for name in NEIGHBOURS}
    for round_ in range(ROUNDS):
        # in short turns and any order: a slow minute of the machine spares none of them
        for name in random.sample(NEIGHBOURS, len(NEIGHBOURS)):
            waits = await waits_beside(name, folder / f"waits-{name}-{round_}.db", server)
            if round_:  # the first warms up the disk and the interpreter
                pooled[name] += waits
    for name, waits in pooled.items():
        figure(f"influx_commit_wait_{name}_p50", statistics.median(waits), "ms")
        figure(f"influx_commit_wait_{name}_p99", statistics.quantiles(waits, n=100)[98], "ms")


async def waits_beside(name: str, path: Path, server: InfluxServer) -> list[float]:
    """Return the waits of commits beside one kind of InfluxDB."""
    store = SqliteStore.open(path, encoder=None if name == "no_influxdb" else LineEncoder())
    if name == "hanging":
        server.translator.slow(60.0)
    try:
        async with Writer(store) as writer:
            if name == "no_influxdb":
                return await waits_ms(writer, 0, lambda: None)
            url = NOBODY if name == "gone" else server.url
            async with telling(store, writer, url, server.new_database()) as delivery:
                return await waits_ms(writer, 0, delivery.wake)
    finally:
        server.translator.heal()
        store.close()


async def bench_delivery(folder: Path, server: InfluxServer) -> None:
    """Measure the delivery of what waits to a real server, while nothing else happens."""
    store = SqliteStore.open(folder / "delivery.db", encoder=LineEncoder())
    for start in range(0, DELIVERED, POINTS_PER_COMMIT):
        store.commit(Commit(T0 + start * 10**6, levels=levels(start, POINTS_PER_COMMIT)))
    database = server.new_database()
    async with Writer(store) as writer:
        cpu_s, started_s = time.process_time(), time.perf_counter()
        async with telling(store, writer, server.url, database) as delivery:
            while delivery.report().sent < DELIVERED:  # noqa: ASYNC110 - a delivery has no event for it
                await asyncio.sleep(0.01)
            took_s, cpu_s = time.perf_counter() - started_s, time.process_time() - cpu_s
    figure("influx_delivery", DELIVERED / took_s, "points/s")
    figure("influx_delivery_cpu_per_point", 1e6 * cpu_s / DELIVERED, "us")
    [row] = server.query(database, "SELECT count(pieces) AS n FROM stock")
    figure("influx_delivery_missing", DELIVERED - row["n"], "points")
    store.close()


async def bench_down(folder: Path, points: int) -> None:
    """Measure memory while the server is gone and points come, as fast as they can be committed."""
    store = SqliteStore.open(folder / "down.db", synchronous="NORMAL", encoder=LineEncoder())
    async with Writer(store) as writer, telling(store, writer, NOBODY, "nowhere") as delivery:
        for start in range(0, 20 * POINTS_PER_COMMIT, POINTS_PER_COMMIT):
            await writer.commit(Commit(T0 + start * 10**6, levels=levels(start, POINTS_PER_COMMIT)))
        while not delivery.report().failures:  # noqa: ASYNC110 - its client is loaded by then
            await asyncio.sleep(0.05)
        before_mib = rss_mib()
        peak_mib, started_s = before_mib, time.perf_counter()
        for start in range(20 * POINTS_PER_COMMIT, points, POINTS_PER_COMMIT):
            await writer.commit(Commit(T0 + start * 10**6, levels=levels(start, POINTS_PER_COMMIT)))
            delivery.wake()
            peak_mib = max(peak_mib, rss_mib())
        took_s = time.perf_counter() - started_s
        totals = store.outbox_totals()
        report = delivery.report()
    figure("influx_down_points_waiting", totals.points, "points")
    figure("influx_down_points_let_go", totals.let_go, "points")
    figure("influx_down_outbox", totals.bytes / 2**20, "MiB")
    figure("influx_down_fed_at", points / took_s, "points/s")
    figure("influx_down_memory_growth", peak_mib - before_mib, "MiB")
    figure("influx_down_tries", report.failures, "tries")
    store.close()


def main() -> None:
    """Run all, in a folder that is removed at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--hour-points", type=int, default=360_000, help="points while there is no server; an hour: 3600000"
    )
    parser.add_argument("--folder", type=Path, help="which disk is measured; default: the temporary folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-", dir=arguments.folder) as name:
        folder = Path(name)
        bench_encoding()
        bench_commits(folder)
        if found("influxd") is None:
            print("influxd is not installed (Debian package influxdb): waits and delivery are not measured")
        else:
            with InfluxServer(folder) as server:
                asyncio.run(bench_waits(folder, server))
                asyncio.run(bench_delivery(folder, server))
        asyncio.run(bench_down(folder, arguments.hour_points))


if __name__ == "__main__":
    main()
