"""GET forecast: when an article will be gone, what to keep back and when to order; and how well that was foretold."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.encoding import Json, dump, shown_p
from api.openapi import problems
from api.parameters import SkuPath, StoreQuery
from api.routes.availability import unknown_sku
from api.routes.calibration import mean_body, share_body
from api.schemas.forecast import AccuracyList, ForecastList
from api.times import rfc3339, rfc3339_or_none
from gateway.calibration import MIN_N
from gateway.forecast.model import ForecastReport
from gateway.forecast.ports import ArticleForecast, ForecastQuery

DAY_S = 86_400
MOST_S = 56 * DAY_S
"""Eight weeks: further no forecast of a shop looks."""
DIGITS = 4

WithinQuery = Annotated[
    int,
    Query(
        ge=3_600,
        le=MOST_S,
        description="Within which time the article may be gone, shop seconds.",
        examples=[86_400],
    ),
]
WindowQuery = Annotated[
    int,
    Query(
        ge=60,
        le=MOST_S,
        description="For how long pieces are to be kept back, shop seconds: from the order to the pick.",
        examples=[7_200],
    ),
]
LeadQuery = Annotated[
    int,
    Query(
        ge=3_600,
        le=MOST_S,
        description="How long an order of yours takes to arrive, shop seconds.",
        examples=[604_800],
    ),
]
RiskQuery = Annotated[
    float,
    Query(
        ge=0.0001,
        le=0.5,
        description="How often the safety stock, and the stock at the reorder point, may not be enough.",
        examples=[0.05],
    ),
]


def add_forecast_routes(router: APIRouter) -> None:
    """Add the routes."""
    codes = ("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter")
    router.add_api_route(
        "/v1/forecast-accuracy",
        accuracy,
        response_model=AccuracyList,
        responses=problems(*codes),
        tags=["forecast"],
        summary="What forecasts were worth",
    )
    router.add_api_route(
        "/v1/forecast/{sku}",
        forecast,
        response_model=ForecastList,
        responses=problems("unknown_sku", *codes),
        tags=["forecast"],
        summary="When an article will be gone",
    )


async def forecast(
    request: Request,
    caller: ExactCaller,
    sku: SkuPath,
    store: StoreQuery,
    within_s: WithinQuery = DAY_S,
    window_s: WindowQuery = 7_200,
    lead_s: LeadQuery = 7 * DAY_S,
    risk: RiskQuery = 0.05,
) -> Response:
    """Return per store what is foretold of an article, from its sales hour by hour while it was to be had.

    Deliveries that are announced are counted in; nothing else is known of what comes.
    """
    context = context_of(request)
    query = ForecastQuery(within_s, window_s, lead_s, risk)
    places = stores_seen(context, caller, store)
    found = []
    for place in places:
        found.append(context.ports.forecasts.article(place.id, sku, query))
        await asyncio.sleep(0)  # one takes a millisecond or some dozens: others have their turn in between
    if None in found or (not found and sku not in {a.sku for a in context.ports.inventory.articles()}):
        raise unknown_sku([sku], "path")
    return json_answer(request, dump({"items": [_body(one, query) for one in found if one is not None]}))


async def accuracy(request: Request, caller: ExactCaller, store: StoreQuery) -> Response:
    """Return per store how right its forecasts of the last weeks were, hour by hour and article by article."""
    context = context_of(request)
    report = context.ports.forecasts.accuracy
    places = stores_seen(context, caller, store)
    return json_answer(request, dump({"items": [_accuracy(place.id, report(place.id)) for place in places]}))


def _body(found: ArticleForecast, query: ForecastQuery) -> Json:
    gone = found.stock_out
    return {
        "store": gone.store,
        "sku": gone.sku,
        "at": rfc3339(gone.at_ns),
        "on_hand": gone.stock,
        "is_known": found.is_known,
        "expected_day": round(gone.expected_day, DIGITS),
        "until": rfc3339(found.until_ns),
        "p_stock_out": shown_p(found.p_gone),
        "expected": round(found.expected, DIGITS),
        "stock_out": {
            "early": rfc3339_or_none(gone.early_ns),
            "median": rfc3339_or_none(gone.median_ns),
            "late": rfc3339_or_none(gone.late_ns),
            "horizon": rfc3339(gone.horizon_ns),
            "p_before_horizon": shown_p(gone.p_before_horizon),
        },
        "safety_stock": {"pieces": found.safety_stock, "within_s": query.window_s, "risk": query.risk},
        "reorder_point": {"pieces": found.reorder_point, "within_s": query.lead_s, "risk": query.risk},
        "deliveries": [{"expected_at": rfc3339(d.at_ns), "pieces": d.pieces} for d in found.deliveries],
    }


def _accuracy(store: str, report: ForecastReport | None) -> Json:
    if report is None:
        return {"store": store, "since": None, "until": None, "min_n": MIN_N, "log_loss": None, "brier": None,
                "expected_calibration_error": None, "bins": (), "dispersion": None, "sold_pieces": 0,
                "unlearnt_pieces": 0}  # fmt: skip
    return {
        "store": store,
        "since": rfc3339(report.since_ns),
        "until": rfc3339(report.until_ns),
        "min_n": MIN_N,
        "log_loss": mean_body(report.log_loss),
        "brier": mean_body(report.brier),
        "expected_calibration_error": mean_body(report.ece),
        "bins": [
            {
                "from": one.low,
                "to": one.high,
                "mean_p": None if one.mean_p is None else round(one.mean_p, DIGITS),
                "came_true": share_body(one.came_true),
            }
            for one in report.bins
        ],
        "dispersion": round(report.dispersion, DIGITS),
        "sold_pieces": report.sold_pieces,
        "unlearnt_pieces": report.unlearnt_pieces,
    }
