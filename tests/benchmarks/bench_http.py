"""Availability look-ups of one article, over HTTP from a real gateway, and in process with a real engine.

Run as `python tests/benchmarks/bench_http.py`. The gateway (uvicorn, uvloop, httptools, one process) has
read a shop of 500 articles; this process asks over keep-alive connections, each one question at a time.
`per core` divides by the gateway's own CPU seconds, so a busy machine and a slow client leave it alone.
In process there is no socket: one ASGI call after the other, the shop of the demo, its engine and store.
bench_api.py measures the HTTP side alone.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from tests.support.api_ports import RawExchange, http_scope
from tests.support.figures import figure
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, Gateway
from tests.support.virtual_gateway import virtual_gateway
from tests.support.virtual_shop import VirtualShop

ARTICLES = 500
CONNECTIONS = 16
REQUESTS = 20_000
ALONE = 2_000
IN_PROCESS = 10_000
SHOP_S = 1_800
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


async def ask(port: int, key: str, requests: int, spans_ms: list[float], etag: str = "") -> str:
    """Ask so many questions on one connection; return the last ETag."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    condition = f"If-None-Match: {etag}\r\n" if etag else ""
    for number in range(requests):
        path = f"/v1/stores/lyon-1/availability/SKU-{0 if etag else number % ARTICLES}"
        started_s = time.perf_counter()
        head = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n{condition}\r\n"
        )
        writer.write(head.encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 304" if etag else b"HTTP/1.1 200"), answer
        fields = dict(line.split(b": ", 1) for line in answer.split(b"\r\n")[1:-2])
        lower = {name.lower(): value for name, value in fields.items()}
        await reader.readexactly(int(lower.get(b"content-length", b"0")) if not etag else 0)
        spans_ms.append(1e3 * (time.perf_counter() - started_s))
    writer.close()
    await writer.wait_closed()
    return lower[b"etag"].decode()


async def load(
    gateway: Gateway, port: int, connections: int, requests: int, name: str, etag: str = ""
) -> None:
    """Ask over several connections at once, and tell what came of it."""
    spans_ms: list[float] = []
    before_s, started_s = cpu_s(gateway.pid), time.perf_counter()
    each = requests // connections
    await asyncio.gather(*(ask(port, gateway.key, each, spans_ms, etag) for _ in range(connections)))
    took_s, used_s = time.perf_counter() - started_s, cpu_s(gateway.pid) - before_s
    ordered = sorted(spans_ms)
    figure(f"http {name}", len(ordered) / took_s, "requests/s")
    figure(f"http {name}, per core", len(ordered) / used_s, "requests/s")
    figure(f"http {name}, p50", statistics.median(ordered), "ms")
    figure(f"http {name}, p99", ordered[int(0.99 * len(ordered))], "ms")


def over_http(folder: Path) -> None:
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
        events = [
            {"event_id": str(n), "type": "receive", "store": "lyon-1", "sku": f"SKU-{n}", "qty": 5, "at": at}
            for n in range(ARTICLES)
        ]
        gateway.post("/v1/events", {"events": events})
        eventually(lambda: gateway.stock(["SKU-499"])["SKU-499"]["quantities"]["on_hand"] == 5, "stock")
        asyncio.run(ask(port, gateway.key, ALONE, []))  # warm-up
        asyncio.run(load(gateway, port, CONNECTIONS, REQUESTS, f"look-ups on {CONNECTIONS} connections"))
        asyncio.run(load(gateway, port, 1, ALONE, "look-ups on 1 connection"))
        etag = asyncio.run(ask(port, gateway.key, 1, []))
        asyncio.run(load(gateway, port, CONNECTIONS, REQUESTS // 2, "look-ups unchanged (304)", etag))


async def in_process(folder: Path) -> None:
    """Measure the app on a real engine, one call after the other."""
    shop = VirtualShop()
    async with virtual_gateway(shop, folder) as gateway:
        await gateway.run(SHOP_S)
        paths = [f"/v1/stores/lyon-1/availability/{a.sku}" for a in shop.site.layout.articles]
        scopes = [http_scope(path, gateway.token) for path in paths]
        for calls in (len(paths) * 20, IN_PROCESS):
            started_s = time.perf_counter()
            for number in range(calls):
                exchange = RawExchange()
                await gateway.app(
                    {**scopes[number % len(scopes)], "state": {}}, exchange.receive, exchange.send
                )
                assert exchange.status == 200
            took_s = time.perf_counter() - started_s
        figure("look-ups in process, real engine", IN_PROCESS / took_s, "requests/s")


if __name__ == "__main__":
    print(__doc__)
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as one:
        over_http(Path(one))
    with tempfile.TemporaryDirectory(prefix="storefloor-bench-") as two:
        asyncio.run(in_process(Path(two)))
