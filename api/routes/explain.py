"""GET explain: one number taken apart, each term with its evidence."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.askers import ChannelQuery, FulfilmentQuery, asker_of
from api.auth import ExactCaller, require_store
from api.channel_body import quota_body, safety_body
from api.context import context_of
from api.encoding import Json, dump, shown_p, shown_p_or_none
from api.openapi import problems
from api.parameters import SkuPath, StorePath
from api.routes.availability import unknown_sku
from api.schemas.explain import Explanation
from api.times import rfc3339, rfc3339_or_none
from gateway.explanation import Explanation as Found
from gateway.explanation import OpenEvent, ZoneTerms


def add_explain_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/stores/{store}/availability/{sku}/explain",
        explain,
        response_model=Explanation,
        responses=problems("forbidden_store", "unknown_store", "unknown_sku", "unknown_channel",
                           "fulfilment_not_offered", "invalid_request", "unknown_parameter"),
        tags=["availability"],
        summary="Why a number is what it is",
    )  # fmt: skip


async def explain(
    request: Request,
    caller: ExactCaller,
    store: StorePath,
    sku: SkuPath,
    channel: ChannelQuery = None,
    fulfilment: FulfilmentQuery = "pickup",
) -> Response:
    """Return every term of a number: tags with their probabilities, open sales, announced pieces, shelves.

    It is for looking into one number, not for polling: it looks at every tag of the article.
    """
    context = context_of(request)
    require_store(context, caller, store)
    asker = asker_of(context, "query", channel=channel, fulfilment=fulfilment)
    found = context.ports.inventory.explain(store, sku, asker)
    if found is None:
        raise unknown_sku([sku], "path")
    return json_answer(request, dump(_body(found)))


def _body(found: Found) -> Json:
    return {
        "store": found.store,
        "sku": found.sku,
        "at": rfc3339(found.at_ns),
        "model": found.model,
        "on_hand": found.on_hand,
        "not_pickable": found.not_pickable,
        "reserved": found.reserved,
        "safety_stock": found.safety_stock,
        "available": found.available,
        "channel": found.channel,
        "safety_rule": None if found.safety_rule is None else safety_body(found.safety_rule),
        "quota": None if found.quota is None else quota_body(found.quota),
        "reasons": found.reasons,
        "terms": [_terms(terms) for terms in found.terms],
        "items": [
            {
                "epc": item.epc,
                "zone": item.zone,
                "p_zone": shown_p_or_none(item.p_zone),
                "p_present": shown_p_or_none(item.p_present),
                "last_seen_at": rfc3339_or_none(item.last_seen_ns),
                "is_cloned": item.is_cloned,
            }
            for item in found.items
        ],
        "more_items": found.more_items,
        "open_sales": [_event(event) for event in found.open_sales],
        "announced": [_event(event) for event in found.announced],
        "incoming": [_event(event) for event in found.incoming],
        "deliveries": [
            {
                "id": delivery.id,
                "reference": delivery.reference,
                "expected_at": rfc3339(delivery.due_ns),
                "pieces": delivery.pieces,
            }
            for delivery in found.deliveries
        ],
        "shelves": [
            {
                "device": shelf.device,
                "zone": shelf.zone,
                "pieces": shelf.pieces,
                "in_doubt": shelf.in_doubt,
                "weighed_at": rfc3339_or_none(shelf.weighed_at_ns),
                "p_pieces": [(pieces, shown_p(p)) for pieces, p in shelf.p_pieces],
            }
            for shelf in found.shelves
        ],
        "zones": [
            {
                "zone": sight.zone,
                "coverage": round(sight.coverage, 2),
                "phase": sight.phase,
                "phase_since": rfc3339_or_none(sight.phase_since_ns),
            }
            for sight in found.zones
        ],
        "holds": [
            {
                "id": hold.id,
                "state": hold.state,
                "pieces": hold.pieces,
                "picked": hold.picked,
                "until": rfc3339(hold.expires_ns),
                "channel": hold.channel,
            }
            for hold in found.holds
        ],
        "book": None
        if found.book is None
        else {
            "pieces": found.book.pieces,
            "as_of": rfc3339(found.book.as_of_ns),
            "moved": found.book.moved,
        },
        "p_at_least": [shown_p(p) for p in found.p_at_least],
    }


def _terms(terms: ZoneTerms) -> Json:
    return {
        "zone": terms.zone,
        "level": terms.level,
        "tags": terms.tags,
        "scanned": terms.scanned,
        "weighed": terms.weighed,
        "announced": terms.announced,
        "sold": terms.sold,
    }


def _event(event: OpenEvent) -> Json:
    return {
        "type": event.type,
        "ref": event.ref,
        "at": rfc3339(event.at_ns),
        "zone": event.zone,
        "epc": event.epc,
    }
