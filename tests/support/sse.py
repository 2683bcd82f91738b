"""A plain client of an event stream, on a thread: what a page or an e-shop would hear."""

import contextlib
import http.client
import json
import socket
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Event:
    """One event, and when it came (time.perf_counter of this process)."""

    type: str
    id: str | None
    data: Any
    heard_s: float


class EventListener:
    """Keeps every event of one stream until closed. `events` grows on another thread."""

    def __init__(
        self, url: str, key: str, path: str = "/v1/stream", last_event_id: str | None = None
    ) -> None:
        self.events: list[Event] = []
        self.status = 0
        self.pings = 0
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60.0)
        self._connection.connect()
        sock = self._connection.sock
        assert isinstance(sock, socket.socket)
        self._sock = sock
        headers = {"Authorization": f"Bearer {key}", "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        try:
            self._connection.request("GET", path, headers=headers)
            self._response = self._connection.getresponse()
        except (OSError, http.client.HTTPException):  # whoever was to answer was killed
            self._connection.close()
            raise
        self.status = self._response.status
        self._sock.settimeout(None)
        self._thread = threading.Thread(target=self._listen, name="event-listener", daemon=True)
        self._thread.start()

    @property
    def is_over(self) -> bool:
        """Return whether the stream has ended: `events` has all that came."""
        return not self._thread.is_alive()

    def of(self, event_type: str) -> list[Event]:
        """Return the events of one type so far."""
        return [event for event in list(self.events) if event.type == event_type]

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5.0)
        self._response.close()
        self._connection.close()
        self._sock.close()

    def _listen(self) -> None:
        fields: dict[str, str] = {}
        with contextlib.suppress(OSError, http.client.HTTPException, ValueError):
            while raw := self._response.readline():
                line = raw.decode().rstrip("\n")
                if line.startswith(":"):
                    self.pings += 1
                elif line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif fields:
                    self._take(fields)
                    fields = {}

    def _take(self, fields: dict[str, str]) -> None:
        heard_s = time.perf_counter()
        data = json.loads(fields.get("data", "null"))
        self.events.append(Event(fields.get("event", "message"), fields.get("id"), data, heard_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
