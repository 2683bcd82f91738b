"""Reads through presence to stock, in process, from 10 k to 1 M tags: cost per read, memory per tag, restart.

Run as `python tests/benchmarks/bench_presence.py [tags ...]`. One engine, a pass per shop second as in the
gateway, reads handed in as the pipeline does: by the hundred, as a message holds them. Decoding and storing
are not in it (see bench_pipeline.py and bench_storage.py). Belief moves in epochs of five shop seconds, and
each tag is read four times in each. The mix of the reads:
    90 %    at home: the antenna of the zone where the tag lies
     9.8 %  across: an antenna of the neighbouring zone reads it through the wall, faintly
     0.2 %  on the move: a tag that was carried to another zone, read there from now on
A tag-epoch is one tag's belief moved by one epoch, read or not. The yardstick of the same run counts the same
reads in a dict: `counts[epc, antenna] += 1`. Times are those of the CPU, which a busy machine does not change;
a pass holds the loop for as long: the longest is told.
"""

import gc
import os
import sys
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the gateway's command does

from gateway.config.file import parse_catalogue, parse_site
from gateway.engine import Changes, Engine
from gateway.movements import LevelPoint
from gateway.site import Site
from gateway.storage.ports import Snapshot, StateRow
from readers.observations import Read
from simulators.epc import sgtin96
from tests.support.figures import figure

SIZES = (10_000, 50_000, 100_000, 1_000_000)
MEMORY_TAGS, RESTART_TAGS = 100_000, 1_000_000
SKUS = 500
EPOCH_S, READS_PER_EPOCH, KNOWN_EPOCHS = 5, 4, 15
MESSAGE = 100
MEASURED_READS = 2_000_000
LEAST_SECONDS = 2 * EPOCH_S
ACROSS, MOVING = 0.098, 0.002
OWN_DBM, ACROSS_DBM = -58.0, -69.0
NS_PER_S = 1_000_000_000
DAY_NS = 25 * 3_600 * NS_PER_S
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

    def calm_second(self) -> list[Read]:
        """Return the reads of a second in which a fifth of the tags are read at home."""
        self.now_ns += NS_PER_S
        at_ns, turn = self.now_ns, self.now_ns // NS_PER_S % EPOCH_S
        return [
            Read("r700-1", self._home[i] + 1, self.epcs[i], at_ns, at_ns, OWN_DBM)
            for i in range(turn, len(self.epcs), EPOCH_S)
        ]

    def second(self) -> list[Read]:
        """Return the reads of the next second: of four tags in five."""
        self.now_ns += NS_PER_S
        rng, reads, at_ns = self._rng, [], self.now_ns
        turn = self.now_ns // NS_PER_S % EPOCH_S
        for i, epc in enumerate(self.epcs):
            if i % EPOCH_S == turn:
                continue
            zone, rssi_dbm = self._home[i], OWN_DBM
            if (draw := rng.random()) < MOVING + ACROSS:
                zone = (zone + 1) % len(ZONES)
                if draw < MOVING:
                    self._home[i] = zone
                else:
                    rssi_dbm = ACROSS_DBM
            reads.append(Read("r700-1", zone + 1, epc, at_ns, at_ns, rssi_dbm))
        return reads

    def seconds(self, n: int) -> Iterator[list[Read]]:
        """Return the reads of so many seconds."""
        for _ in range(n):
            yield self.second()


def run(engine: Engine, reads: list[Read], now_ns: int) -> tuple[float, float, Changes]:
    """Take one second's reads in, and let time pass; return the CPU seconds of both, and what changed."""
    messages = [reads[start : start + MESSAGE] for start in range(0, len(reads), MESSAGE)]
    started_s = time.process_time()
    for message in messages:
        engine.observe_all(message, now_ns)
    observed_s = time.process_time()
    engine.advance(now_ns)
    changes = engine.drain()
    return observed_s - started_s, time.process_time() - observed_s, changes


def settle(engine: Engine, floor: Floor) -> tuple[list[StateRow], list[Snapshot]]:
    """Let every tag arrive and be known, read once an epoch; return what a store would hold of them in the end."""
    rows: dict[str, dict[tuple[str, str], StateRow]] = {}
    snapshots: dict[str, Snapshot] = {}

    def keep(changes: Changes) -> None:
        for row in changes.state:
            rows.setdefault(f"{row.key.rpartition('/')[0]}/", {})[row.part, row.key] = row
        for snapshot in changes.snapshots:
            snapshots[snapshot.prefix] = snapshot
            rows.pop(snapshot.prefix, None)

    for _ in range(KNOWN_EPOCHS * EPOCH_S):
        keep(run(engine, floor.calm_second(), floor.now_ns)[2])
    while (changes := engine.drain()).snapshots:
        keep(changes)
    return [row for under in rows.values() for row in under.values()], list(snapshots.values())


def measure(tags: int) -> float:
    """Measure one size of shop against the yardstick; return the seconds of a read."""
    engine, floor = new_engine(), Floor(tags)
    settle(engine, floor)
    seconds = max(LEAST_SECONDS, MEASURED_READS // (tags * READS_PER_EPOCH // EPOCH_S))
    counts: dict[tuple[str, int], int] = {}
    n = observe_s = pass_s = count_s = worst_pass_s = 0.0
    gc.collect()
    gc.freeze()  # as the gateway does at its start
    first_epoch_ns = engine.state.presence.epoch_ns
    for reads in floor.seconds(seconds):
        observed_s, passed_s, _ = run(engine, reads, floor.now_ns)
        started_s = time.process_time()
        for read in reads:
            key = (read.epc, read.antenna)
            counts[key] = counts.get(key, 0) + 1
        count_s += time.process_time() - started_s
        observe_s, pass_s, n = observe_s + observed_s, pass_s + passed_s, n + len(reads)
        worst_pass_s = max(worst_pass_s, passed_s)
    gc.unfreeze()
    epochs = (engine.state.presence.epoch_ns - first_epoch_ns) / (EPOCH_S * NS_PER_S)
    name = f"presence at {tags} tags"
    print(f"{name}: {n:.0f} reads in {seconds} shop seconds, {engine.state.presence.counts}")
    figure(f"{name}, reads", n / (observe_s + pass_s), "reads/s")
    figure(f"{name}, a read", 1e6 * (observe_s + pass_s) / n, "us")
    figure(f"{name}, of which in passes", 1e6 * pass_s / n, "us")
    figure(f"{name}, tag-epochs in passes", tags * epochs / pass_s, "tag-epochs/s")
    figure(f"{name}, longest pass", 1e3 * worst_pass_s, "ms")
    figure(f"{name}, against counting in a dict", (observe_s + pass_s) / count_s, "times")
    return (observe_s + pass_s) / n


def measure_memory(tags: int) -> None:
    """Measure what a tag takes, its EPC text included: just arrived (a scan may still announce it), and a day on."""
    gc.collect()
    tracemalloc.start()
    engine = new_engine()
    before = tracemalloc.get_traced_memory()[0]
    floor = Floor(tags)
    settle(engine, floor)
    floor_bytes = sys.getsizeof(floor.epcs) + sys.getsizeof(floor._home)

    def taken() -> float:
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before - floor_bytes) / tags

    figure(f"presence at {tags} tags, memory of a tag that just arrived", taken(), "bytes")
    floor.now_ns += DAY_NS
    for _ in range(2 * EPOCH_S):
        run(engine, floor.calm_second(), floor.now_ns)
    figure(f"presence at {tags} tags, memory of a tag a day on", taken(), "bytes")
    tracemalloc.stop()


def measure_restart(tags: int) -> None:
    """Measure how long a new engine takes to know again what an earlier one had written down."""
    engine, floor = new_engine(), Floor(tags)
    rows, snapshots = settle(engine, floor)
    levels = list(engine_levels(engine, floor.now_ns))
    again = new_engine()
    gc.collect()
    gc.disable()  # as the gateway does at its start: all that is made then stays
    started_s = time.process_time()
    again.restore(rows, levels, floor.now_ns, snapshots)
    restored_s = time.process_time() - started_s
    gc.enable()
    assert again.imbalanced == 0
    assert all(again.state.presence.place_of(epc) is not None for epc in floor.epcs[::1_000])
    figure(f"presence at {tags} tags, restart", restored_s, "s")


def engine_levels(engine: Engine, now_ns: int) -> Iterator[LevelPoint]:
    """Yield the levels that a store would hold."""
    for store, sku in engine.state.ledger.line_keys():
        for zone, pieces in engine.state.ledger.levels(store, sku).items():
            yield LevelPoint(store, sku, zone, now_ns, pieces)


if __name__ == "__main__":
    print(__doc__)
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    costs = [measure(size) for size in sizes]
    figure(f"presence, a read at {sizes[-1]} tags against one at {sizes[0]}", costs[-1] / costs[0], "times")
    if sizes == SIZES:
        measure_memory(MEMORY_TAGS)
        measure_restart(RESTART_TAGS)
