"""Simulated UHFReader, CF and R2000 readers: they say what published ones say, and misbehave where told to."""

import tomllib
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.observations import Read
from readers.registry import SERIAL_KINDS, serial_kind
from readers.settings import RfidSettings
from simulators.air import SLOT_NS, TagSeen
from simulators.devices.cf import Cf, CfOptions
from simulators.devices.cf_frames import answer as cf_answer
from simulators.devices.faults import MAX_UNDER_WAY, FaultyWire, LineFaults, WireFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.r2000 import R2000, R2000Options
from simulators.devices.r2000_frames import tag_report
from simulators.devices.serial_kinds import make_reader
from simulators.devices.serial_reader import BOOT_NS, MORE, NO_FRAME, HostParser
from simulators.devices.uhfreader import REAL_TIME_MODE, UhfReader, UhfReaderOptions
from simulators.devices.uhfreader_frames import answer, crc16
from simulators.emissions import SerialBytes
from simulators.layout import SERIAL_READERS, parse_site
from simulators.params import Pace, shop_params
from simulators.site import SimulatedSite
from tests.support.simulated import NS, ROOT, START_NS
from tests.support.vectors import vectors


def published(file: str, name: str) -> bytes:
    """Return the bytes of a published frame."""
    [vector] = [v for v in vectors(file) if v["id"] == name]
    return bytes.fromhex(vector["data"])


def uhf(name: str) -> bytes:
    """Return a published UHFReader frame."""
    return published("uhfreader18" if name.startswith("uhf18") else "uhfreader288", name)


def seen(epc: str, rssi_dbm: float = -55.0, port: int = 1, at_ns: int = START_NS) -> TagSeen:
    """Return one answer of a tag."""
    return TagSeen(at_ns, port, epc, rssi_dbm)


def test_frames_equal_published_ones() -> None:
    """Tag lists, reports, heartbeats, answers and errors, checksums included, byte for byte."""
    assert crc16(b"123456789") == 0x6F91
    epc = bytes.fromhex("000000000000000000000313")
    assert answer(0, 1, 3, bytes((1, 1, 12)) + epc + b"\x6b") == uhf("uhf288-tag-ant1")
    assert answer(0, 1, 3, bytes((1, 12)) + epc) == uhf("uhf18-tag")
    assert answer(0, 0, 0xFE) == uhf("uhf288-illegal-cmd")
    beat = bytes((0, 0, 0, 7, 1, 0, 0, 2, 0, 0, 0, 123))
    assert answer(0, 0xEE, 0x28, beat) == uhf("uhf288-rt-heartbeat")
    tag = bytes.fromhex("FD4E01000C" + "000000000008888005624566")
    assert cf_answer(0, 1, 0, tag) == published("cf", "cf-tag-1")
    a0 = published("r2000", "a0-tag-1")
    assert tag_report(1, 0x89, 1, 26, bytes.fromhex("000000000000000000002986"), -31) == a0


@pytest.mark.parametrize(
    ("device", "command", "reply"),
    [
        (UhfReader(), uhf("uhf288-cmd-mode-answer"), answer(0, 0x76, 0)),
        (UhfReader(), uhf("uhf288-cmd-region-eu"), answer(0, 0x22, 0)),
        (Cf(), published("cf", "cf-cmd-stop"), published("cf", "cf-rsp-stop")),
        (Cf(), published("cf", "cf-cmd-getparam"), published("cf", "cf-rsp-getparam")),
        (Cf(), published("cf", "cf-cmd-setparam"), published("cf", "cf-rsp-setparam-ok")),
        (R2000(), published("r2000", "a0-cmd-power-30"), published("r2000", "a0-rsp-ok")),
        (R2000(), published("r2000", "a0-cmd-region-etsi"), bytes.fromhex("A004017810D3")),
        (
            R2000(R2000Options(dead_antennas=frozenset({1}))),
            published("r2000", "a0-cmd-rt-inventory"),
            published("r2000", "a0-err-antenna-missing"),
        ),
    ],
)
def test_published_commands_get_the_published_answers(
    device: UhfReader | Cf | R2000, command: bytes, reply: bytes
) -> None:
    """What a real reader was sent and said, the simulated one is sent and says."""
    assert device.feed(command, START_NS) == reply


def test_information_has_the_published_form() -> None:
    """INFO is as long as the captured answer, and says what is set."""
    device = UhfReader()
    device.feed(uhf("uhf288-cmd-region-eu"), START_NS)
    told = device.feed(uhf("uhf288-cmd-info"), START_NS)
    captured = uhf("uhf288-info")
    assert len(told) == len(captured)
    assert told[8:10] == captured[8:10] == bytes.fromhex("4E00")


def test_an_inventory_is_a_round() -> None:
    """Nothing until the round is over; then its tags, each once, and an end; deaf meanwhile."""
    device = UhfReader(UhfReaderOptions(round_ms=200))
    assert device.feed(uhf("uhf288-cmd-inventory-default"), START_NS) == b""
    assert device.emit([seen("AA00"), seen("BB00")], START_NS + NS // 10) == b""
    assert device.feed(uhf("uhf288-cmd-info"), START_NS) == b""
    told = device.emit([seen("AA00", -60.0)], START_NS + NS // 5)
    listed = bytes((1, 2, 2, 0xAA, 0, 100, 2, 0xBB, 0, 105))
    assert told == answer(0, 1, 3, listed) + answer(0, 1, 1, b"\x01\x00")
    device.feed(uhf("uhf288-cmd-inventory-default"), START_NS + NS)
    assert device.emit([], START_NS + 2 * NS) == answer(0, 1, 0xFB)


def test_many_tags_are_told_in_several_frames() -> None:
    """No frame is longer than its length byte can say; each tag is in one of them."""
    device = UhfReader()
    device.feed(uhf("uhf288-cmd-inventory-default"), START_NS)
    told = device.emit([seen(f"{n:024X}") for n in range(60)], START_NS + NS)
    sizes = []
    while told:
        sizes.append(told[0] + 1)
        told = told[sizes[-1] :]
    assert len(sizes) == 5
    assert max(sizes) <= 256


def test_real_time_mode_reports_and_beats() -> None:
    """Tags as they answer; where none does for half a minute, a heartbeat with the state of each port."""
    options = UhfReaderOptions(mode=REAL_TIME_MODE, dead_antennas=frozenset({4}))
    device = UhfReader(options)
    device.antennas = 0b1001
    device.beat_interval = 1
    told = device.emit([seen("3074257BF7194E4000001A85", -70.0, port=1)], START_NS)
    assert told == answer(0, 0xEE, 0, bytes.fromhex("010C3074257BF7194E4000001A855A"))
    assert device.emit([seen("AA00", port=2)], START_NS) == b""
    assert device.emit([], START_NS + 29 * NS) == b""
    assert device.emit([], START_NS + 30 * NS) == answer(
        0, 0xEE, 0x28, bytes((0, 0, 0, 1, 1, 0, 0, 2, 0, 0, 0, 1))
    )
    assert device.feed(uhf("uhf288-cmd-region-eu"), START_NS + 31 * NS) == b""


def test_a_cf_reader_runs_until_it_is_stopped_or_restarted() -> None:
    """By time, for ever or for seconds; an empty round is told; a restart forgets it, its settings not."""
    device = Cf(CfOptions())
    device.feed(published("cf", "cf-cmd-setparam"), START_NS)
    start = bytes.fromhex("CFFF0001050000000005")
    device.feed(start + crc16(start).to_bytes(2, "big"), START_NS)
    assert device.emit([seen("AA00")], START_NS) == cf_answer(0, 1, 0, bytes.fromhex("FDDA010002AA00"))
    assert device.emit([], START_NS + 2 * NS) == cf_answer(0, 1, 0x12)
    assert device.emit([seen("AA00")], START_NS + 6 * NS) == cf_answer(0, 1, 0x12)
    assert not device.is_inventorying(START_NS + 6 * NS)
    device.power_on(START_NS + 7 * NS)
    assert device.feed(published("cf", "cf-cmd-stop"), START_NS + 7 * NS + BOOT_NS - 1) == b""
    assert device.block[2] == 0


def test_an_r2000_round_ends_with_its_count() -> None:
    """Tags at once, then an end with their number; a dead port of a fast switch is told in between."""
    device = R2000(R2000Options(dead_antennas=frozenset({2}), round_ms=50))
    device.feed(published("r2000", "a0-cmd-rt-inventory"), START_NS)
    tag = device.emit([seen("AA00")], START_NS)
    assert tag == tag_report(1, 0x89, 1, 26, b"\xaa\x00", -55.0)
    assert device.emit([], START_NS + NS // 10)[:4] == bytes.fromhex("A00A0189")
    switch = bytes.fromhex("A00DFF8A00010101FF00FF000001")
    device.feed(switch + bytes((-sum(switch) % 256,)), START_NS + NS)
    told = device.emit([], START_NS + 2 * NS)
    assert told.startswith(bytes.fromhex("A005018A0122"))
    assert told[7:11] == bytes.fromhex("A00A018A")


@pytest.mark.parametrize("kind", SERIAL_READERS)
def test_every_kind_of_the_product_can_be_played(kind: str) -> None:
    """Each serial RFID kind has its simulated device, and the site knows it."""
    assert set(SERIAL_READERS) == set(SERIAL_KINDS) - {"scanner"}
    assert make_reader(kind, ports=2).is_silent(START_NS) is False
    with pytest.raises(KeyError):
        make_reader("m101")


@pytest.mark.parametrize("kind", SERIAL_READERS)
def test_a_site_may_name_any_kind(kind: str) -> None:
    """With another reader in the front of the demo's shop, the same shop is read through it."""
    config = tomllib.loads((ROOT / "config" / "demo.toml").read_text("utf-8"))
    config["readers"][0]["kind"] = kind
    layout = parse_site(config, (ROOT / "config" / "demo-articles.csv").read_text("utf-8"))
    site = SimulatedSite(layout, 1, shop_params(Pace.BRISK), START_NS)
    session = serial_kind(kind).make(RfidSettings("m100-front", "us", 20))
    writes, reads, now_ns = session.opened(START_NS).writes, [], START_NS
    for _ in range(4 * 90):
        now_ns += SLOT_NS
        arrived = b"".join(site.to_device("m100-front", data, now_ns) for data in writes)
        for emission in site.advance(now_ns):
            if emission.device == "m100-front" and isinstance(emission, SerialBytes):
                arrived += emission.data
        steps = session.feed(arrived, now_ns)
        writes = steps.writes
        if session.deadline_ns is not None and session.deadline_ns <= now_ns:
            writes = writes + session.tick(now_ns).writes
        reads += [o for o in steps.observations if isinstance(o, Read)]
    in_front = {piece.epc for piece in site.shop.stock.on_air.values() if piece.stands_in == "front"}
    assert len({read.epc for read in reads} & in_front) >= len(in_front) * 0.6
    site.unplug("m100-front", now_ns)
    site.replug("m100-front", now_ns)
    assert site.to_device("m100-front", writes[0] if writes else b"", now_ns) == b""


@given(st.lists(st.binary(min_size=1, max_size=12), max_size=12), st.integers(0, 1_000))
def test_a_wire_without_losses_keeps_every_byte_in_order(writes: list[bytes], seed: int) -> None:
    """However writes are split, merged and delayed, the same bytes come out, none before its time."""
    wire = FaultyWire(WireFaults(split_share=0.5, merge_share=0.5, delay_ms=(0, 50)), Random(seed))
    for n, data in enumerate(writes):
        wire.send(data, n * 1_000_000)
    arrived: list[bytes] = []
    for now_ms in (*range(0, 100, 7), 1_000, 1_000):
        arrived += wire.arrive(now_ms * 1_000_000)
    assert b"".join(arrived) == b"".join(writes)
    assert (wire.carried_bytes, wire.lost_bytes, wire.flipped) == (len(b"".join(writes)), 0, [])


def test_a_bad_wire_says_what_it_did() -> None:
    """Flipped bytes are noted by place, lost ones counted; their rates are those that were dialled."""
    wire = FaultyWire(WireFaults(flip_share=0.01, byte_loss_share=0.02), Random(5))
    for n in range(200):
        wire.send(bytes(100), n)
    arrived = b"".join(wire.arrive(1_000_000_000))
    assert len(arrived) == 20_000 - wire.lost_bytes
    assert 300 <= wire.lost_bytes <= 500
    assert 140 <= len(wire.flipped) <= 260
    assert sum(byte != 0 for byte in arrived) == len(wire.flipped)
    assert all(a < b for a, b in pairwise(wire.flipped))


def test_a_wire_holds_no_more_than_its_bound() -> None:
    """What a full buffer cannot take is lost, and counted; so is what was under way when it was cut."""
    wire = FaultyWire(WireFaults(delay_ms=(1_000, 1_000)), Random(1))
    for _ in range(MAX_UNDER_WAY + 5):
        wire.send(b"ab", 0)
    assert wire.lost_bytes == 10
    assert wire.next_due_ns == 1_000_000_000
    wire.cut()
    assert wire.lost_bytes == 2 * (MAX_UNDER_WAY + 5)
    assert wire.arrive(2_000_000_000) == []


def test_error_frames_and_lost_frames_come_at_their_shares() -> None:
    """Firmware errors follow frames, and frames are lost, as often as was dialled; the M100's has its wrong sum."""
    device = M100(M100Options(faults=LineFaults(loss_share=0.1, error_share=0.2)), seed=4)
    device.feed(bytes.fromhex("BB0027000322FFFF4A7E"), START_NS)
    sent = b"".join(device.emit([seen("AA00")], START_NS + n) for n in range(1_000))
    spoiled = device.line.spoiled
    assert 60 <= spoiled["loss"] <= 140
    assert 150 <= spoiled["error"] <= 250
    wrong = sent.count(bytes.fromhex("BB01FF0001100A7E"))
    assert 0.35 <= wrong / spoiled["error"] <= 0.65


def test_a_parser_of_host_commands_finds_them_again_after_noise() -> None:
    """Bytes that begin nothing are skipped one by one, and counted."""

    def length_of(buffer: bytes) -> int:
        if buffer[0] != 0xA5:
            return NO_FRAME
        return 2 if len(buffer) > 1 else MORE

    parser = HostParser(length_of)
    assert parser.feed(b"\x00\x01\xa5") == []
    assert parser.feed(b"\x07\x09\xa5\x08") == [b"\xa5\x07", b"\xa5\x08"]
    assert parser.skipped_bytes == 3
