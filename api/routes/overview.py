"""GET overview: everything that the staff page shows of a store, in one answer."""

import asyncio
from collections import Counter
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import NO_STORE, json_answer
from api.auth import ExactCaller, require_store, stores_seen
from api.context import ApiContext, context_of
from api.encoding import (
    Json,
    alert_body,
    device_body,
    dump,
    interval_of,
    quantities_body,
    sight_by_zone,
    zone_body,
    zones_body,
)
from api.openapi import problems
from api.problems import Problem
from api.schemas.base import STORE_PATTERN
from api.schemas.overview import Overview
from api.times import rfc3339, rfc3339_or_none
from gateway.alerts.records import STANDING
from gateway.ports.inventory import ArticleInfo, Availability, StoreInfo, ZoneInfo

MAX_OVERVIEW_ARTICLES = 5_000
"""A page of more is no overview; /v1/articles and /v1/availability page through the rest."""
MAX_OVERVIEW_ALERTS = 200
SLICE = 50
"""Articles looked up before the loop gets a turn: about 0.5 ms."""
SCANNER_ROLES = frozenset({"receiving", "till", "return", "count", "look_up"})
"""Devices of these roles see codes that a person shows them; they watch no zone."""

OneStoreQuery = Annotated[
    str | None,
    Query(
        pattern=STORE_PATTERN,
        description="Id of the store; left out: the first that the caller sees.",
        examples=["lyon-1"],
    ),
]

Stock = list[tuple[ArticleInfo, Availability]]


def add_overview_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/overview",
        overview,
        response_model=Overview,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter"),
        tags=["page"],
        summary="One store at a glance",
    )


async def overview(request: Request, caller: ExactCaller, store: OneStoreQuery = None) -> Response:
    """Return a store's zones, articles, alerts that stand, devices and readiness, all at once.

    Open the stream first and ask for this then: so nothing is missed in between.
    """
    context = context_of(request)
    if store is None:
        seen = stores_seen(context, caller, [])
        if not seen:
            raise Problem("unknown_store", "There is no store that this key sees.")
        place = seen[0]
    else:
        place = require_store(context, caller, store)
    stock, more = await _stock(context, place.id)
    alerts = await context.ports.records.alerts(
        stores=[place.id], states=STANDING, types=[], before=None, limit=MAX_OVERVIEW_ALERTS
    )
    readiness = context.ports.health.readiness()
    visible = dump(
        {
            "speed": context.ports.clock.speed,
            "store": {"id": place.id, "name": place.name, "timezone": place.timezone},
            "zones": _zones(context, place, stock),
            "articles": [_article(article, found) for article, found in stock],
            "more_articles": more,
            "alerts": [alert_body(record) for record in alerts],
            "devices": [device_body(d) for d in context.ports.health.devices() if d.store == place.id],
            "readiness": {"ready": readiness.ready, "reasons": readiness.reasons},
        }
    )
    now = rfc3339(context.ports.clock.now_ns())
    body = b'{"now":"%b",%b' % (now.encode(), visible[1:])
    # Not stored by browsers: they would give the page an old `now` after a 304 that it never sees.
    return json_answer(
        request, body, visible=visible, cache_control=NO_STORE, headers={"storefloor-now": now}
    )


async def _stock(context: ApiContext, store: str) -> tuple[Stock, int]:
    """Return the articles of a store with their availability, and how many were left off."""
    listed = context.ports.inventory.articles()
    stock: Stock = []
    for begin in range(0, min(len(listed), MAX_OVERVIEW_ARTICLES), SLICE):
        for article in listed[begin : min(begin + SLICE, MAX_OVERVIEW_ARTICLES)]:
            found = context.ports.inventory.availability(store, article.sku)
            if found is not None:
                stock.append((article, found))
        await asyncio.sleep(0)
    return stock, max(0, len(listed) - MAX_OVERVIEW_ARTICLES)


def _zones(context: ApiContext, store: StoreInfo, stock: Stock) -> list[Json]:
    """Return the store's zones with their pieces; pieces outside of them stand last."""
    pieces = Counter[str]()
    watched_by_tags: dict[str, bool] = {}
    for article, found in stock:
        for level in found.zones:
            pieces[level.zone] += level.pieces
            if article.tracked_by == "tag" and store.source == "readers":
                watched_by_tags[level.zone] = watched_by_tags.get(level.zone, False) or level.watched
    alive = {
        zone
        for device in context.ports.health.devices()
        if device.store == store.id and device.state == "online" and device.role not in SCANNER_ROLES
        for zone in device.zones
    }
    sights = sight_by_zone(context.ports.inventory.sight(store.id))
    own: list[Json] = [
        {
            **zone_body(zone, sights.get(zone.id)),
            "watched": watched_by_tags.get(zone.id, zone.id in alive),
            "pieces": pieces.pop(zone.id, 0),
        }
        for zone in store.zones
    ]
    elsewhere: list[Json] = [
        {**zone_body(ZoneInfo(zone, "in_hand", {}, None), None), "watched": False, "pieces": count}
        for zone, count in sorted(pieces.items())
    ]
    return [*own, *elsewhere]


def _article(article: ArticleInfo, found: Availability) -> Json:
    return {
        "sku": article.sku,
        "name": article.name,
        "size": article.size,
        "colour": article.colour,
        "known": article.known,
        "tracked_by": article.tracked_by,
        "status": found.status,
        "quantities": quantities_body(found),
        "zones": zones_body(found),
        "interval_90": interval_of(found),
        "last_seen_at": rfc3339_or_none(found.last_seen_at_ns),
    }
