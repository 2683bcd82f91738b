"""Exports as text: flat rows of one type per column, the same rows back, and no formula for a spreadsheet."""

import csv
import io
import json
import re
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.interchange.lines import Format, decode, encode, encode_header
from gateway.interchange.tables import INT64, JOURNAL, LEVELS, TABLES, Row, RowRefused, Table, instant
from gateway.movements import MovementKind

FORMS: tuple[Format, ...] = ("jsonl", "csv")
TEXT = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["=1+1", "'", "''", "+1", "-1", "@x", "\t", "a,b", 'say "x"', "a\nb", "\r", " x ", ";", "\ufeff", "null"]
)
IDS = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
WHOLE = st.integers(-INT64, INT64 - 1)
TIMES = st.integers(0, 4 * 10**18)
DELTAS = st.lists(st.tuples(IDS, st.integers(-(10**6), 10**6)), max_size=3).map(
    lambda deltas: " ".join(f"{zone}:{pieces:+d}" for zone, pieces in deltas)
)
MOVEMENTS: st.SearchStrategy[Row] = st.tuples(
    st.from_regex(r"[0-9a-f]{16}", fullmatch=True), IDS, st.integers(1, 2**60), st.sampled_from([*map(str, MovementKind)]),
    st.from_regex(r"[a-z_]{1,32}", fullmatch=True), st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True),
    TIMES, TIMES, WHOLE, st.none() | st.just("3034257BF7194E4000001A85"), st.none() | IDS, st.none() | IDS, DELTAS,
    st.none() | TEXT, TEXT,
)  # fmt: skip
POINTS: st.SearchStrategy[Row] = st.tuples(
    IDS, st.from_regex(r"[A-Za-z0-9._-]{1,64}", fullmatch=True), IDS, TIMES, WHOLE
)
MOVED: Row = (
    "00112233445566ff", "lyon-1", 7, "moved", "rfid", "DEN-501", 10**18, 10**18 + 1, 1,
    None, "front", "denim", "front:-1 denim:+1", None, "=cmd()",
)  # fmt: skip


def lines_of(text: str) -> list[str]:
    """Return the lines of a text as a file gives them."""
    return [line + "\n" for line in text.split("\n")[:-1]]


def written(table: Table, rows: list[Row], form: Format) -> str:
    """Return a whole file."""
    return encode_header(table, form) + encode(table, rows, form)


def read(table: Table, text: str, form: Format) -> list[Row | RowRefused]:
    """Return what a file's lines are."""
    return [row for _, row in decode(table, lines_of(text), form)]


def refusals(table: Table, text: str, form: Format) -> list[tuple[int, str]]:
    """Return the refused lines of a file and why."""
    found = decode(table, lines_of(text), form)
    return [(number, str(row)) for number, row in found if isinstance(row, RowRefused)]


@settings(max_examples=50)
@given(st.lists(MOVEMENTS, max_size=3), st.sampled_from(FORMS))
def test_movements_come_back_as_they_were(rows: list[Row], form: Format) -> None:
    """decode ∘ encode is identity, whatever the texts are."""
    assert read(JOURNAL, written(JOURNAL, rows, form), form) == rows


@given(st.lists(POINTS, max_size=4), st.sampled_from(FORMS))
def test_levels_come_back_as_they_were(rows: list[Row], form: Format) -> None:
    """So are levels."""
    assert read(LEVELS, written(LEVELS, rows, form), form) == rows


@settings(max_examples=30)
@given(st.lists(MOVEMENTS, min_size=1, max_size=2))
def test_no_cell_is_a_formula(rows: list[Row]) -> None:
    """As a spreadsheet reads the CSV, no text begins with what it would run; numbers stand as they are."""
    for cells in list(csv.reader(io.StringIO(written(JOURNAL, rows, "csv"), newline="")))[1:]:
        for column, cell in zip(JOURNAL.columns, cells, strict=True):
            if column.type == "integer":
                assert re.fullmatch("-?[0-9]+", cell)
            else:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@settings(max_examples=20)
@given(st.lists(MOVEMENTS, min_size=2, max_size=3))
def test_json_lines_are_flat_and_each_column_has_one_type(rows: list[Row]) -> None:
    """Every line has the same columns in the same order; a value is text, a whole number or null, never nested."""
    parsed = [json.loads(line) for line in lines_of(written(JOURNAL, rows, "jsonl"))]
    for values in parsed:
        assert list(values) == [column.name for column in JOURNAL.columns]
        for column in JOURNAL.columns:
            value = values[column.name]
            assert type(value) is (int if column.type == "integer" else str) or (
                value is None and column.is_nullable
            )


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_time_is_told_twice(table: Table) -> None:
    """A text of one fixed form stands before each number of nanoseconds, under names that no SQL reserves."""
    names = [column.name for column in table.columns]
    times = [name.removesuffix("_ns") for name in names if name.endswith("_ns")]
    assert [name.removesuffix("_utc") for name in names if name.endswith("_utc")] == times
    assert instant(0) == "1970-01-01T00:00:00.000000000Z"
    assert instant(1_795_287_731_500_000_000) == "2026-11-21T19:02:11.500000000Z"


@dataclass(frozen=True)
class Broken:
    """A change of one good line, and what is said of it."""

    old: str
    new: str
    said: str


@pytest.mark.parametrize(
    "broken",
    [
        Broken('"seq":7', '"seq":0', "seq"),
        Broken('"seq":7', '"seq":7.0', "seq"),
        Broken('"seq":7', '"seq":true', "seq"),
        Broken('"pieces":1', '"pieces":9223372036854775808', "pieces"),
        Broken('"pieces":1,', "", "pieces is missing"),
        Broken('"moved"', '"flew"', "kind"),
        Broken('"lyon-1"', '"Lyon 1"', "store"),
        Broken('"DEN-501"', r'"DEN\\"', "sku"),
        Broken('"front:-1 denim:+1"', '"front-1"', "deltas"),
        Broken('"epc":null', '"epc":"XYZ"', "epc"),
        Broken('"note":"=cmd()"', '"note":null', "note is missing"),
        Broken('"note":"=cmd()"', r'"note":"\ud800"', "note"),
        Broken('"note":"=cmd()"', '"nota":""', "do you mean note?"),
        Broken("01:46:40.000000000Z", "01:46:41.000000000Z", "at_utc and at_ns differ"),
        Broken("{", "[", "no JSON object"),
        Broken("{", "[" * 100_000 + "{", "no JSON object"),
        Broken('{"journal"', '"journal"', "no JSON object"),
    ],
    ids=lambda broken: broken.new[:30],
)
def test_a_bad_line_is_named_with_its_reason(broken: Broken) -> None:
    """The number of the line, the column, and what is wrong; the lines around it are good."""
    good = encode(JOURNAL, [MOVED], "jsonl")
    assert broken.old in good
    text = good + good.replace(broken.old, broken.new, 1) + "\n" + good
    [(number, said)] = refusals(JOURNAL, text, "jsonl")
    assert number == 2
    assert broken.said in said
    assert read(JOURNAL, text, "jsonl").count(MOVED) == 2


def test_times_may_be_left_out_as_text() -> None:
    """The numbers alone are enough: `at_utc` is for people."""
    values = json.loads(encode(JOURNAL, [MOVED], "jsonl"))
    del values["at_utc"], values["recorded_utc"]
    assert read(JOURNAL, json.dumps(values) + "\n", "jsonl") == [MOVED]


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("", 1, "lacks store"),
        ("store,sku,zone,at_ns\n", 1, "lacks pieces"),
        ("store,sku,zone,at_ns,pieces,colour\n", 1, "colour"),
        ("store,sku,zone,at_ns,pieces,pieces\n", 1, "twice"),
        ("store,sku,zone,at_ns,pieces\nlyon-1,A,front,5,1\nlyon-1,A,front,6\n", 3, "4 cells"),
        ("store,sku,zone,at_ns,pieces\nlyon-1,A,front,1.79E+18,1\n", 2, "spreadsheet"),
        ("store,sku,zone,at_ns,pieces\nlyon-1,A,front,5,\n", 2, "pieces"),
        ('store,sku,zone,at_ns,pieces\nlyon-1,A,"front"x,5,1\n', 2, "no CSV"),
    ],
)
def test_a_bad_csv_is_named_with_its_reason(text: str, number: int, said: str) -> None:
    """Header and lines alike."""
    [(found, reason)] = refusals(LEVELS, text, "csv")
    assert found == number
    assert said in reason


def test_a_spreadsheets_own_csv_is_read() -> None:
    """Semicolons, a byte order mark, columns in another order and CRLF are what spreadsheets make of it."""
    text = "\ufeffpieces;zone;sku;store;at_ns\r\n3;front;A;lyon-1;5\r\n"
    assert read(LEVELS, text, "csv") == [("lyon-1", "A", "front", 5, 3)]


def test_the_line_of_a_row_is_where_it_begins() -> None:
    """A note with line breaks takes several lines; a refusal names the first."""
    rows = [(*MOVED[:-1], "a\nb\nc"), MOVED]
    text = written(JOURNAL, rows, "csv").replace("DEN-501", "DEN 501")
    assert [number for number, _ in refusals(JOURNAL, text, "csv")] == [2, 5]
