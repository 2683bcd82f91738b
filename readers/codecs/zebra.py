"""Zebra FX and ATR readers through their IoT Connector: tag data and management events. Pure.

A payload is one event, an array of them, or several one after another without any mark between:
    {"type": "SIMPLE" …, "timestamp": "…+0000", "data": {"eventNum", "format": "epc", "idHex",
     "antenna", "peakRssi", "reads", …}}
Only the fields that are enabled on the reader are there. After an outage the reader sends what it
kept: those events bear their own times. Events without a tag (heartbeats, errors, GPI) tell that it
lives. Where the reader numbers its events (eventNum), those that never came are counted. (ZebraDevs DockDoorSample, Models/TagData; reelyactive/barnowl-zebra)
"""

from functools import partial

from readers.codecs.device_time import time_of, trusted_time_ns
from readers.codecs.each_event import take_each
from readers.codecs.json_payload import Json, parse_json_events
from readers.codecs.own_topic import check_filters, check_topic
from readers.codecs.read_fields import antenna_of, epc_of, reads_of, rssi_of
from readers.counts import StageCounts
from readers.errors import Malformed
from readers.observations import Heartbeat, Observation, Read
from readers.protocol import MqttMessage
from readers.sequence import Sequence
from readers.settings import MqttDeviceSettings

TAG_FIELDS = ("idHex", "format")
"""An event whose data has one of these is about a tag."""
TID = "tid"
"""The `format` of an event whose idHex is the chip's own number, where an EPC is wanted."""


class ZebraCodec:
    """The MqttCodec of Zebra IoT Connector readers. What an event is, is told by what it holds."""

    def __init__(self, settings: MqttDeviceSettings) -> None:
        """`settings.topic` is the tag data topic, `status_topics` has that of management events."""
        check_topic(settings.device, settings.topic, "the tag data topic set on this reader")
        check_filters(settings.device, settings.status_topics)
        self.event_counts = StageCounts()
        self._sequence = Sequence()
        self._device = settings.device
        self._topics = (settings.topic, *settings.status_topics)

    def topics(self) -> tuple[str, ...]:
        """Return the topics of tag data and of management events."""
        return self._topics

    def data_topic(self) -> str:
        """Return the tag data topic."""
        return self._topics[0]

    def decode(self, message: MqttMessage) -> list[Observation]:
        """Return a Read for each tag event, a Heartbeat for the others. Raises Malformed."""
        if message.retained:
            return []
        events, rest = parse_json_events(message.payload)
        read_event = partial(self._read_event, received_ns=message.received_ns)
        return take_each(events, read_event, self.event_counts, message.payload, rest)

    def _read_event(self, event: Json, received_ns: int) -> Observation:
        if not isinstance(event, dict):
            raise Malformed("event", "no object")
        at_ns = trusted_time_ns(time_of(event.get("timestamp")), received_ns)
        data = event.get("data")
        if isinstance(data, dict) and any(field in data for field in TAG_FIELDS):
            self._sequence.note(data.get("eventNum"), self.event_counts)
            return self._read_tag(data, at_ns, received_ns)
        if not isinstance(event.get("type"), str):
            raise Malformed("event", "neither tag data nor a type")
        return Heartbeat(self._device, True, at_ns, received_ns)

    def _read_tag(self, data: dict[str, Json], at_ns: int, received_ns: int) -> Read:
        if data.get("format") == TID:
            raise Malformed("epc_tid", "the reader reports TIDs in place of EPCs")
        return Read(
            self._device,
            antenna_of(data.get("antenna"), "antenna"),
            epc_of(data.get("idHex"), "idHex"),
            at_ns,
            received_ns,
            rssi_of(data.get("peakRssi"), "peakRssi"),
            count=reads_of(data.get("reads"), "reads"),
        )
