"""Receivers that die and come back: over HTTP and SMTP, real servers on ports that stay theirs. I/O.

up      takes what comes
gone    nothing listens: connection refused
failing 500; by SMTP 451
hanging takes no byte more and answers nothing, until it changes
slow    takes it, after a while
"""

import asyncio
import contextlib
import email
import threading
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Protocol

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tests.support.ports import free_port

Mode = Literal["up", "gone", "failing", "hanging", "slow"]
FAULTS: tuple[Mode, ...] = ("gone", "failing", "hanging", "slow")
SLOW_S = 0.3


class Target(Protocol):
    """Anything that may be away."""

    def turn(self, mode: Mode) -> None:
        """Be so from now on."""
        ...


class HttpTarget:
    """An HTTP server; `take(headers, body)` is called with what it takes, before it says so."""

    def __init__(self, take: Callable[[dict[str, str], bytes], None]) -> None:
        self.port = free_port()
        self.mode: Mode = "gone"
        self.refused = 0
        self._turned = threading.Event()
        self._taking = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                turned, mode = target._turned, target.mode
                if mode == "hanging":
                    turned.wait()
                    return  # without an answer
                if mode == "slow":
                    turned.wait(SLOW_S)
                if mode == "failing":
                    target.refused += 1
                else:
                    with target._taking:
                        take({name.lower(): value for name, value in self.headers.items()}, body)
                with contextlib.suppress(OSError):  # who sent it may have been killed meanwhile
                    self.send_response(500 if mode == "failing" else 200)
                    self.send_header("content-length", "0")
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                return

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Say nothing of senders that were killed."""

        self._make = lambda: Server(("127.0.0.1", self.port), Handler)

    def turn(self, mode: Mode) -> None:
        """Be so from now on; what hung is let go of unanswered."""
        was_there, self.mode = self._server is not None, mode
        self._turned.set()
        self._turned = threading.Event()
        if mode == "gone":
            self._end()
        elif not was_there:
            self._server = self._make()
            self._thread = threading.Thread(
                target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
            )
            self._thread.start()

    def _end(self) -> None:
        server, self._server = self._server, None
        if server is not None and self._thread is not None:
            server.shutdown()
            server.server_close()
            self._thread.join()


class MailTarget:
    """An SMTP server; `take(mail)` is called with what it takes, before it says so."""

    def __init__(self, take: Callable[[EmailMessage], None]) -> None:
        self.port = free_port()
        self.mode: Mode = "gone"
        self.refused = 0
        self._take = take
        self._turned = threading.Event()
        self._controller: Controller | None = None

    def turn(self, mode: Mode) -> None:
        """Be so from now on."""
        self.mode = mode
        self._turned.set()
        self._turned = threading.Event()
        if mode == "gone":
            controller, self._controller = self._controller, None
            if controller is not None:
                controller.stop()
        elif self._controller is None:
            self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802 - its shape in aiosmtpd
        """Take a mail, or not."""
        turned, mode = self._turned, self.mode
        if mode == "hanging":
            await asyncio.to_thread(turned.wait)
            return "421 was away"
        if mode == "slow":
            await asyncio.to_thread(turned.wait, SLOW_S)
        if mode == "failing":
            self.refused += 1
            return "451 not now"
        self._take(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]  # EmailMessage by that policy
        return "250 OK"
