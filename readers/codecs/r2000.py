"""Frames of Impinj R2000 and E-series modules that speak "A0" (Invelion, YR9010, YR902, CZS6147 …). Pure.

A frame is `A0 Len Addr Cmd Data Check`; Len counts the bytes after it, and the sum of all bytes is 0
(mod 256). Addr FF is everybody: hosts speak to it, modules answer by their own. Tag reports, ends of
rounds and errors share their command: Len tells them apart. Sources: hex-in/pyImpinj,
team0se7en/yr902, "UHF RFID Reader Serial Interface Protocol V3.7".
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from readers.errors import Malformed
from readers.framing import MORE, Framer, require_whole


class Command(IntEnum):
    """The Cmd byte."""

    INFO = 0x72
    SET_ANTENNA = 0x74
    SET_POWER = 0x76
    GET_POWER = 0x77
    SET_REGION = 0x78
    GET_REGION = 0x79
    TEMPERATURE = 0x7B
    RETURN_LOSS = 0x7E
    INVENTORY = 0x89
    FAST_SWITCH = 0x8A
    SESSION_INVENTORY = 0x8B


OK = 0x10
ANTENNA_MISSING = 0x22
NO_TAG = 0x36
RETURN_LOSS_FAILED = 0xEE
ERROR_TEXTS = {
    0x11: "command failed",
    0x20: "the module was reset",
    0x21: "the carrier failed",
    0x22: "no antenna on the port",
    0x23: "its memory cannot be written",
    0x24: "its memory cannot be read",
    0x25: "the power cannot be set",
    0x31: "the inventory failed",
    0x36: "no tag",
    0x38: "its buffer is empty",
    0x40: "wrong password",
    0x41: "wrong parameter",
    0x47: "no such antenna",
    0x48: "power out of range",
    0x49: "no such region",
    0x4F: "frequency out of range",
    0x52: "the frequency does not lock",
    0x53: "the radio chip does not answer",
    0x54: "the power was not reached",
    0x56: "against the rules of the spectrum",
    0x57: "power too low",
    0xEE: "return loss cannot be measured",
}
EVERYBODY = 0xFF
HEADER = 0xA0
MAX_LEN = 128
"""A report of the longest EPC has 69 bytes, with a read of 29 words 128: more is a false header, which
holds back 11 ms of a 115200 line at most."""

MAX_FRAME_BYTES = MAX_LEN + 2
_LEAST_LEN = 3
_HEADER = re.compile(b"\xa0")
_KNOWN = {*range(0x60, 0x80), *range(0x80, 0x96), *range(0xB0, 0xB5)}
_IS_COMMAND = bytes(command in _KNOWN for command in range(256))
_INVENTORIES = frozenset({Command.INVENTORY, Command.FAST_SWITCH, Command.SESSION_INVENTORY})
_ERROR_LEN, _ANTENNA_ERROR_LEN, _ROUND_OVER_LEN = 4, 5, 10
_SHORT_LENS = frozenset({_ERROR_LEN, _ANTENNA_ERROR_LEN, _ROUND_OVER_LEN})
_TAG_OVERHEAD_LEN = 7
_MIN_EPC_BYTES = 2
_RSSI_OFFSET_DBM = 129
_MAX_RSSI_RAW = 0x7F


@dataclass(frozen=True, slots=True)
class Frame:
    """One intact frame, taken apart."""

    address: int
    command: int
    data: bytes

    @property
    def error(self) -> int | None:
        """Return the code where the frame is nothing but one (OK among them)."""
        return self.data[0] if len(self.data) == 1 else None


class Tag(NamedTuple):
    """A tag report. `rssi_dbm` None: the byte is beyond the documented scale."""

    epc: str
    antenna: int
    rssi_dbm: float | None
    rssi_raw: int
    frequency_index: int


def new_framer() -> Framer:
    """Return a framer for this family."""
    return Framer(_HEADER, measure, MAX_FRAME_BYTES)


def measure(buffer: bytes, start: int) -> int | str:
    """Return the length of the intact frame at `start`, MORE, or why there is none (see framing).

    Eight bits of checksum let one broken frame in 256 pass: so a tag report must also be as long as its
    PC word says, lest a broken one swallow the intact one behind it.
    """
    have = len(buffer) - start
    if have < 2:
        return MORE
    length = buffer[start + 1]
    if not _LEAST_LEN <= length <= MAX_LEN:
        return "length"
    if have < 4:
        return MORE
    command = buffer[start + 3]
    if not _IS_COMMAND[command]:
        return "command"
    if command in _INVENTORIES and _is_torn(buffer, start, have, length):
        return "epc_length"
    size = length + 2
    if have < size:
        return MORE
    return "checksum" if sum(buffer[start : start + size]) & 0xFF else size


def _is_torn(buffer: bytes, start: int, have: int, length: int) -> bool:
    """Return whether a module's inventory frame is a tag report of another length than its PC word says."""
    if length in _SHORT_LENS or buffer[start + 2] == EVERYBODY:
        return False
    if length < _TAG_OVERHEAD_LEN + _MIN_EPC_BYTES:
        return True
    return have > 5 and buffer[start + 5] >> 3 << 1 != length - _TAG_OVERHEAD_LEN


def encode(command: int, data: bytes = b"", address: int = EVERYBODY) -> bytes:
    """Return a host's frame. Raises ValueError when `data` is too long for one."""
    if len(data) + _LEAST_LEN > MAX_LEN:
        raise ValueError(f"{len(data)} bytes are too many for a frame")
    body = bytes((HEADER, len(data) + _LEAST_LEN, address, command)) + data
    return body + bytes((-sum(body) & 0xFF,))


def decode(frame: bytes) -> Frame:
    """Return the parts of one whole frame. Raises Malformed when it is not exactly one intact frame."""
    require_whole(frame, _HEADER, measure, "an R2000")
    return split(frame)


def is_command(frame: bytes) -> bool:
    """Return whether an intact frame is a host's, to everybody."""
    return frame[2] == EVERYBODY


def split(frame: bytes) -> Frame:
    """Return the parts of a frame that is known to be intact (the framer gave it)."""
    return Frame(frame[2], frame[3], frame[4:-1])


def is_tag(frame: bytes) -> bool:
    """Return whether an intact frame of a module reports a tag."""
    return frame[3] in _INVENTORIES and frame[1] not in _SHORT_LENS and frame[2] != EVERYBODY


def is_inventory(frame: bytes) -> bool:
    """Return whether an intact frame belongs to a round: a tag, its end, or an error."""
    return frame[3] in _INVENTORIES


def decode_tag(frame: bytes) -> Tag:
    """Return what an intact tag frame reports: `FreqAnt PC(2) EPC RSSI`. Raises Malformed `epc_length`.

    FreqAnt's low two bits are the antenna less one, the others the frequency's index; RSSI is raw − 129
    dBm (captured: 62 → −31).
    """
    epc = frame[7:-2]
    if len(epc) < _MIN_EPC_BYTES or frame[5] >> 3 << 1 != len(epc):
        raise Malformed("epc_length", "PC word and frame length disagree", frame)
    raw, freq_ant = frame[-2], frame[4]
    rssi_dbm = float(raw - _RSSI_OFFSET_DBM) if raw <= _MAX_RSSI_RAW else None
    return Tag(epc.hex().upper(), (freq_ant & 3) + 1, rssi_dbm, raw, freq_ant >> 2)


def antenna_error(frame: Frame) -> tuple[int, int] | None:
    """Return (antenna, code) of the error that a fast switch tells in the middle of a round, or None."""
    if frame.command != Command.FAST_SWITCH or len(frame.data) != _ANTENNA_ERROR_LEN - _LEAST_LEN:
        return None
    return (frame.data[0] & 3) + 1, frame.data[1]


def frequency_mhz(index: int) -> float:
    """Return the frequency of an index: 0-6 from 865 MHz, 7-59 from 902 MHz, in steps of half a MHz."""
    return 865 + index / 2 if index < 7 else 902 + (index - 7) / 2


def temperature_c(data: bytes) -> int:
    """Return the answer to TEMPERATURE: sign (0: below zero), degrees. Raises Malformed."""
    if len(data) != 2:
        raise Malformed("temperature", f"{len(data)} bytes", data)
    return data[1] if data[0] else -data[1]
