"""The rules that alerts are judged by: GET to look, POST, PATCH and DELETE for administrators."""

import re
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.adding import RoutesOf
from api.answers import JSON, NO_STORE, VARY, json_answer
from api.auth import AlertReader, RuleCaller, actor_of, require_store, require_unbound
from api.bodies import read_body
from api.context import context_of
from api.documents import BODY
from api.encoding import Json, dump
from api.idempotency import KEY_HEADER, KEY_PROBLEMS, RETRY_AFTER, idempotency_key, key_problem, replayed
from api.openapi import json_body
from api.problems import Problem, echo
from api.routes.alerts import TypeQuery
from api.schemas.alert_rules import RULE_PATTERN, AlertRule, AlertRuleIn, AlertRuleList, AlertRulePatch
from gateway.alert_rules.model import AlertRule as Rule
from gateway.alert_rules.ports import RuleNotTaken, RuleView
from gateway.answered import KeyRefused
from gateway.ports.callers import Caller

PATH = "/v1/alert-rules"
ONE = PATH + "/{id}"
ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the rule as you know it. Left out: whichever it is by now.",
    "schema": {"type": "string", "examples": ['"3"']},
}
IdPath = Annotated[str, Path(pattern=RULE_PATTERN, description="Id of the rule.", examples=["denim-low"])]
_NAMES = ("forbidden_store", "unknown_store", "unknown_zone", "unknown_sku", "rule_conflict")
_ONE = ("unknown_rule", "rule_of_file", "rule_changed", "missing_if_match", "forbidden_store")


def add_alert_rule_routes(router: APIRouter) -> None:
    """Add the routes."""

    add = RoutesOf(router, "alerts", AlertRule).add

    made = {**json_body(AlertRuleIn), "parameters": [KEY_HEADER]}
    changed = {**json_body(AlertRulePatch), "parameters": [IF_MATCH]}
    add(
        PATH, rules, "Rules of alerts", ("invalid_request", "unknown_parameter"), response_model=AlertRuleList
    )
    add(PATH, create, "Make a rule of alerts", (*KEY_PROBLEMS, *_NAMES, "rule_exists", "too_many_open", *BODY),
        methods=["POST"], status_code=201, openapi_extra=made)  # fmt: skip
    add(ONE, rule, "One rule of alerts", ("unknown_rule", "invalid_request", "unknown_parameter"))
    add(ONE, change, "Change a rule of alerts, or switch it on or off", (*_ONE, *_NAMES, *BODY),
        methods=["PATCH"], openapi_extra=changed)  # fmt: skip
    add(ONE, delete, "Delete a rule of alerts",
        (*_ONE, "invalid_request", "unknown_parameter", "missing_page_header", "overloaded"),
        response_model=None, methods=["DELETE"], status_code=204, response_class=Response,
        openapi_extra={"parameters": [IF_MATCH]})  # fmt: skip


async def rules(request: Request, caller: AlertReader, type: TypeQuery) -> Response:  # noqa: A002 - its name in the URL
    """Return the rules of the caller's stores and of all stores, with what each judges by."""
    found = await context_of(request).ports.alert_rules.rules()
    shown = [view for view in found if _is_seen(caller, view.rule) and (not type or view.rule.type in type)]
    return json_answer(request, dump({"items": [_body(view) for view in shown]}))


async def rule(request: Request, caller: AlertReader, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Return one rule."""
    found = await context_of(request).ports.alert_rules.rule(id)
    if found is None or not _is_seen(caller, found.rule):
        raise Problem("unknown_rule", f"There is no alert rule {echo(id)}.")
    return _answer(found)


async def create(request: Request, caller: RuleCaller) -> Response:
    """Judge a type of alert by a rule of its own, somewhere or for some articles, from now on.

    Of the rules that fit, the most specific applies: one that names articles before one of departments, of zones,
    of stores, of all. What stands goes on, and is judged by it. A key that is bound to stores must name them.
    """
    key = idempotency_key(request)
    asked = await read_body(request, AlertRuleIn)
    _check_stores(request, caller, asked.stores)
    wanted = Rule(**{name: getattr(asked, name) for name in AlertRuleIn.model_fields})
    try:
        answered = await context_of(request).ports.alert_rules.create(
            caller.key_id, key, wanted, caller.stores, actor_of(request, caller)
        )
    except KeyRefused as refused:
        raise key_problem(refused) from refused
    headers = replayed(answered.replayed)
    if isinstance(answered.outcome, RuleNotTaken):
        raise _problem(answered.outcome, headers)
    return _answer(answered.outcome, 201, {"location": f"{PATH}/{wanted.id}", **headers})


async def change(request: Request, caller: RuleCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Change what is given. Of a rule that is built in or of the site's file, `enabled` alone."""
    version = _known_version(request)
    asked = await read_body(request, AlertRulePatch)
    if "stores" in asked.model_fields_set:
        _check_stores(request, caller, asked.stores)
    changes = {name: getattr(asked, name) for name in asked.model_fields_set}
    outcome = await context_of(request).ports.alert_rules.change(
        id, changes, version, caller.stores, actor_of(request, caller)
    )
    if isinstance(outcome, RuleNotTaken):
        raise _problem(outcome)
    return _answer(outcome)


async def delete(request: Request, caller: RuleCaller, id: IdPath) -> Response:  # noqa: A002 - its name in the URL
    """Delete a rule that was made here. What stands of it is judged by the rule that applies then."""
    refused = await context_of(request).ports.alert_rules.drop(
        id, _known_version(request), caller.stores, actor_of(request, caller)
    )
    if refused is not None:
        raise _problem(refused)
    return Response(None, 204, {"cache-control": NO_STORE})


def _is_seen(caller: Caller, shown: Rule) -> bool:
    return not shown.stores or any(map(caller.sees, shown.stores))


def _check_stores(request: Request, caller: Caller, stores: tuple[str, ...]) -> None:
    """Raise unless the caller may say how alerts of these stores are judged; none: of all stores."""
    if not stores:
        require_unbound(caller, "Rules of all stores")
    for store in stores:
        require_store(context_of(request), caller, store)


def _known_version(request: Request) -> int | None:
    """Return the version that If-Match names; None without one. Raises Problem where it is no ETag of a rule."""
    field = request.headers.get("if-match")
    if field is None or field.strip() == "*":
        return None
    match = ETAG.fullmatch(field.strip())
    if match is None:
        raise Problem("missing_if_match", 'If-Match must hold the rule\'s ETag, such as "3".')
    return int(match.group(1))


def _problem(refused: RuleNotTaken, headers: dict[str, str] | None = None) -> Problem:
    passes = RETRY_AFTER if refused.code == "overloaded" else {}
    return Problem(refused.code, refused.detail, headers={**passes, **(headers or {})})


def _body(view: RuleView) -> Json:
    shown, whole = view.rule, view.whole
    return {
        "id": shown.id,
        "type": shown.type.value,
        "origin": shown.origin,
        "enabled": shown.enabled,
        "stores": shown.stores,
        "zones": shown.zones,
        "departments": shown.departments,
        "skus": shown.skus,
        "severity": None if shown.severity is None else shown.severity.value,
        "thresholds": dict(shown.thresholds),
        "in_force": {"severity": whole.gravity.value, "thresholds": dict(whole.thresholds)},
        "note": shown.note,
        "version": shown.version,
        "problem": view.problem,
    }


def _answer(view: RuleView, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    fields = {"etag": f'"{view.rule.version}"', "cache-control": NO_STORE, "vary": VARY, **(headers or {})}
    return Response(dump(_body(view)), status, fields, JSON)
