"""The line scanner: bytes and pauses in, codes out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.scanner import ScannerSession
from readers.errors import DeviceRefused
from readers.observations import Observation, Scan
from readers.settings import ScannerSettings
from tests.support.m100_wire import chunked

S = 1_000_000_000
NOW = 1_763_000_000 * S
DEFAULT_ENDS = (b"\r\n", b"\r", b"\n", b"\x03")

line_rich_bytes = st.lists(
    st.one_of(
        st.binary(max_size=5),
        st.sampled_from([b"\r\n", b"\r", b"\n", b"\x03", b"\x1d", b"]E0", b"0123456789"]),
    ),
    max_size=15,
).map(b"".join)
end_marks = st.sets(st.sampled_from([b"\r\n", b"\r", b"\n", b"\x03", b"\r\r", b";"]), min_size=1).map(tuple)


def scanner(**settings: object) -> ScannerSession:
    return ScannerSession(ScannerSettings("till-1", **settings))  # type: ignore[arg-type]  # by keyword


def texts(observations: list[Observation]) -> list[str]:
    return [observation.text for observation in observations if isinstance(observation, Scan)]


@pytest.mark.parametrize("end", [b"\r\n", b"\r", b"\n", b"\x03"])
def test_a_line_is_a_code(end: bytes) -> None:
    """Any of the terminators ends a code, at once, and is not part of it."""
    steps = scanner().feed(b"]E04006381333931" + end, NOW)
    assert steps.observations == [Scan("till-1", "]E04006381333931", NOW, NOW)]
    assert steps.writes == []


@pytest.mark.parametrize(
    "chunks", [[b"A\r\nB\r\n"], [b"A\r", b"\nB\r", b"\n"], [b"A", b"\r", b"\n", b"B\r\n"]]
)
def test_cr_lf_makes_no_second_code(chunks: list[bytes]) -> None:
    """CR LF is one end, also when it comes in two pieces."""
    session = scanner()
    assert [text for chunk in chunks for text in texts(session.feed(chunk, NOW).observations)] == ["A", "B"]


def test_empty_lines_are_no_codes() -> None:
    """Terminators in a row say nothing, and are no error."""
    session = scanner()
    assert session.feed(b"\r\n\r\n\n\x03\r", NOW).observations == []
    assert session.bytes_counts.dropped == {}
    assert session.frame_counts.received == 0


def test_gs_and_white_space_stay() -> None:
    """GS separates GS1 elements; it is data, at the end of a code as well, and so are spaces."""
    code = "]d2010950600013435210AB\x1d21 7\x1d"
    assert texts(scanner().feed(code.encode() + b"\r", NOW).observations) == [code]
    assert texts(scanner().feed(b" \t\x1c\x1e\x85 \r", NOW).observations) == [" \t\x1c\x1e\x85 "]


def test_a_replaced_gs_comes_back() -> None:
    """Scanners that cannot send GS send another character for it."""
    session = scanner(gs_replacement=b"|")
    assert texts(session.feed(b"]C110AB|21X\r", NOW).observations) == ["]C110AB\x1d21X"]


def test_utf_8_else_latin_1() -> None:
    """Text is UTF-8; what is none is taken byte by byte, never refused."""
    assert texts(scanner().feed("Crème".encode() + b"\r", NOW).observations) == ["Crème"]
    assert texts(scanner().feed("Crème".encode("latin-1") + b"\r", NOW).observations) == ["Crème"]


def test_a_pause_ends_a_code_without_terminator() -> None:
    """After idle_flush_s without a byte the code is taken as it is."""
    session = scanner(idle_flush_s=0.3)
    assert session.feed(b"4006381", NOW).observations == []
    assert session.feed(b"333931", NOW + S // 10).observations == []
    assert session.deadline_ns == NOW + S // 10 + 3 * S // 10
    assert session.tick(session.deadline_ns - 1).observations == []
    assert texts(session.tick(session.deadline_ns).observations) == ["4006381333931"]
    assert session.deadline_ns is None


def test_without_idle_flush_a_code_waits_for_its_terminator() -> None:
    """idle_flush_s None: pauses mean nothing."""
    session = scanner(idle_flush_s=None)
    session.feed(b"4006381", NOW)
    assert session.deadline_ns is None
    assert session.tick(NOW + 3_600 * S).observations == []
    assert texts(session.feed(b"333931\r", NOW + 3_600 * S).observations) == ["4006381333931"]


def test_the_prefix_is_taken_off_and_asked_for() -> None:
    """With a prefix set, a line without it is the tail of a code that was cut: dropped, counted."""
    session = scanner(prefix=b"\x02")
    assert texts(session.feed(b"381333931\x03\x024006381333931\x03", NOW).observations) == ["4006381333931"]
    assert session.frame_counts.dropped == {"prefix": 1}
    assert session.bytes_counts.dropped == {"prefix": 9}


@pytest.mark.parametrize("cut", [1, 7, 100])
def test_a_line_too_long_is_dropped_up_to_its_end(cut: int) -> None:
    """A stuck line costs bounded memory and one count; the next code is read."""
    session = scanner(max_code_bytes=20)
    stream = b"x" * 50 + b"\r\nok\r\n"
    chunks = [stream[i : i + cut] for i in range(0, len(stream), cut)]
    assert [text for chunk in chunks for text in texts(session.feed(chunk, NOW).observations)] == ["ok"]
    assert session.frame_counts.dropped == {"too_long": 1}
    assert session.bytes_counts.dropped == {"too_long": 50}


def test_a_pause_ends_a_line_too_long() -> None:
    """After the pause a new code begins, also where the long line never ended."""
    session = scanner(max_code_bytes=20)
    session.feed(b"x" * 50, NOW)
    assert session.tick(NOW + S).observations == []
    assert texts(session.feed(b"ok\r", NOW + S).observations) == ["ok"]


def test_opened_again_forgets_half_a_code() -> None:
    """What was cut by an unplugging is not joined to the next code."""
    session = scanner()
    session.feed(b"40063", NOW)
    assert session.opened(NOW + S).observations == []
    assert texts(session.feed(b"96385074\r", NOW + S).observations) == ["96385074"]
    assert session.bytes_counts.dropped == {"reopened": 5}
    assert session.closing(NOW + S).writes == []


@given(line_rich_bytes)
def test_lines_equal_a_split_on_the_default_terminators(stream: bytes) -> None:
    """The codes are what a plain split gives, but for the unfinished last and the empty ones."""
    expected = [line.decode("latin-1") for line in re.split(rb"\r\n|\r|\n|\x03", stream)[:-1] if line]
    seen = texts(scanner().feed(stream, NOW).observations)
    assert [text if text.isascii() else None for text in seen] == [
        text if text.isascii() else None for text in expected
    ]


@given(st.data(), line_rich_bytes, end_marks, st.sampled_from([b"", b"]"]), st.integers(1, 30))
def test_any_chunking_gives_the_same_codes_and_counts(
    data: st.DataObject, stream: bytes, ends: tuple[bytes, ...], prefix: bytes, max_code_bytes: int
) -> None:
    """Cut anywhere, whatever the terminators, a finished stream gives the same codes and counts."""
    stream += max(ends, key=len)
    whole, pieces = (
        scanner(terminators=ends, prefix=prefix, max_code_bytes=max_code_bytes) for _ in range(2)
    )
    expected = whole.feed(stream, NOW).observations
    seen = [o for chunk in data.draw(chunked(stream)) for o in pieces.feed(chunk, NOW).observations]
    assert seen == expected
    assert pieces.bytes_counts == whole.bytes_counts
    assert pieces.frame_counts == whole.frame_counts


@given(st.lists(st.tuples(st.sampled_from(["feed", "tick", "opened"]), line_rich_bytes)), end_marks)
def test_bytes_and_frames_are_conserved(events: list[tuple[str, bytes]], ends: tuple[bytes, ...]) -> None:
    """Any bytes and pauses: nothing is raised, all is counted, little is held."""
    session = scanner(terminators=ends, max_code_bytes=16)
    now_ns = NOW
    for event, data in events:
        now_ns += S
        if event == "feed":
            session.feed(data, now_ns)
        elif event == "tick":
            session.tick(now_ns)
        else:
            session.opened(now_ns)
        assert session.bytes_counts.is_conserved()
        assert session.frame_counts.is_conserved()
        assert session.bytes_counts.held <= 16 + 1


@pytest.mark.parametrize(
    "settings",
    [{"terminators": (b"",)}, {"terminators": (b"END",)}, {"terminators": (), "idle_flush_s": None}],
)
def test_settings_that_end_no_code_are_refused(settings: dict[str, object]) -> None:
    """A scanner whose codes have no end is the operator's to mend."""
    with pytest.raises(DeviceRefused, match="till-1"):
        scanner(**settings)
