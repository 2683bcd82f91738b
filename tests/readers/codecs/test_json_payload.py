"""JSON from devices: one value, many values without a mark between, and what is none."""

import json
import math
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.json_payload import (
    MAX_PAYLOAD_BYTES,
    MAX_VALUES,
    number_in,
    number_of,
    parse_json,
    parse_json_events,
    split_json,
)
from tests.support.json_values import json_near
from tests.support.malformed import reason_of

EVENTS = st.lists(
    st.dictionaries(st.text(max_size=4), st.one_of(st.text(max_size=6), st.integers(), st.just("}{"))),
    min_size=1,
    max_size=6,
)
BETWEEN = st.sampled_from(["", "\n", "\r\n", " ", "\n\n"])


@given(EVENTS, BETWEEN)
def test_events_follow_one_another_with_any_blanks_or_none(events: list[object], between: str) -> None:
    """Concatenated, NDJSON or an array: the same events, whatever stands in their strings."""
    together = between.join(json.dumps(event) for event in events).encode()
    assert parse_json_events(together) == (events, None)
    assert parse_json_events(json.dumps(events).encode()) == (events, None)


@given(EVENTS, BETWEEN)
def test_split_events_are_what_was_written(events: list[object], between: str) -> None:
    """Each part parses to its event; the parts of an array are those of its elements."""
    together = between.join(json.dumps(event, ensure_ascii=False) for event in events).encode()
    assert [parse_json(part) for part in split_json(together)] == events
    assert [parse_json(part) for part in split_json(json.dumps(events, indent=1).encode())] == events


def test_what_comes_before_a_broken_end_is_kept() -> None:
    """Two good events and half a third: two events, and why there are no more."""
    events, error = parse_json_events(b'{"a":1}{"a":2}{"a":')
    assert events == [{"a": 1}, {"a": 2}]
    assert error is not None
    assert (error.reason, error.sample) == ("json", b'{"a":')


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b" \n", "json"),
        (b"[]", "json"),
        (b"[1,]", "json"),
        (b"[1 2]", "json"),
        (b"[1", "json"),
        (b"{", "json"),
        (b"NaN", "json"),
        (b"\xff", "json"),
        (b"[" * 100_000, "json"),
        (b'{"a":' * 100_000, "json"),
        (b"0 " * (MAX_VALUES + 1), "too_many"),
        (b" " * (MAX_PAYLOAD_BYTES + 1), "too_large"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_split_is_refused_whole(payload: bytes, reason: str) -> None:
    """Nothing is taken of a body that is broken anywhere."""
    assert reason_of(lambda: split_json(payload)) == reason


def test_the_number_of_events_is_bounded() -> None:
    """A payload of small values ends at the bound, and says so."""
    events, error = parse_json_events(b"0 " * (MAX_VALUES + 10))
    assert len(events) == MAX_VALUES
    assert error is not None
    assert error.reason == "too_many"


@given(st.one_of(st.binary(max_size=64), json_near(["a", "b"], ["x"])))
def test_arbitrary_bytes_raise_nothing_but_malformed(payload: bytes) -> None:
    """Parsing and splitting end in a value or in Malformed."""
    for read in (parse_json, parse_json_events, split_json):
        reason_of(partial(read, payload))


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (1, 1),
        (-2.5, -2.5),
        (True, None),
        ("1", None),
        (None, None),
        (10**400, None),
        (math.inf, None),
        ([], None),
    ],
)
def test_numbers_of_json(value: object, number: float | None) -> None:
    """Booleans, texts and what is beyond all measure are no numbers."""
    assert number_of(value) == number  # type: ignore[arg-type]  # any JSON value


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", 1), (" -61 ", -61), ("1.25", 1.25), ("1e3", 1000.0), ("1e999", None), ("nan", None), ("0x1", None),
     ("1_0", None), ("", None), ("١", None), ("9" * 19, None), ("1.25 kg", None)],
)  # fmt: skip
def test_numbers_in_texts(text: str, number: float | None) -> None:
    """Plain ASCII numbers, as devices write them."""
    assert number_in(text) == number
