"""Holds asked for in the plain way, answered ahead of the framework, which would cost more than the hold itself.

    POST /v1/reservations, bearer key, whole body there ─┬─ nothing amiss ─▶ held or refused here
                                                         └─ anything else ─▶ the framework, with the same body

What is asked is read, and what comes of it is worded, by the framework's own handler. Here stands only what lies
around it; until all of that is found in order nothing is taken from anybody's quota, so that whatever is refused
is refused once, in one place, in the usual words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from starlette.types import Message, Receive, Scope

from api.auth import MAX_KEY_CHARS, RESERVATION_SCOPES
from api.bodies import JSON_TYPE, parse_json
from api.context import ApiContext
from api.edge import MAX_BODY_BYTES, MAX_LENGTH_DIGITS, SECURITY_HEADERS, crashed, trace_id_of
from api.fast_path import BEARER
from api.hosts import KnownHosts
from api.idempotency import KEY_PATTERN
from api.problems import Problem, problem_response
from api.remembered import Header
from api.routes.reservations import PATH, hold, wish_of
from api.schemas.reservations import ReservationIn
from gateway.audit import Actor
from gateway.ports.callers import Caller
from gateway.reservations.model import NewReservation

Answer = tuple[Message, Message]

_TYPE = JSON_TYPE.encode()
_NAMED = frozenset(
    {b"host", b"authorization", b"content-type", b"content-length", b"idempotency-key", b"traceparent"}
)
_ELSEWHERE = frozenset({b"transfer-encoding", b"expect"})
"""A request that bears one of these does not come in one piece."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who asks, under which key, and what."""

    caller: Caller
    key: str
    wish: NewReservation


class FastHolds:
    """Answers requests for holds in which nothing is amiss."""

    def __init__(self, context: ApiContext) -> None:
        self._context = context
        self._hosts = KnownHosts(context.settings.host, context.settings.allowed_hosts)
        self.answered = 0

    async def answer(self, scope: Scope, receive: Receive) -> tuple[Answer | None, Receive]:
        """Return the two messages of an answer; None where the request is the framework's, and what that is to
        receive from.
        """
        if scope["path"] != PATH or scope["method"] != "POST" or scope["query_string"]:
            return None, receive
        fields = _fields(scope["headers"])
        caller = None if fields is None else await self._caller(fields)
        if fields is None or caller is None:
            return None, receive
        message = _at_once(receive)
        if message is None:
            return None, receive
        asked = self._asked(caller, fields, message)
        if asked is None:
            return None, _again(message, receive)
        allowance = self._context.key_limits.take(caller.key_id)
        if not allowance.is_allowed:  # nothing was taken
            return None, _again(message, receive)
        limits = [(name.encode(), value.encode()) for name, value in allowance.headers("key").items()]
        return await self._answered(scope, asked, limits), receive

    async def _answered(self, scope: Scope, asked: _Asked, limits: list[Header]) -> Answer:
        context = self._context
        trace_id = trace_id_of(scope)
        client = scope.get("client")
        actor = Actor(asked.caller.key_id, client[0] if client else "")
        self.answered += 1
        try:
            answer = await hold(context, actor, asked.key, asked.wish)
        except Problem as problem:
            answer = problem_response(problem, trace_id)
        except Exception:  # noqa: BLE001 - logged and counted, as at the edge
            answer = crashed(context, scope, trace_id)
        context.counts.responses[answer.status_code] += 1
        headers = [*answer.raw_headers, *SECURITY_HEADERS, (b"x-trace-id", trace_id.encode()), *limits]
        return (
            {"type": "http.response.start", "status": answer.status_code, "headers": headers},
            {"type": "http.response.body", "body": bytes(answer.body)},
        )

    async def _caller(self, fields: dict[bytes, bytes]) -> Caller | None:
        """Return who asks, where it may hold, and what lies around the body is in order."""
        authorization = fields.get(b"authorization", b"")
        length = fields.get(b"content-length", b"")
        if (
            not authorization.startswith(BEARER)
            or b"idempotency-key" not in fields
            or fields.get(b"content-type", b"").partition(b";")[0].strip().lower() != _TYPE
            or not self._hosts.answers(fields.get(b"host", b""))
            or not length.isdigit()
            or len(length) > MAX_LENGTH_DIGITS
            or int(length) > MAX_BODY_BYTES
        ):
            return None
        auth, token = self._context.ports.auth, authorization[len(BEARER) :].decode("latin-1")
        caller = auth.known(token)
        if caller is None and len(token) <= MAX_KEY_CHARS:  # the key table is to be read again
            caller = await auth.caller(token)
        return caller if caller is not None and any(map(caller.may, RESERVATION_SCOPES)) else None

    def _asked(self, caller: Caller, fields: dict[bytes, bytes], message: Message) -> _Asked | None:
        """Return what is asked; None where it is not all there, or anything is amiss with it."""
        key = fields[b"idempotency-key"].decode("latin-1")
        if message["type"] != "http.request" or message.get("more_body") or not KEY_PATTERN.fullmatch(key):
            return None
        try:
            asked = parse_json(message.get("body", b""), ReservationIn)
            return _Asked(caller, key, wish_of(self._context, caller, asked))
        except Problem:
            return None


def _fields(headers: Iterable[Header]) -> dict[bytes, bytes] | None:
    """Return the header fields that matter; None where one of them stands twice, or the request is no plain one."""
    found: dict[bytes, bytes] = {}
    for name, value in headers:
        if name in _NAMED:
            if name in found:
                return None
            found[name] = value
        elif name in _ELSEWHERE:
            return None
    return found


def _at_once(receive: Receive) -> Message | None:
    """Return the message that has arrived; None, and nothing is received, where one would have to wait."""
    arriving = receive().__await__()
    try:
        arriving.send(None)
    except StopIteration as arrived:
        message: Message = arrived.value
        return message
    arriving.close()
    return None


def _again(message: Message, receive: Receive) -> Receive:
    """Return a `receive` that begins with a message that was received."""
    is_first = True

    async def again() -> Message:
        nonlocal is_first
        if is_first:
            is_first = False
            return message
        return await receive()

    return again
