"""GET changes: what reads differently since a position, so that nothing is ever missed."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.auth import ExactCaller, require_store
from api.context import context_of
from api.encoding import Json, dump
from api.openapi import problems
from api.parameters import StoreId
from api.problems import Problem, echo
from api.schemas.changes import POSITION_EXAMPLE, ChangeList
from api.times import rfc3339
from gateway.changes.ports import ChangeInfo

MAX_CHANGES = 1_000

StoreOne = Annotated[
    StoreId, Query(description="Id of the store: each has its own log.", examples=["lyon-1"])
]
AfterQuery = Annotated[
    str | None,
    Query(
        max_length=128,
        description="`after` of the answer before. Left out: no changes, only the position to begin from; take it "
        "first, then ask for all that you keep, then follow.",
        examples=[POSITION_EXAMPLE],
    ),
]
LimitOf = Annotated[
    int, Query(ge=1, le=MAX_CHANGES, description="Most changes in the answer.", examples=[500])
]
_HREF = {
    "availability": "/v1/stores/{store}/availability/{subject}",
    "alert": "/v1/alerts?store={store}",
    "reservation": "/v1/reservations/{subject}",
    "task": "/v1/tasks/{subject}",
}


def add_change_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/changes",
        changes,
        response_model=ChangeList,
        responses=problems(
            "forbidden_store", "unknown_store", "changes_gone", "invalid_request", "unknown_parameter"
        ),
        tags=["stream"],
        summary="What changed since",
    )


async def changes(
    request: Request,
    caller: ExactCaller,
    store: StoreOne,
    after: AfterQuery = None,
    limit: LimitOf = 500,
) -> Response:
    """Return what reads differently since a position, in order and without a gap.

    It says that something changed; `href` says how it is now. The stream tells the same sooner; this log tells it
    to those who were away.
    """
    context = context_of(request)
    require_store(context, caller, store)
    log = context.ports.changes
    if after is None:
        return _answer({"store": store, "items": [], "after": await log.now(store), "more": False})
    page = await log.after(store, after, limit)
    if page is None:
        detail = f"What came after {echo(after)} is not known any more. Begin anew."
        raise Problem("changes_gone", detail)
    return _answer(
        {
            "store": store,
            "items": [_item(store, change) for change in page.changes],
            "after": page.position,
            "more": page.more,
        }
    )


def _item(store: str, change: ChangeInfo) -> Json:
    return {
        "sequence": change.seq,
        "at": rfc3339(change.at_ns),
        "type": change.type,
        "subject": change.subject,
        "href": _HREF[change.type].format(store=store, subject=change.subject),
    }


def _answer(body: Json) -> Response:
    return Response(dump(body), 200, {"cache-control": NO_STORE, "vary": VARY}, media_type=JSON)
