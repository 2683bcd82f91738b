"""GET problems: what each error code means; the `type` of a problem leads here."""

from typing import Annotated

from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.answers import json_answer
from api.encoding import Json, dump
from api.openapi import problems
from api.problems import CATALOGUE, Problem, echo
from api.schemas.problems import ProblemCatalogue, ProblemMeaning

CodePath = Annotated[str, Path(max_length=64, description="Code of a problem.", examples=["unknown_sku"])]


def add_problem_routes(router: APIRouter) -> None:
    """Add the routes. They need no key: they are documentation."""
    router.add_api_route(
        "/v1/problems",
        all_problems,
        response_model=ProblemCatalogue,
        responses=problems("unknown_parameter", keyed=False),
        tags=["operations"],
        summary="All error codes",
    )
    router.add_api_route(
        "/v1/problems/{code}",
        one_problem,
        response_model=ProblemMeaning,
        responses=problems("not_found", "invalid_request", "unknown_parameter", keyed=False),
        tags=["operations"],
        summary="What an error code means",
    )


async def all_problems(request: Request) -> Response:
    """Return every code with its status, title and remedy."""
    codes = sorted(CATALOGUE, key=lambda code: (CATALOGUE[code].status, code))
    return json_answer(request, dump({"items": [_meaning(code) for code in codes]}))


async def one_problem(request: Request, code: CodePath) -> Response:
    """Return the meaning of one code."""
    if code not in CATALOGUE:
        raise Problem("not_found", f"There is no problem code {echo(code)}.")
    return json_answer(request, dump(_meaning(code)))


def _meaning(code: str) -> Json:
    kind = CATALOGUE[code]
    return {"code": code, "status": kind.status, "title": kind.title, "remedy": kind.remedy}
