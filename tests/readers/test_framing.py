"""The framer, driven by the M100 frames that it was built for and by a toy protocol."""

import re
from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from readers.codecs import m100
from readers.framing import MORE, Framer, Refused
from tests.support.m100_wire import chunked, header_rich_bytes, m100_tag, tags


def toy_measure(buffer: bytes, start: int) -> int | str:
    """`# length body`: a frame is as long as it says, and its body may not hold a zero."""
    if len(buffer) - start < 2:
        return MORE
    size = buffer[start + 1] + 2
    if len(buffer) - start < size:
        return MORE
    return "zero" if b"\0" in buffer[start + 2 : start + size] else size


def toy_framer(max_frame_bytes: int = 300) -> Framer:
    return Framer(re.compile(b"#"), toy_measure, max_frame_bytes)


@st.composite
def noisy_streams(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """A stream of garbage and tag frames in turn, and the frames; the garbage forms no frame itself."""
    stream, frames, starts = b"", [], set()
    for frame in draw(st.lists(tags, max_size=6)):
        stream += draw(header_rich_bytes)
        starts.add(len(stream))
        stream += frame
        frames.append(frame)
    stream += draw(header_rich_bytes)
    for at, byte in enumerate(stream):
        is_other = byte in b"\xaa\xbb" and at not in starts
        assume(not (is_other and m100.measure(stream, at) not in (MORE, *REASONS)))
    return stream, frames


REASONS = ("type", "length", "end", "checksum")


@given(noisy_streams())
def test_garbage_loses_no_frame(case: tuple[bytes, list[bytes]]) -> None:
    """Garbage between frames loses no intact frame, whatever false headers in it claim."""
    stream, frames = case
    framer = m100.new_framer()
    assert framer.feed(stream) + framer.flush() == frames
    assert framer.held == 0


@given(noisy_streams())
def test_what_is_refused_and_what_is_taken_make_the_stream(case: tuple[bytes, list[bytes]]) -> None:
    """Frames and refused bytes together, in order, are the stream; the refused ones are those counted."""
    stream, _ = case
    framer, refused = m100.new_framer(), list[Refused]()
    frames = framer.feed(stream, refused)
    flushed_after = len(refused)
    frames_after = framer.flush(refused)
    told = b""
    for taken, said in ((frames, refused[:flushed_after]), (frames_after, refused[flushed_after:])):
        for place in range(len(taken) + 1):
            told += b"".join(piece.data for piece in said if piece.after == place)
            told += b"".join(taken[place : place + 1])
    assert told == stream
    counted = Counter(byte.reason for byte in refused for _ in byte.data)
    assert counted == framer.counts.dropped


@given(st.data(), noisy_streams())
def test_any_chunking_gives_the_same(data: st.DataObject, case: tuple[bytes, list[bytes]]) -> None:
    """Any chunking of a stream gives the same frames, the same drops and the same rest."""
    stream, _ = case
    whole, pieces = m100.new_framer(), m100.new_framer()
    frames = whole.feed(stream)
    assert [frame for chunk in data.draw(chunked(stream)) for frame in pieces.feed(chunk)] == frames
    assert pieces.counts == whole.counts


@given(st.lists(st.one_of(st.binary(max_size=400), header_rich_bytes), max_size=8), st.booleans())
def test_bytes_are_conserved_and_held_back_within_bounds(chunks: list[bytes], flushes: bool) -> None:
    """For arbitrary bytes: received = in frames + dropped + held, and no more is held than a frame."""
    framer = m100.new_framer()
    in_frames = 0
    for chunk in chunks:
        in_frames += sum(map(len, framer.feed(chunk)))
        assert framer.held < m100.MAX_FRAME_BYTES
        if flushes:
            in_frames += sum(map(len, framer.flush()))
            assert framer.held == 0
    assert framer.counts.is_conserved()
    assert framer.counts.received == sum(map(len, chunks))
    assert framer.counts.passed == in_frames
    assert framer.counts.held == framer.held


def test_a_lone_false_header_is_given_up() -> None:
    """A false header that claims a long frame holds good ones back until the flush, not longer."""
    framer = m100.new_framer()
    tag = m100_tag(bytes(12))
    assert framer.feed(b"\xbb\x01\xff\x00\xa0" + tag) == []
    assert framer.flush() == [tag]
    assert framer.counts.dropped == {"stale": 1, "garbage": 4}


def test_clear_counts_what_it_forgets() -> None:
    """A half frame of an old connection is dropped by name, and never joined to the new one."""
    framer = m100.new_framer()
    tag = m100_tag(bytes(12))
    assert framer.feed(tag[:9]) == []
    framer.clear("reopened")
    assert framer.feed(tag[9:]) == []
    assert framer.counts.dropped["reopened"] == 9
    assert framer.counts.is_conserved()


def test_another_protocol_brings_its_own_rule() -> None:
    """The framer knows no protocol: header, length and reasons come with the rule."""
    framer = toy_framer()
    assert framer.feed(b"noise#\x02ok#\x02n\0#\x03yes#") == [b"#\x02ok", b"#\x03yes"]
    assert framer.counts.dropped == {"garbage": 8, "zero": 1}
    assert framer.held == 1


def test_a_rule_that_asks_for_more_than_the_cap_is_stopped() -> None:
    """What is held back is bounded by the framer itself, even where a rule forgets to."""
    framer = toy_framer(max_frame_bytes=10)
    assert framer.feed(b"#\xff" + b"a" * 20) == []
    assert framer.counts.dropped == {"too_long": 1, "garbage": 21}


@pytest.mark.parametrize("reason", REASONS)
def test_each_refusal_has_its_reason(reason: str) -> None:
    """A bad start is counted by what was wrong with it."""
    bad = {
        "type": b"\xbb\x03\x22\x00\x00\x25\x7e",
        "length": b"\xbb\x02\x22\x01\x00\x25\x7e",
        "end": b"\xbb\x02\x22\x00\x00\x24\x7f",
        "checksum": b"\xbb\x02\x22\x00\x00\x25\x7e",
    }[reason]
    framer = m100.new_framer()
    assert framer.feed(bad) == []
    assert framer.counts.dropped == {reason: 1, "garbage": 6}
