"""The Idempotency-Key of a request that creates something, and what is said where it cannot be honoured."""

import re
from typing import Any

from starlette.requests import Request

from api.problems import Fault, Problem
from gateway.answered import KeyRefused

KEY_PATTERN = re.compile(r"[\x21-\x7e]{1,255}")
RETRY_AFTER = {"retry-after": "1"}
KEY_PROBLEMS = ("missing_idempotency_key", "idempotency_in_progress", "idempotency_key_reused", "overloaded")
"""The problems of a request that bears a key."""
KEY_HEADER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "A new random text (a UUID) for each thing wanted, the same one when the request is sent again:"
    " then it is answered and not done again, for 24 hours.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": 255,
        "examples": ["6f1c2a0e-8f51-4a7e-9d57-1c2b3d4e5f60"],
    },
}
"""For OpenAPI."""


def idempotency_key(request: Request) -> str:
    """Return the request's key; raises Problem missing_idempotency_key or invalid_request."""
    key = request.headers.get("idempotency-key")
    if key is None:
        raise Problem("missing_idempotency_key", "A request that makes something bears an Idempotency-Key.")
    if not KEY_PATTERN.fullmatch(key):
        reason = "must be 1 to 255 visible ASCII characters"
        fault = Fault("/header/idempotency-key", reason)
        raise Problem("invalid_request", f"{fault.pointer}: {reason}", errors=[fault])
    return key


def replayed(is_replayed: bool) -> dict[str, str]:
    """Return the header fields that tell a stored answer from a new one."""
    return {"idempotent-replayed": "true"} if is_replayed else {}


def key_problem(refused: KeyRefused) -> Problem:
    """Return why nothing was done as a problem; what passes by itself says when to ask again."""
    passes = refused.code in {"idempotency_in_progress", "overloaded"}
    return Problem(refused.code, refused.detail, headers=RETRY_AFTER if passes else {})
