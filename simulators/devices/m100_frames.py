"""Frames of the M100 / YRM100 / R200 family, from the device's side: commands in, answers out. Pure.

`HDR TYPE CMD PLh PLl PARAM[PL] CS END`; CS is the low byte of the sum from TYPE to the last PARAM
byte. Source: "Communication user Protocol V2.1" §2-4 (anteploon/yrm100lib), R200 manual V2.3.3.
"""

from dataclasses import dataclass
from enum import Enum

from simulators.devices.serial_reader import MORE, NO_FRAME
from simulators.epc import epc_crc, pc_word

COMMAND, ANSWER, NOTIFICATION = 0x00, 0x01, 0x02
OVERHEAD_BYTES = 7
MAX_PARAM_BYTES = 512
"""No command of the family is longer; a length beyond it is noise, and would stall the device."""


class Framing(Enum):
    """Header and end byte: the M100's, or those of R200 firmware with manual V2.3.3."""

    BB = (0xBB, 0x7E)
    AA = (0xAA, 0xDD)


class Command:
    """Command codes that the simulated device knows."""

    INFO = 0x03
    SET_REGION, GET_REGION = 0x07, 0x08
    SET_BAUD = 0x11
    SLEEP = 0x17
    SINGLE_INVENTORY, MULTI_INVENTORY, STOP_INVENTORY = 0x22, 0x27, 0x28
    GET_CHANNEL, SET_CHANNEL, AUTO_HOP = 0xAA, 0xAB, 0xAD
    SET_POWER, GET_POWER = 0xB6, 0xB7
    ERROR = 0xFF


class ErrorCode:
    """Codes in an error answer."""

    NO_TAG = 0x15
    UNKNOWN_COMMAND = 0x17


@dataclass(frozen=True, slots=True)
class HostCommand:
    """One intact command from the host."""

    code: int
    param: bytes


def frame(framing: Framing, kind: int, code: int, param: bytes) -> bytes:
    """Return one frame."""
    header, end = framing.value
    body = bytes([kind, code]) + len(param).to_bytes(2, "big") + param
    return bytes([header]) + body + bytes([sum(body) & 0xFF, end])


def tag_frame(framing: Framing, epc: bytes, rssi_dbm: float, pc: int | None = None) -> bytes:
    """Return the notification of one tag: RSSI, PC, EPC, CRC."""
    return TagFrames(framing, epc, pc).at(rssi_dbm)


class TagFrames:
    """The notifications of one tag: all but RSSI and checksum are worked out once."""

    __slots__ = ("_end", "_head", "_sum", "_tail")

    def __init__(self, framing: Framing, epc: bytes, pc: int | None = None) -> None:
        pc_bytes = (pc_word(epc) if pc is None else pc).to_bytes(2, "big")
        tail = pc_bytes + epc + epc_crc(pc_bytes + epc).to_bytes(2, "big")
        whole = frame(framing, NOTIFICATION, Command.SINGLE_INVENTORY, b"\x00" + tail)
        self._head, self._tail, self._end = whole[:5], tail, whole[-1:]
        self._sum = whole[-2]

    def at(self, rssi_dbm: float) -> bytes:
        """Return the notification at a signal strength."""
        rssi = round(max(-128.0, min(127.0, rssi_dbm))) & 0xFF
        return self._head + bytes((rssi,)) + self._tail + bytes(((self._sum + rssi) & 0xFF,)) + self._end


def command_length(framing: Framing, buffer: bytes) -> int:
    """Return the length of the intact command at the start of `buffer`, or what a LengthOf says else."""
    header, end = framing.value
    if buffer[0] != header:
        return NO_FRAME
    if len(buffer) < OVERHEAD_BYTES:
        return MORE
    length = int.from_bytes(buffer[3:5], "big")
    total = length + OVERHEAD_BYTES
    if length > MAX_PARAM_BYTES:
        return NO_FRAME
    if len(buffer) < total:
        return MORE
    whole = buffer[:total]
    is_intact = whole[-1] == end and sum(whole[1:-2]) & 0xFF == whole[-2] and whole[1] == COMMAND
    return total if is_intact else NO_FRAME


def host_command(whole: bytes) -> HostCommand:
    """Return the parts of an intact command."""
    return HostCommand(whole[2], whole[5:-2])
