"""The conversations with a UHFReader288 and a UHFReader18: antennas, modes, refusals, what proves life."""

from typing import Any

import pytest

from readers.codecs.conversation import FAULT_EVERY_S
from readers.codecs.uhfreader18_session import UhfReader18Session
from readers.codecs.uhfreader288_session import UhfReader288Session
from readers.codecs.uhfreader_session import REST_S
from readers.observations import Fault, Heartbeat, Identified, Read
from readers.protocol import Steps
from readers.settings import RfidSettings
from simulators.air import TagSeen
from simulators.devices.uhfreader import REAL_TIME_MODE, UhfReader, UhfReaderOptions
from simulators.devices.uhfreader_frames import answer, crc16
from tests.support.reader_talk import START_NS, ReaderTalk, S

EPC = bytes.fromhex("3074257BF7194E4000001A85")
NOW = START_NS


def command(code: int, data: bytes = b"") -> bytes:
    """Return what the host says, by the manual and not by the codec."""
    body = bytes((4 + len(data), 0xFF, code)) + data
    return body + crc16(body).to_bytes(2, "little")


STOP, MODE, INFO = command(0x93), command(0x77), command(0x21)
INFO_US = answer(0, 0x21, 0, bytes.fromhex("0016 0C 03 31 80 14 0A 01 00 00 00"))
"""Band US, 20 dBm."""
ANSWERING = answer(0, 0x77, 0, bytes(45))
REPORTING = answer(0, 0x77, 0, bytes((1, 0, 0, 0, 4, 0)) + bytes(39))


def inventory(antenna: int) -> bytes:
    """Return one inventory: Q 4, session 0, no mask, target A, antenna, half a second."""
    return command(0x01, bytes.fromhex("0400010000 00 00") + bytes((0x7F + antenna, 5)))


def reader(**settings: object) -> UhfReader288Session:
    return UhfReader288Session(RfidSettings("uhf", **settings))  # type: ignore[arg-type]  # by keyword


def polled(**settings: object) -> UhfReader288Session:
    """Return a session that has just asked for its first inventory."""
    session = reader(**settings)
    session.opened(NOW)
    session.tick(NOW + 2 * S)
    session.feed(ANSWERING, NOW)
    session.feed(INFO_US, NOW)
    return session


def told(steps: Steps, kind: type) -> list[Any]:
    return [o for o in steps.observations if isinstance(o, kind)]


def fault_codes(steps: Steps) -> list[str]:
    return [fault.code for fault in told(steps, Fault)]


def tags(antenna_byte: int, *entries: tuple[bytes, int], status: int = 3, at: int = 0x01) -> bytes:
    listed = b"".join(bytes((len(epc),)) + epc + bytes((rssi,)) for epc, rssi in entries)
    return answer(0, at, status, bytes((antenna_byte, len(entries))) + listed)


def test_the_conversation_stops_asks_and_polls() -> None:
    """Opened: stop what may run, ask for the mode, identify, and poll; settings that fit are not sent."""
    session = reader(region="us", power_dbm=20)
    assert session.opened(NOW).writes == [STOP]
    assert session.tick(NOW + 2 * S).writes == [MODE]
    assert session.feed(ANSWERING, NOW).writes == [INFO]
    steps = session.feed(INFO_US, NOW)
    assert steps.writes == [inventory(1)]
    [who] = told(steps, Identified)
    assert who == Identified(
        "uhf",
        "UHFReader288M (type 0C); firmware 0.22; band US, 902.75 to 927.25 MHz; power 20 dBm",
        NOW,
    )


def test_a_reader_left_reporting_is_called_back() -> None:
    """A reader found in real-time mode, though answers are wanted, is set to answer; its tags count meanwhile."""
    session = reader()
    session.opened(NOW)
    report = answer(0, 0xEE, 0, bytes((4, 12)) + EPC + b"\x5a")
    [read] = told(session.feed(report, NOW), Read)
    assert read == Read("uhf", 3, EPC.hex().upper(), NOW, NOW, None, 0x5A)
    session.tick(NOW + 2 * S)
    assert session.feed(REPORTING, NOW).writes == [command(0x76, b"\x00")]
    assert session.feed(answer(0, 0x76, 0), NOW).writes == [INFO]


def test_old_firmware_that_does_not_know_its_mode_is_polled() -> None:
    """Neither silence nor a refusal of the question is an end, or a fault."""
    for reply in (None, answer(0, 0, 0xFE), answer(0, 0x77, 0xFF)):
        session = reader()
        session.opened(NOW)
        writes = session.tick(NOW + 2 * S).writes
        now_ns = NOW + 2 * S
        for _ in range(6):
            if INFO in writes:
                break
            now_ns = session.deadline_ns or now_ns
            steps = session.tick(now_ns) if reply is None else session.feed(reply, now_ns)
            assert told(steps, Fault) == []
            writes = steps.writes
        assert INFO in writes


def test_a_round_over_is_followed_by_the_next_antenna() -> None:
    """Each inventory is followed by the next, through the antennas by turns; "more follows" is no end."""
    session = polled(antennas=(1, 3))
    steps = session.feed(tags(1, (EPC, 107)), NOW)
    assert steps.writes == []
    [read] = told(steps, Read)
    assert read == Read("uhf", 1, EPC.hex().upper(), NOW, NOW, None, 107)
    assert session.feed(answer(0, 0x01, 0x01, b"\x01\x00"), NOW).writes == [inventory(3)]
    assert session.feed(answer(0, 0x01, 0xFB), NOW).writes == [inventory(1)]
    assert session.feed(answer(0, 0x01, 0x02, b"\x01\x00"), NOW).writes == [inventory(3)]
    assert session.frame_counts.dropped == {}


def test_one_answer_of_two_antennas_is_two_reads() -> None:
    """A mask with two bits: both antennas saw the tag."""
    session = polled(antennas=(1, 3))
    reads = told(session.feed(tags(0b101, (EPC, 107)), NOW), Read)
    assert [read.antenna for read in reads] == [1, 3]


def test_readers_with_sixteen_ports_number_them() -> None:
    """There the byte is a number from 0; the same byte is another antenna on a small reader."""
    for ports, antenna in ((16, 3), (None, 2)):
        session = polled(antennas=(2, 3), ports=ports)
        [read] = told(session.feed(tags(2, (EPC, 1)), NOW), Read)
        assert read.antenna == antenna


def test_a_tag_of_no_antenna_is_dropped_and_counted() -> None:
    """A list that names no antenna, or does not add up, gives no reads at all."""
    session = polled()
    assert told(session.feed(tags(0, (EPC, 1)), NOW), Read) == []
    assert told(session.feed(answer(0, 0x01, 3, bytes((1, 2, 12)) + EPC), NOW), Read) == []
    assert session.frame_counts.dropped == {"antenna": 1, "tag_list": 1}
    assert session.frame_counts.is_conserved()


def test_a_refused_setting_is_a_fault_and_no_end() -> None:
    """The reader's refusal is told to people, with what it means; the polling begins with what it has."""
    session = reader(region="eu", power_dbm=30)
    session.opened(NOW)
    session.tick(NOW + 2 * S)
    session.feed(ANSWERING, NOW)
    assert session.feed(INFO_US, NOW).writes == [command(0x22, b"\x83\x40")]
    steps = session.feed(answer(0, 0x22, 0xFF), NOW)
    assert told(steps, Fault) == [Fault("uhf", "region_refused", "status 0xff: wrong parameter", NOW)]
    assert steps.writes == [command(0x2F, b"\x1e")]
    steps = session.feed(answer(0, 0x2F, 0xFF), NOW)
    assert fault_codes(steps) == ["power_refused"]
    assert steps.writes == [inventory(1)]


def test_an_unknown_command_is_sent_again_before_it_is_refused() -> None:
    """FE may be noise on our command as well as ignorance of it: it is said three times."""
    session = reader(power_dbm=30)
    session.opened(NOW)
    session.tick(NOW + 2 * S)
    session.feed(ANSWERING, NOW)
    power = command(0x2F, b"\x1e")
    assert session.feed(INFO_US, NOW).writes == [power]
    illegal = answer(0, 0, 0xFE)
    assert session.feed(illegal, NOW).writes == [power]
    assert session.feed(illegal, NOW).writes == [power]
    steps = session.feed(illegal, NOW)
    assert fault_codes(steps) == ["power_refused"]
    assert steps.writes == [inventory(1)]


def test_a_disconnected_antenna_is_told_and_left_out_of_no_turn() -> None:
    """F8 is that antenna's fault, told once a minute; the others go on, and it is tried again."""
    session = polled(antennas=(1, 2))
    steps = session.feed(answer(0, 0x01, 0xF8), NOW)
    assert fault_codes(steps) == ["antenna_1_disconnected"]
    assert steps.writes == [inventory(2)]
    assert session.feed(answer(0, 0x01, 0xFB), NOW).writes == [inventory(1)]
    again = session.feed(answer(0, 0x01, 0xF8), NOW + FAULT_EVERY_S * S - 1)
    assert told(again, Fault) == []


def test_a_reader_without_any_antenna_proves_no_life() -> None:
    """It answers, but could see no tag: its zones must become unknown, not empty; and it is not hurried."""
    session = polled(antennas=(1, 2))
    session.feed(answer(0, 0x01, 0xF8), NOW + S)
    steps = session.feed(answer(0, 0x01, 0xF8), NOW + 3 * S)
    assert steps.writes == []
    assert told(steps, Heartbeat) == []
    resting_ns = NOW + 3 * S + round(REST_S * S)
    assert session.deadline_ns == resting_ns
    assert session.tick(resting_ns).writes == [inventory(1)]
    assert told(session.feed(answer(0, 0x01, 0xFB), resting_ns), Heartbeat) != []


def test_inventories_that_fail_prove_no_life_and_are_not_hurried() -> None:
    """One failure is repeated at once; a second waits, is told, and gives no heartbeat."""
    session = polled()
    failed = answer(0, 0x01, 0xF9)
    steps = session.feed(failed, NOW + 2 * S)
    assert fault_codes(steps) == ["error_f9"]
    assert (steps.writes, told(steps, Heartbeat)) == ([inventory(1)], [])
    steps = session.feed(failed, NOW + 4 * S)
    assert (steps.writes, told(steps, Heartbeat)) == ([], [])
    assert session.tick(NOW + 5 * S).writes == [inventory(1)]
    assert told(session.feed(answer(0, 0x01, 0xFB), NOW + 6 * S), Heartbeat) != []


def test_a_full_memory_is_told() -> None:
    """More tags than the reader remembers: people should know that a round was not whole."""
    session = polled()
    steps = session.feed(tags(1, (EPC, 1), status=4), NOW)
    assert fault_codes(steps) == ["memory_full"]
    assert len(told(steps, Read)) == 1
    assert steps.writes == [inventory(1)]


def test_real_time_mode_is_set_up_from_answer_mode() -> None:
    """Antennas, parameters (no filter time) and heartbeat first; then the mode, and it reports by itself."""
    session = reader(mode="real_time", antennas=(1, 3))
    session.opened(NOW)
    session.tick(NOW + 2 * S)
    session.feed(ANSWERING, NOW)
    said = session.feed(INFO_US, NOW).writes
    for code in (0x3F, 0x75, 0x78, 0x76):
        said += session.feed(answer(0, code, 0), NOW).writes
    assert said == [
        command(0x3F, b"\x05"),
        command(0x75, bytes((0, 0, 0, 4, 0))),
        command(0x78, b"\x81"),
        command(0x76, b"\x01"),
    ]
    assert session.closing(NOW).writes == [command(0x76, b"\x00")]


def test_real_time_heartbeats_prove_life_and_tell_of_antennas() -> None:
    """A heartbeat proves life while an antenna of ours is in order; a port not in use is nobody's fault."""
    session = reader(mode="real_time", antennas=(1, 2))
    session.opened(NOW)
    beat = answer(0, 0xEE, 0x28, bytes((0, 0, 0, 1, 1, 2, 0, 2, 0, 0, 0, 9)))
    steps = session.feed(beat, NOW + S)
    assert fault_codes(steps) == ["antenna_2_disconnected"]
    assert len(told(steps, Heartbeat)) == 1
    dead = answer(0, 0xEE, 0x28, bytes((0, 0, 0, 1, 2, 2, 0, 0, 0, 0, 0, 9)))
    assert told(session.feed(dead, NOW + 40 * S), Heartbeat) == []


def test_a_mask_that_hides_tags_is_told() -> None:
    """In real-time mode a mask or a TID setting left by another tool would empty the shelf: people hear of it."""
    session = reader(mode="real_time")
    session.opened(NOW)
    session.tick(NOW + 2 * S)
    masked = answer(0, 0x77, 0, bytes((0, 0, 0, 0, 4, 0, 1, 0, 0, 16)) + bytes(34) + b"\x06")
    assert fault_codes(session.feed(masked, NOW)) == ["mask", "tid"]


def test_polling_goes_round_the_antennas_of_a_real_reader() -> None:
    """Against the simulated device: tags of all four ports are read, on their ports; a dead one is told."""
    device = UhfReader(UhfReaderOptions(dead_antennas=frozenset({4})))
    talk = ReaderTalk(reader(region="eu", power_dbm=26, antennas=(1, 2, 3, 4)), device)
    for n in range(400):
        talk.run(0.1, tags=False)
        port = n % 3 + 1
        seen = TagSeen(talk.now_ns, port, f"30{port:022X}", -60.0)
        talk._from_device(device.emit([seen], talk.now_ns))
    reads = {(read.antenna, read.epc[-1]) for read in talk.of(Read)}
    assert reads == {(1, "1"), (2, "2"), (3, "3")}
    assert (device.region, device.power_dbm) == (b"\x83\x40", 26)
    assert talk.fault_codes() == {"antenna_4_disconnected"}
    assert talk.session.frame_counts.dropped == {}


def test_a_uhfreader18_is_taken_out_of_its_scan_mode() -> None:
    """Left in scan mode it reports bare EPCs: they are reads, and it is set back to answer, its mode's rest kept."""
    device = UhfReader(UhfReaderOptions(model=18, mode=REAL_TIME_MODE))
    session = UhfReader18Session(RfidSettings("uhf", "us", 20, antennas=(7,)))
    talk = ReaderTalk(session, device)
    talk.run(20)
    reads = talk.of(Read)
    assert device.mode == 0
    assert command(0x35, bytes((0, 2, 4, 0, 1, 0))) in talk.said
    assert {(read.antenna, read.rssi_dbm, read.rssi_raw) for read in reads} == {(7, None, None)}
    assert len(reads) > 30
    assert talk.beats(talk.now_ns - 2 * S) != []
    stray = answer(0, 0xEE, 0, EPC)
    assert [r.epc for r in told(session.feed(stray, talk.now_ns), Read)] == [EPC.hex().upper()]


@pytest.mark.parametrize("status", [0xEE, 0x28])
def test_other_reports_of_a_uhfreader18_are_no_tags(status: int) -> None:
    """An alarm report without data is dropped and counted."""
    session = UhfReader18Session(RfidSettings("uhf"))
    session.opened(NOW)
    assert told(session.feed(answer(0, 0xEE, status), NOW), Read) == []
    assert session.frame_counts.dropped == {"unexpected": 1}
