"""Observations as lines: what the gateway would take from a device. Pure."""

from readers.describe.gs1 import scan_line
from readers.describe.lines import Line, refused, without_none
from readers.errors import Malformed
from readers.identity.gs1 import identify_scan
from readers.observations import Fault, Heartbeat, Identified, Observation, Read, Reading, Scan


def line_of(observation: Observation) -> Line:
    """Return the line of one observation. A scan that claims to be GS1 and is wrong is a dropped line."""
    match observation:
        case Read():
            return without_none(
                kind="read",
                epc=observation.epc,
                rssi_dbm=observation.rssi_dbm,
                rssi_raw=observation.rssi_raw,
                antenna=observation.antenna,
                reads=observation.count,
            )
        case Reading():
            return {"kind": "reading", "weight_g": observation.weight_g}
        case Scan():
            return _scan(observation.text)
        case Heartbeat():
            return {"kind": "heartbeat", "online": observation.online}
        case Identified():
            return {"kind": "identified", "detail": observation.detail}
        case Fault():
            return {"kind": "fault", "code": observation.code, "detail": observation.detail}


def _scan(text: str) -> Line:
    try:
        return scan_line(text, identify_scan(text))
    except Malformed as error:
        return refused(error, text.encode())
