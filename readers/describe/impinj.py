"""What Impinj R700 and R720 readers publish, for people. Pure."""

import base64
import binascii

from readers.codecs.impinj import CDBM_PER_DBM, ImpinjCodec
from readers.codecs.json_payload import Json, number_of
from readers.describe.events import (
    DEVICE,
    EventDescriber,
    EventFormat,
    json_details,
    picked,
    split_events,
    table,
)
from readers.describe.lines import Line
from readers.settings import MqttDeviceSettings

_OF_EVENT = (("timestamp", "at"), ("hostname", "hostname"), ("eventType", "event_type"))
_OF_TAG = (
    ("antennaName", "antenna_name"),
    ("frequency", "freq_khz"),
    ("phaseAngle", "phase_deg"),
    ("lastSeenTime", "last_seen"),
)


def _details(event: dict[str, Json]) -> Line:
    tag = table(event, "tagInventoryEvent")
    line = picked(event, _OF_EVENT) | picked(tag, _OF_TAG)
    tid = tag.get("tidHex") or _hex(tag.get("tid"))
    pc = _hex(tag.get("pc"))
    power = number_of(tag.get("transmitPowerCdbm"))
    line |= {"tid": tid} if tid else {}
    line |= {"pc": pc} if pc else {}
    return line | ({} if power is None else {"tx_dbm": power / CDBM_PER_DBM})


def _hex(encoded: Json) -> str | None:
    """Return base64url as hex, None where it is none."""
    if not isinstance(encoded, str):
        return None
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), b"-_", validate=True).hex().upper()
    except (binascii.Error, ValueError):
        return None


describe = EventDescriber(
    EventFormat(
        codec=lambda message: ImpinjCodec(MqttDeviceSettings(DEVICE, message.topic)),
        split=split_events,
        details=json_details(_details),
    )
)
