"""How the gateway and its devices are: livez, readyz, metrics, devices."""

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, json_answer
from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.encoding import device_body, dump
from api.openapi import problems
from api.parameters import StoreQuery
from api.schemas.devices import Alive, DeviceList, Ready

_NO_STORE = {"cache-control": "no-store"}
_METRICS: dict[str, Any] = {
    "description": "Prometheus text exposition, format 0.0.4.",
    "content": {"text/plain": {"schema": {"type": "string", "description": "One metric per line."}}},
}


def add_health_routes(router: APIRouter) -> None:
    """Add the routes. Probes and metrics need no key: they tell nothing of stock."""
    router.add_api_route(
        "/v1/devices",
        devices,
        response_model=DeviceList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter"),
        tags=["operations"],
        summary="Readers, scanners and shelves",
    )
    router.add_api_route(
        "/livez",
        livez,
        response_model=Alive,
        responses=problems(keyed=False),
        tags=["operations"],
        summary="Is the process alive?",
    )
    not_ready: dict[int | str, dict[str, Any]] = {503: {"model": Ready, "description": "Not ready, and why."}}
    router.add_api_route(
        "/readyz",
        readyz,
        response_model=Ready,
        responses={**problems(keyed=False), **not_ready},
        tags=["operations"],
        summary="Can it do its work?",
    )
    router.add_api_route(
        "/metrics",
        metrics,
        response_model=None,
        response_class=Response,
        responses={200: _METRICS, **problems(keyed=False)},
        tags=["operations"],
        summary="Metrics for Prometheus",
    )


async def devices(request: Request, caller: ExactCaller, store: StoreQuery) -> Response:
    """Return the health of each device of the stores that the caller sees."""
    context = context_of(request)
    seen = {place.id for place in stores_seen(context, caller, store)}
    items = [device_body(device) for device in context.ports.health.devices() if device.store in seen]
    return json_answer(request, dump({"items": items}))


async def livez(request: Request) -> Response:  # noqa: ARG001 - the shape of an endpoint
    """Return that the process answers; depends on no broker, database or reader."""
    return Response(b'{"alive":true}', 200, _NO_STORE, media_type=JSON)


async def readyz(request: Request) -> Response:
    """Return whether requests can be answered truthfully: 200, or 503 with the reasons."""
    readiness = context_of(request).ports.health.readiness()
    body = dump({"ready": readiness.ready, "reasons": readiness.reasons})
    return Response(body, 200 if readiness.ready else 503, _NO_STORE, media_type=JSON)


async def metrics(request: Request) -> Response:
    """Return the gateway's metrics and those of its HTTP side."""
    context = context_of(request)
    text = context.ports.health.metrics()
    own = context.counts.exposition(max_streams=context.settings.max_streams, sessions=len(context.sessions))
    separator = "" if not text or text.endswith("\n") else "\n"
    return Response(
        f"{text}{separator}{own}", 200, _NO_STORE, media_type="text/plain; version=0.0.4; charset=utf-8"
    )
