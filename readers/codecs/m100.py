"""Frames of the M100 family (QM100, YRM100, R200, JRD-4035, EL-UHF-RMT01, M5Stack UHF). Pure.

A frame is `HDR TYPE CMD PLh PLl PARAM[PL] CS END`. HDR/END is BB/7E, or AA/DD on R200 firmware of
manual V2.3.3. CS is the low byte of the sum from TYPE to the last PARAM byte. BB and 7E also occur
inside PARAM, so frames are cut by length and checksum, never by END (which loses 5.6 % of good
frames with random EPCs, measured). Sources: "Communication user Protocol V2.1" of the YRM100,
"R200 user protocol V2.3.3".
"""

import binascii
import re
from dataclasses import dataclass
from enum import IntEnum

from readers.errors import Malformed
from readers.framing import MORE, Framer, require_whole


class Dialect(IntEnum):
    """The header byte says which firmware speaks."""

    BB = 0xBB
    AA = 0xAA


class FrameType(IntEnum):
    """Who speaks, and why."""

    COMMAND = 0x00
    ANSWER = 0x01
    NOTICE = 0x02


class Command(IntEnum):
    """The CMD byte. A notice of a tag bears INVENTORY, also while MULTI_INVENTORY runs."""

    INFO = 0x03
    SET_REGION = 0x07
    GET_REGION = 0x08
    SET_QUERY = 0x0E
    GET_QUERY = 0x0D
    INVENTORY = 0x22
    MULTI_INVENTORY = 0x27
    STOP = 0x28
    SET_POWER = 0xB6
    GET_POWER = 0xB7
    ERROR = 0xFF


class Info(IntEnum):
    """What the INFO command asks for."""

    HARDWARE = 0
    SOFTWARE = 1
    MAKER = 2


REGION_CODES = {"cn-900": 1, "us": 2, "eu": 3, "cn-800": 4, "kr": 6}
"""The code of each radio region (V2.1)."""

ERROR_NO_TAG = 0x15
"""No tag, or a tag with a CRC error, in this round: normal, it arrives all the time without tags."""

ERROR_TEXTS = {
    0x09: "read failed",
    0x10: "write failed",
    0x12: "kill failed",
    0x13: "lock failed",
    0x14: "permanent lock failed",
    ERROR_NO_TAG: "no tag in this round",
    0x16: "access denied",
    0x17: "unknown command or parameter",
    0x20: "hopping timed out: the channel is busy",
}
MAX_ROUNDS = 0xFFFF
"""Multi inventory is bounded by its two-byte count; when it ran out it must be started again."""

MAX_PARAM_BYTES = 160
"""UL, PC and the longest EPC (65 bytes) with the longest memory read that fits one frame (64 bytes),
rounded up. A false header may claim no more, so it holds back 14 ms of a 115200 line at most."""

OVERHEAD_BYTES = 7
MAX_FRAME_BYTES = MAX_PARAM_BYTES + OVERHEAD_BYTES
_END_OF: dict[int, int] = {Dialect.BB: 0x7E, Dialect.AA: 0xDD}
_END_BYTE = bytes(_END_OF.get(header, 0) for header in range(256))
_HEADER = re.compile(b"[\xaa\xbb]")
_TAG_OVERHEAD_BYTES = 5
_MIN_EPC_BYTES = 2
_NOTICE = int(FrameType.NOTICE)
_INVENTORY = int(Command.INVENTORY)


@dataclass(frozen=True, slots=True)
class Frame:
    """One intact frame, taken apart."""

    type: int
    command: int
    param: bytes
    dialect: Dialect

    @property
    def error(self) -> int | None:
        """Return the error code that this frame reports, or None."""
        is_error = self.type == FrameType.ANSWER and self.command == Command.ERROR and self.param
        return self.param[0] if is_error else None


def new_framer() -> Framer:
    """Return a framer for this family; both dialects are taken at any time."""
    return Framer(_HEADER, measure, MAX_FRAME_BYTES)


def measure(buffer: bytes, start: int) -> int | str:
    """Return the length of the intact frame at `start`, MORE, or why there is none (see framing)."""
    have = len(buffer) - start
    if have < OVERHEAD_BYTES:
        return _doubt(buffer, start, have)
    size = (buffer[start + 3] << 8 | buffer[start + 4]) + OVERHEAD_BYTES
    if buffer[start + 1] > _NOTICE:
        return "type"
    if size > MAX_FRAME_BYTES:
        return "length"
    if have < size:
        return MORE
    last = start + size - 1
    if buffer[last] != _END_BYTE[buffer[start]]:
        return "end"
    if sum(buffer[start + 1 : last - 1]) & 0xFF != buffer[last - 1]:
        return "checksum"
    return size


def _doubt(buffer: bytes, start: int, have: int) -> int | str:
    """Judge a beginning too short to have a length and an end."""
    if have > 1 and buffer[start + 1] > _NOTICE:
        return "type"
    if have > 3 and buffer[start + 3] > MAX_FRAME_BYTES >> 8:
        return "length"
    return MORE


def encode(
    command: int,
    param: bytes = b"",
    dialect: Dialect = Dialect.BB,
    frame_type: int = FrameType.COMMAND,
) -> bytes:
    """Return the frame. Raises ValueError when `param` is longer than MAX_PARAM_BYTES."""
    if len(param) > MAX_PARAM_BYTES:
        raise ValueError(f"param has {len(param)} bytes, at most {MAX_PARAM_BYTES} fit a frame")
    body = bytes((frame_type, command)) + len(param).to_bytes(2, "big") + param
    return bytes((dialect,)) + body + bytes((sum(body) & 0xFF, _END_OF[dialect]))


def decode(frame: bytes) -> Frame:
    """Return the parts of one whole frame. Raises Malformed when it is not exactly one intact frame."""
    require_whole(frame, _HEADER, measure, "an M100")
    return split(frame)


def split(frame: bytes) -> Frame:
    """Return the parts of a frame that is known to be intact (the framer gave it)."""
    return Frame(frame[1], frame[2], frame[5:-2], Dialect(frame[0]))


def is_tag(frame: bytes) -> bool:
    """Return whether an intact frame reports a tag."""
    return frame[1] == _NOTICE and frame[2] == _INVENTORY


def decode_tag(frame: bytes) -> tuple[str, int]:
    """Return (EPC in upper-case hex, RSSI in dBm) of an intact tag frame.

    PARAM is `RSSI PC(2) EPC CRC(2)`: RSSI is signed dBm (V2.1 §4.2.2), the top five bits of PC are
    the EPC's length in words, and CRC is CRC-16/GENIBUS over PC and EPC as the tag itself sent it.
    Raises Malformed `epc_length` or `epc_crc`.
    """
    epc_bytes = frame[6] >> 3 << 1 if len(frame) > 12 else 0
    if epc_bytes < _MIN_EPC_BYTES or epc_bytes + _TAG_OVERHEAD_BYTES + OVERHEAD_BYTES != len(frame):
        raise Malformed("epc_length", "PC word and frame length disagree", frame)
    if binascii.crc_hqx(frame[6:-4], 0xFFFF) ^ 0xFFFF != frame[-4] << 8 | frame[-3]:
        raise Malformed("epc_crc", "the tag's own checksum is wrong", frame)
    rssi = frame[5]
    return frame[8:-4].hex().upper(), rssi - 256 if rssi > 127 else rssi


def rounds_param(rounds: int = MAX_ROUNDS) -> bytes:
    """Return the PARAM of MULTI_INVENTORY for so many rounds in a row (1 to MAX_ROUNDS)."""
    return bytes((_INVENTORY,)) + rounds.to_bytes(2, "big")


def region_param(region: str) -> bytes:
    """Return the PARAM of SET_REGION for a key of REGION_CODES."""
    return bytes((REGION_CODES[region],))


def power_param(power_dbm: float) -> bytes:
    """Return the PARAM of SET_POWER: dBm at the chip, in hundredths."""
    return round(power_dbm * 100).to_bytes(2, "big")


def query_param(session: int, target: int, q: int) -> bytes:
    """Return the PARAM of SET_QUERY: Gen2 session 0-3, target 0 (A) or 1 (B), 2^q slots (q 0-15).

    The word is DR(1) M(2) TRext(1) Sel(2) Session(2) Target(1) Q(4) pad(3); the M100 takes only
    DR = 8, M = 1, TRext = pilot tone.
    """
    word = 1 << 12 | (session & 3) << 8 | (target & 1) << 7 | (q & 15) << 3
    return word.to_bytes(2, "big")
