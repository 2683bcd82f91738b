"""Look-ups that were answered a moment ago, answered ahead of the framework: a fifth of the cost.

    GET /v1/stores/{store}/availability/{sku}, bearer key ─┬─ remembered ─▶ answered here
                                                           └─ anything else ─▶ the framework, which remembers

The handler that the framework calls is the one that makes answers; here they are only given again, byte by byte
but for the trace id, the limits and the seconds that are left of Cache-Control.
"""

import secrets
from collections.abc import Iterable

from starlette.requests import Request
from starlette.types import Message, Scope

from api.answers import JSON, VARY, lasting, matches
from api.context import ApiContext, context_of
from api.edge import SECURITY_HEADERS
from api.encoding import shown_valid_until_ns
from api.hosts import KnownHosts
from api.remembered import Header, Remembered, Shown
from gateway.ports.callers import Caller
from gateway.ports.inventory import Availability

PREFIX = "/v1/stores/"
BEARER = b"Bearer "
MAX_QUESTION_BYTES = 256
_UNREPEATED = (b"exclude", b"owner", b"as_of")
"""Questions with these in their query are asked once, by one shopper."""
_ELSEWHERE = frozenset({b"content-length", b"transfer-encoding", b"traceparent", b"expect"})
"""A request that bears one of these is no plain look-up."""


def remember(
    request: Request, caller: Caller, found: Availability, etag: str, body: bytes, now_ns: int
) -> None:
    """Have an answer of now given again, where it was asked for with a key."""
    context = context_of(request)
    path, query = request.scope["path"], request.scope["query_string"]
    if (
        "authorization" not in request.headers
        or len(path) + len(query) > MAX_QUESTION_BYTES
        or any(word in query for word in _UNREPEATED)
    ):
        return
    fields = ((b"etag", etag.encode()), (b"vary", VARY.encode()))
    length = str(len(body)).encode()
    shown = Shown(
        store=found.store,
        sku=found.sku,
        stamp=context.remembered.stamp(found.store, found.sku),
        body=body,
        etag=etag,
        headers=(*fields, (b"content-type", JSON.encode()), (b"content-length", length)),
        headers_unchanged=fields,
        valid_until_ns=found.valid_until_ns,
        shown_until_ns=shown_valid_until_ns(found.valid_until_ns, now_ns),
        until_s=context.remembered.until_s(),
    )
    context.remembered.keep((path, query, caller.key_id), shown)


class FastPath:
    """Answers what is remembered."""

    def __init__(self, context: ApiContext, remembered: Remembered) -> None:
        self._context = context
        self._remembered = remembered
        self._hosts = KnownHosts(context.settings.host, context.settings.allowed_hosts)

    def answer(self, scope: Scope) -> tuple[Message, Message] | None:
        """Return the two messages of an answer; None where the request is the framework's."""
        path: str = scope["path"]
        if not path.startswith(PREFIX) or scope["method"] != "GET" or not len(self._remembered):
            return None
        told = _told(scope["headers"])
        if told is None:
            return None
        host, token, wanted = told
        if not self._hosts.answers(host):
            return None
        context = self._context
        caller = context.ports.auth.known(token)
        if caller is None:
            return None
        now_ns = context.ports.clock.now_ns()
        shown = self._remembered.find((path, scope["query_string"], caller.key_id), now_ns)
        if shown is None:
            return None
        allowance = context.key_limits.take(caller.key_id)
        if not allowance.is_allowed:
            return None  # nothing was taken: the framework refuses it in the usual words
        self._remembered.hits += 1
        is_known = bool(wanted) and matches(wanted, shown.etag)
        cache_control = lasting(shown.shown_until_ns, now_ns, context.ports.clock.speed)
        headers: list[Header] = [
            *(shown.headers_unchanged if is_known else shown.headers),
            (b"cache-control", cache_control.encode()),
            *SECURITY_HEADERS,
            (b"x-trace-id", secrets.token_hex(16).encode()),
        ]
        headers += [(name.encode(), value.encode()) for name, value in allowance.headers("key").items()]
        status = 304 if is_known else 200
        context.counts.responses[status] += 1
        return (
            {"type": "http.response.start", "status": status, "headers": headers},
            {"type": "http.response.body", "body": b"" if is_known else shown.body},
        )


def _told(headers: Iterable[Header]) -> tuple[bytes, str, str] | None:
    """Return (Host, bearer token, If-None-Match) of a plain look-up; None for anything else."""
    host = authorization = None
    wanted = ""
    for name, value in headers:
        if name == b"host":
            if host is not None:
                return None
            host = value
        elif name == b"authorization":
            if authorization is not None:
                return None
            authorization = value
        elif name == b"if-none-match":
            if wanted:
                return None
            wanted = value.decode("latin-1")
        elif name in _ELSEWHERE:
            return None
    if host is None or authorization is None or not authorization.startswith(BEARER):
        return None
    return host, authorization[len(BEARER) :].decode("latin-1"), wanted
