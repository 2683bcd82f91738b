"""Targets of notices: who is told by mail or in a chat, and how that goes, for managers too; a test, for administrators."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.auth import AdminCaller, RuleCaller
from api.context import context_of
from api.encoding import Json, dump
from api.openapi import problems
from api.problems import Problem
from api.schemas.notify_targets import NoticeDeliveries, NoticeDelivery, NotifyTargetList
from api.times import rfc3339, rfc3339_or_none
from gateway.delivery.model import NoticeTry, Target, TargetState
from gateway.ports.callers import Caller

PATH = "/v1/notify-targets"
ONE = PATH + "/{target}"
MAX_DELIVERIES = 1_000

IdPath = Annotated[
    str, Path(pattern=r"^[a-z0-9-]{1,32}$", description="Id of the target.", examples=["floor"])
]
LimitOf = Annotated[
    int, Query(ge=1, le=MAX_DELIVERIES, description="Most tries in the answer.", examples=[100])
]
_OWN = ("unknown_target", "invalid_request", "unknown_parameter")


def add_notify_target_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        PATH,
        targets,
        response_model=NotifyTargetList,
        responses=problems("unknown_parameter"),
        tags=["alerts"],
        summary="Targets of notices",
    )
    router.add_api_route(
        ONE + "/test",
        test,
        methods=["POST"],
        response_model=NoticeDelivery,
        responses=problems(*_OWN, "body_too_large", "missing_page_header"),
        tags=["alerts"],
        summary="Send a target of notices a message that says nothing",
    )
    router.add_api_route(
        ONE + "/deliveries",
        deliveries,
        response_model=NoticeDeliveries,
        responses=problems(*_OWN),
        tags=["alerts"],
        summary="What became of notices",
    )


async def targets(request: Request, caller: RuleCaller) -> Response:
    """Return the targets of the site's file and how each fares, without secrets. One of all stores is shown to keys of all stores."""
    states = await context_of(request).ports.notify.states()
    return _answer({"items": [_body(state) for state in states if _is_own(caller, state.target)]})


async def test(request: Request, caller: AdminCaller, target: IdPath) -> Response:
    """Send a message that says nothing now, once; the answer says what became of it."""
    _require(request, caller, target)
    return _answer(_try_body(await context_of(request).ports.notify.test(target)))


async def deliveries(request: Request, caller: AdminCaller, target: IdPath, limit: LimitOf = 100) -> Response:
    """Return the newest tries, newest first."""
    _require(request, caller, target)
    found = await context_of(request).ports.notify.tries(target, limit)
    return _answer({"items": [_try_body(tried) for tried in found]})


def _is_own(caller: Caller, target: Target) -> bool:
    return all(map(caller.sees, target.stores)) if target.stores else not caller.stores


def _require(request: Request, caller: Caller, target_id: str) -> None:
    """Raise unless there is such a target of the caller's stores: another's is as unknown as none."""
    known = context_of(request).ports.notify.targets()
    if not any(target.id == target_id and _is_own(caller, target) for target in known):
        raise Problem("unknown_target", f"There is no target of notices {target_id}.")


def _body(state: TargetState) -> Json:
    target = state.target
    return {
        "id": target.id,
        "kind": target.kind,
        "stores": target.stores,
        "severities": target.severities,
        "types": target.types,
        "level": target.level,
        "language": target.language,
        "digest": target.digest,
        "state": state.state,
        "waiting": state.waiting,
        "given_up": state.given_up,
        "failing": state.failing,
        "last_try_at": rfc3339_or_none(state.last_try_ns),
        "last_delivered_at": rfc3339_or_none(state.last_delivered_ns),
        "last_error": state.last_error or None,
        "next_try_s": None if state.next_try_s is None else round(state.next_try_s, 1),
    }


def _try_body(tried: NoticeTry) -> Json:
    return {
        "notice": tried.notice,
        "kind": tried.kind,
        "at": rfc3339(tried.at_ns),
        "tries": tried.tries,
        "outcome": tried.outcome,
        "status": tried.status,
        "reason": tried.reason or None,
        "took_ms": tried.took_ms,
    }


def _answer(body: Json) -> Response:
    return Response(dump(body), 200, {"cache-control": NO_STORE, "vary": VARY}, media_type=JSON)
