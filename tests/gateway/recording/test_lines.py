"""Lines of a recording: what is written is read as it was, and what is malformed is refused by itself."""

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.ports.intake import TillEvent
from gateway.recording.reading import MAX_LINE_BYTES, LineReader
from gateway.recording.recorded import LineRefused, Recorded, ToldEvent
from gateway.recording.writing import line_of
from readers.observations import Heartbeat, Read, Reading, Scan

AT = "2026-11-21T18:02:11.000000001Z"
AT_NS = 1_795_284_131_000_000_001
times_ns = st.integers(946_684_800_000_000_000, 7_258_118_399_999_999_999)
ids = st.from_regex(r"[a-z0-9-]{1,32}", fullmatch=True)
texts = st.text(min_size=1, max_size=40)
epcs = st.from_regex(r"([0-9A-F]{2}){2,62}", fullmatch=True)
floats = st.floats(-1e8, 1e8)

reads = st.builds(
    Read, ids | texts, st.integers(0, 65_535), epcs, times_ns, times_ns, st.none() | floats, st.none(),
    st.integers(1, 10**9),
)  # fmt: skip
events = st.builds(
    ToldEvent,
    st.builds(
        TillEvent, event_id=texts, type=st.sampled_from(["sale", "return", "receive"]), store=ids, sku=texts,
        gtin=st.none() | st.from_regex(r"[0-9]{14}", fullmatch=True), epc=st.none() | epcs, qty=st.integers(0, 1_000), at_ns=times_ns,
        zone=st.none() | ids,
    )
    | st.builds(
        TillEvent, event_id=texts, type=st.just("transfer"), store=ids, sku=st.none(), gtin=st.none(), epc=epcs,
        qty=st.just(1), at_ns=times_ns, zone=st.none(), to_store=ids,
    )
    | st.builds(
        TillEvent, event_id=texts, type=st.just("count"), store=ids, sku=texts, gtin=st.none(), epc=st.none(),
        qty=st.integers(0, 1_000), at_ns=times_ns, zone=ids, complete=st.booleans(),
    ),
    times_ns,
    st.just("") | texts,
)  # fmt: skip
recorded = (
    reads
    | st.builds(Scan, ids, texts, times_ns, times_ns)
    | st.builds(Reading, ids, floats, times_ns, times_ns)
    | st.builds(Heartbeat, ids, st.booleans(), times_ns, times_ns)
    | events
)


def line(**fields: Any) -> bytes:
    """Return a read's line with some fields otherwise; a field that is ... is left out."""
    whole = {
        "at": AT,
        "received": AT,
        "kind": "read",
        "reader": "r-1",
        "epc": "3034257BF400B7800004CB2F",
    } | fields
    return json.dumps({key: value for key, value in whole.items() if value is not ...}).encode()


def read_one(data: bytes) -> Recorded:
    """Return what a single line says."""
    return LineReader().read(data, 2)


def reason_of(data: bytes) -> str:
    """Return why a line is refused."""
    with pytest.raises(LineRefused) as caught:
        read_one(data)
    assert str(caught.value).startswith("line 2: ")
    assert caught.value.remedy
    return caught.value.reason


@given(st.lists(recorded, max_size=8))
def test_what_is_written_is_read_as_it_was(everything: list[Recorded]) -> None:
    """read(line_of(x)) == x for every kind, the first time and the next, by one reader."""
    reader, lines = LineReader(), [line_of(thing).encode() for thing in everything]
    assert [reader.read(line, 2) for line in lines] == everything
    for ending in (b"\n", b"\r\n", b"\n\n \n"):
        assert list(reader.read_lines(b"".join(line + ending for line in lines), 2)) == everything


@given(reads)
def test_the_fast_way_reads_as_the_careful_one(read: Read) -> None:
    """A read in the plain form is what it is in any other order of its keys."""
    reader, text = LineReader(), line_of(read)
    other = json.dumps(dict(reversed(json.loads(text).items())))
    lines = f"{text}\n{other}\n{text}\r\n{json.dumps(json.loads(text))}\n".encode()
    assert list(reader.read_lines(lines, 2)) == [read] * 4


def test_lines_are_numbered_whatever_they_hold() -> None:
    """Empty lines count, and a line that looks plain but is none is refused with its number and the rest."""
    good = line(rssi_dbm=None, antenna=1, count=1)
    order = ("at", "received", "kind", "reader", "antenna", "epc", "rssi_dbm", "count")
    fields = json.loads(good)
    changes: list[dict[str, Any]] = [
        {}, {"epc": "303"}, {"at": "2026-02-30T00:00:00Z"}, {"epc": "30" * 63}, {"antenna": 70_000}, {}
    ]  # fmt: skip
    lines = [json.dumps({key: (fields | change)[key] for key in order}).encode() for change in changes]
    said = list(LineReader().read_lines(b"\n" + b"\n".join(lines) + b"\n\n{\n", 11))
    numbers = [(refused.number, refused.reason) for refused in said if isinstance(refused, LineRefused)]
    assert numbers == [
        (13, "bad_field"),
        (14, "bad_time"),
        (15, "bad_field"),
        (16, "bad_field"),
        (19, "not_json"),
    ]
    assert [one for one in said if not isinstance(one, LineRefused)] == [read_one(good)] * 2


def test_the_documented_lines_are_read() -> None:
    """The examples of the format are taken, with what may be left out left out."""
    assert read_one(line()) == Read("r-1", 1, "3034257BF400B7800004CB2F", AT_NS, AT_NS, None, None, 1)
    assert read_one(line(epc="3034257bf400b7800004cb2f", rssi_dbm=-61, antenna=3, count=2)) == Read(
        "r-1", 3, "3034257BF400B7800004CB2F", AT_NS, AT_NS, -61.0, None, 2
    )
    assert read_one(line(rssi_dbm=None, note="by hand")) == read_one(line())
    assert read_one(line(kind="heartbeat")) == Heartbeat("r-1", True, AT_NS, AT_NS)
    sale = read_one(line(kind="sale", store="lyon-1", sku="A", epc=None, qty=1))
    assert isinstance(sale, ToldEvent)
    assert sale.event.event_id == "line-2"
    by_ean = read_one(line(kind="receive", store="lyon-1", gtin="3012345000024", epc=None))
    assert isinstance(by_ean, ToldEvent)
    assert by_ean.event.gtin == "03012345000024"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"[" * 20_000, "not_json"),
        (line() + b"{}", "not_json"),
        (b'"read"', "not_an_object"),
        (b"[1]", "not_an_object"),
        (b"\xff" + line(), "not_utf8"),
        (line(note="x" * MAX_LINE_BYTES), "line_too_long"),
        (line(kind=...), "missing_field"),
        (line(kind="raed"), "unknown_kind"),
        (line(kind=["read"]), "unknown_kind"),
        (line(at=...), "missing_field"),
        (line(received=...), "missing_field"),
        (line(received=None), "missing_field"),
        (line(received="soon"), "bad_time"),
        (line(at="2026-11-21T18:02:11"), "bad_time"),
        (line(at=5), "bad_time"),
        (line(reader=...), "missing_field"),
        (line(reader=""), "bad_field"),
        (line(reader=7), "bad_field"),
        (line(epc=...), "missing_field"),
        (line(epc="30342"), "bad_field"),
        (line(epc="WXYZ"), "bad_field"),
        (line(epc="30" * 63), "bad_field"),
        (line(antenna=-1), "bad_field"),
        (line(antenna=True), "bad_field"),
        (line(antenna="1"), "bad_field"),
        (line(count=0), "bad_field"),
        (line(count=1.0), "bad_field"),
        (line(rssi_dbm="-61"), "bad_field"),
        (line(rssi_dbm=float("nan")), "bad_field"),
        (line(rssi_dbm=float("inf")), "bad_field"),
        (line(kind="scan", scanner="s"), "missing_field"),
        (line(kind="reading", sensor="s"), "missing_field"),
        (line(kind="reading", sensor="s", weight_g="heavy"), "bad_field"),
        (line(kind="heartbeat", online="no"), "bad_field"),
        (line(kind="sale", store="a", epc=None), "missing_field"),
        (line(kind="sale", sku="A"), "missing_field"),
        (line(kind="sale", store="a", sku="A", qty=1.5), "bad_field"),
        (line(kind="transfer", store="a", sku="A"), "missing_field"),
        (line(kind="count", store="a", sku="A", complete=True), "missing_field"),
        (line(kind="count", store="a", sku="A", zone="z", complete="yes"), "bad_field"),
    ],
)  # fmt: skip
def test_a_malformed_line_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    """Each fault has a reason, a detail and a remedy."""
    assert reason_of(data) == reason


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=20),
    lambda inner: st.dictionaries(
        st.sampled_from(["at", "received", "kind", "reader", "epc", "store", "sku", "qty"]), inner
    ),
)


@given(st.binary(max_size=80) | anything.map(lambda value: json.dumps(value).encode()))
def test_garbage_is_refused_and_raises_nothing_else(data: bytes) -> None:
    """Whatever a line holds, it is taken or refused."""
    with contextlib.suppress(LineRefused):
        LineReader().read(data, 1)
