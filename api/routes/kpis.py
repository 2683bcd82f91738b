"""GET kpis: on-shelf availability, stock-outs, lost sales, reservations and counts, per store, department, day."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, WithJsonSchema
from starlette.requests import Request
from starlette.responses import Response

from api.answers import REVALIDATE, VARY, json_answer
from api.auth import ExactCaller, stores_seen
from api.context import context_of
from api.encoding import Json, dump
from api.openapi import problems
from api.parameters import StoreQuery
from api.problems import Fault, Problem
from api.schemas.kpis import KpiList
from api.times import rfc3339_or_none
from gateway.kpis.days import name_of, number_of
from gateway.kpis.figures import Figures, figures_of
from gateway.kpis.model import MAX_KPI_DAYS, MAX_KPI_ROWS, By, KpiQuery, KpiRow, KpiStore, TooManyRowsError
from gateway.kpis.sheet import SHEET, csv_of

CSV = "text/csv"
DEFAULT_DAYS = 28
"""Four whole weeks: each weekday as often as the others."""
DIGITS = 4

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAY_SCHEMA = {"type": "string", "format": "date", "examples": ["2026-11-21"]}


def parse_day(value: object) -> date:
    """Return the day of a text such as 2026-11-21; ValueError says what is expected."""
    if not isinstance(value, str) or _DAY.fullmatch(value) is None:
        raise ValueError("a day is written as 2026-11-21")
    return date.fromisoformat(value)


Day = Annotated[date, BeforeValidator(parse_day), WithJsonSchema(_DAY_SCHEMA)]
DepartmentQuery = Annotated[
    str | None,
    Query(
        max_length=100,
        description="Department, as the catalogue names it. Left out: all.",
        examples=["denim"],
    ),
]
FromQuery = Annotated[
    Day | None,
    Query(
        alias="from", description="First local day; left out: four weeks up to `to`.", examples=["2026-10-25"]
    ),
]
ToQuery = Annotated[
    Day | None, Query(description="Last local day, included; left out: today.", examples=["2026-11-21"])
]
ByQuery = Annotated[
    By,
    Query(
        description="What a row of the answer is: each over all days, or each day.", examples=["department"]
    ),
]
FormatQuery = Annotated[
    Literal["json", "csv"] | None,
    Query(
        description="Left out: CSV where the Accept header asks for text/csv, else JSON.", examples=["csv"]
    ),
]
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Key figures; with `format=csv` or `Accept: text/csv` as a table.",
        "content": {CSV: {"schema": {"type": "string", "description": "One line per row, after a heading."},
                          "example": ",".join(column.name for column in SHEET.columns)}},
    }
}  # fmt: skip


def add_kpi_routes(router: APIRouter) -> None:
    """Add the route."""
    router.add_api_route(
        "/v1/kpis",
        kpis,
        response_model=KpiList,
        responses={
            **_ANSWERS,
            **problems("forbidden_store", "unknown_store", "invalid_request", "unknown_parameter"),
        },
        tags=["operations"],
        summary="Key figures of stores, departments and days",
    )


async def kpis(
    request: Request,
    caller: ExactCaller,
    store: StoreQuery,
    department: DepartmentQuery = None,
    from_: FromQuery = None,
    to: ToQuery = None,
    by: ByQuery = "store",
    format: FormatQuery = None,  # noqa: A002 - the parameter's name in the URL
) -> Response:
    """Return what the days added up to. Days are the store's own; today counts as far as it got.

    Everything is counted as it was known at the time, and only while the shop was open; what was not known is told
    as such and is in no other figure. Lost sales are an estimate with its range.
    """
    context = context_of(request)
    places = [place.id for place in stores_seen(context, caller, store)]
    port = context.ports.kpis
    today = max((port.today(place) for place in places), default=1)
    query = _query(places, department, from_, to, by, today)
    try:
        report = await port.report(query)
    except TooManyRowsError as error:
        fault = Fault("/query/from", f"more than {MAX_KPI_ROWS} stored days: ask for fewer days or stores")
        raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault]) from error
    if format == "csv" or (format is None and _prefers_csv(request.headers.get("accept", ""))):
        fields = {"cache-control": REVALIDATE, "vary": f"{VARY}, Accept"}
        fields["content-disposition"] = 'attachment; filename="kpis.csv"'
        return Response(csv_of(report.rows), 200, fields, media_type=CSV)
    body: Json = {
        "from": name_of(query.first),
        "to": name_of(query.last),
        "by": by,
        "stores": [_store(one) for one in report.stores],
        "items": [_item(row) for row in report.rows],
    }
    return json_answer(request, dump(body), headers={"vary": f"{VARY}, Accept"})


def _query(
    stores: list[str], department: str | None, first: date | None, last: date | None, by: By, today: int
) -> KpiQuery:
    """Return what is asked; raise Problem for days that are none."""
    to_day = today if last is None else number_of(last)
    from_day = max(1, to_day - DEFAULT_DAYS + 1) if first is None else number_of(first)
    if from_day > to_day:
        fault = Fault("/query/from", "must not lie after `to`")
    elif to_day - from_day >= MAX_KPI_DAYS:
        fault = Fault("/query/from", f"must lie within {MAX_KPI_DAYS} days of `to`")
    else:
        return KpiQuery(tuple(stores), from_day, to_day, by, department)
    raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])


def _prefers_csv(accept: str) -> bool:
    """Return whether CSV is named and JSON is not: who takes both gets JSON."""
    kinds = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return CSV in kinds and "application/json" not in kinds


def _store(store: KpiStore) -> Json:
    return {"store": store.store, "since": rfc3339_or_none(store.since_ns), "has_hours": store.has_hours}


def _item(row: KpiRow) -> Json:
    found = figures_of(row.tally)
    return {
        "store": row.store,
        "department": row.department,
        "day": None if row.day is None else name_of(row.day),
        "days": row.days,
        "articles": _rounded(found.articles),
        "open_minutes": _rounded(found.open_minutes),
        "shelf": {name: _rounded(getattr(found, name)) for name in _SHELF},
        "stock_out": {
            "share": _rounded(found.stock_out),
            "minutes": _rounded(found.stock_out_minutes),
            "unknown_minutes": _rounded(found.stock_unknown_minutes),
        },
        "lost_sales": _lost(found),
        "reservations": _reservations(found),
        "counts": {
            "n": found.counted,
            "exact": _rounded(found.counted_exact),
            "error": _rounded(found.counted_error),
            "unknown": found.counted_unknown,
        },
        "refills": {
            "n": found.refills,
            "median_s": _rounded(found.refill_median_s),
            "p90_s": _rounded(found.refill_p90_s),
        },
        "reads_of_sold": found.reads_of_sold,
    }


_SHELF = ("on_shelf", "nosbos", "elsewhere", "gone", "unknown")


def _lost(found: Figures) -> Json | None:
    if found.lost is None:
        return None
    return {
        "low": _rounded(found.lost.low),
        "pieces": _rounded(found.lost.mean),
        "high": _rounded(found.lost.high),
    }


def _reservations(found: Figures) -> Json:
    return {
        "made": found.made,
        "collected": found.collected,
        "released": found.released,
        "expired": found.expired,
        "short": found.short,
        "at_risk": found.at_risk,
        "resecured": found.resecured,
        "readied": found.readied,
        "ready_median_s": _rounded(found.ready_median_s),
        "ready_p90_s": _rounded(found.ready_p90_s),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
