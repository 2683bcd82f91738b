"""What people do about alerts: POST /v1/alerts/{id}/ack and the like, and silences."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from api.adding import RoutesOf
from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import AlertCaller, AlertManager, AlertReader, actor_of, require_store, require_unbound
from api.bodies import read_body
from api.context import context_of
from api.documents import BODY, read_few
from api.encoding import Json, dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, RETRY_AFTER, idempotency_key, key_problem, replayed
from api.languages import LANGUAGE_HEADER, language_for, spoken
from api.openapi import json_body
from api.problems import Problem, echo
from api.routes.alerts import IdPath, worded_body
from api.schemas.alerts import (
    AssignIn,
    CommentIn,
    FeedbackIn,
    ResolveIn,
    Silence,
    SilenceIn,
    SilenceList,
    SnoozeIn,
    WordedAlert,
)
from api.schemas.reservations import EmptyIn
from api.times import rfc3339
from gateway.alerts.acts import (
    Acknowledge,
    Act,
    ActRefused,
    Assign,
    Feedback,
    Remark,
    Resolve,
    Snooze,
    Unacknowledge,
)
from gateway.alerts.ports import NewSilence, SilenceRefused
from gateway.alerts.silences import Matcher
from gateway.alerts.silences import Silence as Found
from gateway.answered import KeyRefused
from gateway.ports.callers import Caller

ONE = "/v1/alerts/{id}"
SILENCES = "/v1/silences"
SilencePath = Annotated[
    str,
    Path(pattern=r"^si_[0-9a-f]{12}$", description="Id of the silence.", examples=["si_6f1c2a0b9d3e"]),
]


def add_alert_act_routes(router: APIRouter) -> None:
    """Add the routes."""

    add = RoutesOf(router, "alerts", WordedAlert).add

    def act(name: str, handle: Any, summary: str, body: type[BaseModel], *codes: str) -> None:
        extra = {**json_body(body, required=body is not EmptyIn), "parameters": [LANGUAGE_HEADER]}
        add(
            f"{ONE}/{name}",
            handle,
            summary,
            ("unknown_alert", *codes, *BODY),
            methods=["POST"],
            openapi_extra=extra,
        )

    act("ack", acknowledge, "Somebody sees to an alert", EmptyIn, "wrong_state")
    act("unack", unacknowledge, "Nobody sees to it any more", EmptyIn, "wrong_state")
    act("snooze", snooze, "Tell nobody until a time", SnoozeIn, "wrong_state", "beyond_limit")
    act("assign", assign, "Say who is to see to it", AssignIn, "wrong_state")
    act("resolve", resolve, "Say that it is over", ResolveIn)
    act("comment", comment, "Say something of it", CommentIn, "beyond_limit")
    act("feedback", feedback, "Say whether it was of use", FeedbackIn)
    add(SILENCES, silence, "Tell nobody of some alerts for a time",
        (*KEY_PROBLEMS, "forbidden_store", "unknown_store", "beyond_limit", "too_many_open", *BODY), response_model=Silence,
        methods=["POST"], status_code=201,
        openapi_extra={**json_body(SilenceIn), "parameters": [KEY_HEADER]})  # fmt: skip
    add(SILENCES, silences, "Silences", ("unknown_parameter",), response_model=SilenceList)
    add(SILENCES + "/{id}", end_silence, "End a silence",
        ("unknown_silence", "invalid_request", "unknown_parameter", "missing_page_header", "forbidden_store"),
        response_model=None, methods=["DELETE"], status_code=204, response_class=Response)  # fmt: skip


async def acknowledge(request: Request, caller: AlertCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Take it on: it is shown as acknowledged, and neither repeated nor escalated. A snooze ends."""
    await read_few(request, EmptyIn)
    return await _acted(request, caller, id, Acknowledge())


async def unacknowledge(request: Request, caller: AlertCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Let go of it: it fires again, and people are told anew. A snooze ends too."""
    await read_few(request, EmptyIn)
    return await _acted(request, caller, id, Unacknowledge())


async def snooze(request: Request, caller: AlertCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Put it off: nobody is told until the time; then it fires on, if it is not over by then."""
    asked = await read_body(request, SnoozeIn)
    return await _acted(request, caller, id, Snooze(asked.until))


async def assign(request: Request, caller: AlertManager, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Name who is to see to it, or nobody. It stays in its state."""
    asked = await read_body(request, AssignIn)
    return await _acted(request, caller, id, Assign(asked.user))


async def resolve(request: Request, caller: AlertManager, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """End it by hand. The same comes back only once its condition was over and came again."""
    asked = await read_body(request, ResolveIn)
    return await _acted(request, caller, id, Resolve(asked.reason))


async def comment(request: Request, caller: AlertCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Add words, in every state. The same words by the same key are there once."""
    asked = await read_body(request, CommentIn)
    return await _acted(request, caller, id, Remark(asked.text))


async def feedback(request: Request, caller: AlertCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Say whether there was something to do, also when it is over; the last word counts.

    This becomes the precision of its rule: `GET /v1/alert-precision`.
    """
    asked = await read_body(request, FeedbackIn)
    return await _acted(request, caller, id, Feedback(asked.useful))


async def silence(request: Request, caller: AlertManager) -> Response:
    """Silence what matches, from now on: it is watched and shown as suppressed, and nobody is told.

    When it ends, people are told of what fires still.
    """
    key = idempotency_key(request)
    asked = await read_body(request, SilenceIn)
    context = context_of(request)
    if asked.store is None:
        require_unbound(caller, "Silences of all stores")
    else:
        require_store(context, caller, asked.store)
    matcher = Matcher(asked.store, asked.type, asked.zone, asked.sku, asked.department)
    wanted = NewSilence(matcher, asked.until, asked.reason)
    try:
        answered = await context.ports.alerts.silence(caller.key_id, key, wanted, actor_of(request, caller))
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, SilenceRefused):
        raise Problem(answered.outcome.code, answered.outcome.detail, headers=headers)
    headers |= {"location": SILENCES, "cache-control": NO_STORE, "vary": VARY}
    return Response(dump(_silence_body(answered.outcome)), 201, headers, JSON)


async def silences(request: Request, caller: AlertReader) -> Response:
    """Return the silences that hold now: those of the caller's stores, and those of all stores."""
    found = await context_of(request).ports.alerts.silences()
    shown = [one for one in found if one.matcher.store is None or caller.sees(one.matcher.store)]
    return json_answer(request, dump({"items": [_silence_body(one) for one in shown]}))


async def end_silence(request: Request, caller: AlertManager, id: SilencePath) -> Response:  # noqa: A002 - its name in the URL
    """End a silence now. People are told of what fires still."""
    port = context_of(request).ports.alerts
    found = next((one for one in await port.silences() if one.id == id), None)
    if found is not None and found.matcher.store is None:
        require_unbound(caller, "Silences of all stores")
    is_own = found is not None and (found.matcher.store is None or caller.sees(found.matcher.store))
    if not is_own or not await port.end_silence(id, actor_of(request, caller)):
        raise Problem("unknown_silence", f"There is no silence {echo(id)}.")
    return Response(None, 204, {"cache-control": NO_STORE})


async def _acted(request: Request, caller: Caller, alert_id: str, act: Act) -> Response:
    context, actor = context_of(request), actor_of(request, caller)
    outcome = await context.ports.alerts.act(alert_id, act, caller.stores, actor)
    if isinstance(outcome, ActRefused):
        passes = RETRY_AFTER if outcome.code == "overloaded" else {}
        raise Problem(outcome.code, outcome.detail, headers=passes)
    language = language_for(request, context.ports.notify.languages())
    fields = {"cache-control": NO_STORE, **spoken(language)}
    return Response(dump(worded_body(context, outcome, language)), 200, fields, JSON)


def _silence_body(found: Found) -> Json:
    matcher = found.matcher
    return {
        "store": matcher.store,
        "type": matcher.type,
        "zone": matcher.zone,
        "sku": matcher.sku,
        "department": matcher.department,
        "id": found.id,
        "until": rfc3339(found.until_ns),
        "reason": found.reason,
        "created_at": rfc3339(found.created_ns),
        "created_by": found.by,
    }
