"""Figures of sizes, backups, exports and imports. Run as `python tests/benchmarks/bench_exchange.py [rows] [folder]`.

Commits run at synchronous=FULL beside the backup, each alone; the commands run as processes of their own,
whose memory is theirs at its highest, and whose rates are by their CPU time, which a busy machine does not change. Rows default to 100,000 movements and as many levels.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.movements import LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.ports import AppliedEvent, Commit, StateRow
from gateway.storage.sqlite import SqliteStore
from tests.support.figures import figure

STOREFLOOR = str(Path(sys.executable).with_name("storefloor"))
ROWS = 100_000
ROWS_PER_COMMIT = 1_000
SKUS = 2_000
BEGIN_NS = 1_795_248_000 * 10**9
STEP_NS = 5 * 10**9
CALM_S = 3.0
QUALITY = "[0.1,3.4,12.5,44.0,31.2,8.8]"
"""As gateway/presence/row_text.py tells how well a tag is read."""
SITE = """
[gateway]
data_dir = "."
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }, { id = "denim", role = "floor" }]
"""


def moved(number: int) -> Movement:
    """Return a tag's move between zones, as readers cause it."""
    at_ns = BEGIN_NS + number * STEP_NS
    deltas = (ZoneDelta("front", -1), ZoneDelta("denim", 1))
    epc = f"3034257BF7194E4{number % 30_000:09X}"
    return Movement(
        MovementKind.MOVED, "rfid", "lyon-1", f"SKU-{number % SKUS}", at_ns, at_ns + 4 * 10**9,
        epc=epc, from_zone="front", to_zone="denim", deltas=deltas,
    )  # fmt: skip


def level(number: int, of_skus: int = SKUS) -> LevelPoint:
    """Return a change of a level: each series has one in 5 hours, or with 20 SKUs one in 3 minutes."""
    zone = ("front", "denim")[number // of_skus % 2]
    return LevelPoint("lyon-1", f"SKU-{number % of_skus}", zone, BEGIN_NS + number * STEP_NS, number % 50)


def sold(number: int) -> AppliedEvent:
    """Return a till's event as it is kept to know its repeat."""
    result = f'{{"event_id":"till-1-{number}","outcome":"applied","sku":"SKU-{number % SKUS}","code":null,"detail":null}}'
    return AppliedEvent("f00ba4f00ba4", f"till-1-{number}", f"{number:064x}", BEGIN_NS + number, result)


def filled(path: Path, rows: int, commit_of: Callable[[range], Commit]) -> int:
    """Write rows in commits of a thousand; return the size of the closed file, in bytes."""
    store = SqliteStore.open(path, synchronous="OFF")
    for first in range(0, rows, ROWS_PER_COMMIT):
        store.commit(commit_of(range(first, min(first + ROWS_PER_COMMIT, rows))))
    store.close()
    return path.stat().st_size


def bench_sizes(folder: Path) -> None:
    """Measure what one row of each kind takes on disk, with its indexes and rollups."""
    kinds: dict[str, Callable[[range], Commit]] = {
        "movement": lambda numbers: Commit(1, movements=[moved(n) for n in numbers]),
        "level": lambda numbers: Commit(1, levels=[level(n) for n in numbers]),
        "level_of_a_known_hour": lambda numbers: Commit(1, levels=[level(n, of_skus=20) for n in numbers]),
        "event": lambda numbers: Commit(1, applied=[sold(n) for n in numbers]),
        "tag": lambda numbers: Commit(
            1,
            state=[
                StateRow(
                    "tag",
                    f"3034257BF7194E4{n:09X}",
                    f'[1,"lyon-1","denim",{BEGIN_NS + n},{BEGIN_NS + n},0,{QUALITY}]',
                )
                for n in numbers
            ],
        ),
    }
    for kind, commit_of in kinds.items():
        empty = filled(folder / f"{kind}-0.db", 0, commit_of)
        size = filled(folder / f"{kind}.db", 50_000, commit_of)
        figure(f"storage_bytes_per_{kind}", (size - empty) / 50_000, "bytes")


def ran(*arguments: str) -> tuple[float, float]:
    """Run a command to its end; return the CPU time that it took, s, and its memory at its highest, MB."""
    process = subprocess.Popen([STOREFLOOR, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, arguments
    return used.ru_utime + used.ru_stime, used.ru_maxrss * 1024 / 1e6


def waits_ms(store: SqliteStore, goes_on: Callable[[], bool]) -> list[float]:
    """Commit single sales, one after the other; return how long each took."""
    waits: list[float] = []
    while goes_on():
        number = 10**7 + len(waits)
        started_s = time.perf_counter()
        store.commit(Commit(number, movements=[moved(number)], levels=[level(number)]))
        waits.append(1_000 * (time.perf_counter() - started_s))
    return waits


def bench_backup(folder: Path, site: Path) -> None:
    """Measure a backup beside a committing gateway, and what it costs the commits."""
    path = folder / "storefloor.db"
    store = SqliteStore.open(path)
    until_s = time.monotonic() + CALM_S
    calm = waits_ms(store, lambda: time.monotonic() < until_s)
    started_s = time.perf_counter()
    backing = subprocess.Popen(
        [STOREFLOOR, "backup", "--config", str(site), "--to", str(folder / "it.backup")],
        stdout=subprocess.DEVNULL,
    )
    beside = waits_ms(store, lambda: backing.poll() is None)
    took_s = time.perf_counter() - started_s
    assert backing.returncode == 0
    store.close()
    figure("storage_backup", (folder / "it.backup").stat().st_size / took_s / 1e6, "MB/s")
    for name, waits in (("alone", calm), ("beside_backup", beside)):
        figure(f"storage_commit_{name}_p50", statistics.median(waits), "ms")
        figure(f"storage_commit_{name}_p99", statistics.quantiles(waits, n=100)[-1], "ms")
        figure(f"storage_commit_{name}_max", max(waits), "ms")


def bench_exchange(folder: Path, site: Path, rows: int) -> None:
    """Measure exports and imports of all rows, in both formats."""
    for table in ("journal", "levels"):
        for form in ("jsonl", "csv"):
            out = folder / f"{table}.{form}"
            took_s, memory_mb = ran("export", table, "--config", str(site), "--out", str(out))
            figure(f"export_{table}_{form}", rows / took_s, "rows/s per core")
            figure(f"export_{table}_{form}_memory", memory_mb, "MB")
            into = folder / f"into-{table}-{form}"
            into.mkdir()
            (into / "site.toml").write_text(SITE, "utf-8")
            took_s, memory_mb = ran("import", table, str(out), "--config", str(into / "site.toml"))
            figure(f"import_{table}_{form}", rows / took_s, "rows/s per core")
            figure(f"import_{table}_{form}_memory", memory_mb, "MB")


def main(rows: int, folder: Path | None) -> None:
    """Run all, in a folder that is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-", dir=folder) as name:
        place = Path(name)
        site = place / "site.toml"
        site.write_text(SITE, "utf-8")
        bench_sizes(place)
        filled(
            place / "storefloor.db",
            rows,
            lambda numbers: Commit(1, [moved(n) for n in numbers], [level(n) for n in numbers]),
        )
        bench_backup(place, site)
        bench_exchange(place, site, rows)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS, Path(sys.argv[2]) if len(sys.argv) > 2 else None)
