"""Holds over HTTP from a real gateway: how many a second, durable each, and how long a shopper waits.

Run as `python tests/benchmarks/bench_reservations.py [REQUESTS]`. The gateway (one process, synchronous=FULL)
has a shop of 100 counted articles with 1,000 pieces each; this process asks over keep-alive connections,
each one hold at a time, with an Idempotency-Key of its own. `per core` divides by the gateway's own CPU
seconds, so a busy machine and a slow client leave it alone. The disk is that of the temporary folder.
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
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway

ARTICLES = 100
PIECES = 1_000
CONNECTIONS = 64
REQUESTS = 10_000
ALONE = 300
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
requests_per_s = 1_000_000
requests_burst = 10_000_000
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}, {{ id = "back-room", role = "back_room" }}]
"""


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


async def hold(port: int, key: str, name: str, requests: int, articles: int, spans_ms: list[float]) -> None:
    """Hold one piece after the other on one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in range(requests):
        line = {"sku": f"SKU-{hash((name, number)) % articles}", "qty": 1}
        body = json.dumps(
            {"store": "lyon-1", "lines": [line], "channel": "web", "owner_ref": f"cart-{name}-{number}"}
        )
        started_s = time.perf_counter()
        head = (
            f"POST /v1/reservations HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
            f"Content-Type: application/json\r\nIdempotency-Key: {name}-{number}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201"), answer
        fields = dict(field.split(b": ", 1) for field in answer.split(b"\r\n")[1:-2])
        lower = {field.lower(): value for field, value in fields.items()}
        await reader.readexactly(int(lower[b"content-length"]))
        spans_ms.append(1e3 * (time.perf_counter() - started_s))
    writer.close()
    await writer.wait_closed()


async def load(
    gateway: Gateway, port: int, connections: int, requests: int, articles: int, name: str
) -> None:
    """Hold over several connections at once, and tell what came of it."""
    spans_ms: list[float] = []
    before_s, started_s = cpu_s(gateway.pid), time.perf_counter()
    each = requests // connections
    await asyncio.gather(
        *(
            hold(port, gateway.key, f"{name}-{n}".replace(" ", "-"), each, articles, spans_ms)
            for n in range(connections)
        )
    )
    took_s, used_s = time.perf_counter() - started_s, cpu_s(gateway.pid) - before_s
    ordered = sorted(spans_ms)
    figure(f"holds {name}", len(ordered) / took_s, "holds/s")
    figure(f"holds {name}, per core", len(ordered) / used_s, "holds/s")
    figure(f"holds {name}, p50", statistics.median(ordered), "ms")
    figure(f"holds {name}, p99", ordered[int(0.99 * len(ordered))], "ms")


def main(folder: Path, requests: int) -> None:
    """Measure a gateway process."""
    port = free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    rows = "".join(f"SKU-{n},,Article {n},count\n" for n in range(ARTICLES))
    (folder / "articles.csv").write_text(f"sku,gtin,name_en,tracked_by\n{rows}", "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key(*EVERY_SCOPE)
        gateway.start()
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        for n in range(ARTICLES):
            event = {
                "event_id": str(n),
                "type": "receive",
                "store": "lyon-1",
                "sku": f"SKU-{n}",
                "qty": PIECES,
                "at": at,
            }
            gateway.post("/v1/events", {"events": [event]})
        last = f"SKU-{ARTICLES - 1}"
        eventually(lambda: gateway.stock([last])[last]["quantities"]["on_hand"] == PIECES, "stock")
        asyncio.run(load(gateway, port, 1, ALONE, ARTICLES, "on 1 connection"))
        asyncio.run(load(gateway, port, CONNECTIONS, requests, ARTICLES, f"on {CONNECTIONS} connections"))
        asyncio.run(load(gateway, port, CONNECTIONS, PIECES // 2, 1, "of one article"))
        reserved = sum(
            gateway.stock([f"SKU-{n}"])[f"SKU-{n}"]["quantities"]["reserved"] for n in range(ARTICLES)
        )
        held = ALONE + requests // CONNECTIONS * CONNECTIONS + PIECES // 2 // CONNECTIONS * CONNECTIONS
        assert reserved == held, f"{reserved} pieces are reserved, {held} were granted"


if __name__ == "__main__":
    print(__doc__)
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as one:
        main(Path(one), int(sys.argv[1]) if len(sys.argv) > 1 else REQUESTS)
