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

from readers.codecs.device_time import parse_time_ns, trusted_time_ns
from readers.codecs.json_payload import Json, parse_json
from readers.counts import StageCounts
from readers.errors import DeviceRefused, Malformed
from readers.identity.epc import normalise_epc
from readers.observations import Heartbeat, Observation, Read
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

DEFAULT_ANTENNA = 1
MAX_ANTENNA = 255
MIN_RSSI_DBM, MAX_RSSI_DBM = -200.0, 50.0
"""Beyond these a number is no received power."""


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

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return a Read for each tag event, a Heartbeat for the others. Raises Malformed."""
        if message.retained:
            return []
        value = parse_json(message.payload)
        events = value if isinstance(value, list) else [value]
        observations: list[Observation] = []
        errors: list[Malformed] = []
        for event in events:
            try:
                observations.append(self._read_event(event, message.received_ns))
            except Malformed as error:
                errors.append(error)
        if errors and not observations:
            raise Malformed(errors[0].reason, errors[0].detail, message.payload)
        self.event_counts.received += len(events)
        self.event_counts.passed += len(observations)
        for refused in errors:
            self.event_counts.drop(refused.reason)
        return observations

    def _read_event(self, event: Json, received_ns: int) -> Observation:
        if not isinstance(event, dict) or not isinstance(event.get("eventType"), str):
            raise Malformed("event", "no object with an eventType")
        at_ns = _time(event.get("timestamp"))
        if event["eventType"] != "tagInventory":
            return Heartbeat(self._device, True, trusted_time_ns(at_ns, received_ns), received_ns)
        tag = event.get("tagInventoryEvent")
        if not isinstance(tag, dict):
            raise Malformed("event", "tagInventory without tagInventoryEvent")
        seen_ns = _time(tag.get("lastSeenTime"))
        return Read(
            self._device,
            _antenna(tag.get("antennaPort", DEFAULT_ANTENNA)),
            _epc(tag),
            trusted_time_ns(at_ns if seen_ns is None else seen_ns, received_ns),
            received_ns,
            _rssi_dbm(tag.get("peakRssiCdbm")),
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
    if not isinstance(text, str):
        raise Malformed("epc_hex", "epcHex is no text")
    return normalise_epc(text)


def _antenna(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_ANTENNA:
        raise Malformed("antenna", f"antennaPort is no number from 0 to {MAX_ANTENNA}")
    return value


def _rssi_dbm(value: Json) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Malformed("rssi", "peakRssiCdbm is no number")
    if not MIN_RSSI_DBM * 100 <= value <= MAX_RSSI_DBM * 100:
        raise Malformed("rssi", "peakRssiCdbm out of range")
    return value / 100


def _time(value: Json) -> int | None:
    return parse_time_ns(value) if isinstance(value, str) else None
