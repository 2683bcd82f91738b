r"""Rows as lines of text and back: JSON Lines, and CSV that no spreadsheet runs as a formula. Pure.

CSV: a text that begins with = + - @ ' or a tab or line break gets a ' in front, which is taken away
when it is read; no number is touched. A nullable text that is there and empty is written as ' alone.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Literal

from gateway.interchange.tables import Row, RowRefused, Table, Value, checked, told

Format = Literal["jsonl", "csv"]
BOM = "\ufeff"
GUARD = "'"
"""What spreadsheets take as: this is text."""

_RISKY = tuple("=+-@'\t\r\n")
_QUOTED = re.compile(r'[",;\r\n]|^\s|\s$')
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_ROUNDED = "is no whole number (a spreadsheet rounds long ones: import what was exported)"


def encode_header(table: Table, form: Format) -> str:
    """Return what stands before the first row."""
    return ",".join(column.name for column in table.columns) + "\n" if form == "csv" else ""


def encode(table: Table, rows: Iterable[Row], form: Format) -> str:
    """Return rows as whole lines. The same rows give the same text."""
    if form == "csv":
        nullable = [column.is_nullable for column in table.columns]
        cells = ([_cell(*pair) for pair in zip(told(table, row), nullable, strict=True)] for row in rows)
        return "".join([",".join(line) + "\n" for line in cells])
    names = [column.name for column in table.columns]
    return "".join(
        [
            json.dumps(dict(zip(names, told(table, row), strict=True)), separators=(",", ":")) + "\n"
            for row in rows
        ]
    )


def _cell(value: Value, is_nullable: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, int):
        return str(value)
    if value.startswith(_RISKY) or (is_nullable and not value):
        value = GUARD + value
    if _QUOTED.search(value):
        return '"' + value.replace('"', '""') + '"'
    return value


def decode(table: Table, lines: Iterable[str], form: Format) -> Iterator[tuple[int, Row | RowRefused]]:
    """Yield the number of the line and its row, or why it is none, for each line that is not empty.

    `lines` end with their line feed. What cannot be read at all (a CSV without its header) is one refusal,
    the last thing yielded.
    """
    return _decode_csv(table, lines) if form == "csv" else _decode_json(table, lines)


def _decode_json(table: Table, lines: Iterable[str]) -> Iterator[tuple[int, Row | RowRefused]]:
    names = {column.name for column in table.columns}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text:
            continue
        try:
            values = json.loads(text.removeprefix(BOM) if number == 1 else text)
            if not isinstance(values, dict):
                raise RowRefused("is no JSON object")
            _require_known(values, names)
            yield number, checked(table, values)
        except RowRefused as error:
            yield number, error
        except (ValueError, RecursionError) as error:
            yield number, RowRefused(f"is no JSON object ({error})")


def _require_known(values: Iterable[str], names: set[str]) -> None:
    for name in values:
        if name not in names:
            near = get_close_matches(name, names, 1)
            hint = f": do you mean {near[0]}?" if near else ""
            raise RowRefused(f"has an unknown column {name[:48]!r}{hint}")


def _decode_csv(table: Table, lines: Iterable[str]) -> Iterator[tuple[int, Row | RowRefused]]:
    source = iter(lines)
    header = next(source, "").removeprefix(BOM).rstrip("\r\n")
    names = next(csv.reader([header], delimiter=_delimiter(header)), [])
    try:
        _require_known(names, {column.name for column in table.columns})
        missing = [c.name for c in table.stored if c.name not in names and not c.is_nullable]
        if missing or len(set(names)) < len(names):
            raise RowRefused(
                f"is no header of {table.name}: it lacks {', '.join(missing) or 'nothing, but has one twice'}"
            )
    except RowRefused as error:
        yield 1, error
        return
    reader = csv.reader(source, delimiter=_delimiter(header), strict=True)
    columns = {column.name: column for column in table.columns}
    while True:
        number = reader.line_num + 2
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, RowRefused(f"is no CSV ({error})")
            continue
        if not cells:
            continue
        if len(cells) != len(names):
            yield number, RowRefused(f"has {len(cells)} cells instead of {len(names)}")
            continue
        try:
            values: dict[str, Value] = {}
            for name, cell in zip(names, cells, strict=True):
                column = columns[name]
                values[name] = _value(cell, column.name, column.type, is_nullable=column.is_nullable)
            yield number, checked(table, values)
        except RowRefused as error:
            yield number, error


def _delimiter(header: str) -> str:
    return ";" if ";" in header and "," not in header else ","


def _value(cell: str, name: str, kind: str, *, is_nullable: bool) -> Value:
    if kind == "integer":
        if not cell and is_nullable:
            return None
        if _WHOLE.fullmatch(cell) is None:
            raise RowRefused(f"{name}: {cell[:48]!r} {_ROUNDED}")
        return int(cell)
    if not cell and (is_nullable or kind == "time"):
        return None
    return cell.removeprefix(GUARD)
