"""Messages as recorded observations: JSON Lines, one object each, as integrators and researchers read them. Pure.

A reading of the wire formats of the benchmark's own devices: it shares no line with the product's
codecs, so a mistake of theirs does not hide in the file. `at` is the device's time as it told it,
`received` the gateway's.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from simulators.benchmark.messages import HttpEvents, Message, MqttMessage, SerialBytes
from simulators.times import rfc3339

MAX_HELD_BYTES = 4_096
"""A line that lost its end is let go of beyond this."""
_ZONE = re.compile(r"[+]00:?00$")


class Recorder:
    """Turns messages into lines; holds what a serial line has not ended yet."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def lines(self, message: Message) -> Iterator[str]:
        """Yield the observations in one message as JSON texts, without line ends."""
        received = rfc3339(message.received_ns)
        if isinstance(message, HttpEvents):
            rows = _events(message, received)
        elif isinstance(message, SerialBytes):
            rows = self._scans(message, received)
        else:
            rows = _published(message, received)
        for row in rows:
            yield json.dumps(row, separators=(",", ":"))

    def _scans(self, message: SerialBytes, received: str) -> Iterator[dict[str, object]]:
        *codes, rest = re.split(rb"[\r\n]+", self._held.get(message.device, b"") + message.data)
        self._held[message.device] = rest[-MAX_HELD_BYTES:]
        for code in codes:
            if code:
                text = code.decode("latin-1")
                yield {
                    "at": received, "received": received, "kind": "scan", "scanner": message.device, "text": text
                }  # fmt: skip


def _events(message: HttpEvents, received: str) -> Iterator[dict[str, object]]:
    for event in message.events:
        yield {
            "at": event["at"], "received": received, "kind": event["type"], "store": event["store"],
            "sku": event["sku"], "epc": event.get("epc"), "qty": event["qty"], "event_id": event["event_id"],
        }  # fmt: skip


def _published(message: MqttMessage, received: str) -> Iterator[dict[str, object]]:
    if message.topic.startswith("tele/"):
        yield from _tasmota(message, received)
        return
    for event in _json_events(message.payload.decode("ascii")):
        at = _ZONE.sub("Z", event["timestamp"])
        if event.get("eventType") == "tagInventory":
            tag = event["tagInventoryEvent"]
            yield {
                "at": tag["lastSeenTime"], "received": received, "kind": "read", "reader": message.device,
                "antenna": tag["antennaPort"], "epc": tag["epcHex"], "rssi_dbm": tag["peakRssiCdbm"] / 100, "count": 1,
            }  # fmt: skip
        elif "idHex" in event.get("data", ()):
            tag = event["data"]
            yield {
                "at": at, "received": received, "kind": "read", "reader": message.device,
                "antenna": tag["antenna"], "epc": tag["idHex"].upper(), "rssi_dbm": float(tag["peakRssi"]),
                "count": tag["reads"],
            }  # fmt: skip
        else:
            yield {"at": at, "received": received, "kind": "heartbeat", "reader": message.device}


def _tasmota(message: MqttMessage, received: str) -> Iterator[dict[str, object]]:
    """A scale's own time has no zone: the gateway's is taken for both."""
    if not message.topic.endswith("/SENSOR"):
        return
    weight_g = float(json.loads(message.payload)["HX711"]["WeightRaw"])
    yield {
        "at": received, "received": received, "kind": "reading", "sensor": message.device, "weight_g": weight_g
    }  # fmt: skip


def _json_events(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of an array, or of several texts one after another."""
    if text.startswith("["):
        yield from json.loads(text)
        return
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        event, at = decoder.raw_decode(text, at)
        yield event
