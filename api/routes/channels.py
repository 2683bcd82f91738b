"""GET channels, and GET and PUT what is kept back of an article from one of them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY, json_answer
from api.askers import require_channel
from api.auth import AdminCaller, ReadCaller, actor_of, require_store
from api.bodies import read_body
from api.channel_body import channel_body, typed_body
from api.context import ApiContext, context_of
from api.encoding import dump
from api.idempotency import RETRY_AFTER
from api.openapi import json_body, problems
from api.parameters import SkuPath
from api.problems import Problem, echo
from api.routes.availability import unknown_sku
from api.schemas.base import CHANNEL_PATTERN, STORE_PATTERN
from api.schemas.channels import ChannelList, SafetyStockIn, SafetyStockTyped
from gateway.channels.model import ChannelRefused
from gateway.ports.callers import Caller

PATH = "/v1/channels/{id}/safety-stock/{sku}"
_ONE = ("unknown_channel", "unknown_sku", "unknown_store", "forbidden_store", "invalid_request",
        "unknown_parameter")  # fmt: skip

ChannelPath = Annotated[
    str, Path(pattern=CHANNEL_PATTERN, description="Id of the channel.", examples=["web"])
]
StoreOrAll = Annotated[
    str | None,
    Query(
        pattern=STORE_PATTERN,
        description="Id of the store that the figure is for. Left out: all that the channel sells from; a key that is "
        "bound to stores must name one.",
        examples=["lyon-1"],
    ),
]


def add_channel_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/v1/channels",
        channels,
        response_model=ChannelList,
        responses=problems("unknown_parameter"),
        tags=["channels"],
        summary="Who sells, from which stores, and by which rules",
    )
    router.add_api_route(
        PATH,
        safety_stock,
        response_model=SafetyStockTyped,
        responses=problems(*_ONE),
        tags=["channels"],
        summary="What is kept back of an article from a channel",
    )
    router.add_api_route(
        PATH,
        type_safety_stock,
        methods=["PUT"],
        response_model=SafetyStockTyped,
        responses=problems("bad_json", "body_timeout", "body_too_large", "unsupported_media_type",
                           "missing_page_header", "too_many_figures", "overloaded", *_ONE),
        openapi_extra=json_body(SafetyStockIn),
        tags=["channels"],
        summary="Type what is kept back of an article from a channel",
    )  # fmt: skip


async def channels(request: Request, caller: ReadCaller) -> Response:
    """Return the channels of the site's file; without `availability:exact` without the figures of their rules."""
    found = context_of(request).ports.channels.channels()
    exact = caller.may("availability:exact")
    items = []
    for channel in found:
        body = channel_body(channel, exact=exact)
        items.append({**body, "stores": [store for store in channel.stores if caller.sees(store)]})
    return json_answer(request, dump({"items": items}))


async def safety_stock(
    request: Request,
    caller: AdminCaller,
    id: ChannelPath,  # noqa: A002 - its name in the URL
    sku: SkuPath,
    store: StoreOrAll = None,
) -> Response:
    """Return the figure typed for a channel and an article, and what is in force, by store."""
    context = context_of(request)
    _check(context, caller, id, sku, store)
    found = context.ports.channels.safety(id, sku, store)
    return json_answer(request, dump(typed_body(id, sku, store, found)), cache_control=NO_STORE)


async def type_safety_stock(
    request: Request,
    caller: AdminCaller,
    id: ChannelPath,  # noqa: A002 - its name in the URL
    sku: SkuPath,
    store: StoreOrAll = None,
) -> Response:
    """Type a figure, or take it back with null. It counts from this answer on, and is on disk; who typed it is audited."""
    context = context_of(request)
    _check(context, caller, id, sku, store)
    asked = await read_body(request, SafetyStockIn)
    try:
        found = await context.ports.channels.set_safety(
            actor_of(request, caller), id, sku, store, asked.pieces
        )
    except ChannelRefused as refused:
        headers = RETRY_AFTER if refused.code == "overloaded" else {}
        raise Problem(refused.code, refused.detail, headers=headers) from refused
    fields = {"cache-control": NO_STORE, "vary": VARY}
    return Response(dump(typed_body(id, sku, store, found)), 200, fields, media_type=JSON)


def _check(context: ApiContext, caller: Caller, channel: str, sku: str, store: str | None) -> None:
    """Raise Problem where the channel, the store or the article is not there, or not the caller's to set."""
    if store is not None:
        require_store(context, caller, store)
    elif caller.stores:
        raise Problem("forbidden_store", "This key is bound to stores: name one of them.")
    if not any(found.id == channel for found in context.ports.channels.channels()):
        require_channel(context, "path", channel, name="id")
        raise Problem("unknown_channel", f"There is no channel {echo(channel)}: the site's file names none.")
    if not context.ports.inventory.variants(sku):
        raise unknown_sku([sku], "path")
