"""GET stream: changes as server-sent events."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import ReadCaller, may_go_on, require_exact, stores_seen
from api.context import ApiContext, context_of
from api.openapi import problems
from api.parameters import Sku, StoreQuery
from api.problems import Problem
from api.stream import MAX_SNAPSHOT, EventStream
from gateway.changes.subscription import Subscription
from gateway.ports.callers import Caller

MAX_STREAM_SKUS = 100

EventType = Literal["availability", "alert", "device", "reservation", "task"]

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
        max_length=5,
        description="Only events of this type; may be repeated. Left out: all.",
        examples=[["availability"]],
    ),
]
OnQuery = Annotated[
    Literal["change", "band"],
    Query(
        description="When availability is told: at each change, or only when its status or band (OK, LOW, NONE, "
        "UNKNOWN) changes. Keys without `availability:exact` are told of bands alone.",
        examples=["band"],
    ),
]
SnapshotQuery = Annotated[
    bool,
    Query(
        description="Begin with how everything asked for reads now, closed by `event: snapshot`; then changes, without "
        "a gap. With a `Last-Event-ID` that can be replayed, what was missed comes instead.",
        examples=[True],
    ),
]
BeatsQuery = Annotated[
    bool,
    Query(
        description="Tell an event `beat`, without an id, whenever two seconds bring nothing else: a browser's "
        "`EventSource` hides the comments that keep other streams open.",
        examples=[True],
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
    "description": "Server-sent events. `event: availability` (AvailabilityEvent; BandedEvent for keys without "
    "availability:exact), `alert` (Alert), `device` (Device), `reservation` (Reservation), `task` (StaffTask), `snapshot` (SnapshotEnd: all "
    "that is asked for was told), `reset` (no replay possible: load anew), `beat` (nothing else happened; only with `beats`). `id` is `<journal>:<sequence>`. Comments "
    "keep the line open.",
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
                       "snapshot_too_large", "too_many_streams"),
        },
        tags=["stream"],
        summary="Changes as they happen",
    )  # fmt: skip


async def stream(
    request: Request,
    caller: ReadCaller,
    store: StoreQuery,
    sku: SkusQuery,
    types: TypesQuery,
    on: OnQuery = "change",
    snapshot: SnapshotQuery = False,
    beats: BeatsQuery = False,
    last_event_id: LastEventId = None,
) -> Response:
    """Send each change of stock, alerts, devices and reservations as it happens. Closed after an hour: come back.

    A key without `availability:exact` is told of availability alone, in bands.
    """
    context = context_of(request)
    is_exact = caller.may("availability:exact")
    for beyond in () if is_exact else (name for name in types if name != "availability"):
        require_exact(caller, f"The type {beyond}")
    wanted = Subscription(
        stores=_stores(context, caller, store),
        skus=frozenset(sku),
        types=frozenset(types if is_exact else ["availability"]),
        is_banded=not is_exact,
        on_band=on == "band",
        snapshot=snapshot,
        beats=beats,
    )
    feed = context.ports.feed
    if snapshot and feed.snapshot_size(wanted) > MAX_SNAPSHOT:
        detail = f"There may be more than {MAX_SNAPSHOT:,} subjects to tell at the beginning."
        raise Problem("snapshot_too_large", detail)
    return EventStream(context, lambda: feed.subscribe(wanted, last_event_id), lambda: may_go_on(request))


def _stores(context: ApiContext, caller: Caller, store: list[str]) -> frozenset[str]:
    """Return the stores that are told; none means all to the feed: only a caller who may see all may say so."""
    asked = frozenset(place.id for place in stores_seen(context, caller, store))
    return (asked if store or caller.stores else frozenset()) or caller.stores
