"""Frames of the CF / "UHF Prime" readers (Chafon CF591, CF600, CF-69x, H103 …). Pure.

A frame is `CF Addr Cmd(2) Len Data[Len] CRC(2)`, all most significant byte first: the CRC too, unlike
the maker's older readers. It is CRC-16/MCRF4XX over all before it. The first byte of an answer's data
is its status. Addr FF is everybody: hosts speak to it, readers answer by their own. Sources: "UHF
Prime Reader – Protocol notes (field-verified)", the maker's CFApi.h (with
mithunbabbira/CHAFON_CF591_sample_linux), reelyactive/barnowl-chafon, and public drivers that quote
the maker's manual.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from readers.codecs.chafon import Frame
from readers.codecs.crc import mcrf4xx
from readers.errors import Malformed
from readers.framing import MORE, Framer, require_whole


class Command(IntEnum):
    """The two Cmd bytes."""

    START = 0x0001
    STOP = 0x0002
    INIT = 0x0050
    REBOOT = 0x0052
    SET_POWER = 0x0053
    INFO = 0x0070
    SET_PARAMETERS = 0x0071
    GET_PARAMETERS = 0x0072


class Status(IntEnum):
    """The first byte of an answer's data."""

    OK = 0x00
    ROUND_OVER = 0x12


STATUS_TEXTS = {
    0x01: "wrong parameter",
    0x02: "the module failed",
    0x03: "serial number exists already",
    0x12: "no tag, or the inventory is over",
    0x14: "the tag does not answer",
    0x15: "the tag's answer is garbled",
    0x16: "authentication failed",
    0x17: "wrong password",
    0xFF: "no more data",
}
EVERYBODY = 0xFF
HEADER = 0xCF
MAX_FRAME_BYTES = 262
"""Len is one byte: a false header holds back at most 23 ms of a 115200 line."""

PARAMETER_BYTES = 25
OVERHEAD_BYTES = 7
_HEADER = re.compile(b"\xcf")
_LEAST_TAG_BYTES = 6
_MIN_EPC_BYTES, _MAX_EPC_BYTES = 2, 62
"""One word, and the 31 that a tag's PC word can count."""


class Tag(NamedTuple):
    """A tag report. The maker gives RSSI in tenths of dBm."""

    epc: str
    rssi_dbm: float
    rssi_raw: int
    antenna: int
    channel: int


@dataclass(frozen=True, slots=True)
class Parameters:
    """The block of all settings, as the reader gave it, with names for what concerns an inventory.

    `Addr Proto WorkMode Interface Baud WG Ant Freq(8) Power Area Q Session AcsAddr AcsLen FilterTime
    TriggerTime Buzzer Interval`
    """

    raw: bytes

    @property
    def work_mode(self) -> int:
        """Return 0 answer, 1 active, 2 trigger."""
        return self.raw[2]

    @property
    def antennas(self) -> int:
        """Return the antennas in use, as a mask."""
        return self.raw[6]

    @property
    def frequency(self) -> bytes:
        """Return region, first channel (MHz, then kHz), step (kHz) and last channel."""
        return self.raw[7:15]

    @property
    def power_dbm(self) -> int:
        """Return the transmit power."""
        return self.raw[15]

    @property
    def area(self) -> int:
        """Return what is reported: 1 EPC, 2 TID, 3 user memory."""
        return self.raw[16]

    @property
    def filter_time_s(self) -> int:
        """Return for how long the reader keeps quiet about a tag that it told of."""
        return self.raw[21]

    def changed(self, frequency: bytes | None, power_dbm: int | None, antennas: int) -> "Parameters":
        """Return the block for polled inventories that tell EPCs and all repeats; None: as it is."""
        raw = bytearray(self.raw)
        raw[2], raw[6], raw[16], raw[21] = 0, antennas, 1, 0
        if frequency is not None:
            raw[7:15] = frequency
        if power_dbm is not None:
            raw[15] = power_dbm
        return Parameters(bytes(raw))


def new_framer() -> Framer:
    """Return a framer for this family."""
    return Framer(_HEADER, measure, MAX_FRAME_BYTES)


def measure(buffer: bytes, start: int) -> int | str:
    """Return the length of the intact frame at `start`, MORE, or why there is none (see framing)."""
    have = len(buffer) - start
    if have > 2 and buffer[start + 2]:
        return "command"
    if have < OVERHEAD_BYTES:
        return MORE
    size = buffer[start + 4] + OVERHEAD_BYTES
    if have < size:
        return MORE
    end = start + size
    crc = buffer[end - 2] << 8 | buffer[end - 1]
    return size if mcrf4xx(buffer[start : end - 2]) == crc else "checksum"


def encode(command: int, data: bytes = b"", address: int = EVERYBODY) -> bytes:
    """Return a host's frame. Raises ValueError when `data` is too long for one."""
    if len(data) > 0xFF:
        raise ValueError(f"{len(data)} bytes are too many for a frame")
    body = bytes((HEADER, address)) + command.to_bytes(2, "big") + bytes((len(data),)) + data
    return body + mcrf4xx(body).to_bytes(2, "big")


def decode(frame: bytes) -> Frame:
    """Return the parts of one whole frame. Raises Malformed when it is not exactly one intact frame."""
    require_whole(frame, _HEADER, measure, "a CF reader")
    return split(frame)


def is_command(frame: bytes) -> bool:
    """Return whether an intact frame is a host's, to everybody."""
    return frame[1] == EVERYBODY


def split(frame: bytes) -> Frame:
    """Return the parts of a frame that is known to be intact (the framer gave it)."""
    command = frame[2] << 8 | frame[3]
    if frame[1] == EVERYBODY or frame[4] == 0:
        return Frame(frame[1], command, None, frame[5:-2])
    return Frame(frame[1], command, frame[5], frame[6:-2])


def is_tag(frame: bytes) -> bool:
    """Return whether an intact frame of a reader reports a tag."""
    return frame[3] == Command.START and frame[4] > 1 and frame[5] == Status.OK and frame[2] == 0


def decode_tag(data: bytes) -> Tag:
    """Return a tag report: `RSSI(2, signed) ANT CHANNEL EPCLEN EPC`. Raises Malformed.

    Handheld readers report codes of their scan engine the same way, with 0 for RSSI and antenna.
    """
    if len(data) < _LEAST_TAG_BYTES or data[4] + 5 != len(data):
        raise Malformed("epc_length", "length byte and frame disagree", data)
    if not _MIN_EPC_BYTES <= data[4] <= _MAX_EPC_BYTES or data[4] % 2:
        raise Malformed("epc_length", f"an EPC of {data[4]} bytes", data)
    rssi_raw = data[0] << 8 | data[1]
    if rssi_raw == 0 and data[2] == 0:
        raise Malformed("not_a_tag", "no RSSI, no antenna", data)
    rssi = rssi_raw - 0x10000 if rssi_raw > 0x7FFF else rssi_raw
    return Tag(data[5:].hex().upper(), rssi / 10, rssi_raw, data[2], data[3])


def decode_parameters(data: bytes) -> Parameters:
    """Return the block of settings. Raises Malformed `parameters` where it has another length."""
    if len(data) != PARAMETER_BYTES:
        raise Malformed("parameters", f"{len(data)} bytes, not {PARAMETER_BYTES}", data)
    return Parameters(data)
