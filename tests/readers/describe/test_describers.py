"""Laws that every describer keeps, whatever the bytes."""

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readers.describe.frames import MAX_REFUSED_BYTES
from readers.describe.hex_text import HexDescriber
from readers.describe.lines import Describer, Line
from readers.describe.payload import MAX_PAYLOAD_BYTES, PayloadDescriber, PayloadLinesDescriber
from readers.describe.registry import PAYLOAD_KINDS, STREAM_KINDS
from tests.support.described import stream_lines, told
from tests.support.vectors import vectors

NO_HEADERS = {
    "cf": frozenset({0xCF}),
    "m100": frozenset({0xAA, 0xBB}),
    "r2000": frozenset({0xA0}),
    "uhfreader18": frozenset(range(4, 256)),
    "uhfreader288": frozenset(range(4, 256)),
}
"""Framed kind → the bytes that begin a frame: garbage without them is told as garbage, byte for byte."""


def frames_of(kind: str) -> list[bytes]:
    """Return the intact frames among the samples of a kind."""
    return [bytes.fromhex(v["data"]) for v in vectors(kind) if v["encoding"] == "hex" and v["valid"]]


def describers() -> dict[str, Describer]:
    """Return one of each kind, also as hex text, as a payload and as payload lines."""
    made = {kind: stream.make() for kind, stream in STREAM_KINDS.items()}
    made |= {f"{kind} as hex": HexDescriber(stream.make()) for kind, stream in STREAM_KINDS.items()}
    for kind, payload in PAYLOAD_KINDS.items():
        made[kind] = PayloadDescriber(payload.describe, "a/b", retained=False, now_ns=0)
        made[f"{kind} by lines"] = PayloadLinesDescriber(payload.describe, None, retained=True, now_ns=0)
    return made


def text(lines: list[Line]) -> str:
    return json.dumps(lines, allow_nan=False)


BITS = [
    *(frame for kind in NO_HEADERS for frame in frames_of(kind)),
    b"\r\n",
    b'{"a":1}',
    b"]E0",
    b"[{",
    b"tele/a/LWT ",
]
byte_runs = st.lists(st.binary(max_size=40) | st.sampled_from(BITS))


@pytest.mark.parametrize("kind", sorted(describers()))
@settings(max_examples=40)
@given(chunks=byte_runs)
def test_any_bytes_give_lines_and_nothing_else(kind: str, chunks: list[bytes]) -> None:
    """Whatever comes, in whatever pieces, there are lines of JSON, and the same for any pieces."""
    piecewise = told(describers()[kind], *chunks)
    whole = told(describers()[kind], b"".join(chunks))
    assert text(piecewise) == text(whole)


@pytest.mark.parametrize("kind", sorted(NO_HEADERS))
@given(data=st.data())
def test_refused_bytes_are_those_between_the_frames(kind: str, data: st.DataObject) -> None:
    """Of garbage and frames in turn, what is told as refused is the garbage, byte for byte."""
    alphabet = st.sampled_from(sorted(set(range(256)) - NO_HEADERS[kind]))
    garbage = data.draw(st.lists(st.lists(alphabet, max_size=30).map(bytes), max_size=5))
    parts = [part for piece in garbage for part in (piece, data.draw(st.sampled_from(frames_of(kind))))]
    lines = stream_lines(kind, b"".join(parts))
    refused = "".join(str(line["bytes"]) for line in lines if "dropped" in line)
    assert refused == b"".join(garbage).hex().upper()
    told_of = sum("frame" in line or line.get("kind") == "read" for line in lines)
    assert told_of >= len(garbage)


def test_broken_frames_are_told_one_by_one() -> None:
    """Two broken frames in a row, with garbage before, are three lines: each its own bytes and reason."""
    broken = bytes.fromhex("BB006500040000FF70677E")
    lines = stream_lines("m100", b"\x01\x02" + broken + broken)
    assert [(line["dropped"], line["bytes"]) for line in lines] == [
        ("garbage", "0102"),
        ("checksum", broken.hex().upper()),
        ("checksum", broken.hex().upper()),
    ]


def test_a_frame_inside_a_false_one_is_found() -> None:
    """A false header that claims the next frame as its own content loses nothing of it."""
    tag = frames_of("m100")[5]
    lines = stream_lines("m100", bytes.fromhex("BB02220020") + tag + bytes(40))
    assert [line.get("kind", line.get("dropped")) for line in lines] == ["end", "read", "garbage"]


def test_noise_takes_no_memory() -> None:
    """An endless run of noise is told in bounded pieces while it comes."""
    describer = STREAM_KINDS["m100"].make()
    lines = describer.feed(bytes(3 * MAX_REFUSED_BYTES))
    assert [len(str(line["bytes"])) // 2 for line in lines] == [MAX_REFUSED_BYTES] * 2
    assert len(str(describer.finish()[0]["bytes"])) // 2 == MAX_REFUSED_BYTES


@pytest.mark.parametrize("kind", sorted(STREAM_KINDS))
def test_a_long_capture_of_noise_is_told_to_the_last_byte(kind: str) -> None:
    """Noise that looks like the beginning of frames everywhere is refused, byte for byte and without end."""
    noise = Random(7).randbytes(5 * MAX_REFUSED_BYTES)
    lines = told(STREAM_KINDS[kind].make(), noise[:9_999], noise[9_999:])
    refused = "".join(str(line["bytes"]) for line in lines if "dropped" in line)
    if kind in NO_HEADERS and kind != "r2000":  # whose eight bits of checksum let noise pass once in a while
        assert refused == noise.hex().upper()


def test_hex_in_any_spacing_is_one_stream() -> None:
    """Hex may be spaced, prefixed, and broken into lines in the middle of a frame."""
    written = b"BB 00 28\n0x00,0x00 28:7e\r\nbb00 2800\n00287E"
    lines = told(HexDescriber(STREAM_KINDS["m100"].make()), written)
    assert [line["cmd"] for line in lines] == ["stop inventory"] * 2


def test_what_is_no_hex_is_refused_line_by_line() -> None:
    """A line that is no hex, or ends in half a byte, is refused as it was written; the others are read."""
    lines = told(HexDescriber(STREAM_KINDS["m100"].make()), b"no hex\nBB0\nBB00280000287E\n")
    assert [line.get("bytes", line.get("cmd")) for line in lines] == [
        b"no hex".hex().upper(),
        b"BB0".hex().upper(),
        "stop inventory",
    ]


@pytest.mark.parametrize("kind", sorted(PAYLOAD_KINDS))
def test_a_payload_beyond_any_device_is_refused_in_pieces(kind: str) -> None:
    """A payload that is too large is refused, and never held as a whole."""
    describer = PayloadDescriber(PAYLOAD_KINDS[kind].describe, "a/b", retained=False, now_ns=0)
    lines = [line for _ in range(40) for line in describer.feed(bytes(65_536))] + describer.finish()
    assert {line["dropped"] for line in lines} == {"too_large"}
    assert sum(len(str(line["bytes"])) for line in lines) // 2 == 40 * 65_536
    assert max(len(str(line["bytes"])) for line in lines) // 2 <= MAX_PAYLOAD_BYTES + 65_536


def test_a_code_too_long_is_refused_with_its_bytes() -> None:
    """A line longer than any code is refused whole, and the next code is read."""
    lines = stream_lines("scanner", b"9" * 5_000 + b"\r\n4006381333931\r\n")
    assert "".join(str(line["bytes"]) for line in lines[:-1]) == (b"9" * 5_000).hex().upper()
    assert lines[-1]["gtin"] == "04006381333931"


def test_binary_epcs_may_hold_line_ends() -> None:
    """The bytes of one EPC are read as they are, a line feed among them too."""
    (line,) = stream_lines("epc", bytes.fromhex("311BA1B300CE0A6A83000000"))
    assert line["digital_link_path"] == "/00/095201234567891235"
