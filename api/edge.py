"""The outermost layer, plain ASGI: trace id, known hosts, bounded bodies, security headers, last resort.

A plain ASGI class, because the framework's own middleware base wraps each response in a task and
a stream of its own, which an event stream of days would drag along.
"""

import logging
import re
import secrets
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import LIMIT_HEADERS
from api.context import ApiContext
from api.hosts import host_name, is_answered
from api.problems import Problem, echo, problem_response

MAX_BODY_BYTES = 1024 * 1024
"""A batch of 1,000 events takes some 250 KB; four times that is no till."""
MAX_LENGTH_DIGITS = 18

SECURITY_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
]
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""W3C Trace Context: a caller's trace id is kept, so that one id names a request in both logs."""

_log = logging.getLogger(__name__)


class Edge:
    """Wraps the whole app. No error passes it: what is unexpected is logged, counted and answered 500."""

    def __init__(self, app: ASGIApp, context: ApiContext) -> None:
        self._app = app
        self._context = context
        settings = context.settings
        self._known_hosts = frozenset(name.lower() for name in (settings.host, *settings.allowed_hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (others than HTTP are passed on as they are)."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        trace_id = trace_id_of(scope)
        state: dict[str, Any] = scope.setdefault("state", {})
        state["trace_id"] = trace_id
        answer = _Answer(send, state, self._context, is_head=scope["method"] == "HEAD")
        if answer.is_head:
            scope = {**scope, "method": "GET"}
        try:
            refusal = self._refusal(headers)
            if refusal is not None:
                await problem_response(refusal, trace_id)(scope, receive, answer)
            else:
                await self._app(scope, _bounded(scope, headers, receive), answer)
        except ClientDisconnect:
            return
        except Exception:
            if answer.has_begun:
                self._context.counts.crashes += 1
                raise
            await crashed(self._context, scope, trace_id)(scope, receive, answer)

    def _refusal(self, headers: Headers) -> Problem | None:
        """Return why the request is not even looked at, if so."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_answered(host_name(hosts[0]), self._known_hosts):
            return Problem("unknown_host", f"Host {echo(', '.join(hosts))} is not served here.")
        length = headers.get("content-length", "0")
        if not (length.isascii() and length.isdigit()):
            return Problem("bad_request", f"Content-Length {echo(length)} is no number.")
        # Compared by length first: to read a number of thousands of digits would be work of its own.
        if len(length) > MAX_LENGTH_DIGITS or int(length) > MAX_BODY_BYTES:
            return _too_large()
        return None


def crashed(context: ApiContext, scope: Scope, trace_id: str) -> Response:
    """Log and count the error that is being handled; return the answer to its request."""
    context.counts.crashes += 1
    _log.exception("trace %s: %s %.200r failed", trace_id, scope["method"], scope["path"])
    problem = Problem("internal_error", "Something unexpected happened; it is in the gateway's log.")
    return problem_response(problem, trace_id)


class _Answer:
    """Sends on, with the headers that every response bears; to a HEAD without the body."""

    def __init__(self, send: Send, state: dict[str, Any], context: ApiContext, *, is_head: bool) -> None:
        self._send = send
        self._state = state
        self._context = context
        self.is_head = is_head
        self.has_begun = False
        self._has_ended = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            self._context.counts.responses[message["status"]] += 1
            message["headers"] = [
                *message.get("headers", ()),
                *SECURITY_HEADERS,
                (b"x-trace-id", self._state["trace_id"].encode()),
                *self._limits(),
            ]
        elif self.is_head:
            # A HEAD is a GET without its body: the first part ends it, a stream's too.
            if self._has_ended:
                return
            self._has_ended = True
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    def _limits(self) -> list[tuple[bytes, bytes]]:
        """Return the rate-limit fields that the request's identification noted."""
        noted: dict[str, str] = self._state.get(LIMIT_HEADERS, {})
        return [(name.encode(), value.encode()) for name, value in noted.items()]


def trace_id_of(scope: Scope) -> str:
    """Return the trace id of a request: its caller's, else a new one."""
    for name, value in scope["headers"]:
        if name == b"traceparent":
            match = _TRACEPARENT.fullmatch(value)
            if match is not None:
                return str(match.group(1), "ascii")
    return secrets.token_hex(16)


def _bounded(scope: Scope, headers: Headers, receive: Receive) -> Receive:
    """Return `receive`, counting a body that came without its length."""
    if "content-length" in headers or scope["method"] in ("GET", "HEAD"):
        return receive
    received_bytes = 0

    async def bounded() -> Message:
        nonlocal received_bytes
        message = await receive()
        received_bytes += len(message.get("body", b""))
        if received_bytes > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return bounded


def _too_large() -> Problem:
    return Problem("body_too_large", f"The body is larger than {MAX_BODY_BYTES} bytes.")
