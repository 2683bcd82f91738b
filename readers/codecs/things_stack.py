"""Weight shelves on LoRaWAN through The Things Stack v3: uplinks as JSON. Pure.

    v3/<application>@<tenant>/devices/<device>/up
        {"end_device_ids": {"device_id"}, "received_at": "…Z", "uplink_message": {"f_port", "f_cnt",
         "frm_payload": base64, "decoded_payload": {…}, "received_at", …}}
    v3/…/devices/<device>/join, …: proofs of life

Fields with the value 0, "" or false are left out: no f_port is port 0, which bears network commands
alone. The weight is a value in decoded_payload (`value`, an expression into it) or the first one in
frm_payload (`frame`, a format of Python's struct). Which device speaks is told by its id in the
message, not by the topic alone. f_cnt numbers the uplinks: those that never came are counted. (TheThingsIndustries/lorawan-stack-docs, data formats)
"""

import base64
import binascii
import struct

from readers.codecs.device_time import time_of, trusted_time_ns
from readers.codecs.expressions import Expression
from readers.codecs.json_payload import Json, parse_json
from readers.codecs.own_topic import check_topic
from readers.codecs.weight import grams_of
from readers.counts import StageCounts
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Observation, Reading
from readers.protocol import MqttMessage
from readers.sequence import Sequence
from readers.settings import MqttDeviceSettings

MAX_FRAME_BYTES = 242
"""The largest application payload of LoRaWAN (Regional Parameters RP002, DR with most room)."""


class ThingsStackCodec:
    """The MqttCodec of a LoRaWAN weight shelf behind The Things Stack."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is v3/<application>@<tenant>/devices/<device>, or the device's id alone."""
        check_topic(settings.device, settings.topic, "v3/<application>@<tenant>/devices/<device id>")
        root = settings.topic.removesuffix("/up")
        self.event_counts = StageCounts()
        self._sequence = Sequence()
        self._root = root if "/" in root else f"v3/+/devices/{root}"
        self._device = settings.device
        self._device_id = root.rpartition("/")[2]
        self._grams_per_unit = settings.grams_per_unit
        if (settings.value is None) == (settings.frame is None):
            raise DeviceRefused(
                f"{settings.device}: give value (where in decoded_payload the weight is) or frame, one of them"
            )
        try:
            self._value = None if settings.value is None else Expression(settings.value)
        except ValueError as error:
            raise DeviceRefused(f"{settings.device}: value: {error}") from error
        self._frame = None if settings.frame is None else _frame(settings.device, settings.frame)

    def topics(self) -> tuple[str, ...]:
        """Return the filter for uplinks and joins."""
        return (f"{self._root}/+",)

    def data_topic(self) -> str:
        """Return the topic of uplinks."""
        return f"{self._root}/up"

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return the Reading in an uplink, or a Heartbeat. Raises Malformed."""
        if message.retained:
            return []
        now_ns = message.received_ns
        if message.topic.rpartition("/")[2] != "up":
            return [Heartbeat(self._device, True, now_ns, now_ns)]
        event = parse_json(message.payload)
        uplink = event.get("uplink_message") if isinstance(event, dict) else None
        if not isinstance(event, dict) or not isinstance(uplink, dict):
            raise Malformed("event", "no uplink_message", message.payload)
        ids = event.get("end_device_ids")
        if not isinstance(ids, dict) or ids.get("device_id") != self._device_id:
            raise Malformed("other_device", f"device_id is not {self._device_id}", message.payload)
        self._sequence.note(uplink.get("f_cnt", 0), self.event_counts)
        seen_ns = time_of(uplink.get("received_at"))
        at_ns = trusted_time_ns(time_of(event.get("received_at")) if seen_ns is None else seen_ns, now_ns)
        weight = self._weight(uplink)
        if weight is None:
            return [Heartbeat(self._device, True, at_ns, now_ns)]
        weight_g = grams_of(weight, self._grams_per_unit, "the uplink")
        return [Reading(self._device, weight_g, at_ns, now_ns)]

    def _weight(self, uplink: dict[str, Json]) -> Json:
        """Return the weight in an uplink, None where it bears none."""
        if self._value is not None:
            return self._value.of(uplink.get("decoded_payload"))
        encoded = uplink.get("frm_payload")
        if self._frame is None or encoded is None or uplink.get("f_port", 0) == 0:
            return None
        try:
            frame = base64.b64decode(encoded if isinstance(encoded, str) else "", validate=True)
            first: Json = self._frame.unpack(frame)[0]
        except (binascii.Error, ValueError, struct.error) as error:
            raise Malformed("frame", str(error)[:200]) from error
        return first


def _frame(device: str, text: str) -> struct.Struct:
    remedy = "write a format of Python's struct with the weight as its first value, such as >xxH"
    try:
        frame = struct.Struct(text)
        values = frame.unpack(bytes(frame.size)) if frame.size <= MAX_FRAME_BYTES else ()
    except (struct.error, UnicodeEncodeError) as error:
        raise DeviceRefused(f"{device}: frame {text!r}: {error}: {remedy}") from error
    if not values or isinstance(values[0], (bytes, bool)):
        raise DeviceRefused(
            f"{device}: frame {text!r} has no number in at most {MAX_FRAME_BYTES} bytes: {remedy}"
        )
    return frame
