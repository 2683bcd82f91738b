"""The fields of an RFID read, as JSON gives them: each checked, or Malformed with its reason. Pure."""

from readers.codecs.json_payload import Json, number_of
from readers.errors import Malformed
from readers.identity.epc import normalise_epc

DEFAULT_ANTENNA = 1
MAX_ANTENNA = 255
MIN_RSSI_DBM, MAX_RSSI_DBM = -200.0, 50.0
"""Beyond these a number is no received power."""
MAX_READS = 10_000
"""Reads of one tag in one report: a minute at the rate of a tag alone before a reader."""


def epc_of(value: Json, field: str) -> str:
    """Return an EPC given as hex. Raises Malformed `epc_missing` or `epc_hex`."""
    if value is None:
        raise Malformed("epc_missing", f"no {field}")
    if not isinstance(value, str):
        raise Malformed("epc_hex", f"{field} is no text")
    return normalise_epc(value)


def antenna_of(value: Json, field: str) -> int:
    """Return an antenna port; where there is none, the first. Raises Malformed `antenna`."""
    if value is None:
        return DEFAULT_ANTENNA
    number = number_of(value)
    if not isinstance(number, int) or not 0 <= number <= MAX_ANTENNA:
        raise Malformed("antenna", f"{field} is no number from 0 to {MAX_ANTENNA}")
    return number


def rssi_of(value: Json, field: str, units_per_dbm: float = 1.0) -> float | None:
    """Return dBm; where there is no value, None. Raises Malformed `rssi`."""
    if value is None:
        return None
    number = number_of(value)
    if number is None:
        raise Malformed("rssi", f"{field} is no number")
    rssi_dbm = number / units_per_dbm
    if not MIN_RSSI_DBM <= rssi_dbm <= MAX_RSSI_DBM:
        raise Malformed("rssi", f"{field} out of range")
    return rssi_dbm


def reads_of(value: Json, field: str) -> int:
    """Return how often the tag was read since the last report: 1 to MAX_READS. Raises Malformed `count`."""
    if value is None:
        return 1
    number = number_of(value)
    if number is None or number < 0:
        raise Malformed("count", f"{field} is no count")
    return max(1, min(int(number), MAX_READS))
