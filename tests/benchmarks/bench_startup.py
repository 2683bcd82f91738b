"""From the start of the process to the first right answer: a shop of 1 M tags with 30 days of history.

Run as `python tests/benchmarks/bench_startup.py [tags [days]]`. It makes a store as a gateway would have left it
(a million tags in chunks, the newest 1/32 of them as rows; 40,000 movements a day, each with its level), kills
and starts `storefloor run` on it, and asks for articles until one is answered. An answer is right where it is
what the tags in the store add up to. The file lies in the page cache, as after a restart of the service alone;
after a reboot the disk has to read it too. In the process itself: what opening, checking and taking up cost.
A busy machine lengthens the times, and hardly the processor time of a start, which one core does alone.
"""

import gc
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the gateway's command does

import numpy as np

from gateway.cli.serve import STATE_PARTS
from gateway.config.file import parse_catalogue, parse_site
from gateway.engine import Engine
from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.presence.buckets import BUCKETS, bucket_of
from gateway.presence.chunks import encode, gather
from gateway.presence.rule import QUALITY_SHARE
from gateway.presence.tail import TAIL_SHARE
from gateway.site import Site
from gateway.storage.ports import Commit, Snapshot
from gateway.storage.sqlite import STORE_FILE, SqliteStore
from simulators.epc import sgtin96
from tests.support.figures import figure
from tests.support.ports import free_port
from tests.support.processes import READ_KEY, STOREFLOOR, Gateway

TAGS, DAYS = 1_000_000, 30
SKUS, MOVED_A_DAY = 5_000, 40_000
STARTS = 5
ASKED = 20
UTIME = 11
"""Where the processor time of a process stands in /proc/<pid>/stat, behind its name."""
NS_PER_S = 1_000_000_000
HOUR_NS, DAY_NS = 3_600 * NS_PER_S, 86_400 * NS_PER_S
ZONES = ("front", "denim", "shoes", "back-room")
STORE = "lyon-1"

SITE = """
[api]
port = {port}
[gateway]
data_dir = "data"
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [
  {{ id = "front", role = "floor" }}, {{ id = "denim", role = "floor" }}, {{ id = "shoes", role = "floor" }},
  {{ id = "back-room", role = "back_room" }}, {{ id = "exit", role = "exit" }},
]
[mqtt]
host = "127.0.0.1"
port = {broker}
[[readers]]
id = "r700-1"
kind = "impinj"
store = "lyon-1"
topic = "r700-1"
antennas = [
  {{ port = 1, zone = "front" }}, {{ port = 2, zone = "denim" }}, {{ port = 3, zone = "shoes" }},
  {{ port = 4, zone = "back-room" }}, {{ port = 5, zone = "exit" }},
]
"""


def gtin(number: int) -> str:
    """Return the GTIN-14 of an article, with its check digit."""
    body = f"0301234{number:06d}"
    return body + str(-sum(int(digit) * (3, 1)[i % 2] for i, digit in enumerate(body)) % 10)


def articles() -> str:
    """Return the catalogue as a file."""
    rows = "".join(f"SKU-{n},{gtin(n)},Article {n},tag\n" for n in range(SKUS))
    return f"sku,gtin,name_en,tracked_by\n{rows}"


def new_engine(site: str) -> Engine:
    """Return an engine of the site that knows nothing yet."""
    return Engine(Site(parse_site(site, "site.toml")), parse_catalogue(articles(), "articles.csv"))


def history(days: int, now_ns: int) -> Iterator[Commit]:
    """Yield commits of so many days, an hour each: pieces that go to and fro, and the levels that they make."""
    rng, levels = Random(1), Counter[tuple[str, str]]()
    hours, pieces = days * 24, MOVED_A_DAY // 24
    for hour in range(hours):
        begin_ns = now_ns - (hours - hour) * HOUR_NS
        commit = Commit(begin_ns + HOUR_NS)
        for piece in range(pieces):
            at_ns = begin_ns + piece * (HOUR_NS // pieces)
            number, (source, target) = rng.randrange(SKUS), rng.sample(ZONES, 2)
            sku, epc = f"SKU-{number}", f"{rng.getrandbits(96):024X}"
            levels[sku, source] = max(0, levels[sku, source] - 1)
            levels[sku, target] += 1
            deltas = ZoneDelta(source, -1), ZoneDelta(target, 1)
            commit.movements.append(
                Movement(MovementKind.MOVED, "rfid", STORE, sku, at_ns, at_ns, 1, epc, source, target, deltas)
            )
            for zone in (source, target):
                commit.levels.append(LevelPoint(STORE, sku, zone, at_ns, levels[sku, zone]))
        yield commit


def fill(path: Path, site: str, tags: int, days: int, now_ns: int) -> Counter[str]:
    """Make the store; return the pieces of each article."""
    engine = new_engine(site)
    presence = engine.state.presence
    belief = presence.stores[STORE]
    epcs = [sgtin96(gtin(n % SKUS), 7, n) for n in range(tags)]
    zones = np.random.default_rng(1).integers(0, len(ZONES), tags)
    shares = np.tile(np.array([QUALITY_SHARE], np.float32), (tags, 1))
    seen_ns = np.full(tags, now_ns - 600 * NS_PER_S)
    buckets = np.array([bucket_of(epc) for epc in epcs], np.uint16)
    belief.take_up(epcs, zones, seen_ns - DAY_NS, seen_ns, shares, buckets)
    store = SqliteStore.open(path, synchronous="OFF")
    names = [place.zone for place in belief.places]
    encode_s, commit_s = [], []
    for bucket in range(BUCKETS):
        started_s = time.perf_counter()
        body = encode(gather(belief.columns, belief.absent, names, bucket))
        encoded_s = time.perf_counter()
        store.commit(Commit(now_ns, snapshots=[Snapshot("item", f"{STORE}/{bucket:03x}/", body)]))
        encode_s.append(encoded_s - started_s)
        commit_s.append(time.perf_counter() - encoded_s)
    figure(f"start-up at {tags} tags, a chunk", 1_000 * median(encode_s), "ms")
    figure(
        f"start-up at {tags} tags, the commit of a chunk (without its flush)", 1_000 * median(commit_s), "ms"
    )
    for epc in epcs[::TAIL_SHARE]:
        belief.dirty[epc] = None
    store.commit(Commit(now_ns, state=engine.drain().state))
    for commit in history(days, now_ns):
        store.commit(commit)
    true = Counter((f"SKU-{n % SKUS}", ZONES[zone]) for n, zone in enumerate(zones.tolist()))
    skus = [f"SKU-{n}" for n in range(SKUS)]
    points = [LevelPoint(STORE, sku, zone, now_ns, true[sku, zone]) for sku in skus for zone in ZONES]
    store.commit(Commit(now_ns, levels=points))
    store.close()
    return Counter({sku: sum(true[sku, zone] for zone in ZONES) for sku in skus})


def measure_parts(path: Path, site: str, tags: int, now_ns: int) -> None:
    """Measure the steps of a start in one process."""
    started_s = time.perf_counter()
    store = SqliteStore.open(path)
    opened_s = time.perf_counter()
    engine = new_engine(site)
    gc.collect()
    gc.disable()  # as the gateway does at its start
    made_s = time.perf_counter()
    rows = [row for part in STATE_PARTS for row in store.state_rows(part)]
    engine.restore(rows, store.latest_levels(), now_ns, store.snapshots("item"))
    restored_s = time.perf_counter()
    gc.enable()
    store.close()
    assert engine.imbalanced == 0
    figure(f"start-up at {tags} tags, rows of the tail", len(rows), "rows")
    figure(f"start-up at {tags} tags, open and check the store", opened_s - started_s, "s")
    figure(f"start-up at {tags} tags, take up", restored_s - made_s, "s")


def measure_import() -> None:
    """Measure what the command needs to load the gateway."""
    spans = []
    for _ in range(STARTS):
        started_s = time.perf_counter()
        subprocess.run([STOREFLOOR, "run", "--help"], check=True, stdout=subprocess.DEVNULL)
        spans.append(time.perf_counter() - started_s)
    figure("start-up, load the program", median(spans), "s")


def measure_starts(gateway: Gateway, true: Counter[str], tags: int) -> None:
    """Kill and start the gateway; measure until it gives the first answer, which must be right."""
    spans, worked, skus = [], [], [f"SKU-{n}" for n in Random(2).sample(range(SKUS), ASKED)]
    gateway.make_key(*READ_KEY)
    for _ in range(STARTS):
        started_s = time.perf_counter()
        gateway.launch()
        gateway.until_ready()
        answers = gateway.stock(skus)
        spans.append(time.perf_counter() - started_s)
        assert {sku: answers[sku]["quantities"]["on_hand"] for sku in skus} == {
            sku: true[sku] for sku in skus
        }
        status = Path(f"/proc/{gateway.pid}/status").read_text("ascii")
        (peak_kib,) = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")]
        fields = Path(f"/proc/{gateway.pid}/stat").read_text("ascii").rpartition(")")[2].split()
        worked.append((int(fields[UTIME]) + int(fields[UTIME + 1])) / os.sysconf("SC_CLK_TCK"))
        gateway.kill()
    figure(f"start-up at {tags} tags, from the process's start to the first right answer", median(spans), "s")
    figure(f"start-up at {tags} tags, processor time until then", median(worked), "s")
    figure(f"start-up at {tags} tags, the slowest of {STARTS} starts", max(spans), "s")
    figure(f"start-up at {tags} tags, memory at its peak", peak_kib / 1_024, "MiB")


def main(tags: int = TAGS, days: int = DAYS) -> None:
    """Make the store, and start on it."""
    now_ns = time.time_ns()
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder:
        port = free_port()
        site = SITE.format(port=port, broker=free_port())
        site_path = Path(folder, "site.toml")
        site_path.write_text(site, "utf-8")
        Path(folder, "articles.csv").write_text(articles(), "utf-8")
        store_path = Path(folder, "data", STORE_FILE)
        true = fill(store_path, site, tags, days, now_ns)
        figure(f"start-up at {tags} tags, store of {days} days", store_path.stat().st_size / 2**20, "MiB")
        measure_import()
        measure_parts(store_path, site, tags, now_ns)
        gc.collect()
        with Gateway(site_path, port) as gateway:
            measure_starts(gateway, true, tags)


if __name__ == "__main__":
    print(__doc__)
    main(*(int(argument) for argument in sys.argv[1:]))
