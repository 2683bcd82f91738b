"""R2000 reports of tags, ends of rounds and errors, and the conversation around them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import r2000
from readers.codecs.r2000_session import HEALTH_EVERY_S, REST_S, R2000Session
from readers.errors import DeviceRefused
from readers.observations import Fault, Heartbeat, Read
from readers.protocol import Steps
from readers.settings import RfidSettings
from simulators.air import TagSeen
from simulators.devices.r2000 import R2000, R2000Options
from simulators.devices.r2000_frames import answer, tag_report
from tests.support.malformed import reason_of
from tests.support.reader_talk import START_NS, ReaderTalk, S
from tests.support.vectors import vectors

NOW = START_NS
EPC = bytes.fromhex("3066C4409047E140075BCD15")


def command(code: int, data: bytes = b"") -> bytes:
    """Return what the host says, by the document and not by the codec."""
    body = bytes((0xA0, len(data) + 3, 0xFF, code)) + data
    return body + bytes((-sum(body) % 256,))


FIRMWARE, POWER_NOW, REGION_NOW, TEMPERATURE = (command(code) for code in (0x72, 0x77, 0x79, 0x7B))
OK = b"\x10"
INVENTORY = command(0x89, b"\x0a")
ROUND_OVER = answer(1, 0x89, bytes(7))


def test_the_captured_tag_decodes() -> None:
    """EPC, antenna, RSSI and frequency of the captured report are as its source says."""
    [vector] = [v for v in vectors("r2000") if v["id"] == "a0-tag-1"]
    raw, expected = bytes.fromhex(vector["data"]), vector["expect"]
    tag = r2000.decode_tag(raw)
    assert (tag.epc, tag.antenna, tag.rssi_dbm) == (
        expected["epc"],
        expected["antenna"],
        expected["rssi_dbm"],
    )
    assert tag.frequency_index == expected["freq_index"]
    assert r2000.frequency_mhz(tag.frequency_index) == expected["freq_mhz"]
    assert r2000.is_tag(raw)


def test_errors_and_ends_are_told_from_tags_by_their_length() -> None:
    """They share the tag's command: the length is looked at before anything is decoded."""
    for name in ("a0-err-antenna-missing", "a0-inventory-end"):
        [vector] = [v for v in vectors("r2000") if v["id"] == name]
        raw = bytes.fromhex(vector["data"])
        assert not r2000.is_tag(raw)
        assert r2000.is_inventory(raw)
    assert r2000.decode(raw).error is None
    assert r2000.decode(answer(1, 0x89, b"\x22")).error == r2000.ANTENNA_MISSING
    assert r2000.antenna_error(r2000.decode(answer(1, 0x8A, b"\x02\x22"))) == (3, 0x22)
    assert r2000.antenna_error(r2000.decode(answer(1, 0x89, b"\x22"))) is None


@given(
    st.integers(1, 31).flatmap(lambda words: st.binary(min_size=2 * words, max_size=2 * words)),
    st.integers(-129, -2),
    st.integers(1, 4),
    st.sampled_from([0x89, 0x8A, 0x8B]),
)
def test_tags_of_any_length_decode(epc: bytes, rssi_dbm: int, antenna: int, code: int) -> None:
    """An EPC is as long as its PC word says; RSSI is raw − 129."""
    raw = tag_report(1, code, antenna, 33, epc, rssi_dbm)
    assert r2000.new_framer().feed(raw) == [raw]
    assert r2000.decode_tag(raw) == r2000.Tag(epc.hex().upper(), antenna, float(rssi_dbm), rssi_dbm + 129, 33)


def test_a_report_that_contradicts_its_pc_word_is_no_frame() -> None:
    """Its sum may be right by chance: it must not swallow the intact report behind it."""
    good = tag_report(1, 0x89, 1, 26, EPC, -50)
    long = answer(1, 0x89, bytes((0x68,)) + b"\x38\x00" + EPC + b"\x62")
    framer = r2000.new_framer()
    assert framer.feed(long + good) == [good]
    assert framer.counts.dropped["epc_length"] == 1
    assert reason_of(lambda: r2000.decode(long)) == "epc_length"
    assert reason_of(lambda: r2000.decode(answer(1, 0x89, bytes(4)))) == "epc_length"


def test_rssi_beyond_the_scale_stays_raw() -> None:
    """A byte from 80 on would be −1 dBm or more, which no tag has: it is kept as it is."""
    raw = answer(1, 0x89, b"\x68\x30\x00" + EPC + b"\xe2")
    tag = r2000.decode_tag(raw)
    assert (tag.rssi_dbm, tag.rssi_raw) == (None, 0xE2)


def test_temperature_has_a_sign() -> None:
    """0 is below zero, as drivers of it have it."""
    assert (r2000.temperature_c(b"\x01\x24"), r2000.temperature_c(b"\x00\x05")) == (36, -5)
    assert reason_of(lambda: r2000.temperature_c(b"\x01")) == "temperature"


def session(**settings: object) -> R2000Session:
    return R2000Session(RfidSettings("r2000", **settings))  # type: ignore[arg-type]  # by keyword


def told(steps: Steps, kind: type) -> list[Any]:
    return [o for o in steps.observations if isinstance(o, kind)]


def polled(**settings: object) -> R2000Session:
    """Return a session that has just asked for its first round."""
    reader = session(**settings)
    reader.opened(NOW)
    for reply in (answer(1, 0x72, b"\x02\x06"), answer(1, 0x77, b"\x1e"), answer(1, 0x79, bytes((1, 7, 59)))):
        reader.feed(reply, NOW)
    assert reader.feed(answer(1, 0x7B, b"\x01\x24"), NOW).writes != []
    return reader


def test_the_conversation_asks_sets_and_goes_round() -> None:
    """Firmware, power and region as they are; what differs is set; health; then round after round."""
    reader = session(region="us", power_dbm=20)
    assert reader.opened(NOW).writes == [FIRMWARE]
    assert reader.feed(answer(1, 0x72, b"\x02\x06"), NOW).writes == [POWER_NOW]
    assert reader.feed(answer(1, 0x77, b"\x1e\x1e\x1e\x1e"), NOW).writes == [REGION_NOW]
    assert reader.feed(answer(1, 0x79, bytes((2, 0, 6))), NOW).writes == [command(0x76, b"\x14" * 4)]
    assert reader.feed(answer(1, 0x76, OK), NOW).writes == [command(0x78, bytes((1, 7, 59)))]
    assert reader.feed(answer(1, 0x78, OK), NOW).writes == [TEMPERATURE]
    assert reader.feed(answer(1, 0x7B, b"\x01\x24"), NOW).writes == [command(0x74, b"\x00")]
    assert reader.feed(answer(1, 0x74, OK), NOW).writes == [command(0x7E, b"\x21")]
    steps = reader.feed(answer(1, 0x7E, b"\x12"), NOW)
    assert [o.detail for o in steps.observations if hasattr(o, "detail")] == [
        "firmware 2.6; temperature 36 °C; return loss of antenna 1 18 dB"
    ]
    assert steps.writes == [INVENTORY]
    assert reader.feed(ROUND_OVER, NOW).writes == [INVENTORY]
    assert reader.closing(NOW).writes == []


def test_settings_that_fit_are_not_written() -> None:
    """Power and region as wanted, told by the module: neither is written to its flash again."""
    reader = session(region="us", power_dbm=30)
    reader.opened(NOW)
    reader.feed(answer(1, 0x72, b"\x02\x06"), NOW)
    reader.feed(answer(1, 0x77, b"\x1e"), NOW)
    assert reader.feed(answer(1, 0x79, bytes((1, 7, 59))), NOW).writes == [TEMPERATURE]


def test_an_answer_that_may_be_an_error_is_none() -> None:
    """17 as an answer of one byte is 17 dBm, or "failed": the power is set to be sure."""
    reader = session(power_dbm=17)
    reader.opened(NOW)
    reader.feed(answer(1, 0x72, b"\x02\x06"), NOW)
    reader.feed(answer(1, 0x77, b"\x11"), NOW)
    assert reader.feed(answer(1, 0x79, bytes((1, 7, 59))), NOW).writes == [command(0x76, b"\x11")]


def test_europe_is_four_lawful_channels() -> None:
    """A region of our own: 865.7 MHz and three steps of 600 kHz, as ETSI EN 302 208 has them."""
    device = R2000(R2000Options())
    talk = ReaderTalk(session(region="eu", power_dbm=33), device)
    talk.run(5)
    assert device.region == bytes((4, 60, 4)) + (865_700).to_bytes(3, "big")
    assert talk.fault_codes() == set()


def test_several_antennas_are_switched_by_the_module() -> None:
    """One round goes through all of them; tags of each are read on it, a missing one is told."""
    device = R2000(R2000Options(dead_antennas=frozenset({2})))
    talk = ReaderTalk(session(antennas=(1, 2, 4)), device)
    for n in range(200):
        talk.run(0.1, tags=False)
        port = (1, 4)[n % 2]
        talk._from_device(device.emit([TagSeen(talk.now_ns, port, f"30{port:022X}", -60.0)], talk.now_ns))
    assert command(0x8A, bytes((0, 1, 1, 1, 3, 1, 0xFF, 0, 0, 3))) in talk.said
    assert {(read.antenna, read.epc[-1]) for read in talk.of(Read)} == {(1, "1"), (4, "4")}
    assert talk.fault_codes() == {"antenna_2_disconnected"}
    assert talk.beats(talk.now_ns - 3 * S) != []


def test_a_module_without_its_antenna_proves_no_life_and_is_not_hurried() -> None:
    """It answers each round with error 22: told once, no heartbeat, a round a second."""
    reader = polled()
    missing = answer(1, 0x89, b"\x22")
    steps = reader.feed(missing, NOW + 2 * S)
    assert {fault.code for fault in told(steps, Fault)} == {"antenna_1_disconnected", "error_22"}
    assert told(steps, Heartbeat) == []
    reader.feed(missing, NOW + 3 * S)
    assert reader.deadline_ns == NOW + 3 * S + round(REST_S * S)
    assert reader.tick(NOW + 4 * S).writes == [INVENTORY]
    assert told(reader.feed(ROUND_OVER, NOW + 5 * S), Heartbeat) != []


def test_no_tag_is_no_error() -> None:
    """Error 36 ends a round in which there was nothing to read."""
    steps = polled().feed(answer(1, 0x89, b"\x36"), NOW)
    assert (steps.writes, told(steps, Fault)) == ([INVENTORY], [])


def test_refused_settings_are_faults_and_no_end() -> None:
    """The module's refusal is told with what it means; it goes on with what it has."""
    reader = session(region="us", power_dbm=20)
    reader.opened(NOW)
    reader.feed(answer(1, 0x72, b"\x02\x06"), NOW)
    reader.feed(answer(1, 0x77, b"\x1e"), NOW)
    reader.feed(answer(1, 0x79, bytes((2, 0, 6))), NOW)
    [fault] = told(reader.feed(answer(1, 0x76, b"\x48"), NOW), Fault)
    assert (fault.code, fault.detail) == ("power_refused", "error 0x48: power out of range")
    [fault] = told(reader.feed(answer(1, 0x78, b"\x49"), NOW), Fault)
    assert fault.code == "region_refused"


def test_health_is_looked_at_again_and_told_when_it_changed() -> None:
    """Every few minutes, between two rounds, the module is asked how warm it is."""
    device = R2000(R2000Options())
    talk = ReaderTalk(session(), device)
    talk.run(HEALTH_EVERY_S + 10)
    assert talk.identified() == ["firmware 2.6; temperature 36 °C"]
    device.temperature_c = 58
    talk.run(HEALTH_EVERY_S)
    assert talk.identified()[1:] == ["firmware 2.6; temperature 58 °C"]
    assert talk.epcs(talk.now_ns - 5 * S) != []


def test_a_round_without_an_end_is_asked_for_again() -> None:
    """An end that was lost costs two seconds; tags that still come keep the round alive."""
    reader = polled()
    tag = tag_report(1, 0x89, 1, 26, EPC, -55)
    steps = reader.feed(tag, NOW + 1 * S)
    assert told(steps, Read) == [Read("r2000", 1, EPC.hex().upper(), NOW + S, NOW + S, -55.0, 74)]
    assert reader.deadline_ns == NOW + 3 * S
    assert reader.tick(NOW + 3 * S).writes == [INVENTORY]


@pytest.mark.parametrize(
    ("settings", "hint"),
    [
        ({"power_dbm": 34}, "power_dbm = 34"),
        ({"antennas": (5,)}, "1 to 4"),
        ({"region": "kr"}, "'kr' is none of cn-900, eu, us"),
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, object], hint: str) -> None:
    """What the module cannot be is refused by name, with where it is written."""
    with pytest.raises(DeviceRefused, match=f"r2000.*{hint}"):
        session(**settings)
