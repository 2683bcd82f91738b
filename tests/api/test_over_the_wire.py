"""The app behind a real server on a loopback port: what an in-process client cannot show."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn

from tests.support.api_ports import EXACT, INGEST, FakeFeed, Floor
from tests.support.waiting import until

KEY = {"authorization": f"Bearer {EXACT}"}


@asynccontextmanager
async def served(floor: Floor) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a client of the app, served by uvicorn on a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        floor.app, log_level="warning", lifespan="off", http="httptools", timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listening]))
    await until(lambda: server.started, "the server to start")
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=address, timeout=60) as client:
            yield client
    finally:
        server.should_exit = True
        await task
        listening.close()


def over_the_wire(floor: Floor, run: Callable[[httpx.AsyncClient], Awaitable[None]]) -> None:
    """Run `run` with a client of the served app."""

    async def inner() -> None:
        async with served(floor) as client:
            await run(client)

    asyncio.run(inner())


def test_events_arrive_while_the_stream_is_open_and_the_place_is_freed_on_leaving() -> None:
    """Headers and frames come at once, not at the end; a client that goes ends its subscription."""
    floor = Floor(feed=FakeFeed([b"id: j:1\nevent: device\ndata: {}\n\n"], stays_open=True))

    async def run(client: httpx.AsyncClient) -> None:
        async with client.stream("GET", "/v1/stream", headers=KEY) as answer:
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            assert [await anext(lines) for _ in range(5)] == [
                "retry: 3000",
                "",
                "id: j:1",
                "event: device",
                "data: {}",
            ]
            assert floor.feed.open == 1
        await until(lambda: floor.feed.open == 0, "the subscription to end")

    over_the_wire(floor, run)


def test_a_head_of_the_stream_ends_by_itself() -> None:
    """The connection is usable for the next request at once, and no place is held."""
    floor = Floor(feed=FakeFeed(stays_open=True))

    async def run(client: httpx.AsyncClient) -> None:
        assert (await client.head("/v1/stream", headers=KEY)).status_code == 200
        assert (await client.get("/livez")).json() == {"alive": True}
        await until(lambda: floor.feed.open == 0, "the subscription to end")

    over_the_wire(floor, run)


def test_an_endless_body_is_refused() -> None:
    """Chunks without a length are counted: 413 over a real connection, too."""

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    async def run(client: httpx.AsyncClient) -> None:
        headers = {"authorization": f"Bearer {INGEST}", "content-type": "application/json"}
        answer = await client.post("/v1/events", content=chunks(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")

    over_the_wire(Floor(), run)


def test_a_copy_is_revalidated() -> None:
    """304 has no body and no length of one."""

    async def run(client: httpx.AsyncClient) -> None:
        path = "/v1/stores/lyon-1/availability/DEN-501-32"
        etag = (await client.get(path, headers=KEY)).headers["etag"]
        again = await client.get(path, headers={**KEY, "if-none-match": etag})
        assert (again.status_code, again.content) == (304, b"")

    over_the_wire(Floor(), run)
