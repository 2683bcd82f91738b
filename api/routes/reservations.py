"""Reservations: POST to hold, GET to look, PATCH to change, POST …/confirm, /pick, /collect … to go on."""

import re
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import ReservationCaller, ReservationReader, actor_of, require_store, stores_seen
from api.bodies import read_body
from api.context import ApiContext, context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import Json, dump, rounded_km
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, RETRY_AFTER, idempotency_key, replayed
from api.openapi import json_body, problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.places import nearest_first
from api.problems import Fault, Problem, echo
from api.reservation_body import etag_of_version, reservation_body
from api.schemas.base import OWNER_PATTERN, RESERVATION_PATTERN, Instant
from api.schemas.reservations import (
    CollectIn,
    ConfirmIn,
    EmptyIn,
    LineAmended,
    LineIn,
    PickIn,
    Reservation,
    ReservationIn,
    ReservationList,
    ReservationPatch,
    ReservationState,
    TransferIn,
)
from api.times import NS_PER_S
from gateway.audit import Actor
from gateway.ports.callers import Caller
from gateway.reservations.model import (
    Amend,
    Collect,
    Command,
    Confirm,
    LineAsked,
    NewReservation,
    OtherVariant,
    Outcome,
    Pick,
    Ready,
    Refusal,
    Release,
    ReservationQuery,
    Short,
    Transfer,
)
from gateway.reservations.model import Reservation as Found

Model = TypeVar("Model", bound=BaseModel)

PATH = "/v1/reservations"
ETAG_PATTERN = re.compile(r'(?:W/)?"([0-9]{1,9})"')

IdPath = Annotated[
    str,
    Path(
        pattern=RESERVATION_PATTERN,
        description="Id of the reservation.",
        examples=["19aa5d3c6b04f1d27c90be1"],
    ),
]
StateQuery = Annotated[
    list[ReservationState],
    Query(
        default_factory=list,
        max_length=8,
        description="Only reservations in this state; may be repeated. Left out: all.",
        examples=[["confirmed"]],
    ),
]
OwnerQuery = Annotated[
    str | None,
    Query(
        pattern=OWNER_PATTERN,
        description="Only reservations of this owner_ref. Left out: all.",
        examples=["cart-81c2"],
    ),
]
DueQuery = Annotated[
    Instant | None,
    Query(
        description="Only open reservations that end by then (RFC 3339): what is due. Left out: all.",
        examples=["2026-11-21T19:00:00Z"],
    ),
]
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of the reservation as you know it.",
    "schema": {"type": "string", "examples": ['"3"']},
}
_BODY = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
         "unknown_parameter", "missing_page_header", "overloaded")  # fmt: skip
_ONE = ("unknown_reservation", "wrong_state", *_BODY)
_HOLD = ("unknown_channel", "fulfilment_not_offered")
_GRANT = ("unknown_store", "forbidden_store", "unknown_sku", "insufficient_availability", "stock_unknown")


def add_reservation_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        PATH,
        reserve,
        methods=["POST"],
        status_code=201,
        response_model=Reservation,
        responses=problems(*dict.fromkeys((*KEY_PROBLEMS, "beyond_limit", *_HOLD, *_GRANT, *_BODY))),
        openapi_extra={**json_body(ReservationIn), "parameters": [KEY_HEADER]},
        tags=["reservations"],
        summary="Hold pieces for somebody",
    )  # fmt: skip
    router.add_api_route(
        PATH,
        reservations,
        response_model=ReservationList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                           "invalid_cursor"),
        tags=["reservations"],
        summary="Reservations",
    )  # fmt: skip
    router.add_api_route(
        PATH + "/{id}",
        reservation,
        response_model=Reservation,
        responses=problems("unknown_reservation", "invalid_request", "unknown_parameter"),
        tags=["reservations"],
        summary="One reservation",
    )
    router.add_api_route(
        PATH + "/{id}",
        amend,
        methods=["PATCH"],
        response_model=Reservation,
        responses=problems("missing_if_match", "reservation_changed", "beyond_limit", "not_of_reservation",
                           "unknown_sku", "insufficient_availability", "stock_unknown", *_ONE),
        openapi_extra={**json_body(ReservationPatch), "parameters": [_IF_MATCH]},
        tags=["reservations"],
        summary="Give a reservation more time, or other quantities",
    )  # fmt: skip
    for verb, handle, model, more, summary in _STEPS:
        router.add_api_route(
            PATH + "/{id}/" + verb,
            handle,
            methods=["POST"],
            response_model=Reservation,
            responses=problems(*dict.fromkeys((*more, *_ONE))),
            openapi_extra=json_body(model, required=model is TransferIn),
            tags=["reservations"],
            summary=summary,
        )


async def reserve(request: Request, caller: ReservationCaller) -> Response:
    """Hold pieces until `expires_at`; the answer comes when that is on disk.

    Where not all can be had the answer is 409 `insufficient_availability` with `shortfalls` and
    `alternatives`, unless `allow_partial` lets fewer be held. Stock that is UNKNOWN is 409 `stock_unknown`.
    """
    context = context_of(request)
    key = idempotency_key(request)
    wish = wish_of(context, caller, await read_body(request, ReservationIn))
    return await hold(context, actor_of(request, caller), key, wish)


def wish_of(context: ApiContext, caller: Caller, asked: ReservationIn) -> NewReservation:
    """Return what is asked as the gateway is told it; raises Problem where a store is not the caller's to ask of."""
    stores = asked.stores()
    for store in stores:
        require_store(context, caller, store)
    return NewReservation(
        stores=stores,
        lines=_lines(asked.lines),
        channel=asked.channel,
        owner_ref=asked.owner_ref,
        ttl_ns=None if asked.ttl_s is None else asked.ttl_s * NS_PER_S,
        allow_partial=asked.allow_partial,
        min_probability=asked.min_probability,
        others=context.orders.ids(context.ports.inventory.stores(), caller, stores[0]),
        fulfilment=asked.fulfilment,
    )


async def hold(context: ApiContext, actor: Actor, key: str, wish: NewReservation) -> Response:
    """Return the answer to a hold, once it is durable; raises Problem where it is refused."""
    decided = await context.ports.reservations.reserve(actor, key, wish)
    headers = replayed(decided.replayed)
    if isinstance(decided.outcome, Refusal):
        raise _problem(context, decided.outcome, headers)
    headers["location"] = f"{PATH}/{decided.outcome.id}"
    return _answer(decided.outcome, 201, headers)


async def reservations(
    request: Request,
    caller: ReservationReader,
    store: StoreQuery,
    state: StateQuery,
    owner_ref: OwnerQuery = None,
    due: DueQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return reservations, newest first, as they are now: one whose time is over is `expired`."""
    context = context_of(request)
    before = None if cursor is None else decode_cursor("reservations", cursor)
    stores = tuple(place.id for place in stores_seen(context, caller, store))
    query = ReservationQuery(stores, tuple(state), owner_ref, due, before, limit + 1)
    # No store means all of them to the port: a key that sees none must not ask.
    found = await context.ports.reservations.reservations(query) if stores else []
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("reservations", page[-1].created_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [reservation_body(one) for one in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def reservation(request: Request, caller: ReservationReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one reservation, as it is now."""
    found = await context_of(request).ports.reservations.reservation(id)
    if found is None or not caller.sees(found.store):
        raise _unknown(id)
    etag = etag_of_version(found.version)
    fields = {"etag": etag, "cache-control": NO_STORE, "vary": VARY}
    if etag in {
        tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")
    }:
        return Response(None, 304, fields)
    return _answer(found, 200, {})


async def amend(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Extend a reservation within the site's limits, or change its quantities: more are granted as new ones are."""
    match = ETAG_PATTERN.fullmatch(request.headers.get("if-match", "").strip())
    if match is None:
        raise Problem("missing_if_match", 'If-Match must hold the reservation\'s ETag, such as "3".')
    asked = await read_body(request, ReservationPatch)
    command = Amend(
        version=int(match.group(1)),
        ttl_ns=None if asked.ttl_s is None else asked.ttl_s * NS_PER_S,
        collect_by_ns=asked.collect_by,
        lines=_lines(asked.lines),
    )
    return await _change(request, caller, id, command)


async def confirm(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """The order is placed: from now on `collect_by` counts, and the hold does not end before."""
    asked = await _read(request, ConfirmIn)
    return await _change(request, caller, id, Confirm(asked.collect_by))


async def release(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """The pieces are not wanted any more: they may be sold to others at once."""
    await _read(request, EmptyIn)
    return await _change(request, caller, id, Release())


async def short(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """The pieces were looked for and not found: the reservation is over."""
    await _read(request, EmptyIn)
    return await _change(request, caller, id, Short())


async def pick(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Pieces were taken from their place; a piece that is told twice counts once."""
    asked = await _read(request, PickIn)
    return await _change(request, caller, id, Pick(tuple(asked.epcs), _lines(asked.lines)))


async def ready(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """All pieces lie ready for the customer."""
    await _read(request, EmptyIn)
    return await _change(request, caller, id, Ready())


async def collect(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """The customer has the pieces: they depart from stock in the same commit, as sold.

    Tags that were picked depart by name, and do not come back by being seen on the way out.
    """
    asked = await _read(request, CollectIn)
    return await _change(request, caller, id, Collect(asked.sold_by_till))


async def transfer(request: Request, caller: ReservationCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Another store holds the pieces from now on, if it has all of them; nothing is picked there yet."""
    asked = await read_body(request, TransferIn)
    require_store(context_of(request), caller, asked.store)
    return await _change(request, caller, id, Transfer(asked.store))


Handler = Callable[[Request, Any, str], Awaitable[Response]]
_STEPS: tuple[tuple[str, Handler, type[BaseModel], tuple[str, ...], str], ...] = (
    ("confirm", confirm, ConfirmIn, ("beyond_limit",), "The order is placed"),
    ("release", release, EmptyIn, (), "The pieces are not wanted any more"),
    ("pick", pick, PickIn, ("not_of_reservation",), "Pieces were picked"),
    ("ready", ready, EmptyIn, (), "All pieces lie ready"),
    ("collect", collect, CollectIn, (), "The customer has the pieces"),
    ("short", short, EmptyIn, (), "The pieces were not found"),
    ("transfer", transfer, TransferIn, _GRANT, "Another store gives the pieces"),
)
"""(path, handler, body, problems of its own, summary) of each step of a reservation's life."""


async def _change(request: Request, caller: Caller, reservation_id: str, command: Command) -> Response:
    outcome: Outcome = await context_of(request).ports.reservations.change(
        actor_of(request, caller), reservation_id, command, caller.stores
    )
    if isinstance(outcome, Refusal):
        raise _problem(context_of(request), outcome, {})
    return _answer(outcome, 200, {})


async def _read(request: Request, model: type[Model]) -> Model:
    """Return the body; a request without one says nothing but what its path says."""
    headers = request.headers
    if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
        return model()
    return await read_body(request, model)


def _answer(found: Found, status: int, headers: dict[str, str]) -> Response:
    fields = {"etag": etag_of_version(found.version), "cache-control": NO_STORE, "vary": VARY, **headers}
    return Response(dump(reservation_body(found)), status, fields, media_type=JSON)


def _lines(lines: list[LineIn] | list[LineAmended]) -> tuple[LineAsked, ...]:
    return tuple(LineAsked(line.sku, line.qty) for line in lines)


def _unknown(reservation_id: str) -> Problem:
    return Problem("unknown_reservation", f"There is no reservation {echo(reservation_id)}.")


def _problem(context: ApiContext, refusal: Refusal, headers: dict[str, str]) -> Problem:
    """Return a refusal as a problem; what could be had instead goes with it."""
    if refusal.code in {"idempotency_in_progress", "overloaded"}:
        headers = {**headers, **RETRY_AFTER}
    more: dict[str, object] = {}
    if refusal.code in {"insufficient_availability", "stock_unknown"}:
        more = {
            "shortfalls": [
                {
                    "store": x.store,
                    "sku": x.sku,
                    "requested": x.requested,
                    "obtainable": x.obtainable,
                    "reason": x.reason,
                    "probability": x.probability,
                }
                for x in refusal.shortfalls
            ],
            "alternatives": _alternatives(context, refusal),
            "variants": [_variant(context, variant) for variant in refusal.variants],
        }
    errors = [Fault(pointer, reason) for pointer, reason in refusal.faults]
    return Problem(refusal.code, refusal.detail, errors=errors, headers=headers, more=more)


def _alternatives(context: ApiContext, refusal: Refusal) -> list[Json]:
    """Return the stores that could give all, with their distance from the first one asked."""
    asked = refusal.shortfalls[0].store if refusal.shortfalls else ""
    far = {p.store.id: p.distance_km for p in nearest_first(context.ports.inventory.stores(), asked)}
    return [{"store": name, "distance_km": rounded_km(far.get(name))} for name in refusal.alternatives]


def _variant(context: ApiContext, variant: OtherVariant) -> Json:
    article = next(iter(context.ports.inventory.variants(variant.sku)), None)
    return {
        "instead_of": variant.instead_of,
        "sku": variant.sku,
        "size": None if article is None else article.size,
        "colour": None if article is None else article.colour,
        "stores": variant.stores,
    }
