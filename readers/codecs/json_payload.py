"""JSON as devices send it: bounded, strict, and never an error but Malformed. Pure."""

import json
import math
import re
from typing import NoReturn

from readers.errors import MAX_SAMPLE_BYTES, Malformed

MAX_PAYLOAD_BYTES = 1 << 20
"""Some 3,000 tag events; a message beyond it is no device's, and would stall the loop to parse."""
MAX_VALUES = 20_000
"""Values in one payload: 1 MiB holds no more tag events, and a payload of `0 0 0 …` ends here."""
MAX_WHOLE = 1 << 63
"""Beyond it a whole number is no count, time or measurement, and dear to multiply."""

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_NUMBER = re.compile(r"[+-]?\d{1,18}(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_BLANK = re.compile(r"[ \t\r\n]*")


def parse_json(payload: bytes) -> Json:
    """Return the JSON value. Raises Malformed `too_large` or `json`."""
    try:
        value: Json = json.loads(_text(payload), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        # ValueError covers bad JSON and numbers of absurd length; RecursionError is what the parser
        # answers to deep nesting.
        raise Malformed("json", str(error)[:200], payload) from error
    return value


def parse_json_events(payload: bytes) -> tuple[list[Json], Malformed | None]:
    """Return the events in a payload, and what is wrong with its end, if something is.

    Events follow one another with or without white space between them; an array is as many events.
    What comes before a broken end is returned. Raises Malformed `too_large`, or `json` for bad UTF-8.
    """
    text = _text(payload)
    events: list[Json] = []
    at = _blank(text, 0)
    error = None if at < len(text) else Malformed("json", "no JSON at all", payload)
    while at < len(text) and error is None:
        try:
            value, at = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError) as cause:
            error = Malformed("json", str(cause)[:200], text[at : at + MAX_SAMPLE_BYTES].encode())
            continue
        events += value if isinstance(value, list) else [value]
        at = _blank(text, at)
        if len(events) > MAX_VALUES:
            error = Malformed("too_many", f"more than {MAX_VALUES} events", payload)
            del events[MAX_VALUES:]
    return events, error


def split_json(payload: bytes) -> list[bytes]:
    """Return the single events of a payload as they were written (an array is as many events).

    Raises Malformed `too_large`, `json` (with the place), or `too_many`; then nothing was split.
    """
    text = _text(payload)
    parts: list[bytes] = []
    at = _blank(text, 0)
    try:
        while at < len(text):
            at = _split_array(text, at + 1, parts) if text[at] == "[" else _split_value(text, at, parts)
            at = _blank(text, at)
    except (ValueError, RecursionError) as error:
        raise Malformed("json", str(error)[:200], payload) from error
    if not parts:
        raise Malformed("json", "no event in it", payload)
    return parts


def number_of(value: Json) -> int | float | None:
    """Return a finite number of JSON; None when the value is none, or beyond all measure."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if isinstance(value, int):
        return value if -MAX_WHOLE < value < MAX_WHOLE else None
    return value if math.isfinite(value) else None


def number_in(text: str) -> int | float | None:
    """Return the number that a text is, blanks around it aside; None when it is none."""
    text = text.strip()
    if _NUMBER.fullmatch(text) is None:
        return None
    return number_of(float(text) if set(".eE") & set(text) else int(text))


def _text(payload: bytes) -> str:
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise Malformed("too_large", f"{len(payload)} bytes", payload)
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Malformed("json", str(error)[:200], payload) from error


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return match.end() if match is not None else at


def _split_array(text: str, at: int, parts: list[bytes]) -> int:
    """Split from behind the `[`; return where the array ends."""
    at = _blank(text, at)
    if text[at : at + 1] == "]":
        return at + 1
    while True:
        at = _blank(text, _split_value(text, at, parts))
        mark = text[at : at + 1]
        if mark == "]":
            return at + 1
        if mark != ",":
            raise ValueError(f"neither , nor ] at character {at}")
        at = _blank(text, at + 1)


def _split_value(text: str, at: int, parts: list[bytes]) -> int:
    _, end = _DECODER.raw_decode(text, at)
    if len(parts) == MAX_VALUES:
        raise Malformed("too_many", f"more than {MAX_VALUES} events")
    parts.append(text[at:end].encode())
    return end


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
