"""One change, a thousand clients of the stream: how soon the first and the last of them know, and what they cost.

Run as `python tests/benchmarks/bench_streams.py [CLIENTS]`. A real gateway (one process, synchronous=FULL); this
process holds all the streams open, posts a sale every fifth of a second, and notes when each client has read the
event. The wait begins as the sale is sent, so it holds the commit too; the clients share this process's one core,
so the last one's wait is an upper bound.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from tests.support.figures import figure
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

CLIENTS = 1_000
CHANGES = 50
EVERY_S = 0.2
PIECES = 500
WARM = 5
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
max_streams = 5_000
requests_per_s = 1_000_000
requests_burst = 10_000_000
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""


class Listener(asyncio.Protocol):
    """One client: notes when each availability event has come."""

    def __init__(self, port: int, key: str) -> None:
        self._head = (
            f"GET /v1/stream?types=availability HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {key}\r\n\r\n"
        ).encode()
        self.came_s: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        """Note the instant of each event."""
        for _ in range(data.count(b"event: availability")):
            self.came_s.append(time.perf_counter())


def rss_mib(pid: int) -> float:
    """Return the resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1_024
    raise AssertionError("no VmRSS")


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


async def sell(port: int, key: str, number: int) -> None:
    """Post one sale on a connection of its own, and wait for the answer."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    event = {"event_id": f"s{number}", "type": "sale", "store": "lyon-1", "sku": "TOTE", "qty": 1, "at": at}
    body = json.dumps({"events": [event]})
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()
    )
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 200"), answer
    writer.close()


async def listen(gateway: Gateway, port: int, clients: int) -> None:
    """Open the streams, let changes happen, tell how long they took."""
    loop = asyncio.get_running_loop()
    before_mib = rss_mib(gateway.pid)
    listeners = []
    for _ in range(clients):
        _, listener = await loop.create_connection(lambda: Listener(port, gateway.key), "127.0.0.1", port)
        listeners.append(listener)
    while gateway.metric("storefloor_http_streams_open") < clients:  # noqa: ASYNC110 - another process is asked
        await asyncio.sleep(0.05)
    figure(
        f"stream memory for each of {clients} clients",
        1_024 * (rss_mib(gateway.pid) - before_mib) / clients,
        "KiB",
    )
    firsts_ms, lasts_ms = [], []
    used_s = cpu_s(gateway.pid)
    for number in range(WARM + CHANGES):
        if number == WARM:
            used_s = cpu_s(gateway.pid)
        started_s = time.perf_counter()
        await sell(port, gateway.key, number)
        while any(len(listener.came_s) <= number for listener in listeners):
            await asyncio.sleep(0.001)
            assert time.perf_counter() - started_s < 10, "somebody was not told"
        if number >= WARM:
            came_s = [listener.came_s[number] for listener in listeners]
            firsts_ms.append(1e3 * (min(came_s) - started_s))
            lasts_ms.append(1e3 * (max(came_s) - started_s))
        await asyncio.sleep(EVERY_S)
    used_s = cpu_s(gateway.pid) - used_s
    figure(f"stream to {clients} clients, first of them knows, p50", statistics.median(firsts_ms), "ms")
    figure(f"stream to {clients} clients, last of them knows, p50", statistics.median(lasts_ms), "ms")
    figure(
        f"stream to {clients} clients, last of them knows, p95", sorted(lasts_ms)[int(0.95 * CHANGES)], "ms"
    )
    figure("stream CPU for an event and a client", 1e6 * used_s / (CHANGES * clients), "µs")


def main(folder: Path, clients: int) -> None:
    """Measure a gateway process."""
    port = free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (folder / "articles.csv").write_text("sku,gtin,name_en,tracked_by\nTOTE,,Tote bag,count\n", "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        event = {
            "event_id": "r",
            "type": "receive",
            "store": "lyon-1",
            "sku": "TOTE",
            "qty": PIECES,
            "at": at,
        }
        assert gateway.post("/v1/events", {"events": [event]})["applied"] == 1
        asyncio.run(listen(gateway, port, clients))


if __name__ == "__main__":
    print(__doc__)
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as name:
        main(Path(name), int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS)
