"""GET stream: changes as server-sent events."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.openapi import problems
from api.parameters import Sku, StoreQuery
from api.stream import EventStream

MAX_STREAM_SKUS = 100

EventType = Literal["availability", "alert", "device", "reservation"]

SkusQuery = Annotated[
    list[Sku],
    Query(
        default_factory=list,
        max_length=MAX_STREAM_SKUS,
        description="Only events of this article; may be repeated. Left out: all. Events that are about "
        "no article come in any case.",
        examples=[["DEN-501-32"]],
    ),
]
TypesQuery = Annotated[
    list[EventType],
    Query(
        default_factory=list,
        max_length=4,
        description="Only events of this type; may be repeated. Left out: all.",
        examples=[["availability"]],
    ),
]
LastEventId = Annotated[
    str | None,
    Header(
        max_length=128,
        description="Id of the last event that was received: what came after it is sent first. Where that "
        "cannot be told any more, the first event is `reset`: ask anew for all that you show.",
        examples=["6f1c2a:8841"],
    ),
]

_EVENT_STREAM = {
    "description": "Server-sent events. `event: availability` (AvailabilityEvent), `alert` (Alert), "
    "`device` (Device), `reservation` (Reservation), `reset` (no replay possible: load anew). `id` is `<journal>:<sequence>`. "
    "Comments keep the line open.",
    "content": {
        "text/event-stream": {
            "schema": {"type": "string", "description": "Frames of the HTML standard's event stream format."},
            "example": 'id: 6f1c2a:8841\nevent: availability\ndata: {"store":"lyon-1",…}\n\n',
        }
    },
}


def add_stream_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/stream",
        stream,
        response_model=None,
        response_class=Response,
        responses={
            200: _EVENT_STREAM,
            **problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                       "too_many_streams"),
        },
        tags=["stream"],
        summary="Changes as they happen",
    )  # fmt: skip


async def stream(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    sku: SkusQuery,
    types: TypesQuery,
    last_event_id: LastEventId = None,
) -> Response:
    """Send each change of stock, alerts, devices and reservations as it happens. Closed after an hour: come back."""
    context = context_of(request)
    asked = frozenset(place.id for place in stores_seen(context, caller, store))
    # An empty set means all to the feed: only a caller who may see all may say so.
    stores = asked if store or caller.stores else frozenset()
    subscribe = context.ports.feed.subscribe
    return EventStream(
        context,
        lambda: subscribe(
            stores=stores or caller.stores,
            skus=frozenset(sku),
            types=frozenset(types),
            last_event_id=last_event_id,
        ),
    )
