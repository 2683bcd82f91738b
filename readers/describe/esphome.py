"""What ESPHome sensors publish, for people. In which unit, only their configuration knows. Pure."""

from readers.codecs.esphome import DEFAULT_OBJECT_ID, EsphomeCodec
from readers.codecs.json_payload import number_in
from readers.describe.events import DEVICE, EventDescriber, EventFormat
from readers.describe.lines import Line
from readers.errors import DeviceRefused
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

_WILLS = (b"online", b"offline")


def _keys(topic: str) -> dict[str, str]:
    levels = topic.split("/")
    if len(levels) > 1 and levels[-1] == "status":
        return {"topic": "/".join(levels[:-1])}
    if len(levels) > 3 and levels[-3] == "sensor" and levels[-1] == "state":
        return {"topic": "/".join(levels[:-3]), "value": levels[-2]}
    raise DeviceRefused(f"topic {topic!r} is not <prefix>/sensor/<object id>/state or <prefix>/status")


def _codec(message: MqttMessage) -> EsphomeCodec:
    keys = _keys(message.topic)
    return EsphomeCodec(MqttDeviceSettings(DEVICE, keys["topic"], value=keys.get("value")))


def _topic(payload: bytes) -> str:
    return f"{DEVICE}/status" if payload in _WILLS else f"{DEVICE}/sensor/{DEFAULT_OBJECT_ID}/state"


def _details(payload: bytes) -> Line:
    value = number_in(payload.decode("ascii", "replace"))
    return {} if value is None else {"value": value}


describe = EventDescriber(
    EventFormat(
        _codec,
        _topic,
        details=_details,
        is_unit_known=False,
        table="shelves",
        keys=_keys,
        has_own_topics=True,
    )
)
