"""JSON as devices send it: bounded, strict, and never an error but Malformed. Pure."""

import json
from typing import NoReturn

from readers.errors import Malformed

MAX_PAYLOAD_BYTES = 1 << 20
"""Some 3,000 tag events; a message beyond it is no device's, and would stall the loop to parse."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def parse_json(payload: bytes) -> Json:
    """Return the JSON value. Raises Malformed `too_large` or `json`."""
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Malformed("too_large", f"{len(payload)} bytes", payload)
    try:
        value: Json = json.loads(payload.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # ValueError covers bad UTF-8, bad JSON and numbers of absurd length; RecursionError is what
        # the parser answers to deep nesting.
        raise Malformed("json", str(error)[:200], payload) from error
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
