"""A broker that says what the test tells it to, right or wrong: raw MQTT 3.1.1 packets (OASIS, §3)."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Self

CONNECT, PUBACK, SUBSCRIBE, DISCONNECT = 1, 4, 8, 14
ACCEPTED = b"\x20\x02\x00\x00"
NOT_AUTHORISED = b"\x20\x02\x00\x05"


def suback(subscribe_body: bytes, *codes: int) -> bytes:
    """Return the answer to a SUBSCRIBE."""
    return bytes([0x90, 2 + len(codes)]) + subscribe_body[:2] + bytes(codes)


def publish(topic: bytes, payload: bytes, packet_id: int) -> bytes:
    """Return a QoS 1 PUBLISH of less than 128 bytes."""
    body = len(topic).to_bytes(2, "big") + topic + packet_id.to_bytes(2, "big") + payload
    assert len(body) < 128
    return bytes([0x32, len(body)]) + body


class Peer:
    """One client that connected."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def say(self, packet: bytes) -> None:
        self._writer.write(packet)

    async def hears(self, packet_type: int) -> bytes:
        """Return the body of the next packet, which must be of this type."""
        first = (await self._reader.readexactly(1))[0]
        assert first >> 4 == packet_type, f"packet of type {first >> 4}, not {packet_type}"
        length, shift = 0, 0
        while True:
            byte = (await self._reader.readexactly(1))[0]
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return await self._reader.readexactly(length)

    async def accept(self, *codes: int) -> None:
        """Take the client in, and answer its subscriptions with these codes."""
        await self.hears(CONNECT)
        self.say(ACCEPTED)
        self.say(suback(await self.hears(SUBSCRIBE), *codes))


class ScriptedBroker:
    """Plays `script` to each client, then hangs up."""

    def __init__(self, script: Callable[[Peer], Awaitable[None]]) -> None:
        self.port = 0
        self.connections = 0
        self._script = script
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._script(Peer(reader, writer))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went first
        except asyncio.CancelledError:
            pass  # the test is over; asyncio 3.11 logs a cancelled handler as an error
        finally:
            writer.transport.abort()
