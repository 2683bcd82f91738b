"""GET stores: what the caller sees."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ReadCaller, stores_seen
from api.context import context_of
from api.encoding import dump, store_body
from api.openapi import problems
from api.schemas.catalogue import StoreList


def add_store_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/stores",
        stores,
        response_model=StoreList,
        responses=problems("unknown_parameter"),
        tags=["catalogue"],
        summary="Stores and their zones",
    )


async def stores(request: Request, caller: ReadCaller) -> Response:
    """Return the stores that the caller sees, with their zones."""
    found = stores_seen(context_of(request), caller, [])
    return json_answer(request, dump({"items": [store_body(store) for store in found]}))
