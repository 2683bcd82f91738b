"""First figures of the HTTP side, in process: one ASGI call after another, no socket, one core.

Run as `python tests/benchmarks/bench_api.py`. The ports are in memory and cost next to nothing, so
this is what the API itself takes: edge, key, validation, encoding, ETag. A socket comes on top.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))  # run as a script, from anywhere

from api.app import ApiSettings
from api.limits import Quota
from tests.support.api_ports import EXACT, READ, Floor, RawExchange, article, availability, http_scope

REQUESTS = 10_000
BATCHES = 40
ONE = "/v1/stores/lyon-1/availability/DEN-501-32"


def figure(name: str, value: float, unit: str) -> None:
    """Print one result."""
    print(f"figure: {name} = {value:.6g} {unit}", flush=True)


async def _nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def per_second(floor: Floor, scope: dict[str, Any], requests: int, status: int = 200) -> float:
    """Return how many of one request are answered in a second."""
    seen: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            seen.append(message["status"])

    begin_s = time.perf_counter()
    for _ in range(requests):
        await floor.app({**scope, "state": {}}, _nothing, send)
    taken_s = time.perf_counter() - begin_s
    assert set(seen) == {status}, set(seen)
    return requests / taken_s


async def measure() -> None:
    """Measure each kind of question."""
    floor = Floor(settings=ApiSettings(key_quota=Quota(1e9, 1_000_000_000)))
    skus = [f"S{n:04}" for n in range(100)]
    floor.inventory.listed = [article(sku) for sku in skus]
    floor.inventory.found |= {("lyon-1", sku): availability(sku=sku) for sku in skus}
    etag = await etag_of(floor)
    many = "store=lyon-1&" + "&".join(f"sku={sku}" for sku in skus)
    await per_second(floor, http_scope(ONE), 500)
    exact = await per_second(floor, http_scope(ONE), REQUESTS)
    figure("availability look-ups, in process, one core", exact, "requests/s")
    own = http_scope(ONE, query="exclude_reservation=19aa5d3c6b04f1d27c90be1")
    figure(
        "availability look-ups, none remembered", await per_second(floor, own, REQUESTS // 4), "requests/s"
    )
    banded = await per_second(floor, http_scope(ONE, READ), REQUESTS)
    figure("availability look-ups, banded", banded, "requests/s")
    unchanged = await per_second(floor, http_scope(ONE, if_none_match=etag), REQUESTS, 304)
    figure("availability look-ups, 304", unchanged, "requests/s")
    listed = await per_second(floor, http_scope("/v1/availability", query=many), BATCHES)
    figure("availability of 100 pairs", listed, "requests/s")
    figure("availability of 100 pairs, by pair", 100 * listed, "pairs/s")
    overview = await per_second(floor, http_scope("/v1/overview", EXACT), BATCHES)
    figure("overview of 100 articles", overview, "requests/s")


async def etag_of(floor: Floor) -> str:
    """Return the ETag that the look-up has now."""
    exchange = RawExchange()
    await floor.app(http_scope(ONE), exchange.receive, exchange.send)
    return exchange.headers["etag"]


if __name__ == "__main__":
    asyncio.run(measure())
