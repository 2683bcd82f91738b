"""GET availability: of one pair, of many, of the past; and the history of a level."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import etag_of, json_answer, lasting
from api.askers import ChannelQuery, ExcludeQuery, FulfilmentQuery, OwnerRefQuery, asker_of, sold_from
from api.auth import ReadCaller, require_exact, require_store, stores_seen
from api.context import ApiContext, context_of
from api.encoding import availability_body, dump, encode_seen, shown_valid_until_ns, versioned
from api.fast_path import remember
from api.openapi import problems
from api.parameters import MAX_PAIRS, QtyQuery, Sku, SkuPath, StorePath, StoreQuery
from api.problems import MAX_ERRORS, Fault, Problem, echo, pointer
from api.schemas.availability import Availability, AvailabilityList, BandedAvailability, PastLevels
from api.schemas.base import Instant
from api.times import rfc3339
from gateway.ports.callers import Caller
from gateway.ports.inventory import Availability as Found

MAX_BANDED_QTY = 10
BANDED_CERTAINTIES = (0.9, 0.95, 0.99)
"""What a caller of bands may ask a promise to be sure to: few enough that the answers are a band themselves."""
"""A shopper's basket line. Asking "are there n?" for every n would count the stock."""

AsOfQuery = Annotated[
    Instant | None,
    Query(
        description="Answer the levels as they were then (RFC 3339); needs availability:exact.",
        examples=["2026-11-21T12:00:00Z"],
    ),
]
SkusQuery = Annotated[
    list[Sku],
    Query(min_length=1, max_length=MAX_PAIRS, description="SKU; may be repeated.", examples=[["DEN-501-32"]]),
]


def add_availability_routes(router: APIRouter) -> None:
    """Add the routes; the single look-up first, because routes are tried in order."""
    router.add_api_route(
        "/v1/stores/{store}/availability/{sku}",
        store_availability,
        response_model=Availability | BandedAvailability | PastLevels,
        responses=problems("forbidden_store", "unknown_store", "unknown_sku", "no_record", "unknown_channel",
                           "fulfilment_not_offered", "invalid_request", "unknown_parameter",
                           "old_records_unavailable"),
        tags=["availability"],
        summary="Availability of one article in one store",
    )  # fmt: skip
    router.add_api_route(
        "/v1/availability",
        availability,
        response_model=AvailabilityList,
        responses=problems("forbidden_store", "unknown_store", "unknown_sku", "too_many_pairs",
                           "unknown_channel", "fulfilment_not_offered", "invalid_request", "unknown_parameter"),
        tags=["availability"],
        summary="Availability of several articles in several stores",
    )  # fmt: skip


async def store_availability(
    request: Request,
    caller: ReadCaller,
    store: StorePath,
    sku: SkuPath,
    qty: QtyQuery = 1,
    as_of: AsOfQuery = None,
    channel: ChannelQuery = None,
    fulfilment: FulfilmentQuery = "pickup",
    exclude_reservation: ExcludeQuery = None,
    owner_ref: OwnerRefQuery = None,
) -> Response:
    """Return what may be promised of one article in one store, and why.

    With `availability:read` alone the answer is banded: status, band and promise, no quantity.
    With `as_of` it is the levels as they were then.
    """
    context = context_of(request)
    require_store(context, caller, store)
    if as_of is not None:
        return await _past(request, caller, store, sku, as_of)
    check_qty(caller, qty)
    asker = asker_of(
        context,
        "query",
        channel=channel,
        fulfilment=fulfilment,
        exclude=exclude_reservation,
        owner_ref=owner_ref,
    )
    found = context.ports.inventory.availability(store, sku, qty, asker)
    if found is None:
        raise unknown_sku([sku], "path")
    now_ns = context.ports.clock.now_ns()
    visible, body = _encode(context, caller, found, now_ns)
    remember(request, caller, found, etag_of(visible), body, now_ns)
    return json_answer(request, body, visible=visible, cache_control=_cache_control(context, [found], now_ns))


async def availability(
    request: Request,
    caller: ReadCaller,
    sku: SkusQuery,
    store: StoreQuery,
    qty: QtyQuery = 1,
    channel: ChannelQuery = None,
    fulfilment: FulfilmentQuery = "pickup",
    exclude_reservation: ExcludeQuery = None,
    owner_ref: OwnerRefQuery = None,
) -> Response:
    """Return one answer per store and SKU, at most 100; without `store`, for the stores that the channel sells from.

    SKUs that the gateway does not know are named in `unknown_skus` beside the answers for the rest;
    where it knows none of them, the answer is 404 `unknown_sku`.
    """
    context = context_of(request)
    check_qty(caller, qty)
    asker = asker_of(
        context,
        "query",
        channel=channel,
        fulfilment=fulfilment,
        exclude=exclude_reservation,
        owner_ref=owner_ref,
    )
    stores = stores_seen(context, caller, store)
    if not store:
        stores = sold_from(context, stores, channel)
    skus = list(dict.fromkeys(sku))
    if len(stores) * len(skus) > MAX_PAIRS:
        raise Problem(
            "too_many_pairs", f"{len(stores)} stores × {len(skus)} SKUs are more than {MAX_PAIRS} pairs."
        )
    look_up = context.ports.inventory.availability
    found = [answer for place in stores for one in skus if (answer := look_up(place.id, one, qty, asker))]
    known = {answer.sku for answer in found}
    unknown = [one for one in skus if one not in known]
    if stores and not found:
        raise unknown_sku(unknown, "query")
    now_ns = context.ports.clock.now_ns()
    parts = [_encode(context, caller, answer, now_ns) for answer in found]
    visible = _listing([visible for visible, _ in parts], unknown)
    body = _listing([body for _, body in parts], unknown)
    return json_answer(request, body, visible=visible, cache_control=_cache_control(context, found, now_ns))


def unknown_sku(skus: Sequence[str], places: str | Sequence[Sequence[str | int]]) -> Problem:
    """Return the problem that names articles which do not exist; `places`: the part of the URL where all of them
    stood, or the place of each in the body.
    """
    stood = [(places, "sku")] * len(skus) if isinstance(places, str) else places
    faults = [
        Fault(pointer(place), f"{echo(sku)} is not known")
        for sku, place in list(zip(skus, stood, strict=True))[:MAX_ERRORS]
    ]
    named = ", ".join(echo(sku) for sku in skus[:5])
    return Problem("unknown_sku", f"There is no article {named}.", errors=faults)


def check_qty(caller: Caller, qty: int) -> None:
    """Raise Problem insufficient_scope where a caller of bands asks for so many that it would be counting."""
    if qty > MAX_BANDED_QTY:
        require_exact(caller, f"A qty above {MAX_BANDED_QTY}")


def check_certainty(caller: Caller, min_probability: float | None) -> None:
    """Raise Problem insufficient_scope where a caller of bands could close in on a probability, step by step."""
    if min_probability is not None and min_probability not in BANDED_CERTAINTIES:
        steps = ", ".join(map(str, BANDED_CERTAINTIES))
        require_exact(caller, f"A min_probability other than {steps}")


def _encode(context: ApiContext, caller: Caller, found: Found, now_ns: int) -> tuple[bytes, bytes]:
    """Return what the ETag covers, and the body: the same with the version, which says nothing of stock."""
    if not caller.may("availability:exact"):
        banded = encode_seen(found, now_ns, context.settings.limited_below, exact=False)
        return banded, banded
    visible = dump(availability_body(found, now_ns))
    return visible, versioned(visible, found)


def _listing(items: list[bytes], unknown_skus: list[str]) -> bytes:
    return b'{"items":[%b],"unknown_skus":%b}' % (b",".join(items), dump(unknown_skus))


def _cache_control(context: ApiContext, found: list[Found], now_ns: int) -> str:
    valid_until_ns = min(
        (shown_valid_until_ns(answer.valid_until_ns, now_ns) for answer in found), default=now_ns
    )
    return lasting(valid_until_ns, now_ns, context.ports.clock.speed)


async def _past(request: Request, caller: Caller, store: str, sku: str, as_of_ns: int) -> Response:
    """Return the levels as they were."""
    require_exact(caller, "as_of")
    ports = context_of(request).ports
    if "qty" in request.query_params:
        fault = Fault(pointer(("query", "qty")), "has no meaning together with as_of")
        raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])
    if as_of_ns > ports.clock.now_ns():
        fault = Fault(pointer(("query", "as_of")), "lies in the future")
        raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])
    if ports.inventory.availability(store, sku) is None:
        raise unknown_sku([sku], "path")
    zones = await ports.records.levels_at(store, sku, as_of_ns)
    if not zones:  # a 0 here would be a guess: nothing was known
        raise Problem("no_record", f"nothing was recorded of {sku!r} in {store!r} by {rfc3339(as_of_ns)}")
    body = {
        "store": store,
        "sku": sku,
        "as_of": rfc3339(as_of_ns),
        "on_hand": sum(zones.values()),
        "zones": zones,
    }
    return json_answer(request, dump(body))
