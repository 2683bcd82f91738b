"""M100 frames against the manuals' own, and the laws of the codec."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import m100
from readers.codecs.m100 import Command, Dialect, FrameType
from readers.errors import Malformed
from tests.support.m100_wire import NO_TAG, epcs, genibus, m100_frame, m100_tag
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector, vectors

BUILT = {
    "m100-cmd-single-poll": (Command.INVENTORY, b""),
    "m100-cmd-multi-10000": (Command.MULTI_INVENTORY, m100.rounds_param(10_000)),
    "m100-cmd-multi-65535": (Command.MULTI_INVENTORY, m100.rounds_param()),
    "m100-cmd-stop": (Command.STOP, b""),
    "m100-cmd-region-china900": (Command.SET_REGION, m100.region_param("cn-900")),
    "m100-cmd-region-us": (Command.SET_REGION, m100.region_param("us")),
    "m100-cmd-region-eu": (Command.SET_REGION, m100.region_param("eu")),
    "m100-cmd-region-china800": (Command.SET_REGION, m100.region_param("cn-800")),
    "m100-cmd-power-2000": (Command.SET_POWER, m100.power_param(20)),
    "m100-cmd-baud-19200": (0x11, (192).to_bytes(2, "big")),
}


@each_vector("m100", valid=True)
def test_published_frames_are_taken(vector: dict[str, Any]) -> None:
    """Each frame of the manuals is one intact frame, by itself and in the stream."""
    raw = bytes.fromhex(vector["data"])
    frame = m100.decode(raw)
    assert m100.encode(frame.command, frame.param, frame.dialect, frame.type) == raw
    assert m100.new_framer().feed(raw) == [raw]


@each_vector("m100", valid=True, kinds=("command",))
def test_commands_are_the_published_bytes(vector: dict[str, Any]) -> None:
    """What we send is, byte for byte, what the manuals print."""
    assert m100.encode(*BUILT[vector["id"]]) == bytes.fromhex(vector["data"])


@each_vector("m100", valid=True, kinds=("tag",))
def test_published_tags_decode(vector: dict[str, Any]) -> None:
    """EPC and RSSI of captured tags are as their source says."""
    expected = vector["expect"]
    assert m100.decode_tag(bytes.fromhex(vector["data"])) == (expected["epc"], expected["rssi_dbm"])


@each_vector("m100", valid=True, kinds=("error", "no_tag"))
def test_published_errors_decode(vector: dict[str, Any]) -> None:
    """Error frames give their code, with and without the tag they speak of."""
    assert m100.decode(bytes.fromhex(vector["data"])).error == vector["expect"]["error"]


@each_vector("m100", valid=True, kinds=("response",))
def test_published_answers_decode(vector: dict[str, Any]) -> None:
    """Answers give their command and result, and no error."""
    frame = m100.decode(bytes.fromhex(vector["data"]))
    assert (frame.command, frame.param) == (vector["expect"]["cmd"], bytes([vector["expect"]["result"]]))
    assert frame.error is None


@each_vector("m100", valid=False)
def test_wrong_published_frames_are_refused_and_counted(vector: dict[str, Any]) -> None:
    """Frames that the manuals print with an error are refused, and show up in the counts."""
    raw = bytes.fromhex(vector["data"])
    with pytest.raises(Malformed):
        m100.decode(raw)
    framer = m100.new_framer()
    assert framer.feed(raw) + framer.flush() == []
    assert framer.counts.dropped.total() == len(raw)
    assert framer.counts.is_conserved()


def test_a_published_wrong_checksum_is_counted_as_one() -> None:
    """The kill sample and the write-fail sample fail by their checksum, and say so."""
    for vector in vectors("m100"):
        if vector["id"] in ("m100-neg-kill-badcs", "m100-neg-write-fail-badcs"):
            framer = m100.new_framer()
            framer.feed(bytes.fromhex(vector["data"]))
            assert framer.counts.dropped["checksum"] == 1


def test_the_epc_checksum_is_genibus() -> None:
    """The catalogue's check value: CRC-16/GENIBUS of "123456789" is D64E, and a tag bears it."""
    assert genibus(b"123456789") == 0xD64E
    assert m100.decode_tag(m100_tag(b"12345678"))[0] == b"12345678".hex().upper()


@given(
    st.sampled_from(list(FrameType)),
    st.integers(0, 255),
    st.binary(max_size=m100.MAX_PARAM_BYTES),
    st.sampled_from(list(Dialect)),
)
def test_decode_undoes_encode(frame_type: FrameType, command: int, param: bytes, dialect: Dialect) -> None:
    """decode∘encode is the identity, and encode writes what the manual describes."""
    raw = m100.encode(command, param, dialect, frame_type)
    assert raw == m100_frame(frame_type, command, param, dialect)
    assert m100.decode(raw) == m100.Frame(frame_type, command, param, dialect)


def test_a_command_that_no_frame_holds_is_our_bug() -> None:
    """A parameter longer than the bound is refused before it is sent."""
    with pytest.raises(ValueError, match="160"):
        m100.encode(0x49, bytes(m100.MAX_PARAM_BYTES + 1))


@given(epcs, st.integers(0, 255), st.sampled_from([0xBB, 0xAA]))
def test_tags_of_any_length_decode(epc: bytes, rssi: int, header: int) -> None:
    """An EPC is as long as its PC word says, 2 to 62 bytes; RSSI is signed."""
    expected = (epc.hex().upper(), rssi - 256 if rssi > 127 else rssi)
    assert m100.decode_tag(m100_tag(epc, rssi, header)) == expected


@given(st.binary(max_size=m100.MAX_PARAM_BYTES))
def test_tag_frames_of_any_content_raise_nothing_else(param: bytes) -> None:
    """An intact frame with an absurd tag in it is Malformed, with one of two reasons."""
    assert reason_of(lambda: m100.decode_tag(m100_frame(2, 0x22, param))) in (None, "epc_length", "epc_crc")


@given(st.binary(max_size=300))
def test_arbitrary_bytes_decode_or_are_malformed(raw: bytes) -> None:
    """decode raises nothing but Malformed, with a reason of a fixed set."""
    assert reason_of(lambda: m100.decode(raw)) in (None, "header", "type", "length", "end", "checksum")


def test_a_corrupted_epc_is_not_a_tag() -> None:
    """An EPC that fails the tag's own checksum is refused, though the frame's sum is right."""
    tag = bytearray(m100_tag(bytes(range(12))))
    tag[9] ^= 1
    tag[-2] = sum(tag[1:-2]) & 0xFF
    raw = bytes(tag)
    assert m100.new_framer().feed(raw) == [raw]
    with pytest.raises(Malformed, match="epc_crc"):
        m100.decode_tag(raw)


def test_an_empty_epc_is_not_a_tag() -> None:
    """A tag without any EPC words has no identity to report."""
    with pytest.raises(Malformed, match="epc_length"):
        m100.decode_tag(m100_tag(b""))


def test_the_query_word_is_the_manuals_default() -> None:
    """Session 0, target A and 16 slots make the word that the manual sets, 1020."""
    assert m100.query_param(session=0, target=0, q=4) == bytes.fromhex("1020")


def test_no_tag_is_an_error_that_is_none() -> None:
    """Error 15 comes in every empty round."""
    assert m100.decode(NO_TAG).error == m100.ERROR_NO_TAG
