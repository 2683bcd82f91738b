"""Weight shelves on Tasmota with an HX711 load cell. Pure.

    tele/<topic>/SENSOR   {"Time": …, "HX711": {"Weight": kg, "WeightRaw": g, "AbsRaw": counts}}
    tele/<topic>/LWT      Online / Offline, retained (the broker says Offline when the device is gone)
    tele/<topic>/…        other reports: proofs of life

WeightRaw is taken: whole grams of all that presses on the cell. `Weight` is second choice: Tasmota
has taken its own tare off it, shows less than nothing as 0, and rounds to whole kg until `WeightRes 3`
is set (arendst/Tasmota xsns_34_hx711.ino, HxEvery100mSecond and HxShow). `Time` has no zone: the
gateway's time is used.
"""

from readers.codecs.json_payload import Json, parse_json
from readers.codecs.weight import grams_of
from readers.counts import StageCounts
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Observation, Reading
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

PREFIX = "tele"
_IS_ONLINE = {b"Online": True, b"Offline": False}


class TasmotaCodec:
    """The MqttCodec of a Tasmota weight shelf."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is the device's own topic (Tasmota's %topic%). Raises DeviceRefused."""
        if not settings.topic or set("+#") & set(settings.topic):
            raise DeviceRefused(
                f"{settings.device}: topic {settings.topic!r} must be the device's own topic, such as tasmota_3F2A10"
            )
        self.event_counts = StageCounts()
        self._device = settings.device
        self._root = f"{PREFIX}/{settings.topic}/"

    def topics(self) -> tuple[str, ...]:
        """Return the filter for all that the device reports."""
        return (f"{self._root}#",)

    def data_topic(self) -> str:
        """Return the topic of its sensor reports."""
        return f"{self._root}SENSOR"

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return the Reading, or the Heartbeat, in one message. Raises Malformed.

        A retained message proves nothing, but for the last will: a retained Offline is the truth
        until the device says Online.
        """
        if message.topic == f"{self._root}LWT":
            return self._last_will(message)
        if message.retained:
            return []
        now_ns = message.received_ns
        if message.topic == f"{self._root}SENSOR":
            weight_g = _weight_g(parse_json(message.payload))
            if weight_g is not None:
                return [Reading(self._device, weight_g, now_ns, now_ns)]
        return [Heartbeat(self._device, True, now_ns, now_ns)]

    def _last_will(self, message: MqttMessage) -> list[Observation]:
        is_online = _IS_ONLINE.get(message.payload)
        if is_online is None:
            raise Malformed("last_will", "neither Online nor Offline", message.payload)
        if is_online and message.retained:
            return []
        return [Heartbeat(self._device, is_online, message.received_ns, message.received_ns)]


def _weight_g(report: Json) -> float | None:
    """Return the weight in grams, None when the report is of other sensors alone."""
    if not isinstance(report, dict):
        raise Malformed("event", "SENSOR is no object")
    cell = report.get("HX711")
    if cell is None:
        return None
    if not isinstance(cell, dict):
        raise Malformed("weight", "HX711 is no object")
    raw = cell.get("WeightRaw")
    if raw is not None:
        return grams_of(raw, 1.0, "WeightRaw")
    return grams_of(cell.get("Weight"), 1000.0, "WeightRaw or Weight")
