"""JSON answers with a validator (weak ETag) and a lifetime; 304 where the caller has it already. Pure."""

import hashlib
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from api.times import NS_PER_S

JSON = "application/json"
VARY = "Authorization, Cookie"
"""The same address answers by who asks: bands or quantities, these stores or those."""
REVALIDATE = "private, no-cache"
"""Kept by the caller alone, and asked about each time: for what bears no end of validity."""
NO_STORE = "private, no-store"


def etag_of(visible: bytes) -> str:
    """Return the weak ETag of all that is visible in an answer."""
    return f'W/"{hashlib.blake2b(visible, digest_size=12).hexdigest()}"'


def lasting(valid_until_ns: int, now_ns: int, speed: float) -> str:
    """Return the Cache-Control of what is valid until a shop time; its seconds are real ones."""
    left_s = (valid_until_ns - now_ns) / NS_PER_S / speed
    return f"private, max-age={max(0, int(left_s))}"


def json_answer(
    request: Request,
    body: bytes,
    *,
    visible: bytes | None = None,
    cache_control: str = REVALIDATE,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return `body`, or 304 where If-None-Match holds its ETag.

    `visible` is what the ETag covers, where that is less than the body.
    """
    etag = etag_of(body if visible is None else visible)
    fields = {"etag": etag, "cache-control": cache_control, "vary": VARY, **(headers or {})}
    wanted = request.headers.get("if-none-match")
    if wanted is not None and matches(wanted, etag):
        return Response(None, 304, fields)
    return Response(body, 200, fields, media_type=JSON)


def matches(if_none_match: str, etag: str) -> bool:
    """Return whether the field names the ETag, by weak comparison (RFC 9110 §13.1.2)."""
    opaque = etag.removeprefix("W/")
    return any(tag.strip().removeprefix("W/") in (opaque, "*") for tag in if_none_match.split(","))
