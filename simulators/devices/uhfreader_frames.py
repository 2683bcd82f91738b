"""Frames of the UHFReader18 and UHFReader288 families, from the device's side. Pure.

Command `Len Adr Cmd Data CRC`, answer `Len Adr Cmd Status Data CRC`; the checksum is CRC-16/MCRF4XX,
low byte first. Sources: "UHF RFID Reader Series User Manual v2.20", UR-series manual v1.14 (S-ID),
ZK-RFID102 manual V2.0.
"""

from simulators.devices.serial_reader import MORE, NO_FRAME

EVERYBODY = 0xFF
LEAST_LEN = 4
MAX_DATA_BYTES = 250


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0x8408 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes) -> int:
    """Return CRC-16/MCRF4XX (check value 6F91)."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


class Command:
    """Command codes that the simulated devices know."""

    INVENTORY = 0x01
    INFO = 0x21
    SET_REGION = 0x22
    SET_SCAN_TIME = 0x25
    SET_POWER = 0x2F
    SET_MODE_18, GET_MODE_18 = 0x35, 0x36
    SET_ANTENNAS = 0x3F
    SET_REAL_TIME, SET_MODE, GET_REAL_TIME, BEAT_INTERVAL = 0x75, 0x76, 0x77, 0x78
    STOP = 0x93
    REPORT = 0xEE


class Status:
    """Status codes of answers."""

    OK, DONE, MORE = 0x00, 0x01, 0x03
    BEAT = 0x28
    NO_ANTENNA, FAILED, NO_TAG = 0xF8, 0xF9, 0xFB
    WRONG_LENGTH, ILLEGAL, WRONG_PARAMETER = 0xFD, 0xFE, 0xFF


def command_length(address: int, buffer: bytes) -> int:
    """Return the length of the intact command at the start of `buffer`, or what a LengthOf says else."""
    if buffer[0] < LEAST_LEN:
        return NO_FRAME
    if len(buffer) > 1 and buffer[1] not in (address, EVERYBODY):
        return NO_FRAME
    total = buffer[0] + 1
    if len(buffer) < total:
        return MORE
    whole = buffer[:total]
    return total if crc16(whole[:-2]) == whole[-2] | whole[-1] << 8 else NO_FRAME


def answer(address: int, command: int, status: int, data: bytes = b"") -> bytes:
    """Return one answer, or one report."""
    body = bytes((5 + len(data), address, command, status)) + data
    crc = crc16(body)
    return body + bytes((crc & 0xFF, crc >> 8))
