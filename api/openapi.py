"""The OpenAPI document, made complete: who may call what, each error of each route, each schema. Pure."""

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api.auth import SESSION_COOKIE, Needs
from api.openapi_headers import complete
from api.problems import CATALOGUE, MEDIA_TYPE
from api.schemas.adjustments import AdjustmentIn
from api.schemas.alert_rules import AlertRuleIn, AlertRulePatch
from api.schemas.alerts import AssignIn, CommentIn, FeedbackIn, ResolveIn, SilenceIn, SnoozeIn
from api.schemas.backtests import BacktestIn, RuleBacktestIn
from api.schemas.catalogue import ArticleBatch
from api.schemas.channels import SafetyStockIn
from api.schemas.counts import CountEntriesIn, CountIn, DecisionIn, RecountIn, SubmitIn
from api.schemas.deliveries import DeliveryIn, DeliveryPatch
from api.schemas.documents import ReceiveIn
from api.schemas.events import EventBatch
from api.schemas.ledger import LedgerBatch
from api.schemas.problems import ProblemDocument
from api.schemas.query import AvailabilityQuery, PickupQuery
from api.schemas.reservations import (
    CollectIn,
    ConfirmIn,
    EmptyIn,
    PickIn,
    ReservationIn,
    ReservationPatch,
    TransferIn,
)
from api.schemas.session import SignIn
from api.schemas.shipping import ShipQuery
from api.schemas.stream import AvailabilityEvent, BandedEvent, SnapshotEnd
from api.schemas.tasks import ClaimIn, FailIn, TaskIn
from api.schemas.transfers import SendIn, StoreTransferIn
from api.schemas.webhooks import ReplayIn, WebhookIn, WebhookMessage, WebhookPatch

REF = "#/components/schemas/{model}"
_UNROUTED = (
    (ProblemDocument, "serialization"),
    (AvailabilityEvent, "serialization"),
    (BandedEvent, "serialization"),
    (SnapshotEnd, "serialization"),
    (EventBatch, "validation"),
    (LedgerBatch, "validation"),
    (ArticleBatch, "validation"),
    (SignIn, "validation"),
    (AdjustmentIn, "validation"),
    (CountIn, "validation"),
    (CountEntriesIn, "validation"),
    (SubmitIn, "validation"),
    (RecountIn, "validation"),
    (DecisionIn, "validation"),
    (AvailabilityQuery, "validation"),
    (PickupQuery, "validation"),
    (ShipQuery, "validation"),
    (SafetyStockIn, "validation"),
    (WebhookIn, "validation"),
    (WebhookPatch, "validation"),
    (ReplayIn, "validation"),
    (WebhookMessage, "serialization"),
    (ReservationIn, "validation"),
    (ReservationPatch, "validation"),
    (ConfirmIn, "validation"),
    (EmptyIn, "validation"),
    (PickIn, "validation"),
    (CollectIn, "validation"),
    (TransferIn, "validation"),
    (DeliveryIn, "validation"),
    (DeliveryPatch, "validation"),
    (ReceiveIn, "validation"),
    (StoreTransferIn, "validation"),
    (SendIn, "validation"),
    (TaskIn, "validation"),
    (ClaimIn, "validation"),
    (FailIn, "validation"),
    (SnoozeIn, "validation"),
    (AssignIn, "validation"),
    (ResolveIn, "validation"),
    (CommentIn, "validation"),
    (FeedbackIn, "validation"),
    (AlertRuleIn, "validation"),
    (AlertRulePatch, "validation"),
    (SilenceIn, "validation"),
    (BacktestIn, "validation"),
    (RuleBacktestIn, "validation"),
)
"""Schemas that no route's signature names: bodies are read by api/bodies.py, events are prepared bytes."""

_ALWAYS = ("unknown_host", "internal_error")
_WITH_KEY = ("missing_key", "unknown_key", "insufficient_scope", "too_many_requests")

SCOPE_WORDS = {
    "availability:read": "availability in bands, stores, articles, channels",
    "availability:exact": "the same with quantities, evidence, histories, alerts, devices and key figures",
    "reservations:write": "to hold pieces, and all that follows",
    "ingest:write": "what tills, devices and ERPs tell",
    "deliveries:receive": "to receive and close deliveries (goes with ingest:write too)",
    "counts:write": "counts, and transfers",
    "counts:approve": "to approve and reject counts, and to correct levels (implied by counts:write)",
    "tasks:write": "tasks of staff",
    "alerts:write": "what people do about alerts",
    "alerts:manage": "to assign and resolve alerts, and silences (implied by alerts:write)",
    "alerts:rules": "to make and change rules of alerts, to see how targets of notices fare",
    "admin": "everything",
}
"""What each scope opens, in a few words; which one an operation asks for stands at the operation."""

_SECURITY_SCHEMES = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`storefloor keys create`), in the Authorization header, never in a URL. What it may do, "
        "in one or more stores or in all, its scopes say: "
        + "; ".join(f"`{k}`: {v}" for k, v in SCOPE_WORDS.items()),
    },
    "device": {
        "type": "http",
        "scheme": "basic",
        "description": "For devices that speak no other: any user name, and an API key as the password.",
    },
    "page": {
        "type": "apiKey",
        "in": "cookie",
        "name": SESSION_COOKIE,
        "description": "A page session (`POST /session`); a kiosk or a screen has `storefloor_device` in its stead. What is not"
        " GET also needs `X-Storefloor: 1`.",
    },
}

DESCRIPTION = """\
What a store has on its floor, and what may be promised of it: honest, fresh, explained.

Keys go into `Authorization: Bearer …`. Errors are `application/problem+json`; `GET /v1/problems`
lists their codes. Times are RFC 3339 in UTC, quantities are pieces, and unknown fields and
parameters are refused."""

TAGS = [
    {"name": "availability", "description": "What may be promised, now and in the past."},
    {"name": "forecast", "description": "When articles will be gone, and how well that was foretold."},
    {"name": "reservations", "description": "Pieces held for somebody until a time: click & collect."},
    {"name": "catalogue", "description": "Stores and articles."},
    {"name": "channels", "description": "Who sells, from which stores, and what is kept back from them."},
    {"name": "tasks", "description": "What people are asked to do in the shop, and how far it is."},
    {"name": "alerts", "description": "What staff are told, what they make of it, and what they silence."},
    {"name": "events", "description": "What tills and handhelds tell, and what devices post."},
    {
        "name": "ledger",
        "description": "What the ERP believes: the stock of stores without readers, a comparison elsewhere.",
    },
    {"name": "deliveries", "description": "What is on its way to a store, and which pieces of it have come."},
    {"name": "transfers", "description": "Pieces that go from one store to another."},
    {"name": "counts", "description": "Counts of zones, and corrections of single levels."},
    {"name": "webhooks", "description": "Changes posted to you, signed, in order, until you take them."},
    {"name": "stream", "description": "Changes as they happen."},
    {"name": "page", "description": "What the staff page needs."},
    {"name": "operations", "description": "How the gateway and its devices are."},
]


def problems(*codes: str, keyed: bool = True) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route: its own problem codes, and those that every route has."""
    by_status: dict[int, list[str]] = {}
    for code in (*(_WITH_KEY if keyed else ()), *codes, *_ALWAYS):
        by_status.setdefault(CATALOGUE[code].status, []).append(code)
    return {
        status: {
            "description": "; ".join(f"`{code}`: {CATALOGUE[code].title}" for code in codes_of_status),
            "content": {MEDIA_TYPE: {"schema": {"$ref": REF.format(model="ProblemDocument")}}},
        }
        for status, codes_of_status in sorted(by_status.items())
    }


def json_body(model: type[BaseModel], *, required: bool = True) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is read by `read_body`."""
    schema = {"$ref": REF.format(model=model.__name__)}
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def build_openapi(app: FastAPI) -> dict[str, Any]:
    """Return the document of `app`."""
    document = get_openapi(
        title="storefloor", version=app.version, description=DESCRIPTION, routes=app.routes, tags=TAGS
    )
    components = document.setdefault("components", {})
    _, extra = models_json_schema(list(_UNROUTED), ref_template=REF)  # type: ignore[arg-type]  # literals
    components.setdefault("schemas", {}).update(extra["$defs"])
    components["securitySchemes"] = _SECURITY_SCHEMES
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema:
            path = document["paths"][route.path_format]
            _secure(path, route)
            for method in route.methods or ():
                complete(route.path_format, method.lower(), path[method.lower()])
    document["servers"] = [{"url": "/", "description": "The gateway that this document comes from."}]
    return document


def _secure(path: dict[str, Any], route: APIRoute) -> None:
    """Write down the scopes that a route's dependency asks for."""
    scopes = list(_scopes(route))
    takes_basic = any(needs.basic for needs in _needs(route))
    for method in route.methods or ():
        security: list[dict[str, list[str]]] = []
        if scopes:
            security = [{"key": scopes}, {"page": scopes}]
            if takes_basic:
                security.append({"device": scopes})
        path[method.lower()]["security"] = security


def _scopes(route: APIRoute) -> Iterable[str]:
    for needs in _needs(route):
        yield from needs.scopes


def _needs(route: APIRoute) -> Iterable[Needs]:
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Needs):
            yield dependency.call
