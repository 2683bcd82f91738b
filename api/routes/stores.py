"""GET stores: what the caller sees."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ReadCaller, stores_seen
from api.context import context_of
from api.encoding import dump, sight_by_zone, store_body
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
    """Return the stores that the caller sees, with their zones and how well each zone is known by now."""
    context = context_of(request)
    sight = context.ports.inventory.sight
    found = stores_seen(context, caller, [])
    items = [store_body(store, sight_by_zone(sight(store.id))) for store in found]
    return json_answer(request, dump({"items": items}))
