"""The conversation with an M100 reader, held by plain bytes and times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import m100
from readers.codecs.conversation import (
    COMMAND_TIMEOUT_S,
    FAULT_EVERY_S,
    MAX_ATTEMPTS,
    SILENT_AFTER_S,
    STALE_AFTER_S,
)
from readers.codecs.m100_session import M100Session
from readers.codecs.m100_steps import MAX_POWER_DBM
from readers.errors import DeviceRefused
from readers.observations import Fault, Heartbeat, Identified, Observation, Read
from readers.settings import RfidSettings
from tests.support.m100_wire import NO_TAG, chunked, header_rich_bytes, m100_frame, m100_tag, tags

S = 1_000_000_000
NOW = 1_763_000_000 * S
EPC = bytes.fromhex("3066C4409047E140075BCD15")
STOP = m100_frame(0, 0x28)
HARDWARE, SOFTWARE, MAKER = (m100_frame(0, 0x03, bytes([what])) for what in range(3))
REGION_EU = m100_frame(0, 0x07, b"\x03")
POWER_20 = m100_frame(0, 0xB6, b"\x07\xd0")
START = m100_frame(0, 0x27, b"\x22\xff\xff")


def session(**settings: object) -> M100Session:
    return M100Session(RfidSettings("m100-front", **settings))  # type: ignore[arg-type]  # by keyword


def answer(command: bytes, header: int = 0xBB) -> bytes:
    """Answer as a module does that takes everything; a started inventory finds no tag."""
    number = command[2]
    if number == 0x03:
        text = (b"M100 26dBm V1.0", b"V2.3.5", b"MagicRf")[command[5]]
        return m100_frame(1, 0x03, command[5:6] + text, header)
    if number == 0x27:
        return m100_frame(1, 0xFF, b"\x15", header)
    return m100_frame(1, number, b"\x00", header)


def converse(reader: M100Session, writes: list[bytes], now_ns: int = NOW) -> list[bytes]:
    """Answer all that the session says until it falls silent; return what it said."""
    said: list[bytes] = []
    while writes:
        said += writes
        writes = [w for command in writes for w in reader.feed(answer(command), now_ns).writes]
    return said


def running(now_ns: int = NOW, **settings: object) -> M100Session:
    reader = session(**settings)
    converse(reader, reader.opened(now_ns).writes, now_ns)
    return reader


def of_type(kind: type, observations: list[Observation]) -> list[Observation]:
    return [observation for observation in observations if isinstance(observation, kind)]


def test_the_conversation_stops_asks_sets_and_starts() -> None:
    """Opened: stop what may run, identify, set region and power, start the longest inventory."""
    reader = session(region="eu", power_dbm=20)
    said = converse(reader, reader.opened(NOW).writes)
    assert said == [STOP, HARDWARE, SOFTWARE, MAKER, REGION_EU, POWER_20, START]
    assert reader.frame_counts.is_conserved()
    assert reader.frame_counts.dropped == {}


def test_settings_left_out_are_left_alone() -> None:
    """Without region and power the module's own settings stay."""
    reader = session()
    assert converse(reader, reader.opened(NOW).writes) == [STOP, HARDWARE, SOFTWARE, MAKER, START]


@pytest.mark.parametrize(("region", "code"), [("cn-900", 1), ("us", 2), ("eu", 3), ("cn-800", 4), ("kr", 6)])
def test_each_region_has_its_code(region: str, code: int) -> None:
    """The region goes out as the manual's code."""
    reader = session(region=region)
    assert m100_frame(0, 0x07, bytes([code])) in converse(reader, reader.opened(NOW).writes)


def test_one_command_waits_at_a_time() -> None:
    """The next command is not sent before the answer to the last one."""
    reader = session(region="eu")
    assert reader.opened(NOW).writes == [STOP]
    assert reader.feed(answer(REGION_EU), NOW).writes == []
    assert reader.frame_counts.dropped == {"unexpected": 1}
    assert reader.feed(answer(STOP), NOW).writes == [HARDWARE]
    assert reader.feed(answer(MAKER), NOW).writes == []


def test_the_reader_introduces_itself() -> None:
    """Hardware, software and maker come as one Identified, printable."""
    reader = session()
    seen: list[Observation] = []
    reader.opened(NOW)
    for command in (STOP, HARDWARE, SOFTWARE, MAKER):
        seen += reader.feed(answer(command), NOW).observations
    detail = "hardware M100 26dBm V1.0; software V2.3.5; maker MagicRf"
    assert of_type(Identified, seen) == [Identified("m100-front", detail, NOW)]


def test_tags_become_reads_in_every_state() -> None:
    """A module that was left running reports before it is asked: no read is lost for that."""
    reader = session(antennas=(3,))
    reader.opened(NOW)
    observations = reader.feed(m100_tag(EPC, rssi=0xC9), NOW).observations
    expected = Read("m100-front", 3, EPC.hex().upper(), NOW, NOW, rssi_dbm=-55.0, rssi_raw=0xC9)
    assert observations == [Heartbeat("m100-front", True, NOW, NOW), expected]


def test_life_is_proved_once_a_second() -> None:
    """Any frame proves life, also error 15; one Heartbeat a second is enough."""
    reader = running()
    beats = [
        at_ns
        for at_ns in range(NOW + S, NOW + 4 * S, S // 10)
        if of_type(Heartbeat, reader.feed(NO_TAG, at_ns).observations)
    ]
    assert beats == [NOW + S, NOW + 2 * S, NOW + 3 * S]


def test_our_own_echo_proves_nothing() -> None:
    """On a two-wire bus our commands come back: neither life nor an answer."""
    reader = session()
    reader.opened(NOW)
    steps = reader.feed(STOP, NOW)
    assert steps.observations == []
    assert steps.writes == []
    assert reader.frame_counts.dropped == {"echo": 1}


def test_a_refused_setting_is_a_fault_and_no_end() -> None:
    """The module's refusal is told to people; the inventory starts with what it has."""
    reader = session(region="eu", power_dbm=20)
    reader.opened(NOW)
    for command in (STOP, HARDWARE, SOFTWARE, MAKER):
        reader.feed(answer(command), NOW)
    refused = reader.feed(m100_frame(1, 0xFF, b"\x17"), NOW)
    assert [f.code for f in refused.observations if isinstance(f, Fault)] == ["region_refused"]
    assert refused.writes == [POWER_20]
    not_zero = reader.feed(m100_frame(1, 0xB6, b"\x01"), NOW)
    assert [f.code for f in not_zero.observations if isinstance(f, Fault)] == ["power_refused"]
    assert not_zero.writes == [START]


def test_an_empty_round_is_no_answer() -> None:
    """Error 15 of rounds still in flight does not answer the command that waits."""
    reader = session()
    reader.opened(NOW)
    assert reader.feed(NO_TAG * 3, NOW).writes == []
    assert reader.feed(answer(STOP), NOW).writes == [HARDWARE]


def test_a_fault_in_every_round_is_told_once_a_minute() -> None:
    """A busy channel makes an error 20 in each round: one Fault a minute."""
    reader = running()
    busy = m100_frame(1, 0xFF, b"\x20")
    told = [
        at_ns
        for at_ns in range(NOW, NOW + 2 * FAULT_EVERY_S * S, S)
        if of_type(Fault, reader.feed(busy, at_ns).observations)
    ]
    assert told == [NOW, NOW + FAULT_EVERY_S * S]


def test_an_inventory_that_ran_out_is_started_again() -> None:
    """Silence means that the rounds ran out, or a restart: the settings, then the start, go out again."""
    reader = running(region="eu", power_dbm=20)
    assert reader.deadline_ns == NOW + SILENT_AFTER_S * S
    assert reader.tick(NOW + SILENT_AFTER_S * S - 1).writes == []
    again = NOW + SILENT_AFTER_S * S
    assert converse(reader, reader.tick(again).writes, again) == [REGION_EU, POWER_20, START]
    assert reader.deadline_ns == again + SILENT_AFTER_S * S


def test_a_busy_reader_is_left_alone() -> None:
    """As long as frames come, nothing is sent."""
    reader = running()
    for at_ns in range(NOW, NOW + 60 * S, S):
        assert reader.feed(NO_TAG, at_ns).writes == []
        assert reader.tick(at_ns).writes == []


def tick_through(reader: M100Session, now_ns: int, ticks: int) -> list[bytes]:
    """Tick at each deadline of a mute device; return what was said."""
    said: list[bytes] = []
    for _ in range(ticks):
        deadline_ns = reader.deadline_ns
        assert deadline_ns is not None
        assert deadline_ns > now_ns
        now_ns = deadline_ns
        said += reader.tick(now_ns).writes
    return said


def test_a_mute_device_is_asked_for_ever_in_both_dialects() -> None:
    """Unanswered commands are sent again a few times, then all begins anew; each time the other dialect."""
    reader = session()
    said = reader.opened(NOW).writes + tick_through(reader, NOW, 4 * MAX_ATTEMPTS - 1)
    assert [frame[0] for frame in said] == [0xBB, 0xAA] * (2 * MAX_ATTEMPTS)
    one_round = [0x28] * MAX_ATTEMPTS + [0x03] * MAX_ATTEMPTS
    assert [frame[2] for frame in said] == one_round * 2


def test_a_mute_device_is_not_flooded() -> None:
    """One command per timeout goes to a device that does not answer."""
    reader = session()
    reader.opened(NOW)
    assert reader.deadline_ns == NOW + COMMAND_TIMEOUT_S * S
    assert reader.tick(NOW + COMMAND_TIMEOUT_S * S - 1).writes == []


def test_a_module_that_does_not_know_its_maker_still_starts() -> None:
    """Software and maker are nice to know: unanswered, they are skipped, in the known dialect."""
    reader = session()
    reader.opened(NOW)
    reader.feed(answer(STOP), NOW)
    reader.feed(answer(HARDWARE), NOW)
    said = tick_through(reader, NOW, 2 * MAX_ATTEMPTS)
    assert said == [SOFTWARE] * (MAX_ATTEMPTS - 1) + [MAKER] * MAX_ATTEMPTS + [START]


def test_a_module_gone_mute_is_begun_anew() -> None:
    """A start that nothing follows, sent often enough, leads back to the beginning."""
    reader = running()
    said = tick_through(reader, NOW, 1 + MAX_ATTEMPTS)
    assert said == [START] * MAX_ATTEMPTS + [STOP]


def test_the_other_dialect_is_taken_up() -> None:
    """A module that speaks AA…DD is answered in AA…DD from its first frame on."""
    reader = session(region="eu")
    reader.opened(NOW)
    writes = reader.tick(NOW + COMMAND_TIMEOUT_S * S).writes
    assert writes == [m100_frame(0, 0x28, header=0xAA)]
    said: list[bytes] = []
    while writes:
        writes = [w for c in writes for w in reader.feed(answer(c, 0xAA), NOW).writes]
        said += writes
    assert {frame[0] for frame in said} == {0xAA}
    assert said[-1] == m100_frame(0, 0x27, b"\x22\xff\xff", header=0xAA)
    assert reader.closing(NOW).writes == [m100_frame(0, 0x28, header=0xAA)]


def test_closing_stops_the_inventory() -> None:
    """At the end the reader falls silent, and nothing more is wanted."""
    reader = running()
    assert reader.closing(NOW).writes == [STOP]
    assert reader.deadline_ns is None
    assert reader.tick(NOW + 3_600 * S).writes == []


def test_closing_before_any_answer_stops_both_dialects() -> None:
    """Where the dialect is not known yet, the stop goes out in both."""
    reader = session()
    reader.opened(NOW)
    assert reader.closing(NOW).writes == [STOP, m100_frame(0, 0x28, header=0xAA)]


def test_opened_again_begins_anew() -> None:
    """After a replug half frames are forgotten and the conversation begins at the stop."""
    reader = running()
    reader.feed(m100_tag(EPC)[:10], NOW)
    assert reader.opened(NOW + S).writes == [STOP]
    assert reader.bytes_counts.dropped == {"reopened": 10}
    assert of_type(Heartbeat, reader.feed(NO_TAG, NOW + S).observations)


def test_a_lone_false_header_delays_a_read_by_the_stale_time_at_most() -> None:
    """A false header before the last tag of a burst is given up after STALE_AFTER_S."""
    reader = running()
    reader.feed(b"\xbb\x02\x22\x00\xa0" + m100_tag(EPC), NOW)
    assert reader.deadline_ns == NOW + STALE_AFTER_S * S
    reads = of_type(Read, reader.tick(NOW + STALE_AFTER_S * S).observations)
    assert [read.epc for read in reads if isinstance(read, Read)] == [EPC.hex().upper()]
    assert reader.bytes_counts.dropped["stale"] == 1


def test_slow_traffic_does_not_keep_a_false_header_alive() -> None:
    """It is the age of the half frame that counts: bytes that trickle in behind it do not renew it."""
    reader = running()
    reader.feed(b"\xbb\x02\x22\x00\xa0", NOW)
    for second in range(1, STALE_AFTER_S):
        assert of_type(Read, reader.feed(m100_tag(EPC), NOW + second * S).observations) == []
    assert len(of_type(Read, reader.tick(NOW + STALE_AFTER_S * S).observations)) == STALE_AFTER_S - 1


def test_a_corrupted_epc_is_dropped_and_counted() -> None:
    """A tag whose own checksum is wrong is no read, but its frame proves life."""
    reader = running()
    tag = bytearray(m100_tag(EPC))
    tag[10] ^= 0x40
    tag[-2] = sum(tag[1:-2]) & 0xFF
    observations = reader.feed(bytes(tag), NOW + S).observations
    assert observations == [Heartbeat("m100-front", True, NOW + S, NOW + S)]
    assert reader.frame_counts.dropped == {"epc_crc": 1}
    assert reader.frame_counts.is_conserved()


@given(st.data(), st.lists(st.one_of(tags, header_rich_bytes), max_size=8).map(b"".join))
def test_any_chunking_gives_the_same_observations(data: st.DataObject, stream: bytes) -> None:
    """Cut anywhere, a stream gives the same observations, writes and counts."""
    whole, pieces = running(), running()
    expected = whole.feed(stream, NOW + S)
    steps = [pieces.feed(chunk, NOW + S) for chunk in data.draw(chunked(stream))]
    seen = [observation for step in steps for observation in step.observations]
    assert of_type(Read, seen) == of_type(Read, expected.observations)
    assert of_type(Heartbeat, seen) == of_type(Heartbeat, expected.observations)
    assert pieces.bytes_counts == whole.bytes_counts
    assert pieces.frame_counts == whole.frame_counts


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["feed", "tick", "opened", "closing"]),
            st.binary(max_size=60) | tags | header_rich_bytes,
        )
    ),
)
def test_whatever_happens_counts_hold_and_bounds_hold(events: list[tuple[str, bytes]]) -> None:
    """Any bytes in any order of events: nothing is raised, all is counted, little is held."""
    reader = session(region="eu", power_dbm=20)
    now_ns = NOW
    for event, data in events:
        now_ns += 3 * S
        if event == "feed":
            steps = reader.feed(data, now_ns)
        else:
            steps = {"tick": reader.tick, "opened": reader.opened, "closing": reader.closing}[event](now_ns)
        assert len(steps.writes) <= 2 + len(data) // 7
        assert reader.bytes_counts.is_conserved()
        assert reader.frame_counts.is_conserved()
        assert reader.bytes_counts.held < m100.MAX_FRAME_BYTES


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"power_dbm": MAX_POWER_DBM + 0.1}, "power_dbm"),
        ({"power_dbm": -1.0}, "power_dbm"),
        ({"power_dbm": float("nan")}, "power_dbm"),
        ({"region": "jp"}, "region"),
        ({"antennas": (1, 2)}, "antenna"),
        ({"antennas": ()}, "antenna"),
    ],
)
def test_impossible_settings_are_refused_before_the_port_opens(
    settings: dict[str, object], hint: str
) -> None:
    """What no module can do is the operator's to mend: refused by name at the start."""
    with pytest.raises(DeviceRefused, match=f"m100-front.*{hint}"):
        session(**settings)
