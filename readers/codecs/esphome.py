"""Weight shelves on ESPHome: a plain number per topic. Pure.

    <prefix>/sensor/<object id>/state   1.25         (retained, unless told otherwise)
    <prefix>/status                     online / offline, retained: birth and last will

The number is in whatever unit the device's configuration gives it: HX711 sends raw counts unless
`calibrate_linear` is set. `nan` is a sensor without a value: no reading, and no proof that the shelf
is being weighed. (esphome/esphome-docs components/mqtt.rst, sensor/hx711.rst)
"""

from readers.codecs.json_payload import number_in
from readers.codecs.own_topic import check_topic
from readers.codecs.weight import grams_of
from readers.counts import StageCounts
from readers.errors import Malformed
from readers.observations import Heartbeat, Observation, Reading
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

DEFAULT_OBJECT_ID = "weight"
MAX_NUMBER_BYTES = 64
_IS_ONLINE = {b"online": True, b"offline": False}


class EsphomeCodec:
    """The MqttCodec of an ESPHome weight sensor."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is the topic prefix (the node's name), `value` the sensor's object id."""
        object_id = settings.value or DEFAULT_OBJECT_ID
        check_topic(settings.device, settings.topic, "the topic_prefix of the node (its name, by default)")
        check_topic(settings.device, object_id, "completed by the object id of the sensor in `value`")
        self.event_counts = StageCounts()
        self._device = settings.device
        self._grams_per_unit = settings.grams_per_unit
        self._state_topic = f"{settings.topic}/sensor/{object_id}/state"
        self._status_topic = f"{settings.topic}/status"

    def topics(self) -> tuple[str, ...]:
        """Return the topics of the sensor's value and of the node's life."""
        return (self._state_topic, self._status_topic)

    def data_topic(self) -> str:
        """Return the topic of the sensor's value."""
        return self._state_topic

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return the Reading, or the Heartbeat, in one message. Raises Malformed.

        Retained values are what was weighed once; a retained offline is the truth until the node is back.
        """
        now_ns = message.received_ns
        if message.topic == self._status_topic:
            is_online = _IS_ONLINE.get(message.payload)
            if is_online is None:
                raise Malformed("availability", "neither online nor offline", message.payload)
            is_news = not (is_online and message.retained)
            return [Heartbeat(self._device, is_online, now_ns, now_ns)] if is_news else []
        if message.retained:
            return []
        return [Reading(self._device, self._weight_g(message.payload), now_ns, now_ns)]

    def _weight_g(self, payload: bytes) -> float:
        text = payload[: MAX_NUMBER_BYTES + 1].decode("ascii", "replace")
        number = number_in(text) if len(payload) <= MAX_NUMBER_BYTES else None
        if number is None:
            raise Malformed("weight", "no number", payload)
        return grams_of(number, self._grams_per_unit, "state")
