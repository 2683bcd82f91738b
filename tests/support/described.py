"""Captures through their describers, and what a sample frame promises, looked for in the lines. Pure."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from gateway.config.file import shipped_mappings
from readers.describe import mapping
from readers.describe.events import EventDescriber
from readers.describe.hex_text import HexDescriber
from readers.describe.lines import Describer, Line
from readers.describe.payload import PayloadDescriber
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS

PROSE = frozenset({"reason", "note", "meaning"})
"""What a vector says to people: a line may say it in other words."""

JUDGED = frozenset({"at_ns"})
"""What a codec makes of a device's clock, by the clock of who hears it: a capture has no such moment."""

SAME = {"gtin14": "gtin", "code": "text"}
"""A vector's name → ours, where they differ."""


def told(describer: Describer, *chunks: bytes) -> list[Line]:
    """Return all lines of a stream that comes in these pieces."""
    return [line for chunk in chunks for line in describer.feed(chunk)] + describer.finish()


def stream_lines(kind: str, data: bytes) -> list[Line]:
    """Return the lines of a capture."""
    return told(STREAM_KINDS[kind].make(), data)


def vector_lines(kind: str, vector: dict[str, Any]) -> list[Line]:
    """Return the lines of a sample, given as the command would be given it."""
    data, encoding = vector["data"], vector["encoding"]
    payloads = _payload_describer(kind)
    if payloads is not None:
        message = json.loads(data) if encoding == "json" else {"topic": "", "payload": data}
        payload = message["payload"]
        text = payload if isinstance(payload, str) else json.dumps(payload)
        topic = "" if "(" in message["topic"] else message["topic"]
        describer = PayloadDescriber(payloads, topic, retained=False, now_ns=0)
        return told(describer, text.encode())
    stream = STREAM_KINDS[kind].make()
    is_hex = encoding == "hex" and STREAM_KINDS[kind].medium == "wire"
    return told(HexDescriber(stream) if is_hex else stream, data.encode())


def _payload_describer(kind: str) -> EventDescriber | None:
    if kind in PAYLOAD_KINDS:
        return PAYLOAD_KINDS[kind].describe
    shipped = shipped_mappings()
    return mapping.describer(shipped[kind]) if kind in shipped else None


def missing(expect: dict[str, Any], lines: Iterable[Line]) -> dict[str, Any]:
    """Return what a vector promises and no line says, field by field."""
    lines = list(lines)
    return {
        name: value
        for name, value in expect.items()
        if name not in PROSE | JUDGED and not any(_says(line, name, value) for line in _opened(lines))
    }


def _opened(lines: Iterable[Any]) -> Iterator[Line]:
    """Yield each line, and each object inside it: a payload is shown as it was sent."""
    for line in lines:
        if isinstance(line, dict):
            yield line
            yield from _opened(line.values())


def _says(line: Line, name: str, value: Any) -> bool:
    if name not in line:
        return name in SAME and _says(line, SAME[name], value)
    said: Any = line[name]
    if name == "tags":
        return len(said) == len(value) and all(
            tag.items() <= found.items() for tag, found in zip(value, said, strict=True)
        )
    return bool(said == value)
