"""What is exported, as flat tables: each column with one type and its rules. Pure.

A row holds the stored values alone; a time stands in a file twice, as a whole number of nanoseconds
(`at_ns`, which is what counts) and as RFC 3339 text for people (`at_utc`), which is made of it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Literal

from gateway.movements import MovementKind

Value = int | str | None
Row = tuple[Value, ...]
"""The values of a table's stored columns, in their order."""

INT64 = 2**63
MAX_NOTE_CHARS = 2_000
"""Longest text of a column without rules of its own: notes and references are a line or two."""
NS_PER_S = 1_000_000_000

_ID = re.compile(r"[a-z0-9-]{1,32}", re.ASCII)
_SKU = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_EPC = re.compile(r"(?:[0-9A-F]{2}){2,62}", re.ASCII)
_JOURNAL = re.compile(r"[0-9a-f]{16}", re.ASCII)
_WORD = re.compile(r"[a-z_]{1,32}", re.ASCII)
_KINDS = re.compile("|".join(MovementKind), re.ASCII)
_DELTAS = re.compile(r"(?:[a-z0-9-]{1,32}:[+-][0-9]{1,18})?(?: [a-z0-9-]{1,32}:[+-][0-9]{1,18})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Column:
    """A column. A `time` is the text of the integer column behind it, and is not stored.

    Integers fit 64 bits; `least` is the smallest one. Text matches `rule`, where there is one.
    """

    name: str
    type: Literal["text", "integer", "time"] = "text"
    rule: re.Pattern[str] | None = None
    is_nullable: bool = False
    least: int = -INT64


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of export: its columns as they stand in a file."""

    name: str
    columns: tuple[Column, ...]

    @property
    def stored(self) -> tuple[Column, ...]:
        """Return the columns of a Row."""
        return tuple(column for column in self.columns if column.type != "time")


def _time(name: str, *, is_nullable: bool = False) -> tuple[Column, Column]:
    return (
        Column(f"{name}_utc", "time", is_nullable=is_nullable),
        Column(f"{name}_ns", "integer", is_nullable=is_nullable),
    )


JOURNAL = Table(
    "journal",
    (
        Column("journal", rule=_JOURNAL),
        Column("store", rule=_ID),
        Column("seq", "integer", least=1),
        Column("kind", rule=_KINDS),
        Column("cause", rule=_WORD),
        Column("sku", rule=_SKU),
        *_time("at"),
        *_time("recorded"),
        Column("pieces", "integer"),
        Column("epc", rule=_EPC, is_nullable=True),
        Column("from_zone", rule=_ID, is_nullable=True),
        Column("to_zone", rule=_ID, is_nullable=True),
        Column("deltas", rule=_DELTAS),
        Column("ref", is_nullable=True),
        Column("note"),
    ),
)
"""Movements. `deltas` are what they add to zones, as `front:-1 denim:+1`."""

LEVELS = Table(
    "levels",
    (
        Column("store", rule=_ID),
        Column("sku", rule=_SKU),
        Column("zone", rule=_ID),
        *_time("at"),
        Column("pieces", "integer"),
    ),
)
"""Changes of levels: each holds until the next of its store, SKU and zone."""

ALERTS = Table(
    "alerts",
    (
        Column("id"),
        Column("fingerprint"),
        Column("type"),
        Column("severity"),
        Column("store"),
        Column("state"),
        *_time("since"),
        Column("zone", is_nullable=True),
        Column("sku", is_nullable=True),
        Column("device", is_nullable=True),
        *_time("fired_at", is_nullable=True),
        *_time("resolved_at", is_nullable=True),
        Column("suppressed_by", is_nullable=True),
        Column("evidence"),
    ),
)
"""Alert episodes; `evidence` is a JSON object as text. They are exported only."""

AUDIT = Table(
    "audit",
    (
        Column("id", "integer", least=1),
        *_time("at"),
        Column("key_id"),
        Column("address"),
        Column("action"),
        Column("store"),
        Column("subject"),
        Column("detail"),
    ),
)
"""Who changed what, when and from where. It is exported only: nobody writes it by hand."""

TABLES: Mapping[str, Table] = MappingProxyType(
    {table.name: table for table in (JOURNAL, LEVELS, ALERTS, AUDIT)}
)


class RowRefused(ValueError):  # noqa: N818 - named by what happened to it
    """A line that is no row of its table; says why."""


@lru_cache(maxsize=8_192)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def instant(at_ns: int) -> str:
    """Return a time in UTC, always with nine digits of fraction: one form, for whoever infers types."""
    second, fraction = divmod(at_ns, NS_PER_S)
    return f"{_second(second)}.{fraction:09d}Z"


def told(table: Table, row: Row) -> list[Value]:
    """Return the values of all columns of a row, times as text among them."""
    values = iter(row)
    out: list[Value] = []
    waits = False
    for column in table.columns:
        if column.type == "time":
            waits = True
            continue
        value = next(values)
        if waits:
            out.append(instant(value) if isinstance(value, int) else None)
            waits = False
        out.append(value)
    return out


def checked(table: Table, values: Mapping[str, object]) -> Row:
    """Return the row that named values are; raise RowRefused naming the column and what is wrong."""
    row = tuple(_checked(column, values.get(column.name)) for column in table.stored)
    for column in table.columns:
        text = values.get(column.name)
        if column.type == "time" and text is not None:
            number = f"{column.name.removesuffix('_utc')}_ns"
            at_ns = values.get(number)
            if not isinstance(at_ns, int) or text != instant(at_ns):
                raise RowRefused(f"{column.name} and {number} differ: the number counts, leave the text out")
    return row


def _checked(column: Column, value: object) -> Value:
    if value is None:
        if column.is_nullable:
            return None
        raise RowRefused(f"{column.name} is missing")
    if column.type == "integer":
        if type(value) is not int or not max(column.least, -INT64) <= value < INT64:
            raise RowRefused(f"{column.name}: {str(value)[:48]!r} is no whole number that fits")
        return value
    if not isinstance(value, str):
        raise RowRefused(f"{column.name}: {str(value)[:48]!r} is no text")
    if column.rule is not None:
        if column.rule.fullmatch(value) is None:
            raise RowRefused(f"{column.name}: {value[:48]!r} is none of its values")
    elif len(value) > MAX_NOTE_CHARS or not _is_storable(value):
        raise RowRefused(f"{column.name}: more than {MAX_NOTE_CHARS} characters, or no Unicode text")
    return value


def _is_storable(text: str) -> bool:
    """Return whether text can be written as UTF-8: lone surrogates cannot."""
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
