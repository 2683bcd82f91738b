"""Errors as RFC 9457 problems: one catalogue, one shape, for ours and for the framework's.

Every error that leaves the API has a code of the catalogue, a sentence for a person, a trace id to
find it in the log, and where it applies the places in the request that were wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.encoding import dump
from gateway.ports.records import RecordsRefused

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20
"""Enough to repair a request by; a body of ten thousand mistakes is answered with its first ones."""
RETRY_AFTER_S = 10
"""A server of old records that is gone is not asked for at each glance at a chart."""
MAX_ECHO_CHARS = 64
"""What a request said is echoed no longer than the longest valid identifier."""


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row of the catalogue: its HTTP status, its title, and what to do about it."""

    status: int
    title: str
    remedy: str


CATALOGUE: dict[str, ProblemKind] = {
    "bad_request": ProblemKind(400, "Bad request", "Send a well-formed HTTP request."),
    "bad_json": ProblemKind(400, "Body is not JSON", "Send one JSON document, UTF-8."),
    "missing_idempotency_key": ProblemKind(
        400,
        "Idempotency-Key missing",
        "Send `Idempotency-Key` with a new random text for each thing to be made, and the same one with a repeat.",
    ),
    "missing_key": ProblemKind(
        401, "Key missing", "Send `Authorization: Bearer <key>`, or sign in on the page."
    ),
    "unknown_key": ProblemKind(
        401, "Key unknown or revoked", "Use a key that `storefloor keys list` shows as valid."
    ),
    "wrong_pin": ProblemKind(
        401,
        "Name and PIN do not go together",
        "Enter it again; a new one is made by `storefloor staff new-pin`.",
    ),
    "unknown_link": ProblemKind(
        401, "Link used, expired or unknown", "Have a new one made: `storefloor staff link`."
    ),
    "not_enrolled": ProblemKind(
        401, "Device not enrolled", "Open a link of `storefloor staff link` on it, or sign in with a key."
    ),
    "insufficient_scope": ProblemKind(
        403, "Key lacks the scope", "Use a key that holds one of the scopes named in `detail`."
    ),
    "forbidden_store": ProblemKind(
        403, "Key is not for this store", "Use a key of that store. Whether the store exists is not told."
    ),
    "needs_manager": ProblemKind(403, "For a manager", "Ask a manager to do it, who signs in."),
    "missing_page_header": ProblemKind(
        403, "Page header missing", "Requests by page session that change something send `X-Storefloor: 1`."
    ),
    "not_found": ProblemKind(404, "No such resource", "See /docs for the paths that exist."),
    "unknown_channel": ProblemKind(
        404, "No such channel", "`GET /v1/channels` lists the channels; `errors` names the nearest."
    ),
    "unknown_store": ProblemKind(404, "No such store", "`GET /v1/stores` lists the stores."),
    "unknown_sku": ProblemKind(404, "No such article", "`GET /v1/articles` lists the articles."),
    "unknown_device": ProblemKind(
        404, "No such device", "Devices that may post stand in the site's file; serial ones do not post."
    ),
    "unknown_zone": ProblemKind(404, "No such zone", "`GET /v1/stores` lists each store's zones."),
    "unknown_reservation": ProblemKind(
        404, "No such reservation", "`GET /v1/reservations` lists those of your stores."
    ),
    "unknown_delivery": ProblemKind(
        404, "No such delivery", "`GET /v1/deliveries` lists those of your key's stores."
    ),
    "unknown_transfer": ProblemKind(
        404, "No such transfer", "`GET /v1/transfers` lists those of your key's stores."
    ),
    "unknown_webhook": ProblemKind(
        404, "No such webhook endpoint", "`GET /v1/webhook-endpoints` lists those of your key's stores."
    ),
    "unknown_target": ProblemKind(
        404, "No such target of notices", "`GET /v1/notify-targets` lists those of your key's stores."
    ),
    "unknown_count": ProblemKind(
        404, "No such count", "`GET /v1/stores/{store}/counts` lists those that are kept."
    ),
    "unknown_alert": ProblemKind(404, "No such alert", "`GET /v1/alerts` lists the alerts that are kept."),
    "unknown_rule": ProblemKind(404, "No such alert rule", "`GET /v1/alert-rules` lists them."),
    "unknown_silence": ProblemKind(
        404, "No such silence", "`GET /v1/silences` lists those that are not over."
    ),
    "unknown_task": ProblemKind(
        404, "No such task", "`GET /v1/tasks` lists those of your key's stores; old ones are let go."
    ),
    "no_record": ProblemKind(
        404, "Nothing recorded by then", "Ask for a later time: this gateway knew nothing of the article yet."
    ),
    "method_not_allowed": ProblemKind(
        405, "Method not allowed", "The `Allow` header names what this path answers."
    ),
    "body_timeout": ProblemKind(408, "Body took too long", "Send the body at once; then try again."),
    "insufficient_availability": ProblemKind(
        409,
        "Not enough can be promised",
        "`shortfalls` tells what could be had, `alternatives` where all of it could, `variants` what else; or send "
        "`allow_partial`.",
    ),
    "stock_unknown": ProblemKind(
        409, "The stock is not known now", "Ask again when the readers see again, or ask another store."
    ),
    "wrong_state": ProblemKind(
        409, "Not in this state", "`GET` the thing: `detail` says which state the step is from."
    ),
    "beyond_limit": ProblemKind(
        409, "Longer than the site allows", "Ask for less time: `errors` says how much is left."
    ),
    "not_of_reservation": ProblemKind(
        409, "Pieces do not fit the reservation", "Correct what `errors` points at."
    ),
    "rule_exists": ProblemKind(409, "There is such a rule", "Choose another id, or change the rule."),
    "rule_conflict": ProblemKind(
        409, "Another rule says the same", "Narrow one of the two down, or delete the other."
    ),
    "rule_of_file": ProblemKind(
        409,
        "The rule is of the site's file",
        "Change the file; `PATCH` switches the rule on or off (`enabled`).",
    ),
    "too_many_open": ProblemKind(
        409, "Too many are open", "Close, cancel or end some of them, then ask again."
    ),
    "stale_quantity": ProblemKind(
        409,
        "The quantity is another by now",
        "Look again what is there (`current`), and ask anew with a new key.",
    ),
    "below_zero": ProblemKind(409, "Fewer than none", "Take away no more pieces than there are."),
    "tags_elsewhere": ProblemKind(
        409,
        "Tags are not where they would have to be",
        "`errors` points at the tag: name others, or a number alone.",
    ),
    "zone_being_counted": ProblemKind(
        409, "The zone is being counted", "Let the count that `detail` names be decided, or cancel it."
    ),
    "nothing_counted": ProblemKind(
        409, "Nobody counted anything yet", "Tell what was seen first; of what there is none too, with qty 0."
    ),
    "count_not_open": ProblemKind(
        409,
        "The count takes no entries",
        "`POST …/recount` opens a submitted count again; or begin a new one.",
    ),
    "count_not_submitted": ProblemKind(
        409, "The count is not submitted", "`POST …/submit` when all was counted."
    ),
    "count_over": ProblemKind(409, "The count is over", "It was decided or cancelled: begin a new one."),
    "sku_not_counted": ProblemKind(
        409, "The article is not of this count", "Name an article that the count is about."
    ),
    "second_key_needed": ProblemKind(
        409, "Another key must approve", "Approve with another key than the one that submitted."
    ),
    "task_claimed": ProblemKind(
        409, "Somebody else does it", "Take another task, or have it given back by `POST …/unclaim`."
    ),
    "task_over": ProblemKind(409, "The task is over", "`GET` the task: it says how it ended."),
    "idempotency_in_progress": ProblemKind(
        409, "The first request is under way", "Send the same again after `Retry-After`: it gets the answer."
    ),
    "too_many_figures": ProblemKind(
        409,
        "No more figures can be typed",
        "Take figures back that are not needed: send `pieces` null for them.",
    ),
    "reservation_changed": ProblemKind(
        412, "Changed meanwhile", "`GET` it again, look what changed, and send its new ETag."
    ),
    "rule_changed": ProblemKind(
        412, "Changed meanwhile", "`GET` the rule again, look what changed, and send its new ETag."
    ),
    "document_changed": ProblemKind(
        412,
        "Changed meanwhile",
        "`GET` it again, look what changed (pieces may have come), and send its new ETag.",
    ),
    "count_changed": ProblemKind(
        412, "Changed meanwhile", "`GET` the count again, look what changed, and send its new ETag."
    ),
    "task_changed": ProblemKind(
        412, "Changed meanwhile", "`GET` the task again, look what changed, and send its new ETag."
    ),
    "changes_gone": ProblemKind(
        410,
        "Changes are gone",
        "Ask `/v1/changes` without `after`, then anew for all that you keep, then follow.",
    ),
    "body_too_large": ProblemKind(413, "Body too large", "Send at most 1 MiB: split the batch."),
    "too_many_events": ProblemKind(413, "Too many events", "Send at most 20,000 events: split the body."),
    "too_many_pairs": ProblemKind(
        413, "Too many pairs", "Ask for at most 100 pairs of store and SKU: split the question."
    ),
    "snapshot_too_large": ProblemKind(
        413,
        "Snapshot too large",
        "Name stores, articles (`sku`) or `types`; or open the stream and ask `/v1/availability/query` in parts.",
    ),
    "unsupported_media_type": ProblemKind(
        415, "Body is of another type", "Send `Content-Type: application/json`."
    ),
    "unknown_host": ProblemKind(
        421, "Host name not served", "Add the name to `allowed_hosts` under [api] in the site's file."
    ),
    "invalid_request": ProblemKind(
        422, "Request is not valid", "Correct what `errors` points at; /docs has every field."
    ),
    "unknown_parameter": ProblemKind(
        422, "Unknown query parameter", "Remove or rename it; `errors` names the nearest valid one."
    ),
    "rule_not_testable": ProblemKind(
        422,
        "Rule cannot be tried on the past",
        "`detail` says what is not stored; rules of stock can be tried.",
    ),
    "too_much_history": ProblemKind(
        422,
        "Too much history at once",
        "Try a shorter period or one store, or use `storefloor alerts backtest`.",
    ),
    "fulfilment_not_offered": ProblemKind(
        422,
        "Channel does not offer this",
        "`GET /v1/channels` says how each channel gives pieces to customers.",
    ),
    "invalid_cursor": ProblemKind(
        422, "Cursor not valid", "Take `cursor` from `next_cursor` unchanged, or start without one."
    ),
    "idempotency_key_reused": ProblemKind(
        422, "Key used for something else", "Take a new `Idempotency-Key` for each new request."
    ),
    "missing_if_match": ProblemKind(428, "If-Match missing", "Send the ETag of it as you know it."),
    "too_many_steps": ProblemKind(
        422, "Too many steps", "Ask for a coarser `step` or a shorter time: at most 2,000 steps."
    ),
    "too_many_changes": ProblemKind(422, "More changes than one answer holds", "Ask for a shorter time."),
    "too_many_requests": ProblemKind(
        429, "Too many requests", "Wait for `Retry-After`; `RateLimit` tells what is left with each answer."
    ),
    "too_many_tries": ProblemKind(
        429,
        "PIN wrong too often",
        "Wait for `Retry-After`: until then no PIN is looked at, a right one neither.",
    ),
    "internal_error": ProblemKind(
        500, "Unexpected error", "Try again; report `trace_id`, which the gateway's log names too."
    ),
    "backtest_busy": ProblemKind(
        503, "Another rule is being tried", "One is tried at a time: send the same again after `Retry-After`."
    ),
    "overloaded": ProblemKind(
        503, "No room for more", "Send the same again after `Retry-After`: nothing of it was taken."
    ),
    "old_records_unavailable": ProblemKind(
        503,
        "Old records unavailable",
        "Ask for newer times, or again after `Retry-After`; see that the InfluxDB of the site's file answers.",
    ),
    "too_many_streams": ProblemKind(
        503, "Too many event streams", "Close unused streams, or raise `max_streams` under [api]."
    ),
}

_CODE_BY_STATUS = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large", 500: "internal_error"}


@dataclass(frozen=True, slots=True)
class Fault:
    """A place in the request (JSON pointer: into the body, or /query/…, /path/…, /header/…) and why."""

    pointer: str
    reason: str


class Problem(Exception):  # noqa: N818 - the RFC's own word
    """An error to be answered. `code` is a key of CATALOGUE; `more` are further fields of its document."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Sequence[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.errors = tuple(errors[:MAX_ERRORS])
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        self.status = CATALOGUE[code].status


def echo(text: str) -> str:
    """Return foreign text fit to be shown in a problem: quoted, escaped and cut."""
    return repr(text[:MAX_ECHO_CHARS]) + ("…" if len(text) > MAX_ECHO_CHARS else "")


def pointer(parts: Sequence[str | int]) -> str:
    """Return a JSON pointer (RFC 6901); each part is cut to a bounded length."""
    return "".join("/" + str(part)[:MAX_ECHO_CHARS].replace("~", "~0").replace("/", "~1") for part in parts)


def problem_type(code: str) -> str:
    """Return the URI reference that says what a code means."""
    return f"/v1/problems/{code}"


def problem_response(problem: Problem, trace_id: str, status: int | None = None) -> Response:
    """Return the response for a problem; `status` overrides the catalogue's."""
    kind = CATALOGUE[problem.code]
    body = dump(
        {
            "type": problem_type(problem.code),
            "title": kind.title,
            "status": status or kind.status,
            "detail": problem.detail,
            "code": problem.code,
            "trace_id": trace_id,
            "errors": [{"pointer": fault.pointer, "reason": fault.reason} for fault in problem.errors],
            **problem.more,
        }
    )
    headers = {"cache-control": "no-store", **problem.headers}
    return Response(body, status or kind.status, headers, media_type=MEDIA_TYPE)


def trace_id_of(request: Request) -> str:
    """Return the trace id that the edge gave to this request."""
    return str(getattr(request.state, "trace_id", ""))


def install_problem_handlers(app: FastAPI) -> None:
    """Make `app` answer each error, its framework's too, as a problem."""
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(RecordsRefused, _on_records_refused)
    app.add_exception_handler(HTTPException, on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)


async def _on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - registered for this class alone
    return problem_response(error, trace_id_of(request))


async def _on_records_refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RecordsRefused)  # noqa: S101 - registered for this class alone
    headers = {"Retry-After": str(RETRY_AFTER_S)} if error.code == "old_records_unavailable" else {}
    return problem_response(Problem(error.code, error.detail, headers=headers), trace_id_of(request))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer an error of the framework's own as a problem."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    code = _CODE_BY_STATUS.get(error.status_code, "bad_request")
    headers = dict(error.headers or {})
    if error.status_code == 404:
        detail = f"Nothing stands at {echo(request.url.path)}."
    elif error.status_code == 405:
        headers["Allow"] = ", ".join(_methods_at(request))
        detail = (
            f"{request.method[:16]!r} is not answered at {echo(request.url.path)}; {headers['Allow']} is."
        )
    else:
        detail = str(error.detail)
    return problem_response(
        Problem(code, detail, headers=headers), trace_id_of(request), status=error.status_code
    )


def _methods_at(request: Request) -> list[str]:
    """Return the methods of all routes at the request's path (the framework names the first's alone)."""
    methods: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.path_regex.match(request.scope["path"]):
            methods |= route.methods or set()
    return sorted(methods)


async def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    faults = [Fault(pointer(item["loc"]), reason_of(item["msg"])) for item in error.errors()[:MAX_ERRORS]]
    detail = "; ".join(f"{fault.pointer}: {fault.reason}" for fault in faults[:3])
    return problem_response(Problem("invalid_request", detail, errors=faults), trace_id_of(request))


def reason_of(message: str) -> str:
    """Return a validator's message as a reason of ours."""
    return message.removeprefix("Value error, ").replace(" after validation", "")
