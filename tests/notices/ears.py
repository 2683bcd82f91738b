"""Who hears alerts over MQTT and the stream, through a broker's and a gateway's deaths. I/O."""

import contextlib
import http.client
import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

import httpx

from tests.support.processes import Gateway
from tests.support.sse import EventListener

COME_BACK_S = 0.1
PAGE = 200
WORDS = {"title", "body", "action"}
Take = Callable[[dict[str, Any], bool], bool]
"""Takes an alert in, and whether the stream told of it (else it was asked for); returns whether that was news."""


class StreamEar:
    """A page on the stream: it comes back with the id of its last event, and loads anew where it is told to."""

    def __init__(self, gateway: Gateway, take: Take) -> None:
        self.resets = self.connections = 0
        self._gateway = gateway
        self._take = take
        self._stop = threading.Event()
        self._hang_up = threading.Event()
        self._last_id: str | None = None
        self._thread = threading.Thread(target=self._follow, name="stream-ear", daemon=True)

    def hang_up(self) -> None:
        """Lose the connection; it comes back by itself."""
        self._hang_up.set()

    def _follow(self) -> None:
        while not self._stop.wait(COME_BACK_S):
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._listen()

    def _listen(self) -> None:
        path = "/v1/stream?types=alert"
        with EventListener(self._gateway.url, self._gateway.key, path, self._last_id) as listener:
            if listener.status != 200:
                return
            self.connections += 1
            self._hang_up.clear()
            if self._last_id is None and not self._load():
                return
            heard = 0
            while not self._stop.is_set():
                is_over = listener.is_over
                for event in listener.events[heard:]:
                    heard += 1
                    if event.type == "reset":
                        self.resets += 1
                        self._last_id = None  # until all is loaded: it is to be loaded anew if that fails
                        if not self._load():
                            return
                    elif event.type == "alert":
                        self._take(event.data, True)
                    self._last_id = event.id or self._last_id
                if is_over or self._hang_up.is_set():
                    return
                self._stop.wait(0.02)

    def _load(self) -> bool:
        """Ask for all alerts, until a page has no news; return whether they could be asked for."""
        params: dict[str, Any] = {"limit": PAGE}
        with httpx.Client(
            base_url=self._gateway.url, headers=self._gateway.http.headers, timeout=5.0
        ) as http_:
            while True:
                try:
                    answer = http_.get("/v1/alerts", params=params)
                except httpx.TransportError:
                    return False
                if answer.status_code != 200:
                    return False
                page = answer.json()
                news = [self._take(alert, False) for alert in page["items"]]
                if not any(news) or page["next_cursor"] is None:
                    return True
                params["cursor"] = page["next_cursor"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(30.0)


def key_of(alert: dict[str, Any]) -> str:
    """Return the name of an alert as it reads, but for the words of an answer: the same again is a repeat."""
    return json.dumps({name: value for name, value in alert.items() if name not in WORDS}, sort_keys=True)
