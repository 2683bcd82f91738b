"""What The Things Stack tells of LoRaWAN devices, for people. Pure.

Where in an uplink the weight is, only the device's settings know: an uplink is told with all that it holds.
"""

import base64
import binascii

from readers.codecs.json_payload import Json
from readers.codecs.things_stack import ThingsStackCodec
from readers.describe.events import DEVICE, EventDescriber, EventFormat, json_details, picked, table
from readers.describe.lines import Line
from readers.errors import DeviceRefused
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

_NO_WEIGHT = "`null`"
"""A JMESPath that finds nothing: then an uplink is a sign of life."""


def _root(topic: str) -> str:
    levels = topic.split("/")
    if len(levels) != 5 or levels[0] != "v3" or levels[2] != "devices":
        raise DeviceRefused(f"topic {topic!r} is not v3/<application>@<tenant>/devices/<device>/up")
    return "/".join(levels[:4])


def _codec(message: MqttMessage) -> ThingsStackCodec:
    return ThingsStackCodec(MqttDeviceSettings(DEVICE, _root(message.topic), value=_NO_WEIGHT))


def _keys(topic: str) -> dict[str, str]:
    """Return the keys; where the weight stands in its payload is for its owner to say."""
    return {"topic": _root(topic), "value": "weight"}


def _topic(payload: bytes) -> str:
    """Return the topic of an uplink: its device's name stands in it."""
    device = json_details(lambda event: picked(table(event, "end_device_ids"), (("device_id", "id"),)))
    found = device(payload).get("id")
    return f"v3/application@tenant/devices/{found if isinstance(found, str) else DEVICE}/up"


def _details(event: dict[str, Json]) -> Line:
    line = picked(table(event, "end_device_ids"), (("device_id", "device"),))
    line |= picked(event, (("received_at", "at"),))
    if "uplink_message" not in event:
        return line
    uplink = table(event, "uplink_message")
    line |= {"f_port": uplink.get("f_port", 0), "f_cnt": uplink.get("f_cnt", 0)}
    encoded = uplink.get("frm_payload")
    try:
        line["payload_hex"] = base64.b64decode(
            encoded if isinstance(encoded, str) else "", validate=True
        ).hex()
    except (binascii.Error, ValueError):
        line["frm_payload"] = encoded
    return line | picked(uplink, (("decoded_payload", "decoded_payload"),))


describe = EventDescriber(
    EventFormat(
        _codec,
        _topic,
        details=json_details(_details),
        table="shelves",
        keys=_keys,
        has_own_topics=True,
    )
)
