"""A real HTTP(S) server that takes webhooks: it checks signatures, keeps what came, and answers as it is told."""

import base64
import hashlib
import hmac
import json
import ssl
import threading
from collections import deque
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Hook:
    """A message that came, and how it was answered."""

    id: str
    body: dict[str, Any]
    signatures: tuple[str, ...]
    timestamp: str
    raw: bytes
    answered: int
    host: str

    def is_signed_by(self, secret: str) -> bool:
        """Return whether one of its signatures is this secret's, by the specification's own words."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.id}.{self.timestamp}.".encode() + self.raw
        mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        return f"v1,{mac}" in self.signatures


class HookReceiver:
    """Answers each message with the next of `answers` (a status, or a status and headers), else with 204."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.came: list[Hook] = []
        self.answers: deque[int | tuple[int, dict[str, str]]] = deque()
        self.always: int | None = None
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["content-length"]))
                answer = receiver.answers.popleft() if receiver.answers else receiver.always or 204
                status, fields = answer if isinstance(answer, tuple) else (answer, {})
                receiver.came.append(
                    Hook(
                        self.headers["webhook-id"],
                        json.loads(raw),
                        tuple(self.headers["webhook-signature"].split(" ")),
                        self.headers["webhook-timestamp"],
                        raw,
                        status,
                        self.headers["host"],
                    )
                )
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )

    @property
    def taken(self) -> list[Hook]:
        """The messages that were answered with 2xx."""
        return [hook for hook in self.came if 200 <= hook.answered < 300]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
