"""Replay of a recording: observations a second, from lines on disk to rows on disk, in a process of its own.

Run as `python tests/benchmarks/bench_replay.py [LINES]`. An hour and more of one shop: 5,000 tags of 250
articles, each read about every five seconds by the reader of their zone (8 % through the wall, 2 % carried
elsewhere), in batches of 100 that reach the gateway 50 to 150 ms after the device saw them, 1 % of them
told twice, 2 % late by up to a minute; a sale now and then. Rows every 5 s, of levels and of items.
"""

import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.ports.intake import TillEvent
from gateway.recording.reading import LineReader
from gateway.recording.recorded import ToldEvent
from gateway.recording.writing import line_of
from readers.observations import Heartbeat, Read
from simulators.epc import sgtin96
from tests.support.figures import figure

LINES = 1_200_000
TAGS, ARTICLES, BATCH = 5_000, 250, 100
READS_PER_S = 1_000
SALE_EVERY_S = 60
NS_PER_S, NS_PER_MS = 1_000_000_000, 1_000_000
START_NS = 1_795_248_000 * NS_PER_S
SITE = """
[catalogue]
csv = "articles.csv"
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
[mqtt]
"""


def gtin(article: int) -> str:
    """Return the GTIN-14 of an article."""
    digits = f"0301234{article:06d}"
    return digits + str(-sum(int(d) * (3, 1)[i % 2] for i, d in enumerate(digits)) % 10)


def write_site(folder: Path) -> Path:
    """Write the site and its articles."""
    rows = [f"ART-{n},{gtin(n)},Article {n},tag" for n in range(ARTICLES)]
    (folder / "articles.csv").write_text("\n".join(["sku,gtin,name,tracked_by", *rows]) + "\n")
    site = folder / "site.toml"
    site.write_text(SITE)
    return site


def recording(lines: int, rng: Random) -> Iterator[str]:
    """Yield the lines, by received time."""
    epcs = [sgtin96(gtin(n % ARTICLES), 7, n) for n in range(TAGS)]
    home = [rng.randint(1, 4) for _ in range(TAGS)]
    late: list[tuple[int, str]] = []
    written, now_ns, number = 0, START_NS, 0
    while written < lines:
        now_ns += BATCH * NS_PER_S // READS_PER_S
        received_ns = now_ns + rng.randrange(50, 150) * NS_PER_MS
        while late and late[0][0] <= received_ns:
            yield late.pop(0)[1]
            written += 1
        batch = []
        for _ in range(BATCH):
            tag, chance = rng.randrange(TAGS), rng.random()
            port, rssi = home[tag], round(rng.gauss(-58, 4) * 2) / 2
            if chance < 0.08:
                port, rssi = port % 4 + 1, -69.0
            elif chance < 0.0802:
                home[tag] = port % 4 + 1
            at_ns = now_ns - rng.randrange(100 * NS_PER_MS)
            batch.append((at_ns, port, epcs[tag], rssi))
        delay_ns = round(rng.expovariate(1 / 20)) * NS_PER_S if rng.random() < 0.02 else 0
        for time_ns in [received_ns + delay_ns] * (2 if rng.random() < 0.01 else 1):
            texts = [line_of(Read("r700-1", port, epc, at, time_ns, rssi)) for at, port, epc, rssi in batch]
            if delay_ns:
                late += [(time_ns, text) for text in texts]
                late.sort(key=lambda entry: entry[0])
            else:
                yield from texts
                written += len(texts)
        number += 1
        if number % 50 == 0:
            yield line_of(Heartbeat("r700-1", True, received_ns, received_ns))
        if number % (SALE_EVERY_S * READS_PER_S // BATCH) == 0:
            sku = f"ART-{rng.randrange(ARTICLES)}"
            sale = TillEvent(f"sale-{number}", "sale", "lyon-1", sku, None, None, 1, received_ns)
            yield line_of(ToldEvent(sale, received_ns))


def replay(site: Path, source: Path, folder: Path) -> tuple[float, float, str]:
    """Replay in a process of its own; return its real and CPU seconds, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started_s = time.perf_counter()
    done = subprocess.run(
        [
            Path(sys.executable).with_name("storefloor"), "replay", "--config", site, "--input", source,
            "--every", "5", "--levels", folder / "levels.jsonl", "--items", folder / "items.jsonl",
        ],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    took_s = time.perf_counter() - started_s
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took_s, used_s, done.stderr


def measure_reading(source: Path) -> None:
    """Measure the reading of lines alone."""
    data = source.read_bytes()[:50_000_000]
    data = data[: data.rfind(b"\n") + 1]
    reader, started_s = LineReader(), time.process_time()
    count = sum(1 for _ in reader.read_lines(data, 1))
    figure("reading lines alone", count / (time.process_time() - started_s), "lines/s")


def main() -> None:
    """Write a recording, then replay it plain and compressed."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as name:
        folder = Path(name)
        site, plain, packed = write_site(folder), folder / "obs.jsonl", folder / "obs.jsonl.gz"
        with plain.open("w") as out:
            count = 0
            for line in recording(lines, Random(1)):
                out.write(line + "\n")
                count += 1
        packed.write_bytes(gzip.compress(plain.read_bytes(), 1))
        figure("recording, lines", count, "lines")
        figure("recording, plain", plain.stat().st_size / count, "B/line")
        figure("recording, gzip", packed.stat().st_size / count, "B/line")
        measure_reading(plain)
        for what, source in (("plain", plain), ("gzip", packed)):
            took_s, used_s, said = replay(site, source, folder)
            figure(f"replay {what}, by the clock", count / took_s, "observations/s")
            figure(f"replay {what}, by CPU time", count / used_s, "observations/s")
            print(said.strip())


if __name__ == "__main__":
    print(json.dumps(__doc__.splitlines()[0]))
    main()
