"""The HTTP server of a gateway: its socket, its bounds, its TLS, its proxies, and uvicorn without signal handlers. Runtime."""

import asyncio
import contextlib
import errno
import secrets
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from api.problems import Problem, problem_response
from gateway.config.server import ApiSection
from gateway.errors import ConfigError

STOP_HTTP_S = 3
"""Open streams get this long to end at a stop; they come back with their last id anyway."""
BACKLOG = 1_024
MAX_HEAD_BYTES = 64 * 1024
"""Request line and headers; the longest question, 100 SKUs and 100 stores, has 10 KB. One read may bring some more."""
HEAD_TIMEOUT_S = 30.0
"""From the connection, or from the first part of a head, to the head's end: as long as a body may take."""
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Head, body, and what frames a body: the largest body, 1 MiB, in chunks of one byte each has 6 MiB."""


def listen(section: ApiSection) -> socket.socket:
    """Return the listening socket. Raises ConfigError naming host, port and remedy."""
    host, port = section.host, section.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            remedy = "stop the program that uses it, or choose another: [api] port, or `--port` for the demo"
            raise ConfigError(f"port {port} on {host} is in use: {remedy}") from error
        raise ConfigError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


class BoundedHttp(HttpToolsProtocol):
    """One connection, its head bounded in size and time, its messages in size; what is no HTTP is a problem too.

    The parser alone takes a head of any length, and waits for its end as long as the peer likes: whoever reaches
    the port, with a key or without, could fill the memory.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._is_in_head = True
        self._head_bytes = 0
        self._message_bytes = 0
        self._is_refused = False
        self._late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base
        """Wait for the first head, for a time."""
        super().connection_made(transport)
        self._late = self.loop.call_later(HEAD_TIMEOUT_S, transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take in what came; close the connection where it is too much."""
        if self._is_refused:
            return
        self._message_bytes += len(data)
        if self._is_in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        self._bound()

    def _bound(self) -> None:
        """Refuse what has become too large; wait for a head that has begun, for a time."""
        if self._is_refused:
            return
        if self._is_in_head and self._head_bytes > MAX_HEAD_BYTES:
            self.send_400_response(f"The head of the request is larger than {MAX_HEAD_BYTES} bytes.")
        elif self._message_bytes > MAX_MESSAGE_BYTES:
            self._is_refused = True
            self.transport.close()
        elif self._is_in_head and self._head_bytes and self._late is None:
            self._late = self.loop.call_later(HEAD_TIMEOUT_S, self.transport.close)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; those behind a body (trailers) mean nothing here, and are let go."""
        if self._is_in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin with the request."""
        self._is_in_head, self._head_bytes = False, 0
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Be ready for the next head."""
        self._is_in_head, self._message_bytes = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request of HTTP, as a problem, and close."""
        self._is_refused = True
        answer = problem_response(Problem("bad_request", msg), secrets.token_hex(16))
        head = [name + b": " + value for name, value in (*answer.raw_headers, (b"connection", b"close"))]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 400 Bad Request", *head, b"", bytes(answer.body)]))
        self.transport.close()

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class HttpServer(uvicorn.Server):
    """uvicorn without its signal handlers: the gateway has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def http_server(app: FastAPI, section: ApiSection, base: Path) -> HttpServer:
    """Return the server of `app`; `base` is the folder of the site's file. Raises ConfigError.

    A client's address and scheme are taken from `X-Forwarded-…` where a trusted proxy says them, and
    from nobody else: by default from nobody.
    """
    certificate, key = _tls_files(section, base)
    return HttpServer(
        uvicorn.Config(
            app,
            http=BoundedHttp,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_HTTP_S,
            proxy_headers=bool(section.trusted_proxies),
            forwarded_allow_ips=list(section.trusted_proxies),
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
    )


def _tls_files(section: ApiSection, base: Path) -> tuple[str | None, str | None]:
    """Return the paths of certificate and key, tried once, so that a fault is told at the start and by name."""
    if section.tls_certificate is None or section.tls_key is None:
        return None, None
    certificate, key = base / section.tls_certificate, base / section.tls_key
    for name, path in (("tls_certificate", certificate), ("tls_key", key)):
        try:
            path.read_bytes()
        except OSError as error:
            raise ConfigError(f"api.{name}: {path} cannot be read: {error.strerror}") from error
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        remedy = (
            "write a PEM certificate (with its chain) and the PEM key that belongs to it, without password"
        )
        raise ConfigError(
            f"api.tls_certificate, api.tls_key: {certificate} and {key} do not go together"
            f" ({error.reason or 'not PEM'}): {remedy}"
        ) from error
    return str(certificate), str(key)
