"""Bodies that come as JSON or as CSV: a table of lines, each judged by itself."""

from typing import Any, TypeVar

from pydantic import BaseModel
from starlette.requests import Request

from api.bodies import JSON_TYPE, parse_json, read_bytes
from api.openapi import REF
from api.problems import Fault, Problem

Model = TypeVar("Model", bound=BaseModel)

CSV_TYPE = "text/csv"


async def read_table(request: Request, model: type[Model]) -> Model | str:
    """Return the body as a `model`, or the text of a CSV body; raises Problem where it is neither."""
    body = await read_bytes(request, (JSON_TYPE, CSV_TYPE))
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON_TYPE:
        return parse_json(body, model)
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise csv_problem(f"byte {error.start} is not UTF-8: save the file as UTF-8") from error


def csv_problem(reason: str) -> Problem:
    """Return the problem of a CSV body that is no table at all."""
    return Problem("invalid_request", reason, errors=[Fault("", reason)])


def too_many_lines(count: int, most: int) -> Problem:
    """Return the problem of a body with more lines than one request may have."""
    return csv_problem(f"{count:,} lines are more than one request's {most:,}: split the file")


def table_body(model: type[BaseModel], csv_example: str) -> dict[str, Any]:
    """Return the `openapi_extra` of a route whose body is read by `read_table`."""
    content = {
        JSON_TYPE: {"schema": {"$ref": REF.format(model=model.__name__)}},
        CSV_TYPE: {"schema": {"type": "string", "examples": [csv_example]}},
    }
    return {"requestBody": {"required": True, "content": content}}
