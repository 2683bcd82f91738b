"""What a capture holds, a line each: the shape of a line, and of what tells them. Pure.

A line is one of
    {"frame": "command" | "answer" | "error" | …, …}    what is neither an observation nor refused
    {"kind": "read" | "scan" | "reading" | "heartbeat" | …, …}    an observation
    {"dropped": "<reason>", "bytes": "<hex>", …}    what was refused, with its very bytes
Numbers and hex stand as on the wire; a unit is in its field's name.
"""

from typing import Protocol

from readers.codecs.json_payload import Json
from readers.errors import Malformed

Line = dict[str, Json]

MAX_DETAIL_CHARACTERS = 200


class Describer(Protocol):
    """Tells what is in one stream of bytes. Never raises: what cannot be read is a dropped line."""

    def feed(self, data: bytes) -> list[Line]:
        """Return a line for each thing that `data` completes, in the order of the stream."""
        ...

    def finish(self) -> list[Line]:
        """Return lines for what the end of the stream completes, or leaves unfinished."""
        ...


def dropped(reason: str, data: bytes, detail: str = "") -> Line:
    """Return the line of bytes that were refused."""
    line: Line = {"dropped": reason}
    if detail:
        line["detail"] = detail[:MAX_DETAIL_CHARACTERS]
    line["bytes"] = data.hex().upper()
    return line


def refused(error: Malformed, data: bytes) -> Line:
    """Return the line of bytes that a codec refused."""
    return dropped(error.reason, data, error.detail)


def is_dropped(line: Line) -> bool:
    """Return whether a line tells of refused bytes."""
    return "dropped" in line


def without_none(**fields: Json) -> Line:
    """Return the fields that have a value, in order."""
    return {name: value for name, value in fields.items() if value is not None}
