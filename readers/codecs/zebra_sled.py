"""Zebra RFD40 and RFD90 sleds: a reader and a code scanner in one hand, over MQTT. Pure.

    data        {"type", "timestamp", "data": {"tagData": [{"EPCid", "peakRssi", "seenCount",
                 "lastSeenTime": ms}, …], "barcodeData": [{"decodedBarcode", "symbology"}, …]}}
    events      {"eventName": "heartbeat", "timestamp", …}, alerts
    connection  {"connectionState": "CONNECTED" | "DISCONNECTED", …}: birth and last will

No message names its own kind: each is known by its members. Of a tag record's fields only eventNum
and the EPC are always there. A scan is told in the name of the same device as the reads.
(techdocs.zebra.com, RFD40/RFD90 MQTT API 1.22: dataEVT, heartBeatEVT, mqttConnEVT)
"""

from collections.abc import Iterator
from functools import partial

from readers.codecs.device_time import time_of, trusted_time_ns, unix_time_ns
from readers.codecs.each_event import take_each
from readers.codecs.json_payload import Json, number_of, parse_json_events
from readers.codecs.own_topic import check_filters, check_topic
from readers.codecs.read_fields import DEFAULT_ANTENNA, epc_of, reads_of, rssi_of
from readers.counts import StageCounts
from readers.errors import Malformed
from readers.observations import Heartbeat, Observation, Read, Scan
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings

NS_PER_MS = 1_000_000
MAX_CODE_CHARS = 4_096
"""As of a scanner on a cable: no code is longer."""
_IS_ONLINE = {"CONNECTED": True, "DISCONNECTED": False}

Record = tuple[str, Json, int | None]
"""What a part of an event is (a key of its data, or "event"), the part, and the event's time."""


class ZebraSledCodec:
    """The MqttCodec of Zebra sleds."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is the data topic; `status_topics` those of connection and other events."""
        check_topic(settings.device, settings.topic, "the sled's data topic, its serial number last")
        check_filters(settings.device, settings.status_topics)
        self.event_counts = StageCounts()
        self._device = settings.device
        self._topics = (settings.topic, *settings.status_topics)

    def topics(self) -> tuple[str, ...]:
        """Return the topics of data and of the sled's life."""
        return self._topics

    def data_topic(self) -> str:
        """Return the data topic."""
        return self._topics[0]

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return reads, scans and heartbeats. Raises Malformed.

        Of what is retained a DISCONNECTED alone is taken: it is true until the sled connects.
        """
        events, rest = parse_json_events(message.payload)
        records = (record for event in events for record in _records(event))
        read_record = partial(self._read_record, received_ns=message.received_ns)
        if message.retained:
            lost = [r for r in records if r[0] == "connection" and r[1] == "DISCONNECTED"]
            return [read_record(record) for record in lost[-1:]]
        return take_each(records, read_record, self.event_counts, message.payload, rest)

    def _read_record(self, record: Record, received_ns: int) -> Observation:
        kind, value, event_ns = record
        at_ns = trusted_time_ns(event_ns, received_ns)
        if kind == "tagData":
            return self._read_tag(value, event_ns, received_ns)
        if kind == "barcodeData":
            code = value.get("decodedBarcode") if isinstance(value, dict) else None
            if not isinstance(code, str) or not 0 < len(code) <= MAX_CODE_CHARS:
                raise Malformed("barcode", "no decodedBarcode, or too long")
            return Scan(self._device, code, at_ns, received_ns)
        if kind == "connection":
            is_online = _IS_ONLINE.get(value) if isinstance(value, str) else None
            if is_online is None:
                raise Malformed("availability", "connectionState is neither CONNECTED nor DISCONNECTED")
            return Heartbeat(self._device, is_online, at_ns, received_ns)
        if not isinstance(value, dict):
            raise Malformed("event", "no object, or data that is no list")
        return Heartbeat(self._device, True, at_ns, received_ns)

    def _read_tag(self, tag: Json, event_ns: int | None, received_ns: int) -> Read:
        if not isinstance(tag, dict):
            raise Malformed("event", "a tag record is no object")
        seen_ms = number_of(tag.get("lastSeenTime"))
        seen_ns = event_ns if seen_ms is None else unix_time_ns(seen_ms, NS_PER_MS)
        epc = tag.get("EPCid")
        return Read(
            self._device,
            DEFAULT_ANTENNA,
            epc_of(tag.get("EPC") if epc is None else epc, "EPCid"),
            trusted_time_ns(seen_ns, received_ns),
            received_ns,
            rssi_of(tag.get("peakRssi"), "peakRssi"),
            count=reads_of(tag.get("seenCount"), "seenCount"),
        )


def _records(event: Json) -> Iterator[Record]:
    """Yield the parts of an event; an event without any is one part, itself."""
    if not isinstance(event, dict):
        yield "event", event, None
        return
    at_ns = time_of(event.get("timestamp"))
    if "connectionState" in event:
        yield "connection", event["connectionState"], at_ns
        return
    data, is_bare = event.get("data"), True
    for kind in ("tagData", "barcodeData"):
        parts = data.get(kind) if isinstance(data, dict) else None
        if parts is None:
            continue
        for part in parts if isinstance(parts, list) else ():
            is_bare = False
            yield kind, part, at_ns
        if not isinstance(parts, list):
            is_bare = False
            yield "event", None, at_ns
    if is_bare:
        yield "event", event, at_ns
