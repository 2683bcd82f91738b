"""The simulated M100 answers as the manuals and captures say, and misbehaves only where told to."""

from functools import partial
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.air import EPOCH_NS, SLOT_NS, TagSeen
from simulators.devices.faults import LineFaults
from simulators.devices.m100 import M100, M100Options
from simulators.devices.m100_frames import (
    ANSWER,
    COMMAND,
    Framing,
    command_length,
    frame,
    host_command,
    tag_frame,
)
from simulators.devices.serial_reader import BOOT_NS, MAX_CACHED_TAGS, HostParser
from tests.support.simulated import NS, START_NS, expected, vector

EPC = "3034B7DBE400010000066E0F"
START = vector("m100-cmd-multi-65535")


def seen(at_ns: int = START_NS, epc: str = EPC, rssi_dbm: float = -55.0) -> TagSeen:
    """Return one read of a tag."""
    return TagSeen(at_ns, 1, epc, rssi_dbm)


@pytest.mark.parametrize("name", ["m100-tag-1", "m100-tag-2", "m100-tag-3", "m100-tag-doc-bb"])
def test_tag_frames_equal_captures(name: str) -> None:
    """A tag's notification, checksum and EPC CRC included, is byte for byte the captured one."""
    facts = expected(name)
    pc = int(facts["pc"], 16)
    assert tag_frame(Framing.BB, bytes.fromhex(facts["epc"]), facts["rssi_dbm"], pc) == vector(name)


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("m100-cmd-stop", "m100-rsp-stop-ok"),
        ("m100-cmd-region-eu", "m100-rsp-region-ok"),
        ("m100-cmd-power-2000", "m100-rsp-power-ok"),
        ("m100-cmd-single-poll", "m100-no-tag"),
    ],
)
def test_answers_equal_captures(command: str, answer: str) -> None:
    """The published commands get the published answers."""
    assert M100().feed(vector(command), START_NS) == vector(answer)


def test_some_commands_have_no_answer() -> None:
    """Starting an inventory and changing the baud rate are answered by nothing of their own."""
    assert M100().feed(START + vector("m100-cmd-baud-19200"), START_NS) == b""


@pytest.mark.parametrize("name", ["m100-neg-kill-badcs", "m100-neg-query-short"])
def test_broken_commands_are_ignored(name: str) -> None:
    """A command with a wrong checksum or length gets no answer; what follows a little later does."""
    device = M100()
    assert device.feed(vector(name), START_NS) == b""
    assert device.feed(vector("m100-cmd-stop"), START_NS + 2 * NS) == vector("m100-rsp-stop-ok")


def test_what_was_set_can_be_read_back() -> None:
    """Region and power answer with what the host set."""
    device = M100()
    device.feed(vector("m100-cmd-region-eu") + vector("m100-cmd-power-2000"), START_NS)
    assert device.feed(frame(Framing.BB, COMMAND, 0x08, b""), START_NS) == frame(
        Framing.BB, ANSWER, 0x08, b"\x03"
    )
    assert device.feed(frame(Framing.BB, COMMAND, 0xB7, b""), START_NS) == frame(
        Framing.BB, ANSWER, 0xB7, b"\x07\xd0"
    )


def test_info_tells_maker_and_versions() -> None:
    """Info answers its selector and a text; an unknown selector or command is error 17."""
    device = M100()
    answer = device.feed(frame(Framing.BB, COMMAND, 0x03, b"\x00"), START_NS)
    assert answer == frame(Framing.BB, ANSWER, 0x03, b"\x00M100 26dBm V1.0")
    for refused in (frame(Framing.BB, COMMAND, 0x03, b"\x09"), frame(Framing.BB, COMMAND, 0x99, b"")):
        assert device.feed(refused, START_NS) == frame(Framing.BB, ANSWER, 0xFF, b"\x17")


def test_the_inventory_ends_with_its_rounds() -> None:
    """10,000 rounds of 25 ms are 250 s; then the module falls silent without a word, until started again."""
    device = M100()
    device.feed(vector("m100-cmd-multi-10000"), START_NS)
    assert device.emit([seen()], START_NS + 249 * NS) == tag_frame(Framing.BB, bytes.fromhex(EPC), -55)
    assert device.emit([seen()], START_NS + 250 * NS) == b""
    device.feed(vector("m100-cmd-multi-10000"), START_NS + 260 * NS)
    assert device.emit([seen()], START_NS + 261 * NS) != b""


def test_empty_rounds_are_told_a_few_times_an_epoch() -> None:
    """Without tags the module sends error 15 from time to time: four in the first five seconds."""
    device = M100()
    device.feed(START, START_NS)
    sent = [device.emit([], START_NS + slot * SLOT_NS) for slot in range(EPOCH_NS // SLOT_NS)]
    assert b"".join(sent) == vector("m100-no-tag") * 4


def test_a_single_inventory_names_the_tags_in_the_field() -> None:
    """A single inventory reports what answered within the last second, though no inventory runs."""
    device = M100()
    assert device.emit([seen()], START_NS) == b""
    answer = device.feed(vector("m100-cmd-single-poll"), START_NS + NS // 2)
    assert answer == tag_frame(Framing.BB, bytes.fromhex(EPC), -55)
    assert device.feed(vector("m100-cmd-single-poll"), START_NS + 2 * NS) == vector("m100-no-tag")


def test_sleep_loses_the_first_byte_after_it() -> None:
    """After sleep the first byte only wakes the module."""
    device = M100()
    device.feed(frame(Framing.BB, COMMAND, 0x17, b""), START_NS)
    assert device.feed(vector("m100-cmd-stop"), START_NS) == b""
    assert device.feed(vector("m100-cmd-stop"), START_NS) == vector("m100-rsp-stop-ok")


def test_r200_firmware_frames_otherwise() -> None:
    """With AA/DD framing the same content stands between other bytes."""
    device = M100(M100Options(framing=Framing.AA))
    answer = device.feed(b"\xaa" + vector("m100-cmd-stop")[1:-1] + b"\xdd", START_NS)
    assert answer == b"\xaa" + vector("m100-rsp-stop-ok")[1:-1] + b"\xdd"


def test_a_reboot_forgets_everything() -> None:
    """After power on the module is deaf while it boots, and has its factory settings and no inventory."""
    device = M100()
    device.feed(vector("m100-cmd-region-eu") + START, START_NS)
    device.power_on(START_NS)
    assert device.feed(vector("m100-cmd-stop"), START_NS + BOOT_NS - 1) == b""
    assert device.emit([seen()], START_NS + BOOT_NS) == b""
    assert device.region == 1


def test_a_loose_wire_is_silent_for_its_time() -> None:
    """While silenced, the module neither hears nor says anything; its inventory goes on."""
    device = M100()
    device.feed(START, START_NS)
    device.silence(START_NS + 10 * NS)
    assert device.emit([seen()], START_NS + 9 * NS) == b""
    assert device.emit([seen()], START_NS + 11 * NS) != b""


@given(
    chunks=st.lists(st.integers(1, 9), max_size=30),
    codes=st.lists(st.sampled_from([0x03, 0x08, 0x28, 0xB7]), max_size=8),
    noise=st.binary(max_size=20).filter(lambda data: 0xBB not in data),
)
def test_commands_come_in_any_pieces(chunks: list[int], codes: list[int], noise: bytes) -> None:
    """However the host's bytes are cut, and with noise before, the same commands arrive."""
    stream = noise + b"".join(frame(Framing.BB, COMMAND, code, b"\x01") for code in codes)
    parser, found = HostParser(partial(command_length, Framing.BB)), []
    for size in [*chunks, len(stream)]:
        found += parser.feed(stream[:size])
        stream = stream[size:]
    assert [host_command(command).code for command in found] == codes


def test_a_bad_line_spoils_what_it_is_told_to() -> None:
    """Garbage, flipped bytes and wrong checksums come at their shares, and are counted."""
    faults = LineFaults(garbage_share=0.1, corrupt_share=0.1, bad_checksum_share=0.1)
    device = M100(M100Options(faults=faults), seed=5)
    device.feed(START, START_NS)
    whole = tag_frame(Framing.BB, bytes.fromhex(EPC), -55)
    intact = sum(whole in device.emit([seen()], START_NS + n) for n in range(2_000))
    spoiled = device.line.spoiled
    assert all(140 <= spoiled[kind] <= 260 for kind in ("garbage", "corrupt", "bad_checksum"))
    assert intact == 2_000 - spoiled["corrupt"] - spoiled["bad_checksum"]


def test_prepared_frames_are_bounded() -> None:
    """More tags than the cache holds are reported all the same, and memory stays bounded."""
    device = M100()
    device.feed(START, START_NS)
    for n in range(MAX_CACHED_TAGS + 5):
        epc = f"{n:024X}"
        assert device.emit([seen(epc=epc)], START_NS) == tag_frame(Framing.BB, bytes.fromhex(epc), -55)
    assert len(device._tags.made) == 5


def test_faults_are_seeded() -> None:
    """The same seed spoils the same frames."""
    faults = LineFaults(garbage_share=0.3, corrupt_share=0.3)
    sent = []
    for _ in range(2):
        device = M100(M100Options(faults=faults), seed=9)
        device.feed(START, START_NS)
        rng = Random(2)
        sent.append([device.emit([seen(rssi_dbm=rng.uniform(-70, -40))], START_NS) for _ in range(50)])
    assert sent[0] == sent[1]
