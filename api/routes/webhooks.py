"""Webhook endpoints: who is told of changes by HTTP, with signatures, tries and a log. For administrators."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.auth import AdminCaller, actor_of, require_store
from api.bodies import read_body
from api.context import context_of
from api.encoding import Json, dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body, problems
from api.problems import Fault, Problem
from api.schemas.webhooks import (
    ReplayIn,
    WebhookDeliveries,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookIn,
    WebhookList,
    WebhookPatch,
    WebhookWithSecret,
)
from api.times import rfc3339, rfc3339_or_none
from gateway.answered import KeyRefused
from gateway.ports.callers import Caller
from gateway.webhooks.model import Delivery
from gateway.webhooks.ports import WebhookRefused, WebhookState

PATH = "/v1/webhook-endpoints"
ONE = PATH + "/{endpoint}"
MAX_DELIVERIES = 1_000

IdPath = Annotated[
    str,
    Path(pattern=r"^wh_[0-9a-f]{12}$", description="Id of the endpoint.", examples=["wh_6f1c2a0b9d3e"]),
]
LimitOf = Annotated[
    int, Query(ge=1, le=MAX_DELIVERIES, description="Most tries in the answer.", examples=[100])
]
_BODY = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
         "unknown_parameter", "missing_page_header", "forbidden_store", "unknown_store")  # fmt: skip
_OWN = ("unknown_webhook", "invalid_request", "unknown_parameter")


def add_webhook_routes(router: APIRouter) -> None:
    """Add the routes."""

    def add(
        path: str, route: Callable[..., Any], summary: str, model: type | None, *codes: str, **more: Any
    ) -> None:
        router.add_api_route(
            path,
            route,
            response_model=model,
            responses=problems(*codes),
            tags=["webhooks"],
            summary=summary,
            **more,
        )

    add(PATH, create, "Be told of changes", WebhookWithSecret, *KEY_PROBLEMS, *_BODY, methods=["POST"],
        status_code=201, openapi_extra={**json_body(WebhookIn), "parameters": [KEY_HEADER]})  # fmt: skip
    add(PATH, endpoints, "Webhook endpoints", WebhookList, "unknown_parameter")
    add(ONE, endpoint_of, "A webhook endpoint", WebhookEndpoint, *_OWN)
    add(ONE, change, "Change a webhook endpoint", WebhookEndpoint, "unknown_webhook", *_BODY,
        methods=["PATCH"], openapi_extra=json_body(WebhookPatch))  # fmt: skip
    add(ONE, delete, "Delete a webhook endpoint", None, *_OWN, "missing_page_header",
        methods=["DELETE"], status_code=204, response_class=Response)  # fmt: skip
    add(ONE + "/rotate-secret", rotate, "Give a webhook endpoint another secret", WebhookWithSecret, *_OWN,
        "body_too_large", "missing_page_header", methods=["POST"])  # fmt: skip
    add(ONE + "/test", test, "Send a webhook endpoint a message that says nothing", WebhookDelivery, *_OWN,
        "body_too_large", "missing_page_header", methods=["POST"])  # fmt: skip
    add(ONE + "/replay", replay, "Tell a webhook endpoint again", WebhookEndpoint, "unknown_webhook", "changes_gone",
        *_BODY, methods=["POST"], openapi_extra=json_body(ReplayIn))  # fmt: skip
    add(ONE + "/deliveries", deliveries, "What became of the messages", WebhookDeliveries, *_OWN)


async def create(request: Request, caller: AdminCaller) -> Response:
    """Have changes of some stores posted to a URL, from now on. The secret in the answer is shown this once.

    A repeat with the same Idempotency-Key within a day gets the same answer, with the same secret.
    """
    key = idempotency_key(request)
    asked = await read_body(request, WebhookIn)
    _check_stores(request, caller, asked.stores)
    desk = context_of(request).ports.webhooks
    try:
        made = await desk.create(
            actor_of(request, caller),
            key,
            url=asked.url,
            types=asked.types,
            stores=asked.stores,
            description=asked.description,
        )
    except WebhookRefused as refusal:
        raise _refused(refusal) from refusal
    except KeyRefused as refusal:
        raise key_problem(refusal) from refusal
    state, secret = made.outcome
    headers = {"location": f"{PATH}/{state.endpoint.id}", **replayed(made.replayed)}
    return _answer({**_body(state), "secret": secret}, 201, headers)


async def endpoints(request: Request, caller: AdminCaller) -> Response:
    """Return the endpoints of the stores that the caller's key is bound to, or all."""
    found = context_of(request).ports.webhooks.endpoints()
    return _answer({"items": [_body(state) for state in found if _is_own(caller, state)]})


async def endpoint_of(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Return an endpoint and how it fares."""
    return _answer(_body(_found(request, caller, endpoint)))


async def change(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Change what is given. A store that is new to the endpoint is told from now on."""
    asked = await read_body(request, WebhookPatch)
    _found(request, caller, endpoint)
    _check_stores(request, caller, asked.stores or ())
    try:
        state = await context_of(request).ports.webhooks.change(
            actor_of(request, caller),
            endpoint,
            url=asked.url,
            types=asked.types,
            stores=asked.stores,
            description=asked.description,
            enabled=asked.enabled,
        )
    except WebhookRefused as refusal:
        raise _refused(refusal) from refusal
    return _answer(_body(state))


async def delete(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Delete an endpoint with its log. A message under way may still arrive."""
    _found(request, caller, endpoint)
    await context_of(request).ports.webhooks.drop(actor_of(request, caller), endpoint)
    return Response(None, 204, {"cache-control": NO_STORE})


async def rotate(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Give an endpoint another secret, shown this once; for a day messages are signed with both."""
    _found(request, caller, endpoint)
    state, secret = await context_of(request).ports.webhooks.rotate(actor_of(request, caller), endpoint)
    return _answer({**_body(state), "secret": secret})


async def test(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Send `webhook.test` now, once; the answer says what became of it."""
    _found(request, caller, endpoint)
    return _answer(_delivery_body(await context_of(request).ports.webhooks.test(endpoint)))


async def replay(request: Request, caller: AdminCaller, endpoint: IdPath) -> Response:
    """Tell again what came after a sequence, each subject as it reads now."""
    asked = await read_body(request, ReplayIn)
    state = _found(request, caller, endpoint)
    if asked.store not in state.endpoint.stores:
        fault = Fault("/store", "is none of the endpoint's stores")
        raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])
    actor = actor_of(request, caller)
    if not await context_of(request).ports.webhooks.replay(actor, endpoint, asked.store, asked.after):
        raise Problem("changes_gone", f"What came after {asked.after} is not known (any more).")
    return _answer(_body(_found(request, caller, endpoint)))


async def deliveries(
    request: Request, caller: AdminCaller, endpoint: IdPath, limit: LimitOf = 100
) -> Response:
    """Return the newest tries, newest first."""
    _found(request, caller, endpoint)
    found = await context_of(request).ports.webhooks.deliveries(endpoint, limit)
    return _answer({"items": [_delivery_body(delivery) for delivery in found]})


def _is_own(caller: Caller, state: WebhookState) -> bool:
    return all(caller.sees(store) for store in state.endpoint.stores)


def _found(request: Request, caller: Caller, endpoint_id: str) -> WebhookState:
    """Return an endpoint; one of a store that is not the caller's is as unknown as one that does not exist."""
    state = context_of(request).ports.webhooks.endpoint(endpoint_id)
    if state is None or not _is_own(caller, state):
        raise Problem("unknown_webhook", f"There is no webhook endpoint {endpoint_id}.")
    return state


def _check_stores(request: Request, caller: Caller, stores: tuple[str, ...]) -> None:
    for store in stores:
        require_store(context_of(request), caller, store)


def _refused(refusal: WebhookRefused) -> Problem:
    fault = Fault(refusal.pointer, refusal.reason)
    return Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])


def _body(state: WebhookState) -> Json:
    endpoint = state.endpoint
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "stores": endpoint.stores,
        "types": endpoint.types,
        "description": endpoint.description,
        "enabled": endpoint.is_enabled,
        "disabled_reason": endpoint.disabled_reason or None,
        "created_at": rfc3339(endpoint.created_ns),
        "rotated_at": rfc3339_or_none(endpoint.rotated_ns),
        "failing": state.failing,
        "told": state.told,
    }


def _delivery_body(delivery: Delivery) -> Json:
    return {
        "message_id": delivery.message_id,
        "type": delivery.type,
        "at": rfc3339(delivery.at_ns),
        "tries": delivery.tries,
        "delivered": not delivery.reason,
        "status": delivery.status,
        "reason": delivery.reason or None,
        "took_ms": delivery.took_ms,
        "bytes": delivery.bytes,
    }


def _answer(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    fields = {"cache-control": NO_STORE, "vary": VARY, **(headers or {})}
    return Response(dump(body), status, fields, media_type=JSON)
