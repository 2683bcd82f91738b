"""Opaque cursors for paging, and the Link header that carries them. Pure.

A cursor holds the place after the last item of a page, so paging neither skips nor repeats while
items come and go. It is no secret: it holds nothing that the page before it did not show.
"""

import base64
import binascii
import json
from urllib.parse import urlencode

from starlette.requests import Request

from api.problems import Fault, Problem


def encode_cursor(kind: str, number: int, text: str) -> str:
    """Return the cursor of a place in a listing of `kind`."""
    plain = json.dumps([kind, number, text], separators=(",", ":"))
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode_cursor(kind: str, cursor: str) -> tuple[int, str]:
    """Return the place that a cursor holds; Problem invalid_cursor where it is not one of `kind`."""
    try:
        plain = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise invalid_cursor() from error
    match plain:
        case [str(found), int(number), str(text)] if found == kind and -(2**63) <= number < 2**63:
            return number, text
    raise invalid_cursor()


def next_link(request: Request, cursor: str) -> str:
    """Return the Link header of the next page: the same question, from `cursor` on."""
    pairs = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
    return f'<{request.url.path}?{urlencode([*pairs, ("cursor", cursor)])}>; rel="next"'


def invalid_cursor() -> Problem:
    """Return the problem of a cursor that is not ours."""
    fault = Fault("/query/cursor", "not a cursor that this listing gave out")
    return Problem("invalid_cursor", "The cursor is not one that this listing gave out.", errors=[fault])
