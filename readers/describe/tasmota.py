"""What Tasmota weight shelves publish, for people. Pure."""

from readers.codecs.json_payload import Json
from readers.codecs.tasmota import PREFIX, TasmotaCodec
from readers.describe.events import DEVICE, EventDescriber, EventFormat, json_details, picked, table
from readers.describe.lines import Line
from readers.errors import DeviceRefused
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

_OF_CELL = (("Weight", "weight_kg"), ("Count", "count"), ("AbsRaw", "abs_raw"))
_WILLS = (b"Online", b"Offline")


def _keys(topic: str) -> dict[str, str]:
    prefix, _, rest = topic.partition("/")
    device, _, report = rest.rpartition("/")
    if prefix != PREFIX or not device or not report:
        raise DeviceRefused(f"topic {topic!r} is not {PREFIX}/<device>/SENSOR, LWT or another report")
    return {"topic": device}


def _codec(message: MqttMessage) -> TasmotaCodec:
    return TasmotaCodec(MqttDeviceSettings(DEVICE, _keys(message.topic)["topic"]))


def _topic(payload: bytes) -> str:
    """Return the topic that such a payload comes on."""
    return f"{PREFIX}/{DEVICE}/{'LWT' if payload in _WILLS else 'SENSOR'}"


def _details(report: dict[str, Json]) -> Line:
    return picked(report, (("Time", "at"),)) | picked(table(report, "HX711"), _OF_CELL)


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
