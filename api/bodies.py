"""Request bodies: read within bounds of size and time, then validated; errors become problems.

The framework is not asked to do this, so that a caller is known before a body is read, and so
that JSON goes from bytes to values in one step.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from api.context import context_of
from api.problems import MAX_ERRORS, Fault, Problem, echo, pointer, reason_of

Model = TypeVar("Model", bound=BaseModel)


JSON_TYPE = "application/json"


async def read_body(request: Request, model: type[Model]) -> Model:
    """Return the body of `request` as a `model`; raises Problem where it is none."""
    return parse_json(await read_bytes(request, (JSON_TYPE,)), model)


def parse_json(body: bytes, model: type[Model]) -> Model:
    """Return JSON as a `model`; raises Problem where it is none."""
    try:
        found = model.model_validate_json(body)
    except ValidationError as error:
        raise _problem_of(error, model) from error
    _refuse_doubles(body)
    return found


def _refuse_doubles(body: bytes) -> None:
    """Raise Problem where an object has a field twice: validators take the last one and say nothing, so a reader
    before us (a proxy, a log) may have seen another request. `body` is JSON.
    """
    _STRICT.decode(body.decode())


def _each_once(fields: list[tuple[str, object]]) -> None:
    if len(fields) == len(names := {name for name, _ in fields}):
        return
    double = next(name for name in sorted(names) if [each for each, _ in fields].count(name) > 1)
    fault = Fault("", f"the field {echo(double)} stands twice in one object: write it once")
    raise Problem("invalid_request", f"body: {fault.reason}", errors=[fault])


_STRICT = json.JSONDecoder(object_pairs_hook=_each_once, parse_int=str, parse_float=str)
"""Made once: to make a decoder takes longer than to read a small body."""


async def read_bytes(request: Request, types: tuple[str, ...]) -> bytes:
    """Return the body of `request`; raises Problem where it is of another type, or does not arrive."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in types:
        raise Problem(
            "unsupported_media_type", f"The body is {echo(content_type)}, not {' or '.join(types)}."
        )
    timeout_s = context_of(request).settings.body_timeout_s
    try:
        async with asyncio.timeout(timeout_s):
            return await request.body()
    except TimeoutError as error:
        raise Problem("body_timeout", f"The body did not arrive within {timeout_s:g} s.") from error


def _problem_of(error: ValidationError, model: type[BaseModel]) -> Problem:
    if error.errors(include_url=False)[0]["type"] == "json_invalid":
        return Problem("bad_json", reason_of(error.errors()[0]["msg"]))
    faults = faults_of(error, model)
    detail = "; ".join(f"{fault.pointer or 'body'}: {fault.reason}" for fault in faults[:3])
    return Problem("invalid_request", detail, errors=faults)


def faults_of(error: ValidationError, model: type[BaseModel], at: tuple[str | int, ...] = ()) -> list[Fault]:
    """Return what is wrong with a `model` that stands at `at` in the body; unknown fields name the nearest."""
    return [
        Fault(pointer((*at, *item["loc"])), _reason(item["type"], item["msg"], item["loc"], model))
        for item in _told(error.errors(include_url=False, include_context=False, include_input=False))[
            :MAX_ERRORS
        ]
    ]


def _told(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Return errors but for lists "too short" because items of theirs were wrong, which are told themselves."""
    wrong = {error["loc"][:end] for error in errors for end in range(len(error["loc"]))}
    return [error for error in errors if error["type"] != "too_short" or error["loc"] not in wrong]


def _reason(kind: str, message: str, loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    if kind == "extra_forbidden":
        return "unknown field" + nearest(str(loc[-1]), list(_field_names(model)))
    return "must be an object" if kind == "model_type" else reason_of(message)


def _field_names(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
        for part in get_args(field.annotation):
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from _field_names(part)


def nearest(word: str, known: list[str]) -> str:
    """Return ": did you mean …?" for the known word nearest to `word`, or the list of all."""
    found = get_close_matches(word[:64], known, n=1)
    return f": did you mean {found[0]!r}?" if found else f"; known are {', '.join(sorted(known)) or 'none'}"
