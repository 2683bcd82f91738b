"""UHFReader tag lists, heartbeats, information and regions."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs import uhfreader
from readers.codecs import uhfreader_steps as words
from readers.codecs.uhfreader import Tag
from readers.errors import DeviceRefused, Malformed
from readers.settings import RfidSettings
from tests.support.malformed import reason_of
from tests.support.vectors import vectors

UHF_VECTORS = (*vectors("uhfreader288"), *vectors("uhfreader18"))
TAGS = [v for v in UHF_VECTORS if v["kind"] == "tag" or "tags" in v["expect"]]


def data_of(name: str) -> bytes:
    """Return the data of a published frame."""
    [vector] = [v for v in UHF_VECTORS if v["id"] == name]
    return uhfreader.decode(bytes.fromhex(vector["data"])).data


@pytest.mark.parametrize("vector", TAGS, ids=[v["id"] for v in TAGS])
def test_published_tags_decode(vector: dict[str, Any]) -> None:
    """EPCs, antenna and raw RSSI are as the source says; a UHFReader18 tells neither of the last two."""
    frame, expected = uhfreader.decode(bytes.fromhex(vector["data"])), vector["expect"]
    has_rssi = vector["protocol"] == "uhfreader288"
    is_report = frame.command == uhfreader.Command.REPORT
    tags = b"\x01" + frame.data[1:] if is_report else frame.data[1:] if has_rssi else frame.data
    found = [
        {"epc": tag.epc} | ({"rssi_raw": tag.rssi_raw} if has_rssi else {})
        for tag in uhfreader.decode_tags(tags, has_rssi=has_rssi)
    ]
    assert found == expected["tags"]
    if "antenna" in expected:
        assert uhfreader.ANTENNAS_OF_MASK[frame.data[0]] == (expected["antenna"],)


def test_a_heartbeat_tells_of_each_antenna() -> None:
    """Number, state of each port and count of tags."""
    beat = uhfreader.decode_beat(data_of("uhf288-rt-heartbeat"))
    assert beat == uhfreader.Beat(7, (1, 0, 0, 2), 123)
    assert reason_of(lambda: uhfreader.decode_beat(bytes(11))) == "heartbeat"


@pytest.mark.parametrize("name", ["uhf288-info", "uhf288-info-rru9803"])
def test_information_is_as_published(name: str) -> None:
    """Version, band, power, scan time and antennas of two captured readers."""
    [vector] = [v for v in UHF_VECTORS if v["id"] == name]
    expected, info = vector["expect"], words.decode_info(data_of(name))
    assert (info.version, info.type) == (expected["fw"], expected["type"])
    assert (info.power_dbm, info.scan_time_100ms, info.antennas) == (
        expected["power_dbm"],
        expected["scan_time_100ms"],
        expected["ant"],
    )
    band = f"{expected['fmin_mhz']:g} to {expected['fmax_mhz']:g} MHz"
    assert f"band {expected['band']}, {band}" in info.text()


def test_information_of_an_unknown_reader_is_shown_as_it_is() -> None:
    """A type or band that nobody documented stays a number; too little of it is Malformed."""
    info = words.decode_info(bytes((1, 2, 0x77, 3, 0xFF, 0xFF, 20, 10)))
    assert info.text() == "UHF reader (type 77); firmware 1.02; band 1111; power 20 dBm"
    assert info.antennas is None
    with pytest.raises(Malformed, match="info"):
        words.decode_info(bytes(7))


tag_entries = st.lists(
    st.tuples(
        st.integers(1, 30).flatmap(lambda words_: st.binary(min_size=2 * words_, max_size=2 * words_)),
        st.integers(0, 255),
        st.booleans(),
    ),
    max_size=6,
)


@given(tag_entries)
def test_tag_lists_of_any_length_decode(entries: list[tuple[bytes, int, bool]]) -> None:
    """As many tags as were listed, each EPC as long as it is; phase and frequency are passed over."""
    listed = b"".join(
        bytes((len(epc) | 0x40 * has_phase,)) + epc + bytes((rssi,)) + bytes(7 * has_phase)
        for epc, rssi, has_phase in entries
    )
    found = uhfreader.decode_tags(bytes((len(entries),)) + listed, has_rssi=True)
    assert found == [Tag(epc.hex().upper(), rssi) for epc, rssi, _ in entries]


@given(listed=st.binary(max_size=120), has_rssi=st.booleans())
def test_tag_lists_of_any_content_raise_nothing_else(*, listed: bytes, has_rssi: bool) -> None:
    """A list that does not add up is Malformed as a whole; a half one is worse than none."""
    assert reason_of(lambda: uhfreader.decode_tags(listed, has_rssi=has_rssi)) in (None, "tag_list")


def test_an_epc_with_its_tid_is_the_epc() -> None:
    """FastID lists EPC and TID (12 bytes) together: the EPC alone names the piece."""
    epc, tid = bytes(range(12)), bytes.fromhex("E28011052000000000000000")
    entry = bytes((0x80 | 24,)) + epc + tid + b"\x60"
    assert uhfreader.decode_tags(b"\x01" + entry, has_rssi=True) == [Tag(epc.hex().upper(), 0x60)]
    lone = bytes((0x80 | 12,)) + tid + b"\x60"
    assert uhfreader.decode_tags(b"\x01" + lone, has_rssi=True) == [Tag(tid.hex().upper(), 0x60)]


def test_antennas_are_a_mask_or_a_number() -> None:
    """Up to eight ports: a bit each, several at once; sixteen: one number from 0."""
    assert uhfreader.ANTENNAS_OF_MASK[0b101] == (1, 3)
    assert uhfreader.ANTENNAS_OF_MASK[0x80] == (8,)
    assert uhfreader.ANTENNAS_OF_MASK[0] == ()
    assert (uhfreader.ANTENNA_OF_NUMBER[0], uhfreader.ANTENNA_OF_NUMBER[15]) == ((1,), (16,))
    assert uhfreader.ANTENNA_OF_NUMBER[16] == ()


def test_a_known_address_keeps_noise_out() -> None:
    """Once the reader's address is known, an intact frame of another one is none."""
    line = uhfreader.Line()
    framer = uhfreader.new_framer(line)
    frame = bytes.fromhex("1500010301010C0000000000000000000003136BB1A5")
    assert framer.feed(frame) == [frame]
    line.address = 5
    assert framer.feed(frame) + framer.flush() == []
    assert framer.counts.dropped["address"] > 0
    assert framer.counts.is_conserved()


def test_regions_are_their_bands() -> None:
    """The captured US band; and for Europe exactly the four channels of ETSI EN 302 208."""
    assert words.region_param(words.REGIONS_288["us"]) == bytes.fromhex("3180")
    band, last = words.REGIONS_288["eu"]
    name, start_khz, step_khz = words.BANDS[band]
    channels = [start_khz + n * step_khz for n in range(last + 1)]
    assert (name, channels) == ("EU 3", [865_700, 866_300, 866_900, 867_500])
    assert words.region_param((band, last)) == bytes((0x83, 0x40))


@pytest.mark.parametrize(
    ("model", "settings", "hint"),
    [
        (288, {"region": "jp"}, "region 'jp'.*v2.20"),
        (288, {"power_dbm": 31}, "power_dbm = 31.*v2.20"),
        (288, {"power_dbm": 20.5}, "whole dBm"),
        (288, {"power_dbm": float("nan")}, "power_dbm"),
        (288, {"antennas": (0,)}, "antennas"),
        (288, {"antennas": ()}, "antennas"),
        (288, {"antennas": (5,), "ports": 4}, "1 to 4"),
        (288, {"antennas": (9,), "mode": "real_time"}, 'mode = "answer"'),
        (288, {"antennas": (17,)}, "1 to 16"),
        (18, {"region": "eu"}, "region 'eu'.*8.4.2"),
        (18, {"region": "us", "power_dbm": 33}, "power_dbm = 33"),
        (18, {"antennas": (1, 2)}, "give one"),
        (18, {"mode": "real_time"}, "heartbeats"),
    ],
)
def test_impossible_settings_are_refused_with_their_source(
    model: int, settings: dict[str, Any], hint: str
) -> None:
    """What the reader cannot be is the operator's to mend: refused by name, with where it is written."""
    wanted = words.wanted_288 if model == 288 else words.wanted_18
    with pytest.raises(DeviceRefused, match=f"front.*{hint}"):
        wanted(RfidSettings("front", **settings))


@pytest.mark.parametrize(
    ("antennas", "ports", "expected"),
    [((1,), None, 4), ((4, 2), None, 4), ((5,), None, 8), ((9,), None, 16), ((1,), 16, 16)],
)
def test_the_size_of_a_reader_follows_its_antennas(
    antennas: tuple[int, ...], ports: int | None, expected: int
) -> None:
    """Where nobody says how many ports there are, the smallest size with those in use is taken."""
    assert words.ports_of(RfidSettings("front", antennas=antennas, ports=ports)) == expected


def test_what_differs_is_set() -> None:
    """Region and power are sent only where the reader has others."""
    info = words.decode_info(data_of("uhf288-info"))
    same = words.Wanted(info.frequency, info.power_dbm)
    assert words.radio_steps(same, info) == []
    assert words.radio_steps(words.Wanted(None, None), info) == []
    other = words.radio_steps(words.Wanted(b"\x31\x80", 20), info)
    assert [(step.name, step.param) for step in other] == [("region", b"\x31\x80"), ("power", b"\x14")]


def test_random_masks_are_antennas() -> None:
    """The step that chooses real-time antennas is one byte for small readers, a word for large ones."""
    assert words.antennas_step((1, 4), 4).param == b"\x09"
    assert words.antennas_step((1, 8), 8).param == b"\x00\x00\x81"
    for seed in range(20):
        antennas = tuple(sorted(Random(seed).sample(range(1, 9), 3)))
        assert uhfreader.ANTENNAS_OF_MASK[words.antennas_step(antennas, 8).param[2]] == antennas
