"""POST events: what tills and handhelds tell, in batches; each event is judged and answered by itself."""

from collections import Counter

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.auth import IngestCaller
from api.bodies import faults_of, read_body
from api.context import context_of
from api.openapi import json_body, problems
from api.problems import echo
from api.schemas.events import EventBatch, EventOutcomes, MalformedEvent, TillEventIn
from api.times import NS_PER_S
from gateway.ports.callers import Caller
from gateway.ports.intake import EventResult, TillEvent
from gateway.ports.inventory import StoreInfo

MAX_AHEAD_NS = 300 * NS_PER_S
"""A till's clock may be some minutes off; a sale of tomorrow is a mistake."""

Outcome = dict[str, object]


def add_event_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/events",
        events,
        methods=["POST"],
        response_model=EventOutcomes,
        responses=problems("bad_json", "body_timeout", "body_too_large", "unsupported_media_type",
                           "invalid_request", "unknown_parameter", "missing_page_header"),
        openapi_extra=json_body(EventBatch),
        tags=["events"],
        summary="Tell of sales, returns, receipts, transfers and counts",
    )  # fmt: skip


async def events(request: Request, caller: IngestCaller) -> Response:
    """Apply a batch of events, each once; answers when the outcome is on disk.

    An event that is malformed, or not the caller's to tell, is refused by itself with a pointer to
    what is wrong; the others of its batch are applied. To send a batch again is safe.
    """
    ports = context_of(request).ports
    batch = await read_body(request, EventBatch)
    stores = {store.id: store for store in ports.inventory.stores()}
    latest_ns = ports.clock.now_ns() + MAX_AHEAD_NS
    outcomes: list[Outcome | None] = []
    accepted: list[TillEvent] = []
    for index, item in enumerate(batch.items()):
        refusal = _refusal(item, index, caller, stores, latest_ns)
        outcomes.append(refusal)
        if refusal is None and isinstance(item, TillEventIn):
            accepted.append(_event(item))
    results = iter(await ports.intake.record(caller.key_id, accepted) if accepted else [])
    answered = [
        _outcome(index, next(results)) if refusal is None else refusal
        for index, refusal in enumerate(outcomes)
    ]
    tally = Counter(outcome["outcome"] for outcome in answered)
    totals = {name: tally[name] for name in ("applied", "duplicate", "refused")}
    return JSONResponse({"results": answered, **totals}, headers={"cache-control": "no-store"})


def _refusal(
    item: TillEventIn | MalformedEvent,
    index: int,
    caller: Caller,
    stores: dict[str, StoreInfo],
    latest_ns: int,
) -> Outcome | None:
    """Return why an item is refused before the gateway sees it; None: it is not."""
    at = ("events", index)
    if isinstance(item, MalformedEvent):
        fault = faults_of(item.error, TillEventIn, at)[0]
        return _refused(index, item.event_id, "invalid_event", fault.reason, fault.pointer)
    here = f"/events/{index}"
    if not caller.sees(item.store):
        detail = f"This key is not for store {echo(item.store)}."
        return _refused(index, item.event_id, "forbidden_store", detail, here + "/store")
    store = stores.get(item.store)
    if store is None:
        detail = f"There is no store {echo(item.store)}."
        return _refused(index, item.event_id, "unknown_store", detail, here + "/store")
    if item.to_store is not None and item.to_store not in stores:
        detail = f"There is no store {echo(item.to_store)}."
        return _refused(index, item.event_id, "unknown_store", detail, here + "/to_store")
    if item.zone is not None and item.zone not in {zone.id for zone in store.zones}:
        detail = f"Store {echo(item.store)} has no zone {echo(item.zone)}."
        return _refused(index, item.event_id, "unknown_zone", detail, here + "/zone")
    if item.at > latest_ns:
        detail = "The event lies more than 5 minutes ahead of the gateway's clock."
        return _refused(index, item.event_id, "time_in_future", detail, here + "/at")
    return None


def _event(item: TillEventIn) -> TillEvent:
    return TillEvent(
        event_id=item.event_id,
        type=item.type,
        store=item.store,
        sku=item.sku,
        gtin=item.gtin,
        epc=item.epc,
        qty=item.qty,
        at_ns=item.at,
        zone=item.zone,
        to_store=item.to_store,
        complete=item.complete,
    )


def _outcome(index: int, result: EventResult) -> Outcome:
    """Return the gateway's result; its pointer is relative to the event."""
    return {
        "index": index,
        "event_id": result.event_id,
        "outcome": result.outcome,
        "sku": result.sku,
        "code": result.code,
        "detail": result.detail,
        "pointer": None if result.pointer is None else f"/events/{index}{result.pointer}",
    }


def _refused(index: int, event_id: str | None, code: str, detail: str, pointer: str) -> Outcome:
    return {
        "index": index,
        "event_id": event_id,
        "outcome": "refused",
        "sku": None,
        "code": code,
        "detail": detail,
        "pointer": pointer,
    }
