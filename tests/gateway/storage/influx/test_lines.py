"""Line protocol that we write reads back as what was meant, whatever texts people put into a shop."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.alerts.records import AlertRecord, AlertState, AlertType, Severity
from gateway.movements import JournalEntry, LevelPoint, Movement, MovementKind, ZoneDelta
from gateway.storage.influx.lines import (
    MAX_TEXT,
    LineEncoder,
    alert_line,
    joined,
    line,
    movement_line,
    tag_value,
)
from tests.support.line_parser import parse_line, parse_lines
from tests.support.stores import movement

NASTY = st.text(alphabet=st.one_of(st.sampled_from('\\,= "\n\r\t%#é✂a'), st.characters()), min_size=1)
TEXTS = st.one_of(
    NASTY, st.sampled_from(["DEN-501-32\\", "a\\,b", "\\", "x y", 'a="1"', "a\nstock x=1i 1", "%5C"])
)
NUMBERS = st.integers(-(2**63), 2**63 - 1)


def meant(text: str) -> str:
    """Return what a text can arrive as: half a surrogate pair is told as a question mark."""
    return text.encode("utf-8", "replace").decode()


def told(value: str) -> str:
    """Return the text that a tag's value tells."""
    return unquote(value, errors="strict")


@given(store=TEXTS, sku=TEXTS, zone=TEXTS, pieces=NUMBERS, at_ns=NUMBERS)
def test_a_level_reads_back_whatever_its_names_are(
    store: str, sku: str, zone: str, pieces: int, at_ns: int
) -> None:
    """No name can add a line, a tag or a field, end a tag too soon, or be taken for another name."""
    [point] = parse_lines(LineEncoder().encode([], [LevelPoint(store, sku, zone, at_ns, pieces)], []))
    assert point.measurement == "stock"
    assert {key: told(value) for key, value in point.tags.items()} == {
        "store": meant(store), "sku": meant(sku), "zone": meant(zone)
    }  # fmt: skip
    assert point.fields == {"pieces": pieces}
    assert point.at_ns == at_ns
    assert not any(value.endswith("\\") for value in point.tags.values())


@given(first=TEXTS, second=TEXTS)
def test_two_names_never_become_one_series(first: str, second: str) -> None:
    """The way in which a tag is told is one to one."""
    assert (tag_value(first) == tag_value(second)) == (meant(first) == meant(second))


@given(note=st.text(alphabet=st.one_of(st.sampled_from('\\"\n,= '), st.characters())))
def test_a_text_field_reads_back(note: str) -> None:
    """A text keeps its quotes and backslashes, its control characters become spaces, its length is bounded."""
    point = parse_line(line("m", {}, {"text": note}, 1))
    cut = meant(note[:MAX_TEXT])
    assert point.fields == {"text": "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in cut)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("DEN-501-32", "DEN-501-32"),
        ("a b,c=d", "a\\ b\\,c\\=d"),
        ("tail\\", "tail%5C"),
        ("two\nlines", "two%0Alines"),
        ("50%", "50%25"),
        ("Grün", "Grün"),
        ("", "%"),
    ],
)
def test_how_a_tag_is_told(text: str, value: str) -> None:
    """The documented spellings: a plain id as it stands, specials escaped, what cannot be said by number."""
    assert tag_value(text) == value


def test_what_cannot_be_said_is_left_out_alone() -> None:
    """A number that is none or an integer too large takes nothing else with it; all tags are told always."""
    fields = {"nan": float("nan"), "inf": float("inf"), "big": 2**63, "none": None, "good": 1, "share": 0.5}
    point = parse_line(line("m", {"store": "s", "sku": "", "device": None}, fields, 7))
    assert point.tags == {"store": "s", "sku": "-", "device": "-"}
    assert point.fields == {"good": 1, "share": 0.5}
    assert line("m", {"store": "s"}, {"none": None}, 7) == ""
    assert joined(["", "a x=1i 1", ""]) == b"a x=1i 1"


def test_a_movement_tells_no_tag_and_no_receipt() -> None:
    """Neither EPC nor the till's reference nor a note leaves the store: a sold piece is not to be followed."""
    text = movement_line(JournalEntry("j1", 5, movement(note="for a customer")))
    assert "3034257BF7194E4000001A85" not in text
    assert "till-7" not in text
    assert "customer" not in text
    point = parse_line(text)
    assert point.tags == {"store": "lyon-1", "sku": "DEN-501-32", "kind": "moved", "cause": "rfid"}
    assert point.fields == {
        "pieces": 1, "net": 0, "seq": 5, "journal": "j1", "from_zone": "front", "to_zone": "denim", "recorded_ns": 2,
    }  # fmt: skip


@given(
    at_ns=st.integers(0, 2**62), seqs=st.lists(st.integers(1, 10**9), min_size=2, max_size=20, unique=True)
)
def test_movements_of_one_instant_stay_apart(at_ns: int, seqs: list[int]) -> None:
    """Up to a million movements in sequence of one series and instant have times of their own, within 1 ms."""
    sold = Movement(MovementKind.SOLD, "till", "s", "a", at_ns, at_ns, deltas=(ZoneDelta("z", -1),))
    first = min(seqs)
    seqs = [first + (seq - first) % 1_000_000 for seq in seqs]
    times = {parse_line(movement_line(JournalEntry("j", seq, sold))).at_ns for seq in seqs}
    assert len(times) == len(set(seqs))
    assert all(at_ns // 10**6 == time // 10**6 for time in times)


@pytest.mark.parametrize(
    ("state", "at_ns", "firing"),
    [
        (AlertState.PENDING, 10, 0),
        (AlertState.FIRING, 20, 1),
        (AlertState.ACKNOWLEDGED, 25, 1),
        (AlertState.SNOOZED, 25, 1),
        (AlertState.RESOLVED, 30, 0),
    ],
)
def test_an_alert_is_told_at_the_time_of_its_change(state: AlertState, at_ns: int, firing: int) -> None:
    """Each change of an episode is a point of its own, at its own time."""
    record = AlertRecord(
        "id-1", "f", AlertType.LOW_STOCK, Severity.WARNING, "lyon-1", state, 10,
        zone="front", sku="TEE", fired_at_ns=20, resolved_at_ns=30,
        changed_at_ns=25 if state in {AlertState.ACKNOWLEDGED, AlertState.SNOOZED} else None,
    )  # fmt: skip
    point = parse_line(alert_line(record))
    assert point.at_ns == at_ns
    assert point.tags == {"store": "lyon-1", "type": "low_stock", "sku": "TEE", "device": "-"}
    assert point.fields == {
        "state": state, "firing": firing, "severity": "warning", "id": "id-1", "zone": "front"
    }  # fmt: skip


def test_what_is_remembered_of_series_is_bounded() -> None:
    """More series than are remembered give the same lines."""
    points = [LevelPoint("s", f"sku-{number % 7}", "z", number, number) for number in range(50)]
    assert LineEncoder(max_series=3).encode([], points, []) == LineEncoder().encode([], points, [])
    few = LineEncoder(max_series=3)
    few.encode([], points, [])
    assert len(few._stock) <= 3


def test_a_commit_without_change_is_no_line() -> None:
    """Nothing gives an empty body, not an empty line."""
    assert LineEncoder().encode([], [], []) == b""
