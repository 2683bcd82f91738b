"""GET history: the level of an article over time, in bounded steps."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ExactCaller, require_store
from api.context import context_of
from api.encoding import dump
from api.openapi import problems
from api.parameters import SkuPath, StorePath
from api.problems import Fault, Problem, echo
from api.routes.availability import unknown_sku
from api.schemas.availability import History
from api.schemas.base import STORE_PATTERN, Instant, Step
from api.times import NS_PER_S, rfc3339
from gateway.ports.records import HistoryPoint

MAX_STEPS = 2_000
"""More points than a wide screen has pixels across."""
DEFAULT_SPAN_NS = 24 * 3_600 * NS_PER_S
DEFAULT_STEP_S = 300

FromQuery = Annotated[
    Instant | None,
    Query(
        alias="from",
        description="Begin (RFC 3339); left out: 24 hours before `to`. Rounded down to a whole step.",
        examples=["2026-11-20T18:00:00Z"],
    ),
]
ToQuery = Annotated[
    Instant | None,
    Query(
        description="End, excluded (RFC 3339); left out, or later than now: now.",
        examples=["2026-11-21T18:00:00Z"],
    ),
]
StepQuery = Annotated[
    Step | None,
    Query(
        description="Length of a step: seconds, or such as 60s, 5m, 1h, 1d; left out: 5m.", examples=["5m"]
    ),
]
ZoneQuery = Annotated[
    str | None,
    Query(pattern=STORE_PATTERN, description="Id of a zone; left out: the whole store.", examples=["denim"]),
]


def add_history_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/stores/{store}/availability/{sku}/history",
        history,
        response_model=History,
        responses=problems("forbidden_store", "unknown_store", "unknown_sku", "unknown_zone",
                           "invalid_request", "unknown_parameter", "too_many_steps", "too_many_changes",
                           "old_records_unavailable"),
        tags=["availability"],
        summary="Levels over time",
    )  # fmt: skip


async def history(
    request: Request,
    caller: ExactCaller,
    store: StorePath,
    sku: SkuPath,
    from_ns: FromQuery = None,
    to: ToQuery = None,
    step: StepQuery = None,
    zone: ZoneQuery = None,
) -> Response:
    """Return least, mean and most pieces per step, of one zone or of the whole store."""
    ports = context_of(request).ports
    place = require_store(context_of(request), caller, store)
    found = ports.inventory.availability(store, sku)
    if found is None:
        raise unknown_sku([sku], "path")
    if zone is not None and zone not in {*(z.id for z in place.zones), *(z.zone for z in found.zones)}:
        raise Problem("unknown_zone", f"Store {echo(store)} has no zone {echo(zone)}.")
    step_s = step or DEFAULT_STEP_S
    begin_ns, end_ns = span(from_ns, to, step_s, ports.clock.now_ns())
    points = await ports.records.history(store, sku, begin_ns, end_ns, step_s * NS_PER_S, zone)
    body = {
        "store": store,
        "sku": sku,
        "zone": zone,
        "from": rfc3339(begin_ns),
        "to": rfc3339(end_ns),
        "step_s": step_s,
        "points": [_point(point) for point in points],
    }
    return json_answer(request, dump(body))


def span(from_ns: int | None, to_ns: int | None, step_s: int, now_ns: int) -> tuple[int, int]:
    """Return begin and end of a history; the begin on a whole step, so that charts line up."""
    end_ns = now_ns if to_ns is None else min(to_ns, now_ns)
    begin_ns = end_ns - DEFAULT_SPAN_NS if from_ns is None else from_ns
    if begin_ns >= end_ns:
        fault = Fault("/query/from", "must lie before `to`, and before now")
        raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])
    begin_ns -= begin_ns % (step_s * NS_PER_S)
    steps = -(-(end_ns - begin_ns) // (step_s * NS_PER_S))
    if steps > MAX_STEPS:
        least_s = -(-(end_ns - begin_ns) // (MAX_STEPS * NS_PER_S))
        fault = Fault("/query/step", f"must be at least {least_s}s for this span")
        raise Problem("too_many_steps", f"{steps} steps are more than {MAX_STEPS}.", errors=[fault])
    return begin_ns, end_ns


def _point(point: HistoryPoint) -> dict[str, object]:
    return {
        "at": rfc3339(point.at_ns),
        "min": point.minimum,
        "mean": round(point.mean, 3),
        "max": point.maximum,
    }
