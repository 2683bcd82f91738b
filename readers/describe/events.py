"""MQTT and webhook messages, told event by event: the kind's own codec reads, a few facts are added. Pure.

A codec gives what the gateway needs; a person who looks into a capture wants to see the rest too. So
each kind says which codec reads a topic, and what else stands in an event.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from readers.codecs.json_payload import Json, parse_json, split_json
from readers.describe.lines import Line, dropped, is_dropped, refused
from readers.describe.observed import line_of
from readers.errors import DeviceRefused, Malformed
from readers.protocol import MqttCodec, MqttMessage

DEVICE = "capture"
"""What the unknown device of a capture is called."""


@dataclass(frozen=True, slots=True)
class EventFormat:
    """How a kind's messages are told.

    `codec` returns what reads a message, by its topic and payload (raises DeviceRefused for a topic that
    no device of the kind has). `split` returns its single events; `details` what else stands in one,
    `whole` in the message. `is_unit_known`: whether a weight is in grams without the device's settings.

    For who finds such messages on a broker: `keys` are those of the device's table in a site file, by the
    topic; `has_own_topics`: the kind's topics have a shape of their own, so that a sign of life on one
    tells the kind; on others a measurement alone does.
    """

    codec: Callable[[MqttMessage], MqttCodec]
    topic: Callable[[bytes], str] = lambda _payload: "events"
    split: Callable[[bytes], list[bytes]] = lambda payload: [payload]
    details: Callable[[bytes], Line] = lambda _event: {}
    whole: Callable[[bytes], Line] = lambda _payload: {}
    is_unit_known: bool = True
    table: Literal["readers", "shelves"] = "readers"
    keys: Callable[[str], dict[str, str]] = lambda topic: {"topic": topic}
    has_own_topics: bool = False


class EventDescriber:
    """Tells the messages of one kind: a DescribePayload."""

    def __init__(self, kind: EventFormat) -> None:
        self.kind = kind

    def of_device(self, codec: MqttCodec) -> "EventDescriber":
        """Return what tells the messages of one configured device, as its own codec reads them."""
        kind = replace(
            self.kind, codec=lambda _: codec, topic=lambda _: codec.data_topic(), is_unit_known=True
        )
        return EventDescriber(kind)

    def __call__(self, message: MqttMessage) -> list[Line]:
        """Return the lines of one message. Raises Malformed where nothing of it can be read."""
        topic = message.topic or self.kind.topic(message.payload)
        message = MqttMessage(topic, message.payload, message.retained, message.received_ns)
        try:
            codec = self.kind.codec(message)
        except DeviceRefused as error:
            raise Malformed("topic", str(error)) from error
        if message.retained:
            return self._tell_retained(codec, message)
        events = self._split(message.payload)
        lines = [line for event in events for line in self._tell(codec, _live(message, event), event)]
        whole = self.kind.whole(message.payload)
        if len(events) > 1:
            whole = {"events": len(events), **whole}
        if whole and not all(map(is_dropped, lines)):
            return [{"frame": "message", **whole}, *lines]
        return lines

    def _split(self, payload: bytes) -> list[bytes]:
        """Return the events; a message with a broken end as it is: the codec takes what comes before."""
        try:
            return self.kind.split(payload)
        except Malformed:
            return [payload]

    def _tell(self, codec: MqttCodec, message: MqttMessage, event: bytes) -> list[Line]:
        try:
            observations = codec.decode(message)
        except Malformed as error:
            return [refused(error, event)]
        if not observations:
            return [dropped("topic", event, f"nothing that this kind sends on {message.topic!r}")]
        details = _details(self.kind, event)
        return [{**self._known(line_of(found)), **details} for found in observations]

    def _known(self, line: Line) -> Line:
        """Return the line without a weight whose unit only the device's settings know."""
        is_raw = "weight_g" in line and not self.kind.is_unit_known
        return {name: value for name, value in line.items() if name != "weight_g"} if is_raw else line

    def _tell_retained(self, codec: MqttCodec, message: MqttMessage) -> list[Line]:
        """Tell of what the broker kept: no fresh evidence, but for the news that a device is gone."""
        news = codec.decode(message)
        if news:
            return [{**line_of(found), "retained": True} for found in news]
        lines = self._tell(codec, _live(message, message.payload), message.payload)
        return [line if is_dropped(line) else _kept(line) for line in lines]


def _live(message: MqttMessage, event: bytes) -> MqttMessage:
    return MqttMessage(message.topic, event, retained=False, received_ns=message.received_ns)


def _kept(line: Line) -> Line:
    """Return an observation's line as what it is when retained: a frame, no observation."""
    rest = {name: value for name, value in line.items() if name != "kind"}
    return {"frame": "retained", "of": line.get("kind"), **rest}


def _details(kind: EventFormat, event: bytes) -> Line:
    """Return what else stands in an event; a detail that cannot be read is left out, not refused."""
    try:
        return kind.details(event)
    except Malformed:
        return {}


def json_details(read: Callable[[dict[str, Json]], Line]) -> Callable[[bytes], Line]:
    """Return `details` of events that are JSON objects; nothing for others."""

    def details(event: bytes) -> Line:
        value = parse_json(event)
        return read(value) if isinstance(value, dict) else {}

    return details


def table(event: Json, *path: str) -> dict[str, Json]:
    """Return the object at a path of keys; an empty one where there is none."""
    for key in path:
        event = event.get(key) if isinstance(event, dict) else None
    return event if isinstance(event, dict) else {}


def picked(source: dict[str, Json], names: Iterable[tuple[str, str]]) -> Line:
    """Return the fields of `source` that are there: (its name, ours)."""
    return {ours: source[name] for name, ours in names if source.get(name) is not None}


split_events = split_json
"""`split` of kinds whose messages hold events one after another, or arrays of them."""
