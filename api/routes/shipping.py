"""POST ship-options: from which store or warehouse a basket is best sent."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.askers import asker_of, sold_from
from api.auth import ReadCaller, stores_seen
from api.baskets import Line, summed
from api.bodies import read_body
from api.context import ApiContext, context_of
from api.encoding import dump
from api.openapi import json_body, problems
from api.places import Placed, placed_from
from api.routes.availability import check_certainty, check_qty
from api.routes.query import BODY_PROBLEMS, answer_of, answers, unknown_of
from api.schemas.shipping import ShipOptions, ShipQuery
from api.shipping import Parcel, ShipLine, ShipOption, best, singles, splits
from api.shipping_body import ship_options_body
from gateway.ports.callers import Caller

COSTS_AT_ONCE = 4
"""Lines whose cost is looked at before others get their turn: some 0.4 ms each."""


def add_shipping_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/ship-options",
        ship_options,
        methods=["POST"],
        response_model=ShipOptions,
        responses=problems(*BODY_PROBLEMS),
        openapi_extra=json_body(ShipQuery),
        tags=["availability"],
        summary="From where a whole basket is best sent",
    )


async def ship_options(request: Request, caller: ReadCaller) -> Response:
    """Return the stores and warehouses to send a basket from, best first, with every term of their scores.

    Best: all of it from one place, surely there, near the customer, and not what the store's own customers would
    have bought. What the answer names first belongs first into `stores_ranked` of a reservation.
    """
    context = context_of(request)
    asked = await read_body(request, ShipQuery)
    lines = summed([Line(item.sku, item.qty) for item in asked.lines])
    for line in lines:
        check_qty(caller, line.qty)
    check_certainty(caller, asked.min_probability)
    asker = asker_of(
        context,
        "",
        channel=asked.channel,
        fulfilment="ship",
        exclude=asked.exclude_reservation,
        owner_ref=asked.owner_ref,
    )
    places = _places(context, caller, asked)
    found = await answers(context, places, lines, asked.min_probability, asker)
    unknown = unknown_of(lines, found, "lines", asked.lines)
    lines = [line for line in lines if line.sku not in unknown]
    parcels = [
        Parcel(
            placed,
            tuple(
                ShipLine(line.qty, answer)
                for line, answer in zip(lines, [a for a in of_store if a is not None], strict=True)
            ),
        )
        for placed, of_store in zip(places, found, strict=True)
    ]
    options = await _options(context, parcels, asked)
    body = ship_options_body(options[: asked.limit], unknown, exact=caller.may("availability:exact"))
    return answer_of(dump(body))


def _places(context: ApiContext, caller: Caller, asked: ShipQuery) -> list[Placed]:
    seen = stores_seen(context, caller, list(asked.stores or ()))
    if asked.stores is None:
        seen = [store for store in sold_from(context, seen, asked.channel) if "ship" in store.fulfilment]
    return placed_from(seen, None if asked.to is None else (asked.to.lat, asked.to.lon))


async def _options(context: ApiContext, parcels: Sequence[Parcel], asked: ShipQuery) -> list[ShipOption]:
    """Return the ways to send the basket: of two parcels only where none of one is whole, and they are wanted."""
    costed = await _costed(context, parcels, asked.channel)
    is_placed = asked.to is not None
    options = singles(costed, is_placed=is_placed)
    if asked.allow_split and all(option.missing for option in options):
        options += splits(costed, is_placed=is_placed)
    return best(options)


async def _costed(context: ApiContext, parcels: Sequence[Parcel], channel: str | None) -> list[Parcel]:
    """Return parcels with what each line costs its store's own customers; others are served meanwhile."""
    done = 0
    costed = []
    for parcel in parcels:
        lines = []
        for line in parcel.lines:
            if line.is_sent:
                store = parcel.placed.store.id
                cost = context.ports.channels.taken(store, line.answer.sku, line.qty, channel)
                line = replace(line, cost=cost)
                done += 1
                if done % COSTS_AT_ONCE == 0:
                    await asyncio.sleep(0)
            lines.append(line)
        costed.append(Parcel(parcel.placed, tuple(lines)))
    return costed
