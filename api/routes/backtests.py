"""POST …/test: a rule of alerts tried on the past, before anybody is disturbed by it."""

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.auth import ExactCaller, stores_seen
from api.backtests import backtest_body
from api.bodies import read_body
from api.context import context_of
from api.documents import BODY
from api.encoding import dump
from api.idempotency import RETRY_AFTER
from api.languages import language_for
from api.openapi import json_body, problems
from api.problems import Problem, echo
from api.schemas.alert_rules import RULE_PATTERN
from api.schemas.backtests import Backtest, BacktestIn, RuleBacktestIn
from gateway.alert_rules.model import AlertRule
from gateway.backtest.ports import BacktestAsked, BacktestRefused
from gateway.ports.callers import Caller

PATH = "/v1/alert-rules"
SVG = "image/svg+xml"
TRIAL_ID = "trial"
"""Of a rule that is not there: no rule that is has to be named so."""
DEFAULT_NS = 14 * 86_400 * 1_000_000_000
NS_PER_S = 1_000_000_000
IdPath = Annotated[str, Path(pattern=RULE_PATTERN, description="Id of the rule.", examples=["denim-low"])]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "What the rule would have told; with `Accept: image/svg+xml` as a timeline.",
        "content": {
            SVG: {
                "schema": {"type": "string", "description": "The articles with most alerts, over time."},
                "example": '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 210"></svg>',
            }
        },
    }
}
_PROBLEMS = (
    "forbidden_store",
    "unknown_store",
    "rule_not_testable",
    "too_much_history",
    "backtest_busy",
    *BODY,
)


def add_backtest_routes(router: APIRouter) -> None:
    """Add the routes."""

    def add(path: str, handle: Any, summary: str, body: Any, *codes: str) -> None:
        router.add_api_route(
            path,
            handle,
            methods=["POST"],
            response_model=Backtest,
            responses={**_ANSWERS, **problems(*dict.fromkeys((*codes, *_PROBLEMS)))},
            openapi_extra=json_body(body),
            tags=["alerts"],
            summary=summary,
        )

    add(f"{PATH}/test", try_fields, "Try a rule that is not there yet on the past", RuleBacktestIn)
    add(f"{PATH}/{{id}}/test", try_rule, "Try a rule on the past", BacktestIn, "unknown_rule")


async def try_rule(request: Request, caller: ExactCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Tell what a rule would have told in the past, alone and switched on: how often, how early, how many in vain.

    The rule and its holds are the live ones, over the stored movements. Not stored are the belief in each piece and
    announced deliveries: what a rule makes of those is not tried. One rule is tried at a time; it may take a minute.
    """
    asked = await read_body(request, BacktestIn)
    found = await context_of(request).ports.alert_rules.rule(id)
    if found is None or (found.rule.stores and not any(map(caller.sees, found.rule.stores))):
        raise Problem("unknown_rule", f"There is no alert rule {echo(id)}.")
    return await _tried(request, caller, found.rule, asked.stores, asked)


async def try_fields(request: Request, caller: ExactCaller) -> Response:
    """Tell what a rule would have told in the past if it had been there; nothing is kept of it."""
    asked = await read_body(request, RuleBacktestIn)
    rule = AlertRule(
        TRIAL_ID,
        asked.type,
        stores=asked.stores,
        zones=asked.zones,
        departments=asked.departments,
        skus=asked.skus,
        thresholds=asked.thresholds,
    )
    return await _tried(request, caller, rule, asked.stores, asked)


async def _tried(
    request: Request,
    caller: Caller,
    rule: AlertRule,
    stores: tuple[str, ...],
    asked: BacktestIn | RuleBacktestIn,
) -> Response:
    context = context_of(request)
    places = [place.id for place in stores_seen(context, caller, list(stores))]
    to_ns = min(context.ports.clock.now_ns(), asked.to or context.ports.clock.now_ns())
    wants_svg = _prefers_svg(request.headers.get("accept", ""))
    found = await context.ports.backtests.backtest(
        BacktestAsked(
            rule=rule,
            stores=places,
            from_ns=to_ns - DEFAULT_NS if asked.from_ is None else asked.from_,
            to_ns=to_ns,
            horizon_ns=asked.horizon_s * NS_PER_S,
            picture=_language(request, asked) if wants_svg else None,
        )
    )
    if isinstance(found, BacktestRefused):
        raise _problem(found)
    fields = {"cache-control": NO_STORE, "vary": f"{VARY}, Accept, Accept-Language"}
    if found.svg is not None:
        return Response(found.svg.encode(), 200, fields, media_type=SVG)
    return Response(dump(backtest_body(found)), 200, fields, JSON)


def _language(request: Request, asked: BacktestIn | RuleBacktestIn) -> str:
    known = context_of(request).ports.notify.languages()
    if asked.language is None:
        return language_for(request, known)
    if asked.language not in known:
        raise Problem(
            "invalid_request", f"language: {asked.language} is not spoken here: one of {', '.join(known)} is."
        )
    return asked.language


def _prefers_svg(accept: str) -> bool:
    """Return whether the picture is named and JSON is not: who takes both gets JSON."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return SVG in kinds and "application/json" not in kinds


def _problem(refused: BacktestRefused) -> Problem:
    code = {"bad_period": "invalid_request", "rule_refused": "invalid_request"}.get(
        refused.code, refused.code
    )
    return Problem(code, refused.detail, headers=RETRY_AFTER if code == "backtest_busy" else {})
