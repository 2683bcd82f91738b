"""Transfers between stores: POST to request, POST …/send, /receive, /close, /cancel to go on, GET to look."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.adding import RoutesOf
from api.answers import NO_STORE, json_answer
from api.auth import Needs, actor_of, require_store, stores_seen
from api.bodies import read_body
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.documents import BODY, READS, document_answer, document_problem, line_body, lines_asked, read_few
from api.encoding import Json, dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.problems import Problem, echo
from api.schemas.documents import ReceiveIn
from api.schemas.reservations import EmptyIn
from api.schemas.transfers import SendIn, StoreTransfer, StoreTransferIn, StoreTransferList
from api.times import rfc3339, rfc3339_or_none
from gateway.answered import KeyRefused
from gateway.deliveries.model import DocumentRefused
from gateway.ports.callers import Caller
from gateway.transfers.model import NewTransfer, Transfer, TransferOutcome, TransferQuery, TransferState

PATH = "/v1/transfers"
ONE = PATH + "/{id}"

TransferCaller = Annotated[Caller, Depends(Needs("ingest:write", "counts:write"))]
TransferReader = Annotated[Caller, Depends(READS)]
IdPath = Annotated[
    str,
    Path(pattern=r"^tr_[0-9a-f]{12}$", description="Id of the transfer.", examples=["tr_6f1c2a0b9d3e"]),
]
StateQuery = Annotated[
    list[TransferState],
    Query(
        default_factory=list,
        max_length=6,
        description="Only transfers in this state; may be repeated. Left out: all.",
        examples=[["sent"]],
    ),
]
_ONE = ("unknown_transfer", "forbidden_store", "wrong_state", *BODY)


def add_transfer_routes(router: APIRouter) -> None:
    """Add the routes."""

    add = RoutesOf(router, "transfers", StoreTransfer).add

    requested = {**json_body(StoreTransferIn), "parameters": [KEY_HEADER]}
    plain = json_body(EmptyIn, required=False)
    add(PATH, request_transfer, "Request a transfer",
        (*KEY_PROBLEMS, "forbidden_store", "unknown_store", "unknown_sku", "too_many_open", *BODY),
        methods=["POST"], status_code=201, openapi_extra=requested)  # fmt: skip
    add(PATH, transfers, "Transfers",
        ("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter", "invalid_cursor"),
        response_model=StoreTransferList)  # fmt: skip
    add(ONE, transfer, "One transfer", ("unknown_transfer", "invalid_request", "unknown_parameter"))
    add(ONE + "/send", send, "The pieces leave", ("insufficient_availability", *_ONE),
        methods=["POST"], openapi_extra=json_body(SendIn, required=False))  # fmt: skip
    add(ONE + "/receive", receive, "All that is missing is there", ("unknown_zone", *_ONE),
        methods=["POST"], openapi_extra=json_body(ReceiveIn, required=False))  # fmt: skip
    add(ONE + "/close", close, "What has not come will not come", _ONE, methods=["POST"], openapi_extra=plain)
    add(ONE + "/cancel", cancel, "It will not be sent", _ONE, methods=["POST"], openapi_extra=plain)


async def request_transfer(request: Request, caller: TransferCaller) -> Response:
    """Ask for pieces to go from one store to another. Nothing moves before `send`, and nothing is held."""
    key = idempotency_key(request)
    asked = await read_body(request, StoreTransferIn)
    context = context_of(request)
    require_store(
        context, caller, asked.sender if caller.sees(asked.sender) or not caller.sees(asked.to) else asked.to
    )
    wanted = NewTransfer(asked.sender, asked.to, lines_asked(asked.lines), asked.reference)
    actor = actor_of(request, caller)
    try:
        answered = await context.ports.transfers.request(caller.key_id, key, wanted, actor)
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, DocumentRefused):
        raise document_problem(answered.outcome, headers=headers)
    headers["location"] = f"{PATH}/{answered.outcome.id}"
    return _answer(request, answered.outcome, 201, headers)


async def transfers(
    request: Request,
    caller: TransferReader,
    store: StoreQuery,
    state: StateQuery,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return transfers from or to the stores, newest first; closed ones for 90 days."""
    context = context_of(request)
    before = None if cursor is None else decode_cursor("transfers", cursor)
    stores = tuple(place.id for place in stores_seen(context, caller, store))
    found = list(
        await context.ports.transfers.transfers(TransferQuery(stores, tuple(state), before, limit + 1))
    )
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("transfers", page[-1].created_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [_body(request, one) for one in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def transfer(request: Request, caller: TransferReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one transfer, as it is now."""
    found = await context_of(request).ports.transfers.transfer(id)
    if found is None or not (caller.sees(found.from_store) or caller.sees(found.to_store)):
        raise Problem("unknown_transfer", f"There is no transfer {echo(id)}.")
    return _answer(request, found)


async def send(request: Request, caller: TransferCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Let the pieces leave; for keys of the store that gives them.

    Where pieces are reserved, or not there, the answer is 409 `insufficient_availability` with `shortfalls`, unless
    `force` is said. How many there are (`obtainable`) is told to keys with `availability:exact`.
    """
    asked = await read_few(request, SendIn)
    port, actor = context_of(request).ports.transfers, actor_of(request, caller)
    outcome = await port.send(id, caller.stores, actor, force=asked.force)
    return _outcome(request, outcome, exact=caller.may("availability:exact"))


async def receive(request: Request, caller: TransferCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take in by hand what is missing; for keys of the store that gets the pieces."""
    asked = await read_few(request, ReceiveIn)
    port, actor = context_of(request).ports.transfers, actor_of(request, caller)
    return _outcome(request, await port.receive(id, asked.zone, caller.stores, actor))


async def close(request: Request, caller: TransferCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """End it with its difference; for keys of the store that gets the pieces."""
    await read_few(request, EmptyIn)
    port, actor = context_of(request).ports.transfers, actor_of(request, caller)
    return _outcome(request, await port.end(id, "closed", caller.stores, actor))


async def cancel(request: Request, caller: TransferCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take it back before it was sent; for keys of either store."""
    await read_few(request, EmptyIn)
    port, actor = context_of(request).ports.transfers, actor_of(request, caller)
    return _outcome(request, await port.end(id, "cancelled", caller.stores, actor))


def _outcome(request: Request, outcome: TransferOutcome, *, exact: bool = False) -> Response:
    if isinstance(outcome, DocumentRefused):
        raise document_problem(outcome, exact=exact)
    return _answer(request, outcome)


def _answer(
    request: Request, found: Transfer, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return document_answer(request, _body(request, found), found.version, status, headers)


def _body(request: Request, found: Transfer) -> Json:
    ports = context_of(request).ports
    difference = found.difference(ports.clock.now_ns(), ports.transfers.late_ns)
    is_on_its_way = found.state in {"sent", "partly_received"} and not difference
    return {
        "id": found.id,
        "from": found.from_store,
        "to": found.to_store,
        "reference": found.reference,
        "state": found.state,
        "pieces": found.arrived + found.missing,
        "arrived": found.arrived,
        "in_transit": found.missing if is_on_its_way else 0,
        "difference": difference,
        "lines": [line_body(line) for line in found.lines],
        "created_at": rfc3339(found.created_ns),
        "sent_at": rfc3339_or_none(found.sent_ns),
        "changed_at": rfc3339(found.changed_ns),
        "closed_at": rfc3339_or_none(found.closed_ns),
        "version": found.version,
    }
