"""What the codecs of UHFReader, CF and R2000 frames share: published frames, round trips, foreign bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import cf, r2000, uhfreader
from readers.codecs.crc import ends_in_its_crc, mcrf4xx
from tests.support.malformed import reason_of
from tests.support.vectors import vectors


@dataclass(frozen=True)
class Family:
    """A codec; its most data, and the reasons for which it may refuse bytes."""

    name: str
    files: tuple[str, ...]
    codec: ModuleType
    most_data: int
    commands: tuple[int, ...]
    reasons: frozenset[str]


FAMILIES = (
    Family(
        "uhfreader",
        ("uhfreader288", "uhfreader18"),
        uhfreader,
        250,
        (0x01, 0x21, 0x2F, 0x76, 0xEE),
        frozenset({"header", "command", "checksum", "length"}),
    ),
    Family(
        "cf",
        ("cf",),
        cf,
        255,
        (0x0001, 0x0002, 0x0070),
        frozenset({"header", "command", "checksum", "length"}),
    ),
    Family(
        "r2000",
        ("r2000",),
        r2000,
        125,
        (0x72, 0x76, 0x89, 0x8A),
        frozenset({"header", "command", "checksum", "length", "epc_length"}),
    ),
)
each_family = pytest.mark.parametrize("family", FAMILIES, ids=[family.name for family in FAMILIES])


def vectors_of(family: Family) -> list[dict[str, Any]]:
    """Return the published frames of a family."""
    return [vector for file in family.files for vector in vectors(file)]


def each_vector(*, valid: bool) -> pytest.MarkDecorator:
    """Parametrise over the vectors of all families."""
    found = [(f, v) for f in FAMILIES for v in vectors_of(f) if v["valid"] is valid]
    return pytest.mark.parametrize(("family", "vector"), found, ids=[v["id"] for _, v in found])


@each_vector(valid=True)
def test_published_frames_are_taken(family: Family, vector: dict[str, Any]) -> None:
    """Each frame of a manual, a driver or a capture is one intact frame, by itself and in the stream."""
    raw = bytes.fromhex(vector["data"])
    family.codec.decode(raw)
    assert family.codec.new_framer().feed(raw) == [raw]


@each_vector(valid=True)
def test_published_frames_say_what_their_source_says(family: Family, vector: dict[str, Any]) -> None:
    """Address, command and status stand where the source has them."""
    frame, expected = family.codec.decode(bytes.fromhex(vector["data"])), vector["expect"]
    told = {"adr": frame.address, "addr": frame.address, "cmd": frame.command}
    told["status"] = getattr(frame, "status", None)
    wanted = {key: value for key, value in expected.items() if key in told and isinstance(value, int)}
    assert {key: told[key] for key in wanted} == wanted


@each_vector(valid=False)
def test_wrong_published_frames_are_refused_and_counted(family: Family, vector: dict[str, Any]) -> None:
    """A frame with an error in it is refused, and shows up in the counts."""
    raw = bytes.fromhex(vector["data"])
    assert reason_of(lambda: family.codec.decode(raw)) in family.reasons
    framer = family.codec.new_framer()
    assert framer.feed(raw) + framer.flush() == []
    assert framer.counts.dropped.total() == len(raw)


@each_family
@given(st.data())
def test_decode_undoes_encode(family: Family, data: st.DataObject) -> None:
    """A host's frame comes apart into what it was made of; to everybody it is a command."""
    command = data.draw(st.sampled_from(family.commands))
    content = data.draw(st.binary(max_size=family.most_data))
    frame = family.codec.decode(family.codec.encode(command, content))
    assert (frame.address, frame.command, frame.data) == (0xFF, command, content)


@each_family
def test_data_that_no_frame_holds_is_our_bug(family: Family) -> None:
    """More than a length byte can say is refused before it is sent."""
    with pytest.raises(ValueError, match="too many"):
        family.codec.encode(family.commands[0], bytes(family.most_data + 4))


@each_family
@given(st.binary(max_size=300))
def test_arbitrary_bytes_decode_or_are_malformed(family: Family, raw: bytes) -> None:
    """decode raises nothing but Malformed, with a reason of a fixed set."""
    assert reason_of(lambda: family.codec.decode(raw)) in {None, *family.reasons}


@each_family
@given(st.integers(0, 10_000))
def test_noise_is_counted_to_the_byte_and_holds_little(family: Family, seed: int) -> None:
    """Noise is dropped for reasons of a fixed set; less than the longest frame is ever held back."""
    rng, framer = Random(seed), family.codec.new_framer()
    headers = bytes(rng.choice((0xCF, 0xA0, 0x15, rng.randrange(256))) for _ in range(600))
    for at in range(0, len(headers), 37):
        framer.feed(headers[at : at + 37])
        assert framer.held < family.codec.MAX_FRAME_BYTES
        assert framer.counts.is_conserved()
    framer.flush()
    allowed = family.reasons | {"garbage", "stale", "too_long", "address"}
    assert set(framer.counts.dropped) <= allowed


def crc_bit_by_bit(data: bytes) -> int:
    """Return CRC-16/MCRF4XX as the manuals print it."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
    return crc


@given(st.binary(max_size=80))
def test_the_checksum_is_that_of_the_manuals(data: bytes) -> None:
    """The mirrored one in C equals the manuals' loop; a frame with it, low byte first, ends in its own."""
    assert mcrf4xx(b"123456789") == 0x6F91
    assert mcrf4xx(data) == crc_bit_by_bit(data)
    assert ends_in_its_crc(data + mcrf4xx(data).to_bytes(2, "little"))
    assert not ends_in_its_crc(data + (mcrf4xx(data) ^ 1).to_bytes(2, "little"))


BUILT: tuple[tuple[str, Callable[[], bytes]], ...] = (
    ("uhf288-cmd-info", lambda: uhfreader.encode(0x21)),
    ("uhf288-cmd-inventory-default", lambda: uhfreader.encode(1, bytes.fromhex("0f0001000000008014"))),
    ("uhf288-cmd-mode-realtime", lambda: uhfreader.encode(0x76, b"\x01", 0)),
    ("uhf288-cmd-mode-answer", lambda: uhfreader.encode(0x76, b"\x00", 0)),
    ("uhf288-cmd-region-eu", lambda: uhfreader.encode(0x22, b"\x4e\x00", 0)),
    ("cf-cmd-stop", lambda: cf.encode(cf.Command.STOP)),
    ("cf-cmd-init", lambda: cf.encode(cf.Command.INIT)),
    ("cf-cmd-getparam", lambda: cf.encode(cf.Command.GET_PARAMETERS)),
    ("a0-cmd-rt-inventory", lambda: r2000.encode(0x89, b"\x01", 1)),
    ("a0-cmd-fw", lambda: r2000.encode(0x72, b"", 1)),
    ("a0-cmd-power-30", lambda: r2000.encode(0x76, b"\x1e" * 4, 1)),
    ("a0-cmd-region-etsi", lambda: r2000.encode(0x78, bytes((2, 0, 6)), 1)),
)


@pytest.mark.parametrize(("name", "build"), BUILT, ids=[name for name, _ in BUILT])
def test_commands_are_the_published_bytes(name: str, build: Callable[[], bytes]) -> None:
    """What we send is, byte for byte, what was published."""
    [vector] = [v for family in FAMILIES for v in vectors_of(family) if v["id"] == name]
    assert build() == bytes.fromhex(vector["data"])
