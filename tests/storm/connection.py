"""One HTTP connection that is kept, as cheap as can be: the storm is to load the gateway, not its clients. I/O."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Gone(Exception):  # noqa: N818 - named by what happened
    """Nobody answered: whether the request took effect is not known."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `body` is None where there is none."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The code of a problem."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Connection:
    """Asks one thing at a time; connects anew where the last connection is gone."""

    def __init__(self, port: int, key: str) -> None:
        self._head = f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(
        self, method: str, path: str, body: Any = None, *, cancel: bool = False, **headers: str
    ) -> Answer:
        """Return the answer. Raises Gone; also where the request is to be `cancel`led once it was sent."""
        data = b"" if body is None else json.dumps(body).encode()
        fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
        kind = "Content-Type: application/json\r\n" if data else ""
        head = f"{method} {path} HTTP/1.1\r\n{self._head}{kind}{fields}Content-Length: {len(data)}\r\n\r\n"
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._streams
            writer.write(head.encode() + data)
            if cancel:
                await writer.drain()
                raise Gone
            return await self._answer(reader)
        except (OSError, asyncio.IncompleteReadError, Gone) as error:
            self.close()
            raise Gone from error

    async def _answer(self, reader: asyncio.StreamReader) -> Answer:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:-2])}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Answer(int(lines[0].split()[1]), headers, json.loads(body) if body else None)

    def close(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None
