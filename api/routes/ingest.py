"""POST ingest: what a device posts in its own format, taken in as if it came through the broker."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON
from api.auth import DeviceCaller
from api.bodies import JSON_TYPE, read_bytes
from api.context import context_of
from api.encoding import dump
from api.openapi import problems
from api.parameters import DevicePath
from api.problems import Problem, echo
from api.schemas.ingest import IngestOutcome
from gateway.ports.intake import IngestRefused

TYPES = (JSON_TYPE, "application/x-ndjson", "application/ndjson")
RETRY_AFTER_S = 5
_ANY_JSON: dict[str, Any] = {"schema": {"description": "One event of the device, or an array of events."}}
_LINES: dict[str, Any] = {"schema": {"type": "string", "description": "One event of the device per line."}}
_BODY = {"required": True, "content": {JSON_TYPE: _ANY_JSON, "application/x-ndjson": _LINES}}


def add_ingest_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/ingest/{device}",
        ingest,
        methods=["POST"],
        response_model=IngestOutcome,
        responses=problems("bad_json", "body_timeout", "body_too_large", "too_many_events", "unknown_device",
                           "unsupported_media_type", "invalid_request", "unknown_parameter", "overloaded",
                           "missing_page_header"),
        openapi_extra={"requestBody": _BODY},
        tags=["events"],
        summary="Post what a device says, in its own format",
    )  # fmt: skip


async def ingest(request: Request, caller: DeviceCaller, device: DevicePath) -> Response:
    """Take in events of one device; answers when they are on disk.

    The body is what the device would publish over MQTT: one event, an array, or one per line. An
    event that cannot be read is dropped by itself, counted by reason and kept as a dead letter. To
    send a body again is safe where the events bear times of their own. A device of another store
    than the key's and one that does not exist are the same 404.
    """
    port = context_of(request).ports.ingest
    store = port.store_of(device)
    if store is None or not caller.sees(store):
        raise Problem("unknown_device", f"There is no device {echo(device)} that this key may post for.")
    body = await read_bytes(request, TYPES)
    try:
        outcome = await port.ingest(device, body)
    except IngestRefused as error:
        headers = {"Retry-After": str(RETRY_AFTER_S)} if error.code == "overloaded" else {}
        raise Problem(error.code, error.detail, headers=headers) from error
    answer = {
        "device": outcome.device,
        "received": outcome.received,
        "taken": outcome.taken,
        "observations": outcome.observations,
        "dropped": outcome.dropped,
    }
    return Response(dump(answer), 200, {"cache-control": "no-store"}, media_type=JSON)
