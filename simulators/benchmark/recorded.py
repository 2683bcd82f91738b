"""Messages as recorded observations: JSON Lines, one object each, as integrators and researchers read them. Pure.

A reading of the wire formats of the benchmark's own devices: it shares no line with the product's
codecs, so a mistake of theirs does not hide in the file. `at` is the device's time as it told it,
`received` the gateway's.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from simulators.benchmark.desk import TILL_SCANNER
from simulators.benchmark.messages import HttpEvents, Message, MqttMessage, SerialBytes
from simulators.devices.uhfreader_frames import Command, Status, crc16
from simulators.times import rfc3339

MAX_HELD_BYTES = 4_096
"""A line that lost its end is let go of beyond this."""
LEAST_FRAME_BYTES, MOST_FRAME_BYTES = 6, 64
"""Of a reader's frame; a length beyond was a turned bit, and nobody waits for its end."""
_ZONE = re.compile(r"[+]00:?00$")


class Recorder:
    """Turns messages into lines; holds what a serial line has not ended yet."""

    def __init__(self) -> None:
        self._held: dict[str, bytes] = {}

    def lines(self, message: Message) -> Iterator[str]:
        """Yield the observations in one message as JSON texts, without line ends."""
        received = rfc3339(message.received_ns)
        if isinstance(message, HttpEvents):
            yield from map(_text, _events(message, received))
        elif isinstance(message, SerialBytes):
            held = self._held.get(message.device, b"") + message.data
            is_reader = message.device != TILL_SCANNER
            rows, rest = (
                _frames(held, message.device, received)
                if is_reader
                else _codes(held, message.device, received)
            )
            self._held[message.device] = rest[-MAX_HELD_BYTES:]
            yield from rows
        elif message.topic.startswith("tele/"):
            yield from map(_text, _tasmota(message, received))
        else:
            yield from _published(message, received)


def _codes(held: bytes, scanner: str, received: str) -> tuple[list[str], bytes]:
    """Return the scans in a scanner's bytes, and what is no whole line yet."""
    *codes, rest = re.split(rb"[\r\n]+", held)
    row = {"at": received, "received": received, "kind": "scan", "scanner": scanner}
    return [_text({**row, "text": code.decode("latin-1")}) for code in codes if code], rest


def _frames(held: bytes, reader: str, received: str) -> tuple[list[str], bytes]:
    """Return the reads and heartbeats in a UHFReader288's bytes, and what is no whole frame yet.

    Len Adr EE Status (Antenna Length EPC RSSI) CRC, CRC-16/MCRF4XX with its low byte first; where it is
    wrong, the search goes on one byte further. RSSI is raw: no decibels.
    """
    rows, at = [], 0
    while at < len(held):
        total = held[at] + 1
        if total >= LEAST_FRAME_BYTES and at + total > len(held) and total <= MOST_FRAME_BYTES:
            break
        frame = held[at : at + total]
        body = frame[:-2]
        if not LEAST_FRAME_BYTES <= total <= MOST_FRAME_BYTES or crc16(body) != int.from_bytes(
            frame[-2:], "little"
        ):
            at += 1
            continue
        at += total
        if body[2] == Command.REPORT and body[3] == Status.OK:
            epc = body[6 : 6 + body[5]].hex().upper()
            rows.append(_read(received, received, reader, body[4].bit_length(), epc, None, 1))
        elif body[2] == Command.REPORT and body[3] == Status.BEAT:
            rows.append(_text({"at": received, "received": received, "kind": "heartbeat", "reader": reader}))
    return rows, held[at:]


def _events(message: HttpEvents, received: str) -> Iterator[dict[str, object]]:
    for event in message.events:
        yield {
            "at": event["at"], "received": received, "kind": event["type"], "store": event["store"],
            "sku": event["sku"], "epc": event.get("epc"), "qty": event["qty"], "event_id": event["event_id"],
        }  # fmt: skip


def _published(message: MqttMessage, received: str) -> Iterator[str]:
    for event in _json_events(message.payload.decode("ascii")):
        if event.get("eventType") == "tagInventory":
            tag = event["tagInventoryEvent"]
            cdbm, epc = tag.get("peakRssiCdbm"), tag["epcHex"]
            rssi_dbm = None if cdbm is None else cdbm / 100
            yield _read(tag["lastSeenTime"], received, message.device, tag["antennaPort"], epc, rssi_dbm, 1)
            continue
        at, data = _ZONE.sub("Z", event["timestamp"]), event.get("data", {})
        if "idHex" in data:
            epc, rssi_dbm = data["idHex"].upper(), float(data["peakRssi"])
            yield _read(at, received, message.device, data["antenna"], epc, rssi_dbm, data["reads"])
        else:
            yield _text({"at": at, "received": received, "kind": "heartbeat", "reader": message.device})


def _read(
    at: str, received: str, reader: str, antenna: int, epc: str, rssi_dbm: float | None, count: int
) -> str:
    """Built by hand, not by json.dumps: there are millions of them, and nothing in them needs escaping."""
    rssi = "null" if rssi_dbm is None else rssi_dbm
    return (
        f'{{"at":"{at}","received":"{received}","kind":"read","reader":"{reader}","antenna":{antenna},'
        f'"epc":"{epc}","rssi_dbm":{rssi},"count":{count}}}'
    )


def _text(row: dict[str, object]) -> str:
    return json.dumps(row, separators=(",", ":"))


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
