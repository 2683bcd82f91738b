"""CF tag reports and the block of settings, and the conversation around them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import cf
from readers.codecs.cf_session import REGIONS, CfSession
from readers.errors import DeviceRefused, Malformed
from readers.observations import Fault, Heartbeat, Identified, Read
from readers.protocol import Steps
from readers.settings import RfidSettings
from simulators.devices.cf import Cf, CfOptions
from simulators.devices.cf_frames import answer
from simulators.devices.uhfreader_frames import crc16
from tests.support.malformed import reason_of
from tests.support.reader_talk import START_NS, ReaderTalk, S
from tests.support.vectors import vectors

NOW = START_NS
EPC = bytes.fromhex("E28069950000400A8F398133")
TAGS = [v for v in vectors("cf") if v["kind"] == "tag"]


def block() -> bytes:
    """Return the captured block of settings: active mode, US, 33 dBm, a filter time of 0, area EPC."""
    [vector] = [v for v in vectors("cf") if v["id"] == "cf-rsp-getparam"]
    return cf.decode(bytes.fromhex(vector["data"])).data


def command(code: int, data: bytes = b"") -> bytes:
    """Return what the host says, by the notes and not by the codec."""
    body = bytes((0xCF, 0xFF, code >> 8, code & 0xFF, len(data))) + data
    return body + crc16(body).to_bytes(2, "big")


STOP, INFO, PARAMETERS = command(2), command(0x70), command(0x72)
START = command(1, bytes(5))
STOPPED = answer(0, 2, 0)
TAG = answer(0, 1, 0, bytes.fromhex("FD3A01000C") + EPC)
ROUND_OVER = answer(0, 1, 0x12)


@pytest.mark.parametrize("vector", TAGS, ids=[v["id"] for v in TAGS])
def test_published_tags_decode(vector: dict[str, Any]) -> None:
    """EPC, RSSI in tenths of dBm, antenna and channel of captured tags are as their source says."""
    tag, expected = cf.decode_tag(cf.decode(bytes.fromhex(vector["data"])).data), vector["expect"]
    assert (tag.epc, tag.rssi_dbm, tag.antenna, tag.channel) == (
        expected["epc"],
        expected["rssi_dbm"],
        expected["antenna"],
        expected["channel"],
    )


@given(
    st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words)),
    st.integers(-1_000, -1),
    st.integers(1, 8),
)
def test_tags_of_any_length_decode(epc: bytes, tenths: int, antenna: int) -> None:
    """An EPC is as long as its length byte says; RSSI is signed."""
    data = tenths.to_bytes(2, "big", signed=True) + bytes((antenna, 3, len(epc))) + epc
    tag = cf.decode_tag(data)
    assert (tag.epc, tag.rssi_dbm, tag.antenna) == (epc.hex().upper(), tenths / 10, antenna)


@given(st.binary(max_size=80))
def test_tags_of_any_content_raise_nothing_else(data: bytes) -> None:
    """A report that does not add up is Malformed."""
    assert reason_of(lambda: cf.decode_tag(data)) in (None, "epc_length", "not_a_tag")


def test_a_handhelds_bar_code_is_no_tag() -> None:
    """A code that a handheld's scan engine read comes as a report without RSSI and antenna."""
    code = b"\x0212345678\x03\x0d\x00"
    assert reason_of(lambda: cf.decode_tag(bytes((0, 0, 0, 0, len(code))) + code)) == "not_a_tag"


def test_the_captured_block_has_the_documented_fields() -> None:
    """Work mode, antennas, region, power, area and filter time stand where the notes have them."""
    found = cf.decode_parameters(block())
    assert (found.work_mode, found.antennas, found.power_dbm, found.area, found.filter_time_s) == (
        1,
        1,
        33,
        1,
        0,
    )
    assert found.frequency == REGIONS["us"]
    with pytest.raises(Malformed, match="parameters"):
        cf.decode_parameters(block()[1:])


def test_a_changed_block_is_otherwise_as_it_was() -> None:
    """Only what an inventory needs is changed; buzzer, interface and the like stay the owner's."""
    changed = cf.decode_parameters(block()).changed(REGIONS["eu"], 20, 0b11)
    assert (changed.work_mode, changed.antennas, changed.power_dbm) == (0, 3, 20)
    assert changed.frequency == bytes.fromhex("06 0361 02BC 0258 03")
    touched = {2, 6, *range(7, 15), 15, 16, 21}
    assert all(a == b for n, (a, b) in enumerate(zip(changed.raw, block(), strict=True)) if n not in touched)
    kept = cf.decode_parameters(block()).changed(None, None, 1)
    assert (kept.frequency, kept.power_dbm) == (REGIONS["us"], 33)


def session(**settings: object) -> CfSession:
    return CfSession(RfidSettings("cf", **settings))  # type: ignore[arg-type]  # by keyword


def told(steps: Steps, kind: type) -> list[Any]:
    return [o for o in steps.observations if isinstance(o, kind)]


def running(**settings: object) -> CfSession:
    """Return a session whose reader has what it wants, and runs."""
    reader = session(**settings)
    reader.opened(NOW)
    reader.feed(STOPPED + answer(0, 0x70, 0, b"CF591".ljust(152, b"\x00")), NOW)
    wanted = cf.decode_parameters(block()).changed(None, None, 1).raw
    reader.feed(answer(0, 0x72, 0, wanted) + ROUND_OVER, NOW)
    return reader


def test_the_conversation_reads_changes_and_checks_the_block() -> None:
    """Stop, identify, read the settings, write them changed, read them again, start."""
    reader = session(region="eu", power_dbm=20)
    assert reader.opened(NOW).writes == [STOP]
    assert reader.feed(STOPPED, NOW).writes == [INFO]
    info = (
        b"CF591 V1.2".ljust(32, b"\x00") + b"V1.4.2".ljust(32, b"\x00") + bytes.fromhex("20220702" + "0" * 16)
    )
    steps = reader.feed(answer(0, 0x70, 0, info), NOW)
    assert told(steps, Identified) == [
        Identified("cf", "hardware CF591 V1.2; firmware V1.4.2; serial 202207020000000000000000", NOW)
    ]
    assert steps.writes == [PARAMETERS]
    wanted = cf.decode_parameters(block()).changed(REGIONS["eu"], 20, 1).raw
    assert reader.feed(answer(0, 0x72, 0, block()), NOW).writes == [command(0x71, wanted)]
    assert reader.feed(answer(0, 0x71, 0), NOW).writes == [command(0x53, b"\x14\x00")]
    assert reader.feed(answer(0, 0x53, 0), NOW).writes == [PARAMETERS]
    steps = reader.feed(answer(0, 0x72, 0, wanted), NOW)
    assert (steps.writes, told(steps, Fault)) == ([START], [])
    assert reader.closing(NOW).writes == [STOP]


def test_settings_that_fit_are_not_written() -> None:
    """A block that is as wanted is left alone: it is kept in a flash that wears."""
    reader = session()
    reader.opened(NOW)
    reader.feed(STOPPED + answer(0, 0x70, 0), NOW)
    wanted = cf.decode_parameters(block()).changed(None, None, 1).raw
    assert reader.feed(answer(0, 0x72, 0, wanted), NOW).writes == [START]


def test_settings_that_were_taken_only_in_part_are_told() -> None:
    """A firmware that says yes and does no is found out, since it transmits as it likes."""
    device = Cf(CfOptions())
    device._commands[0x71] = lambda _data: b""
    talk = ReaderTalk(session(region="eu", power_dbm=20), device)
    talk.run(10)
    assert "settings_ignored" in talk.fault_codes()
    assert talk.epcs() != []


def test_refused_settings_are_faults_and_no_end() -> None:
    """The reader's refusal is told with what it means; the inventory starts with what it has."""
    reader = session(region="kr", power_dbm=20)
    reader.opened(NOW)
    reader.feed(STOPPED + answer(0, 0x70, 0), NOW)
    reader.feed(answer(0, 0x72, 0, block()), NOW)
    [fault] = told(reader.feed(answer(0, 0x71, 1), NOW), Fault)
    assert (fault.code, fault.detail) == ("settings_refused", "status 0x01: wrong parameter")
    [fault] = told(reader.feed(answer(0, 0x53, 1), NOW), Fault)
    assert fault.code == "power_refused"
    assert reader.feed(answer(0, 0x72, 0, block()), NOW).writes == [START]


def test_tags_become_reads_with_dbm_and_the_raw_word() -> None:
    """RSSI is dBm by the maker's own unit; the word of the wire stands beside it."""
    reader = running()
    [read] = told(reader.feed(TAG, NOW), Read)
    assert read == Read("cf", 1, EPC.hex().upper(), NOW, NOW, -71.0, 0xFD3A)


def test_an_empty_round_is_life() -> None:
    """ "Round over" comes while no tag is near: the reader could have seen one."""
    reader = running()
    assert told(reader.feed(ROUND_OVER, NOW + 2 * S), Heartbeat) == [
        Heartbeat("cf", True, NOW + 2 * S, NOW + 2 * S)
    ]


def test_a_failing_inventory_is_told_and_proves_no_life() -> None:
    """A status that is neither a tag nor an empty round: the reader sees nothing, and says why."""
    reader = running()
    steps = reader.feed(answer(0, 1, 2), NOW + 2 * S)
    assert [fault.detail for fault in told(steps, Fault)] == ["status 0x02: the module failed"]
    assert told(steps, Heartbeat) == []
    assert told(reader.feed(TAG, NOW + 4 * S), Heartbeat) != []


def test_silence_begins_anew() -> None:
    """No frame at all for a while is an end or a restart: everything is looked at again."""
    reader = running()
    deadline_ns = reader.deadline_ns
    assert deadline_ns is not None
    assert reader.tick(deadline_ns).writes == [STOP]


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"power_dbm": 31}, "power_dbm = 31.*RFM_SET_ALL_PARAM"),
        ({"power_dbm": 0}, "power_dbm = 0"),
        ({"antennas": (9,)}, "1 to 8"),
        ({"region": "jp"}, "'jp'"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], hint: str) -> None:
    """What the reader cannot be is refused by name, with where it is written."""
    with pytest.raises(DeviceRefused, match=f"cf.*{hint}"):
        session(**settings)
