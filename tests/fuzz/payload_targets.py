"""MQTT kinds and posted bodies under fuzz: broken bytes, and sound JSON with wrong values in it. Pure."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

from gateway.config.file import shipped_mappings
from readers.codecs.json_payload import MAX_VALUES, split_json
from readers.errors import Malformed
from readers.protocol import MqttCodec, MqttMessage
from readers.registry import MQTT_KINDS
from tests.fuzz.mutation import Mutator, as_payload, broken_json
from tests.fuzz.serial_targets import START_NS
from tests.fuzz.target import Target, check_counts, check_observations, check_reason
from tests.support.malformed import reason_of
from tests.support.mqtt_kinds import device_settings
from tests.support.vectors import vectors

JSON_SHARE = 0.7
TOKENS = tuple(
    map(str.encode, ("{", "}", "[", "]", '"', ",", ":", "null", "1e999", "NaN", "\\u0000", "\\ud800", "-"))
)
OF_MAPPING = (
    {"tags": [{"epc": "E2AB00", "port": 1, "rssi": -61.5, "ts": 1_795_255_200_000}]},
    {"g": 840.5, "at": "2026-11-21T10:00:00Z"},
    {"code": "4006381333931", "at": "2026-11-21T10:00:00Z"},
)
VECTOR_FILES = ("esphome", "impinj", "mappings", "tasmota", "things_stack", "zebra", "zebra_sled")


def _documents(name: str) -> list[object]:
    """Return the payloads in a file of vectors."""
    found: list[object] = []
    for vector in vectors(name):
        if vector["encoding"] == "json":
            document = json.loads(vector["data"])
            is_wrapped = isinstance(document, dict) and set(document) == {"topic", "payload"}
            found.append(document["payload"] if is_wrapped else document)
    return found


class PayloadTarget(Target):
    """Documents broken as bytes or as values."""

    def __init__(self, rng: Random, documents: list[object]) -> None:
        self._rng = rng
        self._documents = documents
        self._mutator = Mutator(rng, [as_payload(document) for document in documents], TOKENS)

    def next_input(self) -> bytes:
        rng = self._rng
        if rng.random() >= JSON_SHARE:
            return self._mutator.next()
        document = rng.choice(self._documents)
        for _ in range(rng.randrange(1, 4)):
            document = broken_json(rng, document)
        return as_payload(document)


class CodecTarget(PayloadTarget):
    """One device behind the broker."""

    def __init__(self, codec: MqttCodec, rng: Random, documents: list[object]) -> None:
        super().__init__(rng, documents)
        self._codec = codec
        topics = [t.replace("#", "x/y").replace("+", "x") for t in codec.topics()]
        self._topics = [*topics, codec.data_topic(), codec.data_topic(), "other/topic", ""]

    def feed(self, data: bytes) -> None:
        rng = self._rng
        message = MqttMessage(rng.choice(self._topics), data, rng.random() < 0.05, START_NS)
        try:
            observations = self._codec.decode(message)
        except Malformed as error:
            check_reason(error.reason)
        else:
            check_observations(observations)
            self.taken += len(observations)
            assert len(observations) <= 2 * MAX_VALUES
        check_counts(self._codec.event_counts)

    def state(self) -> object:
        return self._codec


class SplitTarget(PayloadTarget):
    """A body that is posted: its events, parsed again, are the same."""

    def feed(self, data: bytes) -> None:
        try:
            events = split_json(data)
        except Malformed as error:
            check_reason(error.reason)
            return
        assert 0 < len(events) <= MAX_VALUES
        self.taken += 1
        for event in events:
            assert reason_of(lambda: split_json(b"[" + event + b"]")) is None  # noqa: B023 - called here


def _kind(kind: str) -> Callable[[Random], Target]:
    def make(rng: Random) -> Target:
        documents = [*OF_MAPPING] if kind == "mapping" else _documents(kind)
        return CodecTarget(MQTT_KINDS[kind].make(device_settings(kind)), rng, documents)

    return make


def _shipped(name: str) -> Callable[[Random], Target]:
    def make(rng: Random) -> Target:
        settings = replace(device_settings("mapping"), mapping=shipped_mappings()[name], value="weight")
        return CodecTarget(MQTT_KINDS["mapping"].make(settings), rng, _documents("mappings"))

    return make


PAYLOAD_TARGETS: dict[str, Callable[[Random], Target]] = {
    **{f"mqtt {kind}": _kind(kind) for kind in MQTT_KINDS},
    **{f"mqtt mapping {name}": _shipped(name) for name in shipped_mappings()},
    "posted body": lambda rng: SplitTarget(rng, [d for name in VECTOR_FILES for d in _documents(name)]),
}
