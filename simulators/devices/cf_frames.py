"""Frames of the CF / "UHF Prime" readers, from the device's side. Pure.

`CF Addr Cmd(2) Len Data CRC(2)`, most significant byte first. Sources: "UHF Prime Reader – Protocol
notes (field-verified)", CFApi.h.
"""

from simulators.devices.serial_reader import MORE, NO_FRAME
from simulators.devices.uhfreader_frames import crc16

HEADER = 0xCF
EVERYBODY = 0xFF
OVERHEAD_BYTES = 7


class Command:
    """Command codes that the simulated device knows."""

    START, STOP = 0x0001, 0x0002
    INIT, REBOOT, SET_POWER = 0x0050, 0x0052, 0x0053
    INFO, SET_PARAMETERS, GET_PARAMETERS = 0x0070, 0x0071, 0x0072


class Status:
    """Status codes of answers."""

    OK, WRONG_PARAMETER, FAILED = 0x00, 0x01, 0x02
    ROUND_OVER = 0x12


def command_length(address: int, buffer: bytes) -> int:
    """Return the length of the intact command at the start of `buffer`, or what a LengthOf says else."""
    if buffer[0] != HEADER:
        return NO_FRAME
    if len(buffer) > 1 and buffer[1] not in (address, EVERYBODY):
        return NO_FRAME
    if len(buffer) < OVERHEAD_BYTES or len(buffer) < buffer[4] + OVERHEAD_BYTES:
        return MORE
    whole = buffer[: buffer[4] + OVERHEAD_BYTES]
    return len(whole) if crc16(whole[:-2]).to_bytes(2, "big") == whole[-2:] else NO_FRAME


def answer(address: int, command: int, status: int, data: bytes = b"") -> bytes:
    """Return one answer."""
    head = bytes((HEADER, address, command >> 8, command & 0xFF, len(data) + 1, status))
    return head + data + crc16(head + data).to_bytes(2, "big")
