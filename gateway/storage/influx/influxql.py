"""Questions about levels in InfluxQL, and what the answers say: text in, values out. Pure.

InfluxQL is what InfluxDB 1.x, 2.x (through its database mapping) and 3.x all answer at /query; only
clauses that all three know are used: no SLIMIT, no chunks, and values stand in the text (bound
parameters are 1.x's alone), each of them quoted by `literal`.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from gateway.movements import LevelPoint
from gateway.storage.influx.lines import tag_value
from gateway.storage.ports import SeriesKey

MEASUREMENT: Final = "stock"
FIELD: Final = "pieces"
MIN_TIME_NS, MAX_TIME_NS = -(2**63) + 2, 2**63 - 2
"""The times that InfluxDB can say."""

_BACKSLASHED = re.compile(r"\\([,= ])")
_NUMBERED = re.compile(r"%([0-9A-F]{2})")
_QUOTED = re.compile(r"(['\\])")
_UNSAYABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class AnswerUnreadable(ValueError):  # noqa: N818 - named by what happened, as all of storage's errors
    """The body of an answer is not what InfluxDB says to a question of ours."""


class QuestionRefused(ValueError):  # noqa: N818 - as above
    """The server understood the request and answered with an error of its own."""


class Change(NamedTuple):
    """A level of one zone from `at_ns` on."""

    at_ns: int
    zone: str
    pieces: int


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an answer: the tags of its group, and its columns by name."""

    tags: dict[str, str]
    columns: dict[str, object]


def literal(text: str) -> str:
    """Return a string as it stands in a statement, in quotes; raise ValueError where none can say it."""
    if _UNSAYABLE.search(text):
        raise ValueError(f"{text[:64]!r} has characters that InfluxQL cannot say")
    return "'" + _QUOTED.sub(r"\\\1", text) + "'"


def stored(text: str) -> str:
    """Return a tag's value as the database holds it, after lines.tag_value said it in a line."""
    return _BACKSLASHED.sub(r"\1", tag_value(text))


def told(value: str) -> str:
    """Return the text that `stored` stored so."""
    if value == "%":
        return ""
    return _NUMBERED.sub(lambda found: chr(int(found[1], 16)), value)


def _is(tag: str, text: str) -> str:
    return f'"{tag}" = {literal(stored(text))}'


def _of(store: str, sku: str, zone: str | None) -> str:
    return " AND ".join(
        [_is("store", store), _is("sku", sku), *([] if zone is None else [_is("zone", zone)])]
    )


def _ns(at_ns: int) -> int:
    return min(max(at_ns, MIN_TIME_NS), MAX_TIME_NS)


def levels_before(store: str, sku: str, before_ns: int, zone: str | None = None) -> str:
    """Return the question for the newest level before a time, by zone."""
    return (
        f'SELECT last("{FIELD}") AS "{FIELD}" FROM "{MEASUREMENT}"'  # noqa: S608 - every value is a literal
        f' WHERE {_of(store, sku, zone)} AND time < {_ns(before_ns)} GROUP BY "zone"'
    )


def changes(store: str, sku: str, from_ns: int, to_ns: int, limit: int, zone: str | None = None) -> str:
    """Return the question for up to `limit` changes within [from, to), in order of time over all zones."""
    return (
        f'SELECT "zone", "{FIELD}" FROM "{MEASUREMENT}"'  # noqa: S608 - every value is a literal
        f" WHERE {_of(store, sku, zone)} AND time >= {_ns(from_ns)} AND time < {_ns(to_ns)}"
        f" ORDER BY time LIMIT {int(limit)}"
    )


def newest(keys: Iterable[SeriesKey] | None = None) -> str:
    """Return the question for the newest point of these series, or of all."""
    wanted = " OR ".join(f"({_of(*key)})" for key in keys) if keys is not None else ""
    return (
        f'SELECT last("{FIELD}") AS "{FIELD}" FROM "{MEASUREMENT}"'  # noqa: S608 - every value is a literal
        f'{f" WHERE {wanted}" if wanted else ""} GROUP BY "store", "sku", "zone"'
    )


def read_rows(body: bytes) -> list[Row]:
    """Return the rows of an answer to one statement; raise QuestionRefused or AnswerUnreadable."""
    try:
        answer = json.loads(body)
        if "error" in answer:
            raise QuestionRefused(str(answer["error"])[:500])
        [result] = answer["results"]
        if "error" in result:
            raise QuestionRefused(str(result["error"])[:500])
        return [row for series in result.get("series", ()) for row in _rows_of(series)]
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise AnswerUnreadable(f"no answer to InfluxQL: {body[:100]!r}") from error
    except ValueError as error:
        if isinstance(error, (QuestionRefused, AnswerUnreadable)):
            raise
        raise AnswerUnreadable(f"no answer to one statement: {body[:100]!r}") from error


def _rows_of(series: dict[str, object]) -> list[Row]:
    if series["name"] != MEASUREMENT:
        raise AnswerUnreadable(f"it tells of {str(series['name'])[:64]!r}, asked for {MEASUREMENT!r}")
    if series.get("partial"):
        raise AnswerUnreadable(
            "it cuts its answers short: raise max-row-limit under its [http], or set it to 0"
        )
    tags, columns, values = series.get("tags") or {}, series["columns"], series["values"]
    if not (isinstance(tags, dict) and isinstance(columns, list) and isinstance(values, list)):
        raise AnswerUnreadable("its series have no columns")
    return [Row(tags, dict(zip(columns, row, strict=True))) for row in values]


def read_levels(rows: Iterable[Row]) -> dict[str, int]:
    """Return pieces by zone of an answer to `levels_before`."""
    return {told(row.tags["zone"]): _pieces(row) for row in rows if row.tags.get("zone")}


def read_changes(rows: Iterable[Row]) -> list[Change]:
    """Return the changes of an answer to `changes`."""
    return [
        Change(time_of(row), told(str(row.columns["zone"])), _pieces(row))
        for row in rows
        if row.columns.get("zone")
    ]


def read_newest(rows: Iterable[Row]) -> list[LevelPoint]:
    """Return the points of an answer to `newest`; points that bear not all three tags are none of ours."""
    points = []
    for row in rows:
        store, sku, zone = (row.tags.get(tag) for tag in ("store", "sku", "zone"))
        if store and sku and zone:
            points.append(LevelPoint(told(store), told(sku), told(zone), time_of(row), _pieces(row)))
    return points


def time_of(row: Row) -> int:
    """Return the time of a row."""
    at_ns = row.columns.get("time")
    if not isinstance(at_ns, int):
        raise AnswerUnreadable(f"its times are no nanoseconds: {at_ns!r}")
    return at_ns


def _pieces(row: Row) -> int:
    pieces = row.columns.get(FIELD)
    if not isinstance(pieces, int):
        raise AnswerUnreadable(f"its pieces are no integers: {pieces!r}")
    return pieces
