"""Frames of the UHFReader18 and UHFReader288 families (Chafon, ZKHY, S-ID and many labels). Pure.

A command is `Len Adr Cmd Data CRClo CRChi`, an answer `Len Adr Cmd Status Data CRClo CRChi`; Len
counts the bytes after it. Adr FF is everybody: hosts speak to it, readers answer by their own. There
is no header, so that any byte may begin a frame: known commands, the reader's address where it is
known, and CRC-16/MCRF4XX over all of it tell. Sources: "UHF RFID Reader Series User Manual v2.20",
the UR-series manual v1.14 (S-ID), the ZK-RFID102 / UHFReader18 manual V2.0, wabson/chafon-rfid.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from readers.codecs.chafon import Frame
from readers.codecs.crc import ends_in_its_crc, mcrf4xx
from readers.errors import Malformed
from readers.framing import MORE, Framer, Measure, require_whole


class Command(IntEnum):
    """The Cmd byte."""

    REFUSED = 0x00
    INVENTORY = 0x01
    INFO = 0x21
    SET_REGION = 0x22
    SET_SCAN_TIME = 0x25
    SET_POWER = 0x2F
    SET_WORK_MODE_18 = 0x35
    GET_WORK_MODE_18 = 0x36
    SET_ANTENNAS = 0x3F
    SET_REAL_TIME = 0x75
    SET_WORK_MODE = 0x76
    GET_REAL_TIME = 0x77
    HEARTBEAT_INTERVAL = 0x78
    STOP = 0x93
    REPORT = 0xEE


class Status(IntEnum):
    """The Status byte of an answer."""

    OK = 0x00
    DONE = 0x01
    TIMED_OUT = 0x02
    MORE_FOLLOWS = 0x03
    MEMORY_FULL = 0x04
    STATISTICS = 0x26
    HEARTBEAT = 0x28
    ANTENNA_ERROR = 0xF8
    TAG_UNCLEAR = 0xFA
    NO_TAG = 0xFB
    TAG_ERROR = 0xFC
    ILLEGAL = 0xFE


STATUS_TEXTS = {
    0x04: "its memory is full",
    0xF8: "no antenna on the port",
    0xF9: "command failed",
    0xFA: "tags answer unclearly",
    0xFB: "no tag",
    0xFC: "the tag reports an error",
    0xFD: "wrong command length",
    0xFE: "unknown command, or its checksum was wrong",
    0xFF: "wrong parameter",
}
TAG_STATUSES = frozenset({Status.DONE, Status.TIMED_OUT, Status.MORE_FOLLOWS, Status.MEMORY_FULL})
"""Of an inventory's answer: these are followed by a list of tags."""

EVERYBODY = 0xFF
_KNOWN = {*range(0x1C), *range(0x20, 0x30), *range(0x33, 0x40), *range(0x40, 0x60)}
_KNOWN |= {*range(0x66, 0x80), *range(0x90, 0x96), 0x9E, 0xEA, 0xEE}
_IS_COMMAND = bytes(command in _KNOWN for command in range(256))
"""The commands of the manuals: other bytes in their place make no frame."""

_LEAST_LEN = 4
MAX_FRAME_BYTES = 256
"""Len is one byte: a false frame holds back at most 44 ms of a 57600 line."""

_HEADER = re.compile(rb"[\x04-\xff]")
_TID_BYTES = 12
_HAS_TID, _HAS_PHASE, _LENGTH_BITS = 0x80, 0x40, 0x3F
_PHASE_BYTES = 7
_MIN_EPC_BYTES, _MAX_EPC_BYTES = 2, 62
"""One word, and the 31 that a tag's PC word can count."""

ANTENNAS_OF_MASK = tuple(tuple(bit + 1 for bit in range(8) if mask >> bit & 1) for mask in range(256))
"""Ant byte of readers with up to 8 ports -> the antennas that saw the tag."""

ANTENNA_OF_NUMBER = tuple((number + 1,) if number < 16 else () for number in range(256))
"""The same of readers with 16 ports, which number them from 0."""


class Tag(NamedTuple):
    """One entry of a tag list. `rssi_raw` has no documented scale; None: the model reports none."""

    epc: str
    rssi_raw: int | None


@dataclass(frozen=True, slots=True)
class Beat:
    """A heartbeat of real-time mode. `antennas`: per port 0 idle, 1 in order, 2 disconnected."""

    number: int
    antennas: tuple[int, ...]
    total_count: int


@dataclass(slots=True)
class Line:
    """Who is on the line. `address` None: not known yet. With it, noise makes 256 times fewer false frames."""

    address: int | None = None


def new_framer(line: Line | None = None) -> Framer:
    """Return a framer for this family."""
    return Framer(_HEADER, measure_of(line or Line()), MAX_FRAME_BYTES)


def measure_of(line: Line) -> Measure:
    """Return the `measure` of a line: the length of the intact frame at a start, MORE, or why there is none
    (see framing).
    """

    def measure(buffer: bytes, start: int) -> int | str:
        have, size = len(buffer) - start, buffer[start] + 1
        if have > 2 and not _IS_COMMAND[buffer[start + 2]]:
            return "command"
        address = line.address
        if have > 1 and address is not None and buffer[start + 1] not in (address, EVERYBODY):
            return "address"
        if have < size:
            return MORE
        return size if ends_in_its_crc(buffer[start : start + size]) else "checksum"

    return measure


measure = measure_of(Line())


def encode(command: int, data: bytes = b"", address: int = EVERYBODY) -> bytes:
    """Return a host's frame. Raises ValueError when `data` is too long for one."""
    if len(data) + _LEAST_LEN > 0xFF:
        raise ValueError(f"{len(data)} bytes are too many for a frame")
    body = bytes((len(data) + _LEAST_LEN, address, command)) + data
    return body + mcrf4xx(body).to_bytes(2, "little")


def decode(frame: bytes) -> Frame:
    """Return the parts of one whole frame. Raises Malformed when it is not exactly one intact frame."""
    require_whole(frame, _HEADER, measure, "a UHFReader")
    return split(frame)


def is_command(frame: bytes) -> bool:
    """Return whether an intact frame is a host's. One to a single reader looks like an answer, unless it is
    too short to be one.
    """
    return frame[1] == EVERYBODY or frame[0] == _LEAST_LEN


def split(frame: bytes) -> Frame:
    """Return the parts of a frame that is known to be intact (the framer gave it)."""
    if is_command(frame):
        return Frame(frame[1], frame[2], None, frame[3:-2])
    return Frame(frame[1], frame[2], frame[3], frame[4:-2])


def decode_tags(tags: bytes, *, has_rssi: bool) -> list[Tag]:
    """Return a tag list: `Num {Len EPC [RSSI]}`. Raises Malformed `tag_list` where it does not add up.

    Len bit 7: EPC and TID (FastID); bit 6: phase and frequency follow the RSSI; bits 5-0: the length.
    """
    found: list[Tag] = []
    at = 1
    for _ in range(tags[0] if tags else 0):
        length = tags[at] if at < len(tags) else 0
        end = at + 1 + (length & _LENGTH_BITS if has_rssi else length)
        if end + has_rssi > len(tags):
            raise Malformed("tag_list", "shorter than it says", tags)
        epc = tags[at + 1 : end]
        if has_rssi and length & _HAS_TID and len(epc) > _TID_BYTES:
            epc = epc[:-_TID_BYTES]
        if not _MIN_EPC_BYTES <= len(epc) <= _MAX_EPC_BYTES or len(epc) % 2:
            raise Malformed("tag_list", f"an EPC of {len(epc)} bytes", tags)
        found.append(Tag(epc.hex().upper(), tags[end] if has_rssi else None))
        at = end + has_rssi + (_PHASE_BYTES if has_rssi and length & _HAS_PHASE else 0)
    if at != max(1, len(tags)):
        raise Malformed("tag_list", "longer than it says", tags)
    return found


def decode_beat(data: bytes) -> Beat:
    """Return a heartbeat: `PacketNo(4) AntStatus(1, 4, 8 or 16) TotalCount(4)`. Raises Malformed."""
    if len(data) - 8 not in (1, 4, 8, 16):
        raise Malformed("heartbeat", f"{len(data)} bytes", data)
    return Beat(int.from_bytes(data[:4], "big"), tuple(data[4:-4]), int.from_bytes(data[-4:], "big"))
