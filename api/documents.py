"""What the routes of deliveries and transfers have in common: their lines, refusals and headers."""

import re
from collections.abc import Iterable, Mapping, Sequence

from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON, NO_STORE, VARY
from api.auth import Needs
from api.bodies import Model, read_body
from api.encoding import Json, dump
from api.idempotency import RETRY_AFTER
from api.problems import Fault, Problem
from api.schemas.documents import DocumentLineIn
from gateway.deliveries.model import DocumentRefused, ExpectedLine, LineAsked

READS = Needs("availability:exact", "ingest:write", "counts:write")
ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')
BODY = ("bad_json", "body_timeout", "body_too_large", "unsupported_media_type", "invalid_request",
        "unknown_parameter", "missing_page_header", "overloaded")  # fmt: skip
"""The problems of each request that changes something."""


def lines_asked(lines: Iterable[DocumentLineIn]) -> tuple[LineAsked, ...]:
    """Return the lines of a request."""
    return tuple(LineAsked(line.sku, line.gtin, line.qty, tuple(line.epcs)) for line in lines)


def line_body(line: ExpectedLine) -> Json:
    """Return a line as it stands."""
    return {
        "sku": line.sku,
        "qty": line.qty,
        "arrived": line.arrived,
        "missing": line.missing,
        "epcs": line.epcs,
        "seen": [epc for epc in line.epcs if epc in line.seen],
    }


def known_version(request: Request, what: str) -> int:
    """Return the version that a request knows by its If-Match; raises Problem missing_if_match."""
    match = ETAG.fullmatch(request.headers.get("if-match", "").strip())
    if match is None:
        raise Problem("missing_if_match", f'If-Match must hold the ETag of the {what}, such as "3".')
    return int(match.group(1))


async def read_few(request: Request, model: type[Model]) -> Model:
    """Return the body; a request without one says nothing but what its path says."""
    headers = request.headers
    if "transfer-encoding" not in headers and headers.get("content-length", "0") == "0":
        return model()
    return await read_body(request, model)


def document_problem(
    refused: DocumentRefused,
    line_of: Sequence[int] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    exact: bool = False,
) -> Problem:
    """Return a refusal as a problem. `line_of`: the line of the CSV file that each line of the request stood on.

    Not `exact`: without how many pieces there are, for a caller who may not see quantities.
    """
    errors = [Fault(_in_file(pointer, line_of), reason) for pointer, reason in refused.faults]
    more: dict[str, object] = {}
    if refused.shortfalls:
        more["shortfalls"] = [
            {
                "store": short.store,
                "sku": short.sku,
                "requested": short.requested,
                "obtainable": short.obtainable if exact else None,
                "reason": "not_enough",
                "probability": None,
            }
            for short in refused.shortfalls
        ]
    passes = RETRY_AFTER if refused.code == "overloaded" else {}
    return Problem(
        refused.code, refused.detail, errors=errors, headers={**passes, **(headers or {})}, more=more
    )


def _in_file(pointer: str, line_of: Sequence[int] | None) -> str:
    """Return where in a CSV file a pointer into the lines of a request is."""
    match = re.fullmatch(r"/lines/([0-9]+)(/.*)?", pointer)
    if line_of is None or match is None:
        return pointer
    return f"/line/{line_of[int(match.group(1))]}{match.group(2) or ''}"


def document_answer(
    request: Request, body: Json, version: int, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return a document, or 304 where the caller has this version of it."""
    etag = f'"{version}"'
    fields = {"etag": etag, "cache-control": NO_STORE, "vary": VARY, **(headers or {})}
    wanted = request.headers.get("if-none-match", "") if request.method == "GET" else ""
    if etag in {tag.strip().removeprefix("W/") for tag in wanted.split(",")}:
        return Response(None, 304, fields)
    return Response(dump(body), status, fields, media_type=JSON)
