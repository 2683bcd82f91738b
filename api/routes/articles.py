"""GET articles: a page of the catalogue, searched if asked; PUT: articles as they shall be, as JSON or CSV."""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import AdminCaller, ReadCaller, actor_of, require_unbound
from api.bodies import faults_of
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import Json, article_body, dump
from api.idempotency import key_problem
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery
from api.schemas.catalogue import (
    ArticleBatch,
    ArticleIn,
    ArticleList,
    ArticleOutcomes,
    MalformedArticle,
    ResolvedCode,
)
from api.tables import csv_problem, read_table, table_body, too_many_lines
from gateway.answered import KeyRefused
from gateway.catalogue.codes import MAX_CODE_CHARACTERS
from gateway.catalogue.model import MAX_PUT, NewArticle, PutVerdict
from gateway.catalogue.text import TextRefused, article_rows
from gateway.ports.inventory import ArticleInfo

CSV_EXAMPLE = (
    "sku,gtin,name_en,name_fr,department\nDEN-501-32,03012345000024,Straight jeans 32,Jean droit 32,denim\n"
)

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

MAX_VARIANTS = 200
"""Sizes and colours of one model: more than any shop lays side by side."""

CodeQuery = Annotated[
    str,
    Query(
        min_length=1,
        max_length=MAX_CODE_CHARACTERS,
        description="As it was scanned or typed: SKU, EAN or other GTIN, GS1 element string (with or without its AIM "
        "id), GS1 Digital Link, EPC in hex, or EPC URI.",
        examples=["3012345000024"],
    ),
]


def add_article_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/v1/articles",
        articles,
        response_model=ArticleList,
        responses=problems("invalid_request", "unknown_parameter", "invalid_cursor"),
        tags=["catalogue"],
        summary="Articles",
    )
    router.add_api_route(
        "/v1/articles/resolve",
        resolve,
        response_model=ResolvedCode,
        responses=problems("invalid_request", "unknown_parameter"),
        tags=["catalogue"],
        summary="Which article is this code?",
    )
    router.add_api_route(
        "/v1/articles",
        put_articles,
        methods=["PUT"],
        response_model=ArticleOutcomes,
        responses=problems("forbidden_store", "bad_json", "body_timeout", "body_too_large", "unsupported_media_type",
                           "invalid_request", "unknown_parameter", "missing_page_header", "overloaded"),
        openapi_extra=table_body(ArticleBatch, CSV_EXAMPLE),
        tags=["catalogue"],
        summary="Put articles into the catalogue",
    )  # fmt: skip


async def articles(
    request: Request,
    caller: ReadCaller,
    q: SearchQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return a page of articles by SKU; products that no catalogue names come last."""
    listed = context_of(request).ports.inventory.articles()
    exact = caller.may("availability:exact")
    start = 0
    if cursor is not None:
        start = bisect_right(listed, decode_cursor("articles", cursor), key=_place)
    found = await _search(listed, start, limit + 1, None if q is None else q.casefold())
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("articles", *_place(page[-1]))
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [article_body(article, exact=exact) for article in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), headers=headers)


async def resolve(request: Request, caller: ReadCaller, code: CodeQuery) -> Response:
    """Return what a scanned or typed code names, with the other sizes and colours of the article.

    A code that names nothing known is an answer as well: `article` is null, and `fault` says what is wrong with it.
    To ask changes nothing: a product that no catalogue names becomes no article by it.
    """
    inventory = context_of(request).ports.inventory
    named = inventory.named_by(code)
    exact = caller.may("availability:exact")
    found = [] if named.sku is None else inventory.variants(named.sku)[: MAX_VARIANTS + 1]
    bodies = [article_body(article, exact=exact) for article in found]
    body = {
        "kind": named.kind,
        "gtin": named.gtin,
        "serial": named.serial,
        "epc": named.epc if exact else None,
        "fault": named.fault,
        "article": bodies[0] if bodies else None,
        "variants": bodies[1:],
    }
    return json_answer(request, dump(body))


async def put_articles(request: Request, caller: AdminCaller) -> Response:
    """Put articles into the catalogue, each as it shall be from now on; answers when they are on disk.

    They take effect at once and stay over restarts, whatever the site's file says of them. To put one twice is
    to put it once. A product that was seen before anybody named it becomes the article that has its GTIN: its
    pieces go over to it.
    """
    require_unbound(caller, "Articles")
    body = await read_table(request, ArticleBatch)
    asked = list(_of_csv(body)) if isinstance(body, str) else list(_of_json(body))
    if not asked:
        raise csv_problem("there is no line below the header")
    if len(asked) > MAX_PUT:
        raise too_many_lines(len(asked), MAX_PUT)
    articles = [item for item in asked if isinstance(item.put, NewArticle)]
    try:
        verdicts = iter(
            await context_of(request).ports.catalogue.put(
                [item.put for item in articles if isinstance(item.put, NewArticle)], actor_of(request, caller)
            )
        )
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    results = [
        _outcome(index, item, item.put if isinstance(item.put, PutVerdict) else next(verdicts))
        for index, item in enumerate(asked)
    ]
    tally = Counter(result["outcome"] for result in results)
    totals = {name: tally[name] for name in ("created", "changed", "unchanged", "refused")}
    return Response(
        dump({"results": results, **totals}),
        200,
        {"cache-control": "no-store"},
        media_type="application/json",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """An item of the request: the article, or why it is none. `code` of the latter is always the same."""

    line: int | None
    sku: str | None
    put: NewArticle | PutVerdict


def _of_json(batch: ArticleBatch) -> Iterator[Asked]:
    for item in batch.items():
        if isinstance(item, MalformedArticle):
            fault = faults_of(item.error, ArticleIn)[0]
            yield Asked(None, item.sku, PutVerdict("refused", None, fault.reason, fault.pointer))
        else:
            fields = item.model_dump()
            codes = {name: tuple(fields[name]) for name in ("gtins", "epcs")}
            yield Asked(None, item.sku, NewArticle(**{**fields, **codes}))


def _of_csv(text: str) -> Iterator[Asked]:
    try:
        for row in article_rows(text):
            wrong = PutVerdict("refused", None, f"line {row.line}: {row.fault}")
            yield Asked(row.line, row.sku, row.article or wrong)
    except TextRefused as error:
        raise csv_problem(str(error)) from error


def _outcome(index: int, asked: Asked, verdict: PutVerdict) -> Json:
    is_refused = verdict.outcome == "refused"
    return {
        "index": index,
        "line": asked.line,
        "sku": asked.sku,
        "outcome": verdict.outcome,
        "code": (verdict.code or "invalid_article") if is_refused else None,
        "detail": verdict.detail,
        "pointer": f"/articles/{index}{verdict.field or ''}" if is_refused and asked.line is None else None,
    }


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
