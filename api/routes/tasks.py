"""Tasks of staff: GET to look, POST to make one, POST …/claim, /unclaim, /complete, /fail to go on."""

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.adding import RoutesOf
from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import TaskCaller, TaskReader, actor_of, require_store, stores_seen
from api.bodies import read_body
from api.context import context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.documents import BODY, read_few
from api.encoding import dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, idempotency_key, key_problem, replayed
from api.openapi import json_body
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.problems import Problem, echo
from api.schemas.reservations import EmptyIn
from api.schemas.tasks import ClaimIn, FailIn, StaffTask, StaffTaskList, TaskIn, TaskKind, TaskState
from api.task_body import encode_task, task_body, task_problem
from gateway.answered import KeyRefused
from gateway.ports.callers import Caller
from gateway.tasks.model import NewTask, Order, TaskCommand, TaskQuery, TaskRefused, TaskView

PATH = "/v1/tasks"
ONE = PATH + "/{id}"
ETAG_PATTERN = re.compile(r'(?:W/)?"([0-9]{1,9})"')
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the task as you know it. Left out: whichever it is by now.",
    "schema": {"type": "string", "examples": ['"3"']},
}
IdPath = Annotated[
    str, Path(pattern=r"^tk_[0-9a-f]{16}$", description="Id of the task.", examples=["tk_6f1c2a0b9d3e4f51"])
]
StatesQuery = Annotated[
    list[TaskState],
    Query(
        default_factory=list,
        max_length=5,
        description="Only tasks in this state; may be repeated. Left out: open and claimed.",
        examples=[["open"]],
    ),
]
KindsQuery = Annotated[
    list[TaskKind],
    Query(
        default_factory=list,
        max_length=5,
        description="Only tasks of this kind; may be repeated. Left out: all.",
        examples=[["replenish"]],
    ),
]
ClaimedByQuery = Annotated[
    str | None,
    Query(max_length=64, description="Only tasks that were claimed by this name.", examples=["handheld-3"]),
]
OrderQuery = Annotated[
    Order,
    Query(
        description="due: what is due first, then by priority. walk: zone by zone on a short walk over the floor plan, "
        "from the back room on; in a zone by where the pieces go, then what is due first.",
        examples=["walk"],
    ),
]
_ONE = ("unknown_task", "task_over", "task_changed", "missing_if_match", *BODY)


def add_task_routes(router: APIRouter) -> None:
    """Add the routes."""

    add = RoutesOf(router, "tasks", StaffTask).add

    made = {**json_body(TaskIn), "parameters": [KEY_HEADER]}
    of_stores = ("forbidden_store", "unknown_store")
    add(PATH, create, "Make a task",
        (*KEY_PROBLEMS, *of_stores, "unknown_zone", "unknown_sku", "too_many_open", *BODY),
        methods=["POST"], status_code=201, openapi_extra=made)  # fmt: skip
    add(PATH, tasks, "Tasks", (*of_stores, "invalid_request", "unknown_parameter", "invalid_cursor"),
        response_model=StaffTaskList)  # fmt: skip
    add(ONE, task, "One task", ("unknown_task", "invalid_request", "unknown_parameter"))
    for verb, handle, model, more, summary in (
        ("claim", claim, ClaimIn, ("task_claimed",), "Somebody does it"),
        ("unclaim", unclaim, EmptyIn, (), "Nobody does it any more"),
        ("complete", complete, EmptyIn, (), "It is done"),
        ("fail", fail, FailIn, (), "It cannot be done"),
    ):
        body = {**json_body(model, required=model is not EmptyIn), "parameters": [IF_MATCH]}
        add(f"{ONE}/{verb}", handle, summary, (*_ONE, *more), methods=["POST"], openapi_extra=body)


async def create(request: Request, caller: TaskCaller) -> Response:
    """Make a task by hand. Those that alerts, reservations and counts make need nobody."""
    key = idempotency_key(request)
    asked = await read_body(request, TaskIn)
    context = context_of(request)
    require_store(context, caller, asked.store)
    wanted = NewTask(
        asked.store, asked.kind, asked.sku, asked.qty, asked.from_zone, asked.to_zone, asked.due_at,
        asked.priority, asked.note,
    )  # fmt: skip
    try:
        answered = await context.ports.tasks.create(caller.key_id, key, wanted, actor_of(request, caller))
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, TaskRefused):
        raise task_problem(answered.outcome, headers)
    headers["location"] = f"{PATH}/{answered.outcome.task.id}"
    return _answer(answered.outcome, 201, headers)


async def tasks(
    request: Request,
    caller: TaskReader,
    store: StoreQuery,
    state: StatesQuery,
    kind: KindsQuery,
    claimed_by: ClaimedByQuery = None,
    order: OrderQuery = "due",
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return tasks in the order asked for; those that are over for two weeks."""
    context = context_of(request)
    port, listing = context.ports.tasks, f"tasks-{order}"
    after = None if cursor is None else decode_cursor(listing, cursor)
    stores = tuple(place.id for place in stores_seen(context, caller, store))
    query = TaskQuery(stores, tuple(state), tuple(kind), claimed_by, order, after, limit + 1)
    # No store means all of them to the port: a key that sees none must not ask.
    found = list(await port.tasks(query)) if stores else []
    page, headers, next_cursor = found[:limit], {}, None
    if len(found) > limit:
        next_cursor = encode_cursor(listing, *port.place_of(page[-1].task, query))
        headers["link"] = next_link(request, next_cursor)
    body = {"items": [task_body(view) for view in page], "next_cursor": next_cursor}
    return json_answer(request, dump(body), cache_control=NO_STORE, headers=headers)


async def task(request: Request, caller: TaskReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one task, as it is now."""
    found = await context_of(request).ports.tasks.task(id)
    if found is None or not caller.sees(found.task.store):
        raise Problem("unknown_task", f"There is no task {echo(id)}.")
    return _answer(found)


async def claim(request: Request, caller: TaskCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Tell that somebody does it, so that nobody else does. Claimed by the same name, it stays as it is."""
    asked = await read_body(request, ClaimIn)
    return await _change(request, caller, id, TaskCommand("claim", _version(request), by=asked.by))


async def unclaim(request: Request, caller: TaskCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Give it back, with what was done of it."""
    await read_few(request, EmptyIn)
    return await _change(request, caller, id, TaskCommand("unclaim", _version(request)))


async def complete(request: Request, caller: TaskCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Tell that it is done, where the tags cannot. It moves no stock, and picks nothing for a reservation."""
    await read_few(request, EmptyIn)
    return await _change(request, caller, id, TaskCommand("complete", _version(request)))


async def fail(request: Request, caller: TaskCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Tell that it cannot be done, and why. It is not asked for again until its cause came anew."""
    asked = await read_body(request, FailIn)
    return await _change(request, caller, id, TaskCommand("fail", _version(request), reason=asked.reason))


async def _change(request: Request, caller: Caller, task_id: str, command: TaskCommand) -> Response:
    port = context_of(request).ports.tasks
    outcome = await port.change(task_id, command, actor_of(request, caller), caller.stores)
    if isinstance(outcome, TaskRefused):
        raise task_problem(outcome)
    return _answer(outcome)


def _version(request: Request) -> int | None:
    """Return the version that If-Match names; None without one."""
    field = request.headers.get("if-match")
    if field is None:
        return None
    match = ETAG_PATTERN.fullmatch(field.strip())
    if match is None:
        raise Problem("missing_if_match", 'If-Match must hold the task\'s ETag, such as "3".')
    return int(match.group(1))


def _answer(view: TaskView, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Return a task; its ETag is of its steps, while the pieces to take may be others at each look."""
    fields = {"etag": f'"{view.task.version}"', "cache-control": NO_STORE, "vary": VARY, **(headers or {})}
    return Response(encode_task(view), status, fields, media_type=JSON)
