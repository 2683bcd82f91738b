"""GET calibration: what past answers were worth, where a count or a till proved them right or wrong."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.encoding import Json, dump
from api.openapi import problems
from api.parameters import StoreQuery
from api.schemas.calibration import CalibrationList
from api.times import rfc3339
from gateway.calibration import MIN_N, Bin, CalibrationReport, Mean, Share

DIGITS = 4


def add_calibration_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/calibration",
        calibration,
        response_model=CalibrationList,
        responses=problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter"),
        tags=["availability"],
        summary="What past answers were worth",
    )


async def calibration(request: Request, caller: ExactCaller, store: StoreQuery) -> Response:
    """Return per store how right its past answers were, where something proved it: counts and sales apart.

    Each figure bears the number of cases that it rests on. A share of fewer than `min_n` says little.
    """
    context = context_of(request)
    report = context.ports.inventory.calibration
    places = stores_seen(context, caller, store)
    return json_answer(request, dump({"items": [_body(place.id, report(place.id)) for place in places]}))


def _body(store: str, report: CalibrationReport | None) -> Json:
    if report is None:
        return {"store": store, "since": None, "until": None, "min_n": MIN_N,
                "counts": None, "reliability": None, "sales": None}  # fmt: skip
    return {
        "store": store,
        "since": rfc3339(report.since_ns),
        "until": rfc3339(report.until_ns),
        "min_n": report.min_n,
        "counts": {
            "exact": share_body(report.exact),
            "mean_absolute_error": mean_body(report.error),
            "bias": mean_body(report.bias),
            "expected_error": mean_body(report.expected_error),
            "unknown": report.counts_unknown,
        },
        "reliability": {
            "bins": [_bin(one) for one in report.bins],
            "brier": mean_body(report.brier),
            "expected_calibration_error": mean_body(report.ece),
        },
        "sales": {
            "answered_out_of_stock": share_body(report.sales_out_of_stock),
            "log_loss": mean_body(report.sales_log_loss),
            "unknown": report.sales_unknown,
            "left_before": report.sales_left_before,
            "told_late": report.sales_late,
        },
    }


def _bin(one: Bin) -> Json:
    mean_p = None if one.mean_p is None else round(one.mean_p, DIGITS)
    return {"from": one.low, "to": one.high, "mean_p": mean_p, "came_true": share_body(one.came_true)}


def share_body(found: Share) -> Json:
    """Return a share of cases."""
    return {
        "n": found.n,
        "yes": found.yes,
        "share": None if found.share is None else round(found.share, DIGITS),
        "range_95": None if found.range_95 is None else [round(end, DIGITS) for end in found.range_95],
    }


def mean_body(found: Mean) -> Json:
    """Return a mean of cases."""
    return {"n": found.n, "mean": None if found.mean is None else round(found.mean, DIGITS)}
