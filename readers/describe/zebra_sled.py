"""What Zebra RFD40 and RFD90 sleds publish, for people: each tag and code of a message by itself. Pure."""

import json

from readers.codecs.json_payload import Json, parse_json, split_json
from readers.codecs.zebra_sled import ZebraSledCodec
from readers.describe.events import DEVICE, EventDescriber, EventFormat, json_details, picked, table
from readers.describe.lines import Line
from readers.settings import MqttDeviceSettings

_PARTS = ("tagData", "barcodeData")
_OF_EVENT = (("timestamp", "at"), ("eventName", "event_type"), ("connectionState", "connection"))
_OF_PART = (
    ("PC", "pc"),
    ("TID", "tid"),
    ("CRC", "epc_crc"),
    ("phase", "phase"),
    ("channelIndex", "channel"),
    ("symbology", "symbology_name"),
)


def _split(payload: bytes) -> list[bytes]:
    """Return an event per record: what is refused is then one record, not its whole message."""
    return [part for event in split_json(payload) for part in _records(event)]


def _records(event: bytes) -> list[bytes]:
    value = parse_json(event)
    data = table(value, "data")
    parts = [(name, part) for name in _PARTS for part in _list(data.get(name))]
    if not isinstance(value, dict) or len(parts) < 2:
        return [event]
    return [json.dumps({**value, "data": {name: [part]}}).encode() for name, part in parts]


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _details(event: dict[str, Json]) -> Line:
    data = table(event, "data")
    parts = [part for name in _PARTS for part in _list(data.get(name))]
    own = table(parts[0]) if len(parts) == 1 else {}
    return picked(event, _OF_EVENT) | picked(own, _OF_PART)


describe = EventDescriber(
    EventFormat(
        codec=lambda message: ZebraSledCodec(MqttDeviceSettings(DEVICE, message.topic)),
        split=_split,
        details=json_details(_details),
    )
)
