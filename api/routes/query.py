"""POST questions: availability of many pairs, and where a basket can be picked up."""

import asyncio
from collections.abc import Sequence

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.askers import asker_of, sold_from
from api.auth import ReadCaller, stores_seen
from api.baskets import Line, Option, as_sure_as, ranked, summed
from api.bodies import read_body
from api.context import ApiContext, context_of
from api.encoding import dump, encode_seen, pickup_option_body, rounded_km
from api.openapi import json_body, problems
from api.places import Placed, near
from api.problems import Problem
from api.routes.availability import check_certainty, check_qty, unknown_sku
from api.schemas.query import (
    AtStores,
    AvailabilityQuery,
    AvailabilityQueryAnswer,
    ItemAsked,
    PickupOptions,
    PickupQuery,
)
from gateway.channels.model import Asker, Fulfilment
from gateway.ports.callers import Caller
from gateway.ports.inventory import ArticleInfo, Availability

MAX_QUERY_PAIRS = 1_000
PAIRS_AT_ONCE = 8
"""Pairs that are answered before others get their turn: some 0.2 ms each."""
MAX_VARIANTS = 12
"""Other sizes and colours that are looked at for a line: more than a shopper scrolls through."""
BODY_PROBLEMS = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
         "unknown_parameter", "missing_page_header", "forbidden_store", "unknown_store", "unknown_sku",
         "too_many_pairs", "unknown_channel", "fulfilment_not_offered")  # fmt: skip


def add_query_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/v1/availability/query",
        query,
        methods=["POST"],
        response_model=AvailabilityQueryAnswer,
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=json_body(AvailabilityQuery),
        tags=["availability"],
        summary="Availability of many articles, in stores or near a place",
    )
    router.add_api_route(
        "/v1/pickup-options",
        pickup_options,
        methods=["POST"],
        response_model=PickupOptions,
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=json_body(PickupQuery),
        tags=["availability"],
        summary="Where a whole basket can be picked up",
    )


async def query(request: Request, caller: ReadCaller) -> Response:
    """Return one answer per store and item, at most 1,000 pairs.

    SKUs that the gateway does not know are named in `unknown_skus` beside the answers for the rest.
    """
    context = context_of(request)
    asked = await read_body(request, AvailabilityQuery)
    lines = _lines(caller, asked.items)
    check_certainty(caller, asked.min_probability)
    asker = _asker(context, asked, asked.fulfilment)
    stores = _stores(context, caller, asked)
    found = await answers(context, stores, lines, asked.min_probability, asker)
    unknown = unknown_of(lines, found, "items", asked.items)
    now_ns = context.ports.clock.now_ns()
    items = [
        encode_seen(answer, now_ns, context.settings.limited_below, exact=caller.may("availability:exact"))
        for of_store in found
        for answer in of_store
        if answer is not None
    ]
    rest = dump(
        {
            "unknown_skus": unknown,
            "stores": [{"store": p.store.id, "distance_km": rounded_km(p.distance_km)} for p in stores],
        }
    )
    return answer_of(b'{"items":[%b],%b' % (b",".join(items), rest[1:]))


async def pickup_options(request: Request, caller: ReadCaller) -> Response:
    """Return the stores that serve a basket best: whole basket, then most lines, surest, soonest, nearest."""
    context = context_of(request)
    asked = await read_body(request, PickupQuery)
    lines = summed(_lines(caller, asked.lines))
    for line in lines:
        check_qty(caller, line.qty)
    check_certainty(caller, asked.min_probability)
    asker = _asker(context, asked, "pickup")
    stores = _stores(context, caller, asked)
    if asked.stores is None:
        stores = [placed for placed in stores if "pickup" in placed.store.fulfilment]
    found = await answers(context, stores, lines, asked.min_probability, asker)
    unknown = unknown_of(lines, found, "lines", asked.lines)
    lines = [line for line in lines if line.sku not in unknown]
    options = ranked(
        [
            Option(placed, tuple(answer for answer in of_store if answer is not None))
            for placed, of_store in zip(stores, found, strict=True)
        ]
    )
    variants = await _variants(context, options, lines, asked) if asked.alternatives and options else []
    exact = caller.may("availability:exact")
    body = {
        "items": [
            pickup_option_body(option, [line.qty for line in lines], exact=exact)
            for option in options[: asked.limit]
        ],
        "unknown_skus": unknown,
        "variants": variants,
    }
    return answer_of(dump(body))


def _lines(caller: Caller, items: Sequence[ItemAsked]) -> list[Line]:
    for item in items:
        check_qty(caller, item.qty)
    return [Line(item.sku, item.qty) for item in items]


def _asker(context: ApiContext, asked: AtStores, fulfilment: Fulfilment) -> Asker:
    return asker_of(
        context,
        "",
        channel=asked.channel,
        fulfilment=fulfilment,
        exclude=asked.exclude_reservation,
        owner_ref=asked.owner_ref,
    )


def _stores(context: ApiContext, caller: Caller, asked: AtStores) -> list[Placed]:
    """Return the stores asked about; those that nobody named are only such as the channel sells from."""
    seen = stores_seen(context, caller, list(asked.stores or ()))
    if asked.stores is None:
        seen = sold_from(context, seen, asked.channel)
    if asked.near is None:
        return [Placed(store) for store in seen]
    return near(seen, (asked.near.lat, asked.near.lon), asked.near.radius_km)


async def answers(
    context: ApiContext,
    stores: Sequence[Placed],
    lines: Sequence[Line],
    min_probability: float | None,
    asker: Asker,
) -> list[list[Availability | None]]:
    """Return an answer per store and line, None for an unknown SKU; others are served meanwhile."""
    if len(stores) * len(lines) > MAX_QUERY_PAIRS:
        detail = f"{len(stores)} stores × {len(lines)} items are more than {MAX_QUERY_PAIRS} pairs."
        raise Problem("too_many_pairs", detail)
    look_up = context.ports.inventory.availability
    found: list[list[Availability | None]] = []
    done = 0
    for placed in stores:
        of_store: list[Availability | None] = []
        for line in lines:
            answer = look_up(placed.store.id, line.sku, line.qty, asker)
            of_store.append(None if answer is None else as_sure_as(answer, min_probability))
            done += 1
            if done % PAIRS_AT_ONCE == 0:
                await asyncio.sleep(0)
        found.append(of_store)
    return found


def unknown_of(
    lines: Sequence[Line],
    found: Sequence[Sequence[Availability | None]],
    name: str,
    asked: Sequence[ItemAsked],
) -> list[str]:
    """Return the SKUs of which no store has an answer; raises Problem where that is all of the field `name`."""
    if not found:
        return []
    unknown = [line.sku for line, answer in zip(lines, found[0], strict=True) if answer is None]
    if len(unknown) == len(lines):
        places = [(name, index, "sku") for index in range(len(asked))]
        raise unknown_sku([item.sku for item in asked], places)
    return list(dict.fromkeys(unknown))


async def _variants(
    context: ApiContext, options: Sequence[Option], lines: Sequence[Line], asked: PickupQuery
) -> list[dict[str, object]]:
    """Return other sizes and colours of the lines that the best store cannot promise."""
    stores = [option.placed for option in options]
    variants: list[dict[str, object]] = []
    for line, answer in zip(lines, options[0].answers, strict=True):
        if answer.pickup == "yes":
            continue
        wanted, *others = context.ports.inventory.variants(line.sku) or (None,)
        if wanted is None:
            continue
        nearest = sorted(others, key=lambda other: len(_differs(wanted, other)))
        for other in nearest[: min(MAX_VARIANTS, MAX_QUERY_PAIRS // len(stores))]:
            one = [Line(other.sku, line.qty)]
            found = await answers(context, stores, one, asked.min_probability, Asker(asked.channel))
            able = [
                placed.store.id
                for placed, (answer,) in zip(stores, found, strict=True)
                if answer is not None and answer.pickup == "yes"
            ]
            if able:
                variants.append(
                    {
                        "instead_of": line.sku,
                        "sku": other.sku,
                        "size": other.size,
                        "colour": other.colour,
                        "differs_in": _differs(wanted, other),
                        "stores": able,
                    }
                )
    return variants


def _differs(a: ArticleInfo, b: ArticleInfo) -> list[str]:
    return [name for name in ("size", "colour") if getattr(a, name) != getattr(b, name)]


def answer_of(body: bytes) -> Response:
    """Return the answer to a question that a POST asked."""
    return Response(body, 200, {"cache-control": NO_STORE, "vary": VARY}, media_type=JSON)
