"""GET audit: who changed what, when and from where; for administrators."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import NO_STORE, VARY, json_answer
from api.auth import AdminCaller, stores_seen
from api.context import ApiContext, context_of
from api.cursors import decode_cursor, encode_cursor, invalid_cursor, next_link
from api.encoding import Json, dump
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, StoreQuery
from api.schemas.audit import AuditItem, AuditList
from api.schemas.base import Instant
from api.times import rfc3339
from gateway.audit import AuditQuery, AuditRow
from gateway.ports.callers import Caller

MAX_AUDIT = 1_000
"""Rows of a page: small ones, and often taken as a file."""
CSV = "text/csv"
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would compute instead of showing it."""

ActionQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[a-z_]{1,32}\.[a-z_]{1,32}$",
        description="Only changes of this kind. Left out: all.",
        examples=["reservations.confirm"],
    ),
]
KeyQuery = Annotated[
    str | None,
    Query(
        pattern=r"^[\x21-\x7e]{1,64}$",
        description="Only changes by this key, by its id. Left out: all.",
        examples=["6f1c2a0b9d3e"],
    ),
]
FromQuery = Annotated[
    Instant | None,
    Query(alias="from", description="Not before (RFC 3339).", examples=["2026-11-21T00:00:00Z"]),
]
ToQuery = Annotated[
    Instant | None, Query(alias="to", description="Before (RFC 3339).", examples=["2026-11-22T00:00:00Z"])
]
LimitOf = Annotated[
    int, Query(ge=1, le=MAX_AUDIT, description="Most changes on a page.", examples=[DEFAULT_LIMIT])
]
FormatQuery = Annotated[
    Literal["json", "csv"],
    Query(description="`csv`: the same page as a table, with a heading.", examples=["csv"]),
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A page of changes, newest first; with `format=csv` as a table.",
        "content": {CSV: {"schema": {"type": "string", "description": "One line per change, after a heading."},
                          "example": ",".join(AuditItem.model_fields)}},
    }
}  # fmt: skip


def add_audit_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/audit",
        audit,
        response_model=AuditList,
        responses={
            **_ANSWERS,
            **problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                       "invalid_cursor"),
        },
        tags=["operations"],
        summary="Who changed what",
    )  # fmt: skip


async def audit(
    request: Request,
    caller: AdminCaller,
    store: StoreQuery,
    action: ActionQuery = None,
    key: KeyQuery = None,
    from_: FromQuery = None,
    to: ToQuery = None,
    cursor: CursorQuery = None,
    limit: LimitOf = DEFAULT_LIMIT,
    format: FormatQuery = "json",  # noqa: A002 - the parameter's name in the URL
) -> Response:
    """Return the changes that took effect through this API and on the command line, newest first.

    A change of the whole site, or of several stores, is shown to keys that are bound to none. What tills and devices
    tell is no part of it: the journal has that, with its source.
    """
    context = context_of(request)
    stores = _stores(context, caller, store)
    query = AuditQuery(stores, action, key, from_, to, _before(cursor), limit + 1)
    found = await context.ports.audit.rows(query)
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("audit", page[-1].entry.at_ns, str(page[-1].id))
        headers["link"] = next_link(request, next_cursor)
    items = [_item(row) for row in page]
    if format == "csv":
        fields = {"cache-control": NO_STORE, "vary": VARY, **headers}
        fields["content-disposition"] = 'attachment; filename="audit.csv"'
        return Response(_csv(items), 200, fields, media_type=CSV)
    body = {"items": items, "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


def _stores(context: ApiContext, caller: Caller, asked: list[str]) -> Sequence[str] | None:
    """Return the stores whose changes are told; None: all, and those of the whole site."""
    if not asked and not caller.stores:
        return None
    return [place.id for place in stores_seen(context, caller, asked)]


def _before(cursor: str | None) -> tuple[int, int] | None:
    if cursor is None:
        return None
    at_ns, row_id = decode_cursor("audit", cursor)
    if not (row_id.isascii() and row_id.isdigit() and len(row_id) < 19):
        raise invalid_cursor()
    return at_ns, int(row_id)


def _item(row: AuditRow) -> Json:
    entry = row.entry
    return {
        "id": row.id,
        "at": rfc3339(entry.at_ns),
        "key_id": entry.key_id,
        "address": entry.address,
        "action": entry.action,
        "store": entry.store or None,
        "subject": entry.subject,
        "detail": entry.detail,
    }


def _csv(items: list[Json]) -> bytes:
    """Return rows as RFC 4180; a text that a spreadsheet would take for a formula is made plain by a quote."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(AuditItem.model_fields), lineterminator="\r\n")
    writer.writeheader()
    for item in items:
        writer.writerow({name: _plain(value) for name, value in item.items()})
    return out.getvalue().encode()


def _plain(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_DANGEROUS) else value
