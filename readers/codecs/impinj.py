"""Impinj R700 and R720 in IoT mode: tag events on one MQTT topic. Pure.

A payload is an event object, or an array of them:
    {"timestamp", "eventType": "tagInventory", "tagInventoryEvent": {"epc" and/or "epcHex",
     "antennaPort", "peakRssiCdbm", "lastSeenTime", …}}
Every field but the EPC can be switched off on the reader. `epc` is base64url; RSSI comes in 1/100
dBm; times have up to nine fractional digits (Impinj IoT Device Interface; captures of an R700).
Events of any other type tell that the reader lives.
"""

import base64
import binascii
from functools import partial

from readers.codecs.device_time import time_of, trusted_time_ns
from readers.codecs.each_event import take_each
from readers.codecs.json_payload import Json, parse_json
from readers.codecs.read_fields import antenna_of, epc_of, rssi_of
from readers.counts import StageCounts
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Observation, Read
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

CDBM_PER_DBM = 100.0


class ImpinjCodec:
    """The MqttCodec of Impinj IoT readers.

    A bad event in an array is dropped and counted in `event_counts`, the others of its message are
    taken; a message in which every event is bad is Malformed, and counted as such by who decodes it.
    """

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is the event topic set on the reader. Raises DeviceRefused."""
        if not settings.topic or set("+#") & set(settings.topic):
            raise DeviceRefused(
                f"{settings.device}: topic {settings.topic!r} must be the event topic set on this reader"
            )
        self._device = settings.device
        self._topic = settings.topic
        self.event_counts = StageCounts()

    def topics(self) -> tuple[str, ...]:
        """Return the event topic."""
        return (self._topic,)

    def data_topic(self) -> str:
        """Return the event topic."""
        return self._topic

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return a Read for each tag event, a Heartbeat for the others. Raises Malformed."""
        if message.retained:
            return []
        value = parse_json(message.payload)
        events = value if isinstance(value, list) else [value]
        read_event = partial(self._read_event, received_ns=message.received_ns)
        return take_each(events, read_event, self.event_counts, message.payload)

    def _read_event(self, event: Json, received_ns: int) -> Observation:
        if not isinstance(event, dict) or not isinstance(event.get("eventType"), str):
            raise Malformed("event", "no object with an eventType")
        at_ns = time_of(event.get("timestamp"))
        if event["eventType"] != "tagInventory":
            return Heartbeat(self._device, True, trusted_time_ns(at_ns, received_ns), received_ns)
        tag = event.get("tagInventoryEvent")
        if not isinstance(tag, dict):
            raise Malformed("event", "tagInventory without tagInventoryEvent")
        seen_ns = time_of(tag.get("lastSeenTime"))
        return Read(
            self._device,
            antenna_of(tag.get("antennaPort"), "antennaPort"),
            _epc(tag),
            trusted_time_ns(at_ns if seen_ns is None else seen_ns, received_ns),
            received_ns,
            rssi_of(tag.get("peakRssiCdbm"), "peakRssiCdbm", CDBM_PER_DBM),
        )


def _epc(tag: dict[str, Json]) -> str:
    text = tag.get("epcHex")
    if text is None:
        encoded = tag.get("epc")
        if not isinstance(encoded, str):
            raise Malformed("epc_missing", "neither epcHex nor epc")
        try:
            padded = encoded + "=" * (-len(encoded) % 4)
            text = base64.b64decode(padded, altchars=b"-_", validate=True).hex()
        except (binascii.Error, ValueError) as error:
            raise Malformed("epc_base64", f"{encoded[:40]!r}") from error
    return epc_of(text, "epcHex")
