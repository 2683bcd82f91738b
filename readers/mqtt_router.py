"""From one MQTT message to what each device it concerns has said with it. Pure."""

from collections import OrderedDict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from readers.counts import StageCounts
from readers.errors import MAX_SAMPLE_BYTES, Malformed
from readers.observations import Observation
from readers.protocol import MqttCodec, MqttMessage
from readers.topics import TopicFilters

MAX_PAYLOAD_BYTES = 1 << 20
"""A hundred reads are 30 KB of JSON; to parse much more in one go would hold up the loop."""
MAX_UNMATCHED_TOPICS = 256
"""Topics of no device, kept for people to find new devices by: more than a shop has, whatever is published."""
MAX_TOPIC_CHARS = 200


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one device said with a message, or why that could not be read (`error`)."""

    device: str
    observations: Sequence[Observation]
    error: Malformed | None = None


@dataclass(frozen=True, slots=True)
class UnmatchedTopic:
    """A topic of no device: how often it was heard, and its last message (`sample` is cut)."""

    topic: str
    count: int
    retained: bool
    sample: bytes
    received_ns: int


class MqttRouter:
    """Knows which devices listen on which topics; those in `unheard` post by another way, on none.

    `message_counts` is in messages of the broker. `device_counts` is in messages by any way, and one
    that concerns two devices counts for both.
    """

    def __init__(self, codecs: Mapping[str, MqttCodec], unheard: Collection[str] = ()) -> None:
        self._codecs = dict(codecs)
        self._devices: TopicFilters[str] = TopicFilters()
        self._filters: dict[str, None] = {}
        for device, codec in self._codecs.items():
            for topic_filter in () if device in unheard else codec.topics():
                self._devices.add(topic_filter, device)
                self._filters[topic_filter] = None
        self._unmatched: OrderedDict[str, UnmatchedTopic] = OrderedDict()
        self.message_counts = StageCounts()
        self.device_counts = {device: StageCounts() for device in self._codecs}

    def filters(self) -> tuple[str, ...]:
        """Return the topic filters of all devices, each once."""
        return tuple(self._filters)

    def unmatched_topics(self) -> tuple[UnmatchedTopic, ...]:
        """Return the last topics that belong to no device, the newest last."""
        return tuple(self._unmatched.values())

    def route(self, message: MqttMessage) -> list[Decoded]:
        """Return what the message says, one entry per device whose topics it matches."""
        self.message_counts.received += 1
        devices = dict.fromkeys(self._devices.match(message.topic))
        if not devices:
            self.message_counts.drop("no_device")
            self._remember_unmatched(message)
            return []
        self.message_counts.passed += 1
        return [self._decode(device, message) for device in devices]

    def decode_posted(self, device: str, payload: bytes, received_ns: int) -> Decoded:
        """Return what a device says with a payload that it posted: as if it came on its data's topic.

        Raises KeyError for a device that sends no messages.
        """
        topic = self._codecs[device].data_topic()
        return self._decode(device, MqttMessage(topic, payload, retained=False, received_ns=received_ns))

    def _decode(self, device: str, message: MqttMessage) -> Decoded:
        counts = self.device_counts[device]
        counts.received += 1
        try:
            if len(message.payload) > MAX_PAYLOAD_BYTES:
                raise Malformed("too_large", f"{len(message.payload)} bytes", message.payload)
            observations = self._codecs[device].decode(message)
        except Malformed as error:
            counts.drop(error.reason)
            if not error.sample:  # whoever looks for the fault needs to see what came
                error = Malformed(error.reason, error.detail, message.payload)
            return Decoded(device, (), error)
        except Exception as error:  # noqa: BLE001 - one codec's bug must stop neither its device nor others
            counts.drop("codec_error")
            found = f"{type(error).__name__}: {error}"
            return Decoded(device, (), Malformed("codec_error", found, message.payload))
        counts.passed += 1
        return Decoded(device, observations)

    def _remember_unmatched(self, message: MqttMessage) -> None:
        topic = message.topic[:MAX_TOPIC_CHARS]
        before = self._unmatched.pop(topic, None)
        self._unmatched[topic] = UnmatchedTopic(
            topic,
            1 if before is None else before.count + 1,
            message.retained,
            message.payload[:MAX_SAMPLE_BYTES],
            message.received_ns,
        )
        if len(self._unmatched) > MAX_UNMATCHED_TOPICS:
            self._unmatched.popitem(last=False)
