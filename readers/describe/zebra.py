"""What Zebra readers publish through their IoT Connector, for people. Pure."""

from readers.codecs.json_payload import Json
from readers.codecs.zebra import ZebraCodec
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

_OF_TAG = (
    ("eventNum", "event_number"),
    ("reads", "reads"),
    ("channel", "channel"),
    ("phase", "phase"),
    ("PC", "pc"),
    ("CRC", "epc_crc"),
    ("TID", "tid"),
    ("hostName", "hostname"),
)


def _details(event: dict[str, Json]) -> Line:
    data = table(event, "data")
    line = picked(event, (("timestamp", "at"), ("type", "event_type"))) | picked(data, _OF_TAG)
    for name in ("pc", "epc_crc", "tid"):
        value = line.get(name)
        line |= {name: value.upper()} if isinstance(value, str) else {}
    mac = data.get("MAC")
    return line | ({"reader_mac": mac.replace(":", "").upper()} if isinstance(mac, str) else {})


describe = EventDescriber(
    EventFormat(
        codec=lambda message: ZebraCodec(MqttDeviceSettings(DEVICE, message.topic)),
        split=split_events,
        details=json_details(_details),
    )
)
