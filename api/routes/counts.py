"""Counts: POST opens one, entries tell what was seen, submit, approve, reject, cancel and recount decide."""

import re
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import (
    CountApprover,
    CountCaller,
    CountReader,
    actor_of,
    require_exact,
    require_manager,
    require_store,
)
from api.bodies import read_body
from api.context import context_of
from api.count_body import count_body, line_body, refused_problem, shows_expected
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body, problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StorePath
from api.problems import Problem, echo
from api.schemas.base import RESERVATION_PATTERN
from api.schemas.counts import (
    CountBody,
    CountEntriesIn,
    CountEntryOutcomes,
    CountIn,
    CountLineList,
    CountList,
    CountState,
    DecisionIn,
    RecountIn,
    SubmitIn,
)
from gateway.answered import KeyRefused
from gateway.counting.model import (
    Count,
    CountCommand,
    CountEntry,
    CountQuery,
    NewCount,
    Refused,
    Tolerance,
)
from gateway.ports.callers import Caller
from gateway.staff.roles import LEAD_APPROVES_PIECES, may_approve

Model = TypeVar("Model", bound=BaseModel)

PATH = "/v1/stores/{store}/counts"
ETAG_PATTERN = re.compile(r'(?:W/)?"([0-9]{1,9})"')
IdPath = Annotated[
    str,
    Path(pattern=RESERVATION_PATTERN, description="Id of the count.", examples=["19aa5d3c6b04f1d27c90be1"]),
]
StateQuery = Annotated[
    list[CountState],
    Query(
        default_factory=list,
        max_length=5,
        description="Only counts in this state; may be repeated. Left out: all.",
        examples=[["submitted"]],
    ),
]
_BODY = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
         "unknown_parameter", "missing_page_header")  # fmt: skip
_OF_STORE = ("forbidden_store", "unknown_store")
_ONE = ("unknown_count", *_OF_STORE)
_STEP = ("count_not_submitted", "count_over", "count_changed", "overloaded")


def _if_match(*, required: bool) -> dict[str, object]:
    return {
        "name": "If-Match",
        "in": "header",
        "required": required,
        "description": "The ETag of the count as you know it.",
        "schema": {"type": "string", "examples": ['"3"']},
    }


def add_count_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        PATH,
        open_count,
        methods=["POST"],
        status_code=201,
        response_model=CountBody,
        responses=problems(*KEY_PROBLEMS, *_OF_STORE, "unknown_zone", "unknown_sku", "zone_being_counted", "needs_manager",
                           *_BODY),
        openapi_extra={**json_body(CountIn), "parameters": [KEY_HEADER]},
        tags=["counts"],
        summary="Begin a count",
    )  # fmt: skip
    router.add_api_route(
        PATH,
        counts,
        response_model=CountList,
        responses=problems(*_OF_STORE, "invalid_request", "unknown_parameter", "invalid_cursor"),
        tags=["counts"],
        summary="Counts",
    )
    router.add_api_route(
        PATH + "/{id}",
        count,
        response_model=CountBody,
        responses=problems(*_ONE, "invalid_request", "unknown_parameter"),
        tags=["counts"],
        summary="One count",
    )
    router.add_api_route(
        PATH + "/{id}/lines",
        lines,
        response_model=CountLineList,
        responses=problems(*_ONE, "invalid_request", "unknown_parameter", "invalid_cursor"),
        tags=["counts"],
        summary="The lines of a count",
    )
    router.add_api_route(
        PATH + "/{id}/lines",
        enter,
        methods=["POST"],
        response_model=CountEntryOutcomes,
        responses=problems(*_ONE, "count_not_open", "overloaded", *_BODY),
        openapi_extra=json_body(CountEntriesIn),
        tags=["counts"],
        summary="Tell what was seen",
    )
    for verb, handle, model, more, summary in (
        ("submit", submit, SubmitIn, ("nothing_counted", "unknown_zone"), "All was counted"),
        ("recount", recount, RecountIn, ("unknown_zone", "unknown_sku", "sku_not_counted"), "Count some lines again"),
        ("approve", approve, DecisionIn, ("second_key_needed", "missing_if_match", "needs_manager"), "Let a count take effect"),
        ("reject", reject, DecisionIn, ("missing_if_match",), "Let a count change nothing"),
        ("cancel", cancel, DecisionIn, (), "Give a count up"),
    ):  # fmt: skip
        needs = "missing_if_match" in more
        router.add_api_route(
            PATH + "/{id}/" + verb,
            handle,
            methods=["POST"],
            response_model=CountBody,
            responses=problems(*dict.fromkeys((*_ONE, *_STEP, "missing_if_match", *more, *_BODY))),
            openapi_extra={
                **json_body(model, required=model is RecountIn),
                "parameters": [_if_match(required=needs)],
            },
            tags=["counts"],
            summary=summary,
        )


async def open_count(request: Request, caller: CountCaller, store: StorePath) -> Response:
    """Begin a count of zones: what is expected is what is believed now, and what moves from now on is added to it.

    A zone is in one count at a time. A count that shows what is expected needs a key with availability:exact.
    """
    context = context_of(request)
    key = idempotency_key(request)
    require_store(context, caller, store)
    asked = await read_body(request, CountIn)
    if not asked.blind:
        require_exact(caller, "A count that shows what is expected")
    if asked.tolerance.pieces or asked.tolerance.percent:
        require_manager(caller, "A count that approves itself within a tolerance")
    wanted = NewCount(
        store=store,
        zones=tuple(dict.fromkeys(asked.zones)),
        skus=tuple(dict.fromkeys(asked.skus)),
        department=asked.department,
        blind=asked.blind,
        by=asked.by,
        tolerance=Tolerance(asked.tolerance.pieces, asked.tolerance.percent),
        second_key=asked.second_key,
        note=asked.note,
    )
    try:
        answered = await context.ports.counting.open_count(
            caller.key_id, key, wanted, actor_of(request, caller)
        )
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, Refused):
        raise refused_problem(answered.outcome, caller, headers)
    headers["location"] = f"/v1/stores/{store}/counts/{answered.outcome.id}"
    return _answer(answered.outcome, caller, 201, headers)


async def counts(
    request: Request,
    caller: CountReader,
    store: StorePath,
    state: StateQuery,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return the counts of a store, newest first; those that are over for a quarter of a year."""
    context = context_of(request)
    require_store(context, caller, store)
    before = None if cursor is None else decode_cursor("counts", cursor)
    found = await context.ports.counting.counts(CountQuery(store, tuple(state), before, limit + 1))
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor("counts", page[-1].started_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [count_body(one, caller) for one in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def count(request: Request, caller: CountReader, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one count. What is expected of a blind one is shown to keys with availability:exact, until it is
    approved."""
    return _answer(await _found(request, caller, store, id), caller, 200, {})


async def lines(
    request: Request,
    caller: CountReader,
    store: StorePath,
    id: IdPath,  # noqa: A002 - its name in the URL
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return lines by zone and SKU: what was seen, and (but for a blind count) expected, missing and extra."""
    found = await _found(request, caller, store, id)
    shown = shows_expected(found, caller)
    after = None
    if cursor is not None:
        zone, _, sku = decode_cursor("count-lines", cursor)[1].partition("/")
        after = (zone, sku)
    listed = await context_of(request).ports.counting.lines(id, after, limit + 1, counted_alone=not shown)
    page, headers, next_cursor = listed[:limit], {}, None
    if len(listed) > limit:
        next_cursor = encode_cursor("count-lines", 0, f"{page[-1].zone}/{page[-1].sku}")
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [line_body(line, shown=shown) for line in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def enter(request: Request, caller: CountCaller, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take in what several people see, each entry once by its id; each is judged and answered by itself."""
    await _found(request, caller, store, id)
    asked = await read_body(request, CountEntriesIn)
    entries = [
        CountEntry(e.entry_id, e.zone, e.sku, e.gtin, e.epc, e.qty, e.mode, e.counter) for e in asked.entries
    ]
    outcome = await context_of(request).ports.counting.enter(
        id, entries, actor_of(request, caller), caller.stores
    )
    if isinstance(outcome, Refused):
        raise refused_problem(outcome, caller, {})
    results = [
        {
            "index": index,
            "entry_id": result.entry_id,
            "outcome": result.outcome,
            "sku": result.sku,
            "code": result.code,
            "detail": result.detail,
            "pointer": None if result.pointer is None else f"/entries/{index}{result.pointer}",
        }
        for index, result in enumerate(outcome.results)
    ]
    tally = {name: sum(r["outcome"] == name for r in results) for name in ("applied", "duplicate", "refused")}
    body = dump({"results": results, **tally, "version": outcome.count.version})
    fields = {"etag": f'"{outcome.count.version}"', "cache-control": NO_STORE, "vary": VARY}
    return Response(body, 200, fields, media_type=JSON)


async def submit(request: Request, caller: CountCaller, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """All was counted: where each line is within the tolerance it is approved at once, else it waits.

    What nobody saw in a zone is not there, but in zones named as `incomplete`.
    """
    asked = await _read(request, SubmitIn)
    command = CountCommand("submit", _version(request), incomplete=tuple(asked.incomplete))
    return await _change(request, caller, store, id, command)


async def recount(request: Request, caller: CountCaller, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Open a submitted count again for some of its lines; what was seen of the others stands."""
    asked = await read_body(request, RecountIn)
    command = CountCommand(
        "recount", _version(request), lines=tuple((line.sku, line.zone) for line in asked.lines)
    )
    return await _change(request, caller, store, id, command)


async def approve(request: Request, caller: CountApprover, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Let a count take effect: each level is then what was seen, and what moved since. All in one commit."""
    return await _decide(request, caller, store, id, "approve")


async def reject(request: Request, caller: CountApprover, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Let a count change nothing."""
    return await _decide(request, caller, store, id, "reject")


async def cancel(request: Request, caller: CountCaller, store: StorePath, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Give a count up: it changes nothing, and its zones may be counted anew."""
    asked = await _read(request, DecisionIn)
    command = CountCommand("cancel", _version(request), reason=asked.reason)
    return await _change(request, caller, store, id, command)


async def _decide(request: Request, caller: Caller, store: str, count_id: str, verb: str) -> Response:
    version = _version(request)
    if version is None:
        raise Problem("missing_if_match", "Whoever decides names the count as they saw it.")
    found = await _found(request, caller, store, count_id)
    if verb == "approve" and found.totals is not None and not may_approve(caller.role, found.totals.off):
        detail = (
            f"This count is off by {found.totals.off} pieces; a lead approves up to {LEAD_APPROVES_PIECES}."
        )
        raise Problem("needs_manager", detail)
    asked = await _read(request, DecisionIn)
    command = CountCommand("approve" if verb == "approve" else "reject", version, reason=asked.reason)
    return await _change(request, caller, store, count_id, command)


async def _change(
    request: Request, caller: Caller, store: str, count_id: str, command: CountCommand
) -> Response:
    await _found(request, caller, store, count_id)
    outcome = await context_of(request).ports.counting.change(
        count_id, command, actor_of(request, caller), caller.stores
    )
    if isinstance(outcome, Refused):
        raise refused_problem(outcome, caller, {})
    return _answer(outcome, caller, 200, {})


async def _found(request: Request, caller: Caller, store: str, count_id: str) -> Count:
    context = context_of(request)
    require_store(context, caller, store)
    found = await context.ports.counting.count(count_id)
    if found is None or found.store != store:
        raise Problem("unknown_count", f"There is no count {echo(count_id)} of this store.")
    return found


def _version(request: Request) -> int | None:
    """Return the version that If-Match names; None without one. Raises Problem where it is no ETag of a count."""
    field = request.headers.get("if-match")
    if field is None:
        return None
    match = ETAG_PATTERN.fullmatch(field.strip())
    if match is None:
        raise Problem("missing_if_match", 'If-Match must hold the count\'s ETag, such as "3".')
    return int(match.group(1))


async def _read(request: Request, model: type[Model]) -> Model:
    """Return the body; a request without one says nothing but what its path says."""
    headers = request.headers
    if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
        return model()
    return await read_body(request, model)


def _answer(found: Count, caller: Caller, status: int, headers: dict[str, str]) -> Response:
    fields = {"etag": f'"{found.version}"', "cache-control": NO_STORE, "vary": VARY, **headers}
    return Response(dump(count_body(found, caller)), status, fields, media_type=JSON)
