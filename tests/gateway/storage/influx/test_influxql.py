"""Questions in InfluxQL and the answers to them, without a server."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.storage.influx import influxql
from gateway.storage.influx.influxql import AnswerUnreadable, QuestionRefused, Row

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(TEXTS)
def test_what_is_stored_is_told_as_it_was(text: str) -> None:
    """Any text comes back from the form in which the database holds it."""
    assert influxql.told(influxql.stored(text)) == text


@given(TEXTS)
def test_a_literal_ends_where_it_should(text: str) -> None:
    """Between its quotes no quote stands alone, and no backslash: nothing after it is read as a statement."""
    said = influxql.literal(influxql.stored(text))
    assert said[0] == said[-1] == "'"
    inner = said[1:-1].replace("\\\\", "").replace("\\'", "")
    assert "'" not in inner
    assert "\\" not in inner


@pytest.mark.parametrize("text", ["a\nb", "\x00", "\x7f", "\ud800"])
def test_what_no_literal_can_say_is_refused(text: str) -> None:
    """Control characters and half characters are a ValueError, never a statement."""
    with pytest.raises(ValueError, match="cannot say"):
        influxql.literal(text)


def answer(**result: object) -> bytes:
    """Return an answer to one statement."""
    return json.dumps({"results": [{"statement_id": 0, **result}]}).encode()


def series(**changed: object) -> dict[str, object]:
    """Return a series of one row."""
    plain = {"name": "stock", "tags": {"zone": "front"}, "columns": ["time", "pieces"], "values": [[7, 3]]}
    return {**plain, **changed}


def test_rows_bear_the_tags_of_their_group_and_their_columns() -> None:
    """A row of each series, in order; no series is no row."""
    body = answer(series=[series(), series(tags={"zone": "back"})])
    assert influxql.read_rows(body) == [
        Row({"zone": "front"}, {"time": 7, "pieces": 3}),
        Row({"zone": "back"}, {"time": 7, "pieces": 3}),
    ]
    assert influxql.read_rows(answer()) == []


@pytest.mark.parametrize(
    "body",
    [b'{"error":"unable to parse"}', answer(error="database not found: shop")],
    ids=["whole", "statement"],
)
def test_an_error_in_the_answer_is_said(body: bytes) -> None:
    """Of the whole request, or of the statement alone: with the server's words."""
    with pytest.raises(QuestionRefused, match=r"unable to parse|database not found"):
        influxql.read_rows(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"[]",
        b"7",
        b"{}",
        b"\xff",
        json.dumps({"results": []}).encode(),
        json.dumps({"results": [7]}).encode(),
        answer(series=[series(name="databases", columns=["name"], values=[["_internal"]])]),
        answer(series=[series(partial=True)]),
        answer(series=[series(columns=["time"])]),
        answer(series=[{"name": "stock"}]),
        answer(series=7),
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    """Another server's page, another statement's answer, one cut short: never taken for no stock."""
    with pytest.raises(AnswerUnreadable):
        influxql.read_rows(body)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_give_rows_or_a_known_error(body: bytes) -> None:
    """Garbage raises nothing but the documented errors."""
    try:
        influxql.read_rows(body)
    except (AnswerUnreadable, QuestionRefused):
        return


def test_pieces_and_times_that_are_no_integers_are_refused() -> None:
    """A field of another type, or times as text: somebody else's measurement."""
    row = Row({"zone": "front"}, {"time": 7, "pieces": 3.5})
    with pytest.raises(AnswerUnreadable, match="pieces"):
        influxql.read_levels([row])
    row = Row({}, {"time": "2026-11-21T00:00:00Z", "pieces": 3, "zone": "front"})
    with pytest.raises(AnswerUnreadable, match="times"):
        influxql.read_changes([row])


def test_points_without_our_tags_are_none_of_ours() -> None:
    """A row that bears no zone, or no store, is left out."""
    assert influxql.read_levels([Row({"zone": ""}, {"time": 7, "pieces": 3})]) == {}
    assert influxql.read_changes([Row({}, {"time": 7, "pieces": 3, "zone": None})]) == []
    assert influxql.read_newest([Row({"store": "a", "sku": "b", "zone": ""}, {"time": 7, "pieces": 3})]) == []
