"""Frames of R2000 modules that speak "A0", from the device's side. Pure.

`A0 Len Addr Cmd Data Check`; the sum of all bytes is 0 mod 256. Sources: hex-in/pyImpinj,
team0se7en/yr902.
"""

from simulators.devices.serial_reader import MORE, NO_FRAME
from simulators.epc import pc_word

HEADER = 0xA0
EVERYBODY = 0xFF
LEAST_LEN = 3


class Command:
    """Command codes that the simulated device knows."""

    RESET = 0x70
    INFO = 0x72
    SET_ANTENNA, GET_ANTENNA = 0x74, 0x75
    SET_POWER, GET_POWER = 0x76, 0x77
    SET_REGION, GET_REGION = 0x78, 0x79
    TEMPERATURE, RETURN_LOSS = 0x7B, 0x7E
    INVENTORY, FAST_SWITCH = 0x89, 0x8A


class Code:
    """Codes in answers and errors."""

    OK, FAILED = 0x10, 0x11
    NO_ANTENNA = 0x22
    INVENTORY_FAILED = 0x31
    WRONG_ANTENNA, WRONG_POWER, WRONG_REGION = 0x47, 0x48, 0x49
    WRONG_PARAMETER = 0x41
    NO_RETURN_LOSS = 0xEE


def command_length(address: int, buffer: bytes) -> int:
    """Return the length of the intact command at the start of `buffer`, or what a LengthOf says else."""
    if buffer[0] != HEADER:
        return NO_FRAME
    if len(buffer) > 1 and buffer[1] < LEAST_LEN:
        return NO_FRAME
    if len(buffer) > 2 and buffer[2] not in (address, EVERYBODY):
        return NO_FRAME
    if len(buffer) < 2 or len(buffer) < buffer[1] + 2:
        return MORE
    whole = buffer[: buffer[1] + 2]
    return NO_FRAME if sum(whole) % 256 else len(whole)


def answer(address: int, command: int, data: bytes) -> bytes:
    """Return one frame of the module."""
    body = bytes((HEADER, len(data) + LEAST_LEN, address, command)) + data
    return body + bytes(((256 - sum(body) % 256) % 256,))


def tag_report(
    address: int,
    command: int,
    antenna: int,
    frequency: int,
    epc: bytes,
    rssi_dbm: float,
    pc: int | None = None,
) -> bytes:
    """Return the report of one tag; `frequency` is its index."""
    pc_bytes = (pc_word(epc) if pc is None else pc).to_bytes(2, "big")
    raw = round(max(0.0, min(127.0, rssi_dbm + 129)))
    return answer(address, command, bytes((frequency << 2 | antenna - 1,)) + pc_bytes + epc + bytes((raw,)))
