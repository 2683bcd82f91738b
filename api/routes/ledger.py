"""POST the ERP's ledger, as JSON or CSV; GET it against what is believed."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import NO_STORE, json_answer
from api.auth import ExactCaller, IngestCaller, actor_of, stores_seen
from api.bodies import faults_of
from api.context import ApiContext, context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import Json, dump, shown_p_or_none
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.problems import echo
from api.schemas.ledger import BookList, LedgerBatch, LedgerLineIn, LedgerOutcomes, MalformedLine
from api.tables import csv_problem, read_table, table_body, too_many_lines
from api.times import parse_instant, rfc3339, rfc3339_or_none
from gateway.answered import KeyRefused
from gateway.book_stock.model import MAX_BOOK_PIECES, MAX_LINES, BookView, LedgerLine, LineVerdict
from gateway.book_stock.text import ledger_rows
from gateway.interchange.tables import RowRefused
from gateway.ports.callers import Caller

PATH = "/v1/ledger"
CSV_EXAMPLE = "store,sku,qty,as_of\nweb-1,DEN-501-32,12,2026-11-21T04:00:00Z\n"
UNCHANGED = frozenset({"unchanged", "older"})
DETAILS: dict[LineVerdict, str] = {
    "older": "A figure of a later time is known: it stays.",
    "too_old": "More has moved since then than is kept: send a newer figure.",
    "time_in_future": "It lies more than 5 minutes ahead of the gateway's clock.",
    "unknown_store": "There is no store {store}.",
    "unknown_sku": "There is no article {sku}: put it into the catalogue first.",
}
POINTERS: dict[LineVerdict, str] = {
    "too_old": "/as_of",
    "time_in_future": "/as_of",
    "unknown_store": "/store",
    "unknown_sku": "/sku",
}
DiffersQuery = Annotated[
    bool, Query(description="Only articles whose stock is believed to be another.", examples=[True])
]


@dataclass(frozen=True, slots=True)
class Asked:
    """A line of the request: what it tells, or (code, detail, pointer) of why it tells nothing."""

    index: int
    line: int | None
    told: LedgerLine | None
    store: str | None = None
    sku: str | None = None
    refusal: tuple[str, str, str | None] | None = None


def add_ledger_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        PATH,
        tell_ledger,
        methods=["POST"],
        response_model=LedgerOutcomes,
        responses=problems(*KEY_PROBLEMS, "bad_json", "body_timeout", "body_too_large", "unsupported_media_type",
                           "invalid_request", "unknown_parameter", "missing_page_header"),
        openapi_extra={**table_body(LedgerBatch, CSV_EXAMPLE), "parameters": [KEY_HEADER]},
        tags=["ledger"],
        summary="Tell what the ERP's ledger believes",
    )  # fmt: skip
    router.add_api_route(
        PATH,
        ledger,
        response_model=BookList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                           "invalid_cursor"),
        tags=["ledger"],
        summary="The ledger against what is believed",
    )  # fmt: skip


async def tell_ledger(request: Request, caller: IngestCaller) -> Response:
    """Take figures of the ledger in; answers when they are on disk.

    In a store whose `source` is `ledger` a figure is the stock, with what moved after its `as_of`. In a store
    with readers it changes nothing: it is what the belief is compared with.
    """
    key = idempotency_key(request)
    body = await read_table(request, LedgerBatch)
    context = context_of(request)
    asked = [_allowed(item, caller) for item in (_of_csv(body) if isinstance(body, str) else _of_json(body))]
    lines = [item.told for item in asked if item.told is not None]
    try:
        answered = await context.ports.ledger.tell(caller.key_id, key, lines, actor_of(request, caller))
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    verdicts = iter(answered.outcome)
    results = [_refused(item) if item.told is None else _told(item, next(verdicts)) for item in asked]
    tally = Counter(result["outcome"] for result in results)
    totals = {name: tally[name] for name in ("applied", "unchanged", "refused")}
    headers = {"cache-control": "no-store", **replayed(answered.replayed)}
    return Response(dump({"results": results, **totals}), 200, headers, media_type="application/json")


def _of_json(batch: LedgerBatch) -> Iterator[Asked]:
    for index, item in enumerate(batch.items()):
        if isinstance(item, MalformedLine):
            fault = faults_of(item.error, LedgerLineIn, ("lines", index))[0]
            yield Asked(index, None, None, refusal=("invalid_line", fault.reason, fault.pointer))
        else:
            told = LedgerLine(item.store, item.sku, item.qty, item.as_of)
            yield Asked(index, None, told, item.store, item.sku)


def _of_csv(text: str) -> list[Asked]:
    try:
        rows = list(ledger_rows(text))
    except RowRefused as error:
        raise csv_problem(str(error)) from error
    if not rows:
        raise csv_problem("there is no line below the header")
    if len(rows) > MAX_LINES:
        raise too_many_lines(len(rows), MAX_LINES)
    asked = []
    for index, row in enumerate(rows):
        told, fault = None, row.fault
        if row.store is not None and row.sku is not None:
            try:
                as_of_ns = None if row.as_of is None else parse_instant(row.as_of)
                told = LedgerLine(row.store, row.sku, row.qty, as_of_ns)
            except ValueError as error:
                fault = f"as_of: {error}"
            if abs(row.qty) > MAX_BOOK_PIECES:
                told, fault = None, f"qty: {row.qty} lies beyond {MAX_BOOK_PIECES:,} pieces"
        refusal = None if told is not None else ("invalid_line", f"line {row.line}: {fault}", None)
        asked.append(Asked(index, row.line, told, row.store, row.sku, refusal))
    return asked


def _allowed(asked: Asked, caller: Caller) -> Asked:
    """Return a line, refused where the caller may tell nothing of its store."""
    if asked.told is None or caller.sees(asked.told.store):
        return asked
    pointer = None if asked.line is not None else f"/lines/{asked.index}/store"
    refusal = ("forbidden_store", f"This key is not for store {echo(asked.told.store)}.", pointer)
    return Asked(asked.index, asked.line, None, asked.store, asked.sku, refusal)


def _told(asked: Asked, verdict: LineVerdict) -> Json:
    detail = DETAILS.get(verdict)
    if detail is not None:
        detail = detail.format(store=echo(asked.store or ""), sku=echo(asked.sku or ""))
    pointer = POINTERS.get(verdict)
    is_plain = verdict in {"applied", "unchanged"}
    return {
        "index": asked.index,
        "line": asked.line,
        "store": asked.store,
        "sku": asked.sku,
        "outcome": "applied" if verdict == "applied" else "unchanged" if verdict in UNCHANGED else "refused",
        "code": None if is_plain else verdict,
        "detail": detail,
        "pointer": None if pointer is None or asked.line is not None else f"/lines/{asked.index}{pointer}",
    }


def _refused(asked: Asked) -> Json:
    code, detail, pointer = asked.refusal or ("invalid_line", "", None)
    return {
        "index": asked.index,
        "line": asked.line,
        "store": asked.store,
        "sku": asked.sku,
        "outcome": "refused",
        "code": code,
        "detail": detail,
        "pointer": pointer,
    }


async def ledger(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    differs: DiffersQuery = False,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return a page of the ledger's newest figures against what is believed, by store (in the site's order) and SKU."""
    context = context_of(request)
    stores = [place.id for place in stores_seen(context, caller, store)]
    number, sku = (0, "") if cursor is None else decode_cursor("ledger", cursor)
    found, more = await _page(context, stores, max(0, number), sku, limit, differs=differs)
    headers, next_cursor = {}, None
    if more is not None:
        next_cursor = encode_cursor("ledger", *more)
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [_book_line(view) for view in found], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def _page(
    context: ApiContext, stores: Sequence[str], number: int, sku: str, limit: int, *, differs: bool
) -> tuple[list[BookView], tuple[int, str] | None]:
    """Return articles from a place on, and the place of the next page; gives way now and then."""
    found: list[BookView] = []
    while number < len(stores):
        page = context.ports.ledger.page(stores[number], sku, limit - len(found), differs=differs)
        found += page.items
        number, sku = (number + 1, "") if page.after is None else (number, page.after)
        if len(found) >= limit:
            return found, (number, sku) if number < len(stores) else None
        await asyncio.sleep(0)
    return found, None


def _book_line(view: BookView) -> Json:
    return {
        "store": view.store,
        "sku": view.sku,
        "book": view.book,
        "as_of": rfc3339(view.as_of_ns),
        "moved": view.moved,
        "on_hand": view.on_hand,
        "expected": None if view.expected is None else round(view.expected, 2),
        "p_book_or_more": shown_p_or_none(view.p_book_or_more),
        "difference": view.difference,
        "since": rfc3339_or_none(view.since_ns),
    }
