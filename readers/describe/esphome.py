"""What ESPHome sensors publish, for people. In which unit, only their configuration knows. Pure."""

from readers.codecs.esphome import DEFAULT_OBJECT_ID, EsphomeCodec
from readers.codecs.json_payload import number_in
from readers.describe.events import DEVICE, EventDescriber, EventFormat
from readers.describe.lines import Line
from readers.errors import DeviceRefused
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

_WILLS = (b"online", b"offline")


def _codec(message: MqttMessage) -> EsphomeCodec:
    levels = message.topic.split("/")
    if len(levels) > 1 and levels[-1] == "status":
        return EsphomeCodec(MqttDeviceSettings(DEVICE, "/".join(levels[:-1])))
    if len(levels) > 3 and levels[-3] == "sensor" and levels[-1] == "state":
        return EsphomeCodec(MqttDeviceSettings(DEVICE, "/".join(levels[:-3]), value=levels[-2]))
    raise DeviceRefused(
        f"topic {message.topic!r} is not <prefix>/sensor/<object id>/state or <prefix>/status"
    )


def _topic(payload: bytes) -> str:
    return f"{DEVICE}/status" if payload in _WILLS else f"{DEVICE}/sensor/{DEFAULT_OBJECT_ID}/state"


def _details(payload: bytes) -> Line:
    value = number_in(payload.decode("ascii", "replace"))
    return {} if value is None else {"value": value}


describe = EventDescriber(EventFormat(_codec, _topic, details=_details, is_unit_known=False))
