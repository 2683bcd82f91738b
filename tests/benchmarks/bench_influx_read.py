"""What reading back from a real InfluxDB takes. Run as `python tests/benchmarks/bench_influx_read.py`.

Three years of weeks stand in a real InfluxDB (Debian's 1.6.7 behind the translator of the tests), thirty days
of them with a change each quarter of an hour: its history and levels as of a day are asked for.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from gateway.movements import LevelPoint
from tests.support.figures import figure
from tests.support.influx_series import series_on
from tests.support.influx_server import InfluxServer

MINUTE_NS = 60 * 10**9
DAY_NS = 24 * 60 * MINUTE_NS
T0 = 20_000 * DAY_NS
WEEKS, DAYS = 156, 30
BUSY_NS = T0 + 100 * 7 * DAY_NS
"""Where the thirty days begin."""
ZONES = ("front", "denim", "back-room")
ASKED = 30


def points() -> list[LevelPoint]:
    """Return a change a week in each zone for three years, and of one month three an hour more."""
    weekly = [
        LevelPoint("lyon-1", "DEN-501-32", zone, T0 + week * 7 * DAY_NS, week % 50)
        for week in range(WEEKS)
        for zone in ZONES
    ]
    quarters = DAYS * 24 * 4
    busy = [
        LevelPoint("lyon-1", "DEN-501-32", ZONES[n % 3], BUSY_NS + n * 15 * MINUTE_NS, n % 50)
        for n in range(quarters)
    ]
    return weekly + busy


def measured(name: str, ask: Callable[[], object]) -> None:
    """Print how long a question takes, and what it costs this process."""
    ask()
    waits_ms: list[float] = []
    began_s = time.process_time()
    for _ in range(ASKED):
        started_s = time.perf_counter()
        ask()
        waits_ms.append(1_000 * (time.perf_counter() - started_s))
    figure(f"{name}_cpu", 1_000 * (time.process_time() - began_s) / ASKED, "ms")
    figure(f"{name}_p50", statistics.median(waits_ms), "ms")
    figure(f"{name}_worst", max(waits_ms), "ms")


def main() -> None:
    """Run it."""
    with tempfile.TemporaryDirectory(prefix="storefloor-") as folder, InfluxServer(Path(folder)) as server:
        series = series_on(server)
        series.append(points())
        article = ("lyon-1", "DEN-501-32")
        end_ns = BUSY_NS + DAYS * DAY_NS
        measured("influx_read_history_30d", lambda: series.history(*article, BUSY_NS, end_ns, 30 * MINUTE_NS))
        measured(
            "influx_read_history_3y", lambda: series.history(*article, T0, T0 + WEEKS * 7 * DAY_NS, DAY_NS)
        )
        measured("influx_read_as_of", lambda: series.levels_at(*article, end_ns))


if __name__ == "__main__":
    main()
