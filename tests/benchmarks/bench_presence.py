"""Reads through presence to stock, in process, at three sizes of shop: cost per read, and memory per tag.

Run as `python tests/benchmarks/bench_presence.py`. One engine, a pass per shop second as in the gateway;
decoding and storing are not in it (see bench_pipeline.py and bench_storage.py). Each tag is read every
five shop seconds. The mix of the reads:
    90 %  at home: the antenna of the zone where the tag lies
     8 %  across: an antenna of the neighbouring zone reads it through the wall, faintly
     2 %  on the move: a tag that was carried to another zone, read there from now on (and new pieces)
The yardstick of the same run counts the same reads in a dict: `counts[epc, antenna] += 1`.
"""

import gc
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.config_file import parse_catalogue, parse_site
from gateway.engine import Engine
from gateway.site import Site
from readers.observations import Read
from simulators.epc import sgtin96
from tests.support.figures import figure

SIZES = (1_000, 10_000, 100_000)
SKUS = 500
READ_EVERY_S = 5
SETTLED_S = 3 * 3_600
MEASURED_READS = 300_000
LEAST_SECONDS = 30
ACROSS, MOVING = 0.08, 0.02
OWN_DBM, ACROSS_DBM = -58.0, -69.0
NS_PER_S = 1_000_000_000
START_NS = 1_795_248_000 * NS_PER_S
ZONES = ("front", "denim", "shoes", "back-room")

SITE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [
  { id = "front", role = "floor" }, { id = "denim", role = "floor" }, { id = "shoes", role = "floor" },
  { id = "back-room", role = "back_room" }, { id = "exit", role = "exit" },
]
[[readers]]
id = "r700-1"
kind = "impinj"
store = "lyon-1"
topic = "r700-1"
antennas = [
  { port = 1, zone = "front" }, { port = 2, zone = "denim" }, { port = 3, zone = "shoes" },
  { port = 4, zone = "back-room" }, { port = 5, zone = "exit" },
]
"""


def gtin(number: int) -> str:
    """Return the GTIN-14 of an article, with its check digit."""
    body = f"0301234{number:06d}"
    return body + str(-sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(body)) % 10)


def new_engine() -> Engine:
    """Return the engine of an empty shop."""
    rows = "".join(f"SKU-{n},{gtin(n)},Article {n},tag\n" for n in range(SKUS))
    catalogue = parse_catalogue(f"sku,gtin,name_en,tracked_by\n{rows}", "articles.csv")
    return Engine(Site(parse_site(SITE, "bench.toml")), catalogue)


class Floor:
    """Tags in their zones, and what antennas read of them second by second."""

    def __init__(self, tags: int, seed: int = 1) -> None:
        self._rng = Random(seed)
        self.epcs = [sgtin96(gtin(i % SKUS), 7, i) for i in range(tags)]
        self._home = [self._rng.randrange(len(ZONES)) for _ in self.epcs]
        self.now_ns = START_NS

    def second(self, *, is_calm: bool = False) -> list[Read]:
        """Return the reads of the next second, a fifth of the tags'; in a calm one nothing moves or crosses."""
        self.now_ns += NS_PER_S
        rng, reads = self._rng, []
        turn = self.now_ns // NS_PER_S % READ_EVERY_S
        for i in range(turn, len(self.epcs), READ_EVERY_S):
            draw = 1.0 if is_calm else rng.random()
            zone, rssi_dbm = self._home[i], OWN_DBM
            if draw < MOVING:
                zone = self._home[i] = (zone + 1) % len(ZONES)
            elif draw < MOVING + ACROSS:
                zone, rssi_dbm = (zone + 1) % len(ZONES), ACROSS_DBM
            at_ns = self.now_ns + i
            reads.append(Read("r700-1", zone + 1, self.epcs[i], at_ns, at_ns, rssi_dbm))
        return reads

    def seconds(self, n: int) -> Iterator[list[Read]]:
        """Return the reads of so many seconds."""
        for _ in range(n):
            yield self.second()


def run(engine: Engine, reads: list[Read], now_ns: int) -> tuple[float, float]:
    """Take one second's reads in, and let time pass; return the real seconds of both."""
    started_s = time.perf_counter()
    for read in reads:
        engine.observe(read, now_ns)
    observed_s = time.perf_counter()
    engine.advance(now_ns)
    engine.drain()
    return observed_s - started_s, time.perf_counter() - observed_s


def settle(engine: Engine, floor: Floor) -> None:
    """Let every tag arrive, and its arrival be settled: past the time in which a scan may still announce it."""
    for rounds in (2, 1):
        for _ in range(rounds * READ_EVERY_S):
            run(engine, floor.second(is_calm=True), floor.now_ns)
        floor.now_ns += SETTLED_S * NS_PER_S
    for _ in range(READ_EVERY_S):
        run(engine, floor.second(is_calm=True), floor.now_ns)


def measure(tags: int) -> None:
    """Measure one size of shop against the yardstick."""
    engine, floor = new_engine(), Floor(tags)
    settle(engine, floor)
    seconds = max(LEAST_SECONDS, MEASURED_READS * READ_EVERY_S // tags)
    counts: dict[tuple[str, int], int] = {}
    n = observe_s = pass_s = count_s = worst_pass_s = 0.0
    gc.collect()
    gc.freeze()  # as the gateway does at its start
    for reads in floor.seconds(seconds):
        observed_s, passed_s = run(engine, reads, floor.now_ns)
        started_s = time.perf_counter()
        for read in reads:
            key = (read.epc, read.antenna)
            counts[key] = counts.get(key, 0) + 1
        count_s += time.perf_counter() - started_s
        observe_s, pass_s, n = observe_s + observed_s, pass_s + passed_s, n + len(reads)
        worst_pass_s = max(worst_pass_s, passed_s)
    gc.unfreeze()
    name = f"presence at {tags} tags"
    print(f"{name}: {n:.0f} reads in {seconds} shop seconds, {engine.state.presence.counts}")
    figure(f"{name}, reads", n / (observe_s + pass_s), "reads/s")
    figure(f"{name}, a read", 1e6 * (observe_s + pass_s) / n, "us")
    figure(f"{name}, of which in passes", 1e6 * pass_s / n, "us")
    figure(f"{name}, longest pass", 1e3 * worst_pass_s, "ms")
    figure(f"{name}, against counting in a dict", (observe_s + pass_s) / count_s, "times")


def measure_memory(tags: int) -> None:
    """Measure what a known tag takes, its EPC text included."""
    gc.collect()
    tracemalloc.start()
    engine = new_engine()
    before = tracemalloc.get_traced_memory()[0]
    floor = Floor(tags)
    settle(engine, floor)
    floor_bytes = sys.getsizeof(floor.epcs) + sys.getsizeof(floor._home)
    gc.collect()
    taken = tracemalloc.get_traced_memory()[0] - before - floor_bytes
    tracemalloc.stop()
    figure(f"presence at {tags} tags, memory of a tag", taken / tags, "bytes")


if __name__ == "__main__":
    print(__doc__)
    for size in SIZES:
        measure(size)

    measure_memory(SIZES[2])
