"""GET articles: a page of the catalogue, searched if asked."""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ReadCaller
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import article_body, dump
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery
from api.schemas.catalogue import ArticleList
from gateway.ports import ArticleInfo

SLICE = 500
"""Articles searched before the loop gets a turn: about 0.5 ms."""

SearchQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=64,
        description="Only articles whose SKU, GTIN or name (any language) contains this; case is ignored.",
        examples=["jeans"],
    ),
]


def add_article_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/articles",
        articles,
        response_model=ArticleList,
        responses=problems("invalid_request", "unknown_parameter", "invalid_cursor"),
        tags=["catalogue"],
        summary="Articles",
    )


async def articles(
    request: Request,
    caller: ReadCaller,  # noqa: ARG001 - asked for to be authorized
    q: SearchQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return a page of articles by SKU; products that no catalogue names come last."""
    listed = context_of(request).ports.inventory.articles()
    start = 0
    if cursor is not None:
        start = bisect_right(listed, decode_cursor("articles", cursor), key=_place)
    found = await _search(listed, start, limit + 1, None if q is None else q.casefold())
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("articles", *_place(page[-1]))
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [article_body(article) for article in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), headers=headers)


def _place(article: ArticleInfo) -> tuple[int, str]:
    """Return an article's place in the order of the listing."""
    return (0 if article.known else 1, article.sku)


async def _search(
    listed: Sequence[ArticleInfo], start: int, count: int, needle: str | None
) -> list[ArticleInfo]:
    """Return the first `count` articles from `start` on that hold `needle`, giving way now and then."""
    if needle is None:
        return list(listed[start : start + count])
    found: list[ArticleInfo] = []
    for begin in range(start, len(listed), SLICE):
        for article in listed[begin : begin + SLICE]:
            if _holds(article, needle):
                found.append(article)
                if len(found) == count:
                    return found
        await asyncio.sleep(0)
    return found


def _holds(article: ArticleInfo, needle: str) -> bool:
    texts = (article.sku, *article.gtins, *article.name.values())
    return any(needle in text.casefold() for text in texts)
