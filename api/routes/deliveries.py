"""Expected deliveries: POST to announce, GET to look, PATCH to change, POST …/receive, /close, /cancel to end."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.adding import RoutesOf
from api.answers import NO_STORE, json_answer
from api.auth import DeliveryCaller, IngestCaller, Needs, actor_of, require_store, stores_seen
from api.bodies import read_body
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.delivery_csv import CSV_EXAMPLE, delivery_of_csv
from api.documents import (
    BODY,
    READS,
    document_answer,
    document_problem,
    known_version,
    line_body,
    lines_asked,
    read_few,
)
from api.encoding import Json, dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.problems import Problem, echo
from api.schemas.base import Instant
from api.schemas.deliveries import Delivery, DeliveryIn, DeliveryList, DeliveryPatch
from api.schemas.documents import ReceiveIn
from api.schemas.reservations import EmptyIn
from api.tables import read_table, table_body
from api.times import rfc3339, rfc3339_or_none
from gateway.answered import KeyRefused
from gateway.deliveries.model import (
    AmendDelivery,
    DeliveryOutcome,
    DeliveryQuery,
    DeliveryState,
    DocumentRefused,
    NewDelivery,
)
from gateway.deliveries.model import Delivery as Found
from gateway.ports.callers import Caller

PATH = "/v1/deliveries"
ONE = PATH + "/{id}"

DeliveryReader = Annotated[Caller, Depends(Needs(*READS.scopes, "deliveries:receive"))]
IdPath = Annotated[
    str,
    Path(pattern=r"^dl_[0-9a-f]{12}$", description="Id of the delivery.", examples=["dl_6f1c2a0b9d3e"]),
]
StateQuery = Annotated[
    list[DeliveryState],
    Query(
        default_factory=list,
        max_length=5,
        description="Only deliveries in this state; may be repeated. Left out: all.",
        examples=[["expected"]],
    ),
]
DueQuery = Annotated[
    Instant | None,
    Query(
        description="Only deliveries that are expected before this (RFC 3339). Left out: all.",
        examples=["2026-11-25T00:00:00Z"],
    ),
]
IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the delivery as you know it.",
    "schema": {"type": "string", "examples": ['"3"']},
}
_ONE = ("unknown_delivery", "wrong_state", *BODY)


def add_delivery_routes(router: APIRouter) -> None:
    """Add the routes."""

    add = RoutesOf(router, "deliveries", Delivery).add

    announced = {**table_body(DeliveryIn, CSV_EXAMPLE), "parameters": [KEY_HEADER]}
    amended = {**json_body(DeliveryPatch), "parameters": [IF_MATCH]}
    plain = json_body(EmptyIn, required=False)
    add(PATH, announce, "Announce a delivery",
        (*KEY_PROBLEMS, "forbidden_store", "unknown_store", "unknown_sku", "too_many_open", *BODY),
        methods=["POST"], status_code=201, openapi_extra=announced)  # fmt: skip
    add(PATH, deliveries, "Deliveries",
        ("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter", "invalid_cursor"),
        response_model=DeliveryList)  # fmt: skip
    add(ONE, delivery, "One delivery", ("unknown_delivery", "invalid_request", "unknown_parameter"))
    add(ONE, amend, "Give a delivery another time, or other quantities",
        ("missing_if_match", "document_changed", "unknown_sku", *_ONE),
        methods=["PATCH"], openapi_extra=amended)  # fmt: skip
    add(ONE + "/receive", receive, "All that is missing is there", ("unknown_zone", *_ONE),
        methods=["POST"], openapi_extra=json_body(ReceiveIn, required=False))  # fmt: skip
    add(ONE + "/close", close, "What has not come will not come", _ONE, methods=["POST"], openapi_extra=plain)
    add(ONE + "/cancel", cancel, "Nothing of it will come", _ONE, methods=["POST"], openapi_extra=plain)


async def announce(request: Request, caller: IngestCaller) -> Response:
    """Expect a delivery: JSON, or a CSV file of one delivery. Its pieces are `incoming` until they come.

    Pieces come in as they are scanned at receiving, or as their tags are read: each counts for the delivery that
    names it, else for the one due first.
    """
    key = idempotency_key(request)
    body = await read_table(request, DeliveryIn)
    asked, line_of = delivery_of_csv(body) if isinstance(body, str) else (body, None)
    context = context_of(request)
    require_store(context, caller, asked.store)
    from_ns, due_ns = asked.span_ns()
    wanted = NewDelivery(
        asked.store, lines_asked(asked.lines), from_ns, due_ns, asked.reference, asked.sender
    )
    actor = actor_of(request, caller)
    try:
        answered = await context.ports.deliveries.announce(caller.key_id, key, wanted, actor)
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, DocumentRefused):
        raise document_problem(answered.outcome, line_of, headers)
    headers["location"] = f"{PATH}/{answered.outcome.id}"
    return _answer(request, answered.outcome, 201, headers)


async def deliveries(
    request: Request,
    caller: DeliveryReader,
    store: StoreQuery,
    state: StateQuery,
    due_before: DueQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return deliveries, those due first before others; closed ones for 90 days."""
    context = context_of(request)
    after = None if cursor is None else decode_cursor("deliveries", cursor)
    stores = tuple(place.id for place in stores_seen(context, caller, store))
    query = DeliveryQuery(stores, tuple(state), due_before, after, limit + 1)
    found = list(await context.ports.deliveries.deliveries(query))
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("deliveries", page[-1].due_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    now_ns = context.ports.clock.now_ns()
    body = {"items": [delivery_body(one, now_ns) for one in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def delivery(request: Request, caller: DeliveryReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one delivery, as it is now."""
    found = await context_of(request).ports.deliveries.delivery(id)
    if found is None or not caller.sees(found.store):
        raise Problem("unknown_delivery", f"There is no delivery {echo(id)}.")
    return _answer(request, found)


async def amend(request: Request, caller: IngestCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Change when it is expected, or how much of what; never to less than has come."""
    version = known_version(request, "delivery")
    asked = await read_body(request, DeliveryPatch)
    wanted = AmendDelivery(version, asked.expected_from, asked.expected_to, lines_asked(asked.lines))
    port, actor = context_of(request).ports.deliveries, actor_of(request, caller)
    return _outcome(request, await port.amend(id, wanted, caller.stores, actor))


async def receive(request: Request, caller: DeliveryCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take in by hand what is missing: pieces without tags are in stock at once, others are announced.

    Say it once: a piece that is received here and scanned in afterwards is taken for two.
    """
    asked = await read_few(request, ReceiveIn)
    port, actor = context_of(request).ports.deliveries, actor_of(request, caller)
    return _outcome(request, await port.receive(id, asked.zone, caller.stores, actor))


async def close(request: Request, caller: DeliveryCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """End it: what has come stays, what has not will not come."""
    await read_few(request, EmptyIn)
    port, actor = context_of(request).ports.deliveries, actor_of(request, caller)
    return _outcome(request, await port.end(id, "closed", caller.stores, actor))


async def cancel(request: Request, caller: IngestCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take it back before any piece has come."""
    await read_few(request, EmptyIn)
    port, actor = context_of(request).ports.deliveries, actor_of(request, caller)
    return _outcome(request, await port.end(id, "cancelled", caller.stores, actor))


def delivery_body(found: Found, now_ns: int) -> Json:
    """Return a delivery as it stands."""
    return {
        "id": found.id,
        "store": found.store,
        "reference": found.reference,
        "from": found.source,
        "state": found.state,
        "is_late": found.is_late(now_ns),
        "expected_from": rfc3339(found.from_ns),
        "expected_to": rfc3339(found.due_ns),
        "pieces": found.pieces,
        "arrived": found.arrived,
        "missing": found.missing,
        "lines": [line_body(line) for line in found.lines],
        "created_at": rfc3339(found.created_ns),
        "changed_at": rfc3339(found.changed_ns),
        "closed_at": rfc3339_or_none(found.closed_ns),
        "version": found.version,
    }


def _outcome(request: Request, outcome: DeliveryOutcome) -> Response:
    if isinstance(outcome, DocumentRefused):
        raise document_problem(outcome)
    return _answer(request, outcome)


def _answer(
    request: Request, found: Found, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    body = delivery_body(found, context_of(request).ports.clock.now_ns())
    return document_answer(request, body, found.version, status, headers)
