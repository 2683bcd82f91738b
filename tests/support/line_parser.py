"""An independent reading of InfluxDB's line protocol, to hold our writing against. Pure.

Written from the grammar of its reference, character by character, and knowing nothing of the writer:
a backslash escapes only comma, equals sign and space (in tags), or quote and backslash (in strings).
"""

from dataclasses import dataclass

Field = int | float | str | bool


@dataclass(frozen=True, slots=True)
class Point:
    """One line, read."""

    measurement: str
    tags: dict[str, str]
    fields: dict[str, Field]
    at_ns: int


def parse_lines(body: bytes) -> list[Point]:
    """Return the points of a body; raise ValueError where a server would refuse a line."""
    return [parse_line(text) for text in body.decode().split("\n")] if body else []


def parse_line(text: str) -> Point:
    """Return the point of one line."""
    measurement, at = _word(text, 0, ", ")
    if not measurement or measurement.startswith("#"):
        raise ValueError(f"no measurement: {text!r}")
    tags: dict[str, str] = {}
    while text[at] == ",":
        key, at = _word(text, at + 1, ",= ")
        if not key or key in tags or text[at] != "=":
            raise ValueError(f"bad tag key {key!r}: {text!r}")
        value, at = _word(text, at + 1, ",= ")
        if not value or text[at] == "=":
            raise ValueError(f"bad value of tag {key!r}: {text!r}")
        tags[key] = value
    fields: dict[str, Field] = {}
    while True:
        key, at = _word(text, at + 1, ",= ")
        if not key or key in fields or text[at] != "=":
            raise ValueError(f"bad field key {key!r}: {text!r}")
        fields[key], at = _field(text, at + 1)
        if at >= len(text):
            raise ValueError(f"no time: {text!r}")
        if text[at] == " ":
            return Point(measurement, tags, fields, int(text[at + 1 :]))


def _word(text: str, at: int, ends: str) -> tuple[str, int]:
    """Return the unescaped word that begins at `at`, and the place of the character that ends it."""
    word = ""
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text) and text[at + 1] in ",= ":
            word += text[at + 1]
            at += 2
            continue
        if char in ends:
            return word, at
        word += char
        at += 1
    raise ValueError(f"ends too soon: {text!r}")


def _field(text: str, at: int) -> tuple[Field, int]:
    if text[at] == '"':
        return _string(text, at + 1)
    value, at = _word(text, at, ", ")
    if value in {"t", "T", "true", "True", "TRUE"}:
        return True, at
    if value in {"f", "F", "false", "False", "FALSE"}:
        return False, at
    if value.endswith("i"):
        number = int(value[:-1])
        if not -(2**63) <= number < 2**63:
            raise ValueError(f"beyond 64 bits: {value}")
        return number, at
    return float(value), at


def _string(text: str, at: int) -> tuple[str, int]:
    value = ""
    while at < len(text):
        char = text[at]
        if char == "\\" and at + 1 < len(text) and text[at + 1] in '"\\':
            value += text[at + 1]
            at += 2
        elif char == '"':
            return value, at + 1
        else:
            value += char
            at += 1
    raise ValueError(f"a string without end: {text!r}")
