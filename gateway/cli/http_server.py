"""The HTTP server of a gateway: its socket, its TLS, its proxies, and uvicorn without signal handlers. Runtime."""

import contextlib
import errno
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from gateway.config import ApiSection
from gateway.errors import ConfigError

STOP_HTTP_S = 3
"""Open streams get this long to end at a stop; they come back with their last id anyway."""
BACKLOG = 1_024


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
            http="httptools",
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
