"""GET alerts: episodes, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import alert_body, dump
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.schemas.alerts import AlertList
from gateway.alerts.records import AlertRecord, AlertState, AlertType

StateQuery = Annotated[
    list[AlertState],
    Query(
        default_factory=list,
        max_length=10,
        description="Only episodes in this state; may be repeated. Left out: all.",
        examples=[["firing"]],
    ),
]
TypeQuery = Annotated[
    list[AlertType],
    Query(
        default_factory=list,
        max_length=50,
        description="Only alerts of this type; may be repeated. Left out: all.",
        examples=[["low_stock"]],
    ),
]


def add_alert_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/alerts",
        alerts,
        response_model=AlertList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                           "invalid_cursor"),
        tags=["alerts"],
        summary="Alerts",
    )  # fmt: skip


async def alerts(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    state: StateQuery,
    type: TypeQuery,  # noqa: A002 - the parameter's name in the URL
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return episodes of alerts, newest first. They show quantities, hence the scope."""
    context = context_of(request)
    before = None if cursor is None else decode_cursor("alerts", cursor)
    stores = [place.id for place in stores_seen(context, caller, store)]
    found: list[AlertRecord] = []
    # No store means all of them to the records: a key that sees none must not ask.
    if stores:
        found = await context.ports.records.alerts(
            stores=stores,
            states=state,
            types=[kind.value for kind in type],
            before=before,
            limit=limit + 1,
        )
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("alerts", page[-1].since_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [alert_body(record) for record in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), headers=headers)
