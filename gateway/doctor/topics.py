"""What is published on a broker: which topics a site's devices are, which look like devices, which are neither. Pure.

    message ─▶ a device of the site listens there? ─▶ its own codec reads it
          └──▶ nobody does ─▶ every known format tries it

Everything is bounded: topics, messages that formats try, samples.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from readers.describe.events import EventDescriber
from readers.describe.lines import Line
from readers.describe.payload import describe_message
from readers.errors import DeviceRefused
from readers.mqtt_router import MqttRouter
from readers.observations import Read
from readers.protocol import MqttCodec, MqttMessage

MAX_TOPICS = 500
"""Told apart; a broker with more of them is somebody else's, and the rest is counted."""
MAX_TRIES = 12
"""Messages of a topic that all formats try: what a topic carries does not change with every message."""
MAX_SAMPLE_BYTES = 120
MAX_TOPIC_CHARACTERS = 200
OBSERVED = frozenset({"read", "reading", "scan"})
"""Measurements: they tell a format on any topic. Signs of life do where the topic has the format's shape."""


@dataclass(slots=True)
class TopicSeen:
    """One topic that no device of the site listens to. `votes`: messages that a format could read."""

    topic: str
    messages: int = 0
    retained: int = 0
    sample: bytes = b""
    votes: Counter[str] = field(default_factory=Counter)
    measured: Counter[str] = field(default_factory=Counter)
    antennas: set[int] = field(default_factory=set)


@dataclass(slots=True)
class DeviceHeard:
    """What a device of the site said. `refused` by reason."""

    device: str
    filters: tuple[str, ...]
    messages: int = 0
    retained: int = 0
    observations: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    antennas: set[int] = field(default_factory=set)


class TopicWatch:
    """Give it every message; ask it then."""

    def __init__(self, devices: Mapping[str, MqttCodec], formats: Mapping[str, EventDescriber]) -> None:
        """`formats` by name, those with a narrower shape first: the first of equals wins."""
        self.messages = 0
        self.untold_topics = 0
        self.devices = {name: DeviceHeard(name, codec.topics()) for name, codec in devices.items()}
        self._router = MqttRouter(devices)
        self._formats = formats
        self._topics: dict[str, TopicSeen] = {}

    def heard(self, message: MqttMessage) -> None:
        """Take note of a message."""
        self.messages += 1
        decoded = self._router.route(message)
        for part in decoded:
            heard = self.devices[part.device]
            heard.messages += 1
            heard.retained += message.retained
            heard.observations += len(part.observations)
            heard.antennas |= {seen.antenna for seen in part.observations if isinstance(seen, Read)}
            if part.error is not None:
                heard.refused[part.error.reason] += 1
        if not decoded:
            self._hear_unmatched(message)

    def unmatched(self) -> list[TopicSeen]:
        """Return the topics that no device of the site listens to, by name."""
        return [self._topics[topic] for topic in sorted(self._topics)]

    def format_of(self, seen: TopicSeen) -> str | None:
        """Return the format that a topic carries: that which read most measurements, else most at all."""
        for votes in (seen.measured, seen.votes):
            if votes:
                return max(self._formats, key=lambda name: votes[name])
        return None

    def table_of(self, name: str) -> str:
        """Return the table of a site file that devices of a format stand in."""
        return self._formats[name].kind.table

    def keys_of(self, name: str, topic: str) -> dict[str, str]:
        """Return the keys of a device's table in a site file; none where the topic does not tell them."""
        try:
            return self._formats[name].kind.keys(topic)
        except DeviceRefused:
            return {}

    def _hear_unmatched(self, message: MqttMessage) -> None:
        topic = message.topic[:MAX_TOPIC_CHARACTERS]
        seen = self._topics.get(topic)
        if seen is None:
            if len(self._topics) >= MAX_TOPICS:
                self.untold_topics += 1
                return
            seen = self._topics[topic] = TopicSeen(topic)
        seen.messages += 1
        seen.retained += message.retained
        seen.sample = message.payload[:MAX_SAMPLE_BYTES]
        if seen.messages <= MAX_TRIES:
            live = MqttMessage(message.topic, message.payload, False, message.received_ns)
            for name, describer in self._formats.items():
                self._vote(seen, name, describe_message(describer, live), describer.kind.has_own_topics)

    def _vote(self, seen: TopicSeen, name: str, lines: list[Line], has_own_topics: bool) -> None:
        kinds = {line.get("kind") for line in lines}
        if kinds & OBSERVED:
            seen.measured[name] += 1
            ports = (line.get("antenna") for line in lines)
            seen.antennas |= {port for port in ports if isinstance(port, int)}
        if kinds & OBSERVED or ("heartbeat" in kinds and has_own_topics):
            seen.votes[name] += 1
