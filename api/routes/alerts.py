"""GET alerts: episodes, newest first; one of them; and how often each rule's were of use."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import AlertReader, ExactCaller, stores_seen
from api.context import ApiContext, context_of
from api.cursors import decode_cursor, encode_cursor, next_link
from api.encoding import Json, alert_body, dump
from api.languages import LANGUAGE_HEADER, language_for, spoken
from api.openapi import problems
from api.parameters import DEFAULT_LIMIT, CursorQuery, LimitQuery, StoreQuery
from api.problems import Problem, echo
from api.schemas.alerts import AlertList, AlertPrecisions, WordedAlert
from gateway.alerts.records import MAX_USER_CHARS, AlertRecord, AlertState, AlertType, Severity
from gateway.alerts.scores import RuleScore

DECIMALS = 4
IdPath = Annotated[
    str, Path(pattern=r"^[0-9a-f]{1,32}$", description="Id of the episode.", examples=["5f1d7c0e9a1b2c3d"])
]
SeverityQuery = Annotated[
    list[Severity],
    Query(
        default_factory=list,
        max_length=3,
        description="Only alerts of this severity; may be repeated. Left out: all.",
        examples=[["critical"]],
    ),
]
AssigneeQuery = Annotated[
    str | None,
    Query(
        min_length=1,
        max_length=MAX_USER_CHARS,
        description="Only alerts that this person is to see to. Left out: all.",
        examples=["Camille"],
    ),
]
StateQuery = Annotated[
    list[AlertState],
    Query(
        default_factory=list,
        max_length=10,
        description="Only episodes in this state; may be repeated. Left out: all.",
        examples=[["firing"]],
    ),
]
TypeQuery = Annotated[
    list[AlertType],
    Query(
        default_factory=list,
        max_length=50,
        description="Only alerts of this type; may be repeated. Left out: all.",
        examples=[["low_stock"]],
    ),
]


def add_alert_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/v1/alerts",
        alerts,
        response_model=AlertList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter",
                           "invalid_cursor"),
        tags=["alerts"],
        summary="Alerts",
        openapi_extra={"parameters": [LANGUAGE_HEADER]},
    )  # fmt: skip
    router.add_api_route(
        "/v1/alerts/{id}",
        alert,
        response_model=WordedAlert,
        responses=problems("unknown_alert", "invalid_request", "unknown_parameter"),
        tags=["alerts"],
        summary="One alert",
        openapi_extra={"parameters": [LANGUAGE_HEADER]},
    )
    router.add_api_route(
        "/v1/alert-precision",
        precision,
        response_model=AlertPrecisions,
        responses=problems("unknown_parameter"),
        tags=["alerts"],
        summary="How often alerts were of use",
    )


async def alerts(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    state: StateQuery,
    type: TypeQuery,  # noqa: A002 - the parameter's name in the URL
    severity: SeverityQuery,
    assignee: AssigneeQuery = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = DEFAULT_LIMIT,
) -> Response:
    """Return episodes of alerts, newest first. They show quantities, hence the scope."""
    context = context_of(request)
    before = None if cursor is None else decode_cursor("alerts", cursor)
    stores = [place.id for place in stores_seen(context, caller, store)]
    found: list[AlertRecord] = []
    # No store means all of them to the records: a key that sees none must not ask.
    if stores:
        found = await context.ports.records.alerts(
            stores=stores,
            states=state,
            types=[kind.value for kind in type],
            before=before,
            limit=limit + 1,
            severities=[each.value for each in severity],
            assignee=assignee,
        )
    language = language_for(request, context.ports.notify.languages())
    page, headers, next_cursor = found[:limit], spoken(language), None
    if len(found) > limit:
        next_cursor = encode_cursor("alerts", page[-1].since_ns, page[-1].id)
        headers["link"] = next_link(request, next_cursor)
    items = [worded_body(context, record, language) for record in page]
    body = {"items": items, "next_cursor": next_cursor}
    return json_answer(request, dump(body), headers=headers)


async def alert(request: Request, caller: AlertReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one episode, as it is or as it ended."""
    context = context_of(request)
    found = await context.ports.alerts.alert(id)
    if found is None or not caller.sees(found.store):
        raise Problem("unknown_alert", f"There is no alert {echo(id)}.")
    language = language_for(request, context.ports.notify.languages())
    return json_answer(request, dump(worded_body(context, found, language)), headers=spoken(language))


def worded_body(context: ApiContext, record: AlertRecord, language: str) -> Json:
    """Return an alert, and the same in words."""
    text = context.ports.notify.text(record, language)
    return {**alert_body(record), "title": text.title, "body": text.body, "action": text.action}


async def precision(request: Request, caller: AlertReader) -> Response:  # noqa: ARG001 - its scopes are asked
    """Return what staff said of each rule's alerts, in all stores, and how precise the rule is by that.

    The interval is the one of a Beta distribution (Jeffreys prior): few words prove little.
    """
    scores = await context_of(request).ports.alerts.scores()
    return json_answer(request, dump({"items": [_score_body(score) for score in scores]}))


def _score_body(score: RuleScore) -> Json:
    low, high = score.interval_90
    return {
        "rule": score.rule,
        "useful": score.useful,
        "false_alerts": score.false,
        "precision": None if score.precision is None else round(score.precision, DECIMALS),
        "interval_90": [round(low, DECIMALS), round(high, DECIMALS)],
    }
