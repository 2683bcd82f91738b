"""From a scan to a page: bytes on a till scanner's port → SSE frame at a client, and till events likewise.

Run as `python tests/benchmarks/bench_latency.py`. A real gateway process on the machine's own clock, a pty,
a plain SSE client in this process; each scan is a sale that changes the stock, committed (FULL) before it is
told. One thing at a time: the next scan comes when the last was heard. No broker is needed.
"""

import os
import statistics
import sys
import tempfile
import time
import tty
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from tests.support.figures import figure
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.sse import EventListener

SCANS = 300
WARM_UP = 20
TOTES = 2 * (SCANS + WARM_UP)
EAN = b"3012345000123\r\n"
POLL_S = 0.0002
SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "till", role = "till" }}]
[[scanners]]
id = "till-1"
store = "lyon-1"
zone = "till"
role = "till"
port = "till-1"
repeat_window_s = 0
"""


class Till:
    """A scanner's end of a pty."""

    def __init__(self, path: Path) -> None:
        self._device, self._host = os.openpty()
        tty.setraw(self._host)
        path.symlink_to(os.ttyname(self._host))

    def scan(self) -> None:
        """Send one code."""
        os.write(self._device, EAN)


def has_more_than(listener: EventListener, n: int) -> bool:
    """Return whether more than so many changes were heard."""
    return len(listener.of("availability")) > n


def spans_ms(listener: EventListener, act: Callable[[int], None], times: int) -> list[float]:
    """Return how long each act took to be heard on the stream."""
    spans = []
    for number in range(times):
        heard = len(listener.of("availability"))
        started_s = time.perf_counter()
        act(number)
        eventually(partial(has_more_than, listener, heard), "the change", 10.0, POLL_S)
        spans.append(1e3 * (listener.of("availability")[heard].heard_s - started_s))
    return spans


def tell(name: str, spans: list[float]) -> None:
    """Print the middle and the tail."""
    ordered = sorted(spans)
    figure(f"{name} p50", statistics.median(ordered), "ms")
    figure(f"{name} p99", ordered[int(0.99 * len(ordered))], "ms")


def events(number: int, kind: str, qty: int = 1) -> dict[str, object]:
    """Return the body of one till event."""
    at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    event = {
        "event_id": f"{kind}-{number}",
        "type": kind,
        "store": "lyon-1",
        "sku": "TOTE",
        "at": at,
        "qty": qty,
    }
    return {"events": [event]}


def main(folder: Path) -> None:
    """Measure in a folder that is removed at the end."""
    port = free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (folder / "articles.csv").write_text(
        "sku,gtin,name_en,tracked_by\nTOTE,03012345000123,Tote,count\n", "utf-8"
    )
    till = Till(folder / "till-1")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        eventually(lambda: gateway.device("till-1")["state"] == "online", "the till to be online")
        with EventListener(gateway.url, gateway.key, "/v1/stream?types=availability") as listener:
            gateway.post("/v1/events", events(0, "receive", TOTES))
            eventually(lambda: listener.of("availability"), "the delivery")
            spans_ms(listener, lambda _: till.scan(), WARM_UP)
            tell("scan on a serial port to SSE", spans_ms(listener, lambda _: till.scan(), SCANS))
            acknowledged: list[float] = []

            def post(number: int) -> None:
                started_s = time.perf_counter()
                gateway.post("/v1/events", events(number, "sale"))
                acknowledged.append(1e3 * (time.perf_counter() - started_s))

            tell("till event by HTTP to SSE", spans_ms(listener, post, SCANS))
            tell("till event by HTTP acknowledged", acknowledged)


if __name__ == "__main__":
    print(__doc__)
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as name:
        main(Path(name))
