"""One connection of the HTTP server: what it takes in, and for how long it waits."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from gateway.cli.http_server import HEAD_TIMEOUT_S, MAX_HEAD_BYTES, MAX_MESSAGE_BYTES, BoundedHttp
from tests.support.api_ports import EXACT, Floor

HEAD = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"


@dataclass
class Wire(asyncio.Transport):
    """The connection as the server sees it."""

    written: bytearray = field(default_factory=bytearray)
    is_closed: bool = False

    def write(self, data: Any) -> None:
        """Keep what was sent."""
        self.written += data

    def close(self) -> None:
        """Close."""
        self.is_closed = True

    def is_closing(self) -> bool:
        """Return whether it is closed."""
        return self.is_closed

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return addresses, and no TLS."""
        return {"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8480)}.get(name, default)

    def pause_reading(self) -> None:
        """Reading is what the test does."""

    def resume_reading(self) -> None:
        """Reading is what the test does."""


@dataclass
class Connection:
    """A connection, and the timers that run for it."""

    protocol: BoundedHttp
    wire: Wire
    timers: list[tuple[float, Callable[[], None], asyncio.TimerHandle]]

    def waits_s(self) -> list[float]:
        """Return the times that are waited for now."""
        return [after_s for after_s, _, handle in self.timers if not handle.cancelled()]


async def _connected() -> Connection:
    loop, timers = asyncio.get_running_loop(), []
    own = loop.call_later

    def call_later(after_s: float, run: Callable[..., Any], *args: Any, **more: Any) -> asyncio.TimerHandle:
        handle = own(after_s, run, *args, **more)
        timers.append((after_s, run, handle))
        return handle

    loop.call_later = call_later  # type: ignore[assignment]  # the loop of this test alone
    config = uvicorn.Config(Floor().app, lifespan="off", log_config=None, access_log=False)
    found = Connection(BoundedHttp(config, ServerState(), {}), Wire(), timers)
    found.protocol.connection_made(found.wire)
    return found


def connected(run: Callable[[Connection], Any]) -> None:
    """Run `run` with a connection; afterwards it is lost."""

    async def inner() -> None:
        connection = await _connected()
        await run(connection)
        tasks = list(connection.protocol.tasks)
        connection.protocol.connection_lost(None)
        await asyncio.gather(*tasks)
        assert connection.waits_s() == []

    asyncio.run(inner())


async def _answered(connection: Connection) -> bytes:
    await asyncio.gather(*connection.protocol.tasks)
    return bytes(connection.wire.written)


@pytest.mark.parametrize("endless", [HEAD + b"X: ", b"GET /", HEAD])
def test_a_head_without_end_is_refused(endless: bytes) -> None:
    """One long header, a long address, or headers without number: 400 as a problem, and the connection ends."""

    async def run(connection: Connection) -> None:
        connection.protocol.data_received(endless)
        part = b"X-A: b\r\n" * 1_000 if endless is HEAD else b"a" * 8_000
        sent = 0
        while not connection.wire.is_closed and sent <= MAX_HEAD_BYTES:
            connection.protocol.data_received(part)
            sent += len(part)
        head, _, body = bytes(connection.wire.written).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body)["code"] == "bad_request"
        assert str(MAX_HEAD_BYTES) in json.loads(body)["detail"]
        assert connection.wire.is_closed

    connected(run)


def test_what_is_no_http_is_a_problem_too() -> None:
    """Such as a letter beyond ASCII in an address."""

    async def run(connection: Connection) -> None:
        connection.protocol.data_received("GET /v1/stores?q=é HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        head, _, body = bytes(connection.wire.written).partition(b"\r\n\r\n")
        assert b"content-type: application/problem+json" in head
        assert json.loads(body)["status"] == 400
        assert connection.wire.is_closed

    connected(run)


def test_a_head_is_waited_for_for_a_time() -> None:
    """From the connection on, and again from the first part of a later head; a request that came ends the wait."""

    async def run(connection: Connection) -> None:
        assert connection.waits_s() == [HEAD_TIMEOUT_S]
        connection.protocol.data_received(HEAD + b"\r\n")
        assert HEAD_TIMEOUT_S not in connection.waits_s()
        assert (await _answered(connection)).startswith(b"HTTP/1.1 200 OK")
        connection.protocol.data_received(HEAD)
        connection.protocol.data_received(b"X: 1\r\n")
        assert connection.waits_s() == [HEAD_TIMEOUT_S]
        connection.timers[-1][1]()
        assert connection.wire.is_closed

    connected(run)


def test_requests_that_share_a_read_are_each_answered() -> None:
    """Their bytes are no longer head of one of them."""

    async def run(connection: Connection) -> None:
        head = HEAD + b"X: " + b"a" * 8_000 + b"\r\n\r\n"
        many = MAX_HEAD_BYTES // len(head) + 2
        connection.protocol.data_received(head * many)
        while connection.wire.written.count(b"HTTP/1.1 200 OK") < many:
            await _answered(connection)
        assert not connection.wire.is_closed

    connected(run)


def test_what_comes_behind_a_body_is_let_go_and_bounded() -> None:
    """Trailers are kept nowhere; a message that never ends is cut."""

    async def run(connection: Connection) -> None:
        key = f"Authorization: Bearer {EXACT}\r\nContent-Type: application/json\r\n\r\n".encode()
        connection.protocol.data_received(POST + key + b"2\r\n{}\r\n0\r\n")
        before = len(connection.protocol.headers)
        trailers = b"X-A: b\r\n" * 10_000
        for _ in range(MAX_MESSAGE_BYTES // len(trailers)):
            connection.protocol.data_received(trailers)
        assert (len(connection.protocol.headers), connection.wire.is_closed) == (before, False)
        connection.protocol.data_received(trailers)
        assert connection.wire.is_closed

    connected(run)
