"""Adjustments: POST corrects one level by compare and swap, GET lists what was corrected."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import CountApprover, CountReader, actor_of, require_store
from api.bodies import read_body
from api.context import context_of
from api.count_body import adjustment_body, refused_problem
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body, problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StorePath
from api.problems import Problem
from api.schemas.adjustments import Adjustment, AdjustmentIn, AdjustmentList
from gateway.answered import KeyRefused
from gateway.counting.model import NewAdjustment, Refused
from gateway.staff.roles import LEAD_APPROVES_PIECES, may_approve

PATH = "/v1/stores/{store}/adjustments"
_BODY = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
         "unknown_parameter", "missing_page_header")  # fmt: skip


def add_adjustment_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        PATH,
        adjust,
        methods=["POST"],
        status_code=201,
        response_model=Adjustment,
        responses=problems(*KEY_PROBLEMS, "forbidden_store", "unknown_store", "unknown_sku", "unknown_zone",
                           "stale_quantity", "below_zero", "tags_elsewhere", "needs_manager", *_BODY),
        openapi_extra={**json_body(AdjustmentIn), "parameters": [KEY_HEADER]},
        tags=["counts"],
        summary="Correct a level",
    )  # fmt: skip
    router.add_api_route(
        PATH,
        adjustments,
        response_model=AdjustmentList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                           "invalid_cursor"),
        tags=["counts"],
        summary="What was corrected",
    )  # fmt: skip


async def adjust(request: Request, caller: CountApprover, store: StorePath) -> Response:
    """Correct the level of an article, if it is what the caller believes it to be; answers when it is on disk.

    If it is another by now the answer is 409 `stale_quantity`, with `current` for keys that may see
    quantities, and nothing is done.
    """
    context = context_of(request)
    key = idempotency_key(request)
    require_store(context, caller, store)
    asked = await read_body(request, AdjustmentIn)
    off = asked.delta if asked.delta is not None else (asked.set_to or 0) - asked.change_from
    if not may_approve(caller.role, abs(off)):
        detail = f"That is {abs(off)} pieces; a lead corrects up to {LEAD_APPROVES_PIECES}."
        raise Problem("needs_manager", detail)
    try:
        answered = await context.ports.counting.adjust(
            caller.key_id,
            key,
            NewAdjustment(
                store=store,
                sku=asked.sku,
                change_from=asked.change_from,
                reason=asked.reason,
                zone=asked.zone,
                delta=asked.delta,
                set_to=asked.set_to,
                reference=asked.reference,
                note=asked.note,
                epcs=tuple(asked.epcs),
            ),
            actor_of(request, caller),
        )
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, Refused):
        raise refused_problem(answered.outcome, caller, headers)
    fields = {"cache-control": NO_STORE, "vary": VARY, **headers}
    return Response(dump(adjustment_body(answered.outcome)), 201, fields, media_type=JSON)


async def adjustments(
    request: Request,
    caller: CountReader,
    store: StorePath,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return what people corrected, newest first, from the journal: one item per movement."""
    context = context_of(request)
    require_store(context, caller, store)
    before = None if cursor is None else decode_cursor("adjustments", cursor)[0]
    found = await context.ports.counting.adjustments(store, before, limit + 1)
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("adjustments", page[-1].seq, "")
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [adjustment_body(one) for one in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)
