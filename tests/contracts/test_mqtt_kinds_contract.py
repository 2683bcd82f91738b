"""One contract for all kinds behind the broker: what is retained, told twice, late, broken, or a last will.

Each kind stands here with samples of its own; a further kind is one entry more.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from readers.duplicates import Duplicates
from readers.mqtt_intake import MqttIntake
from readers.mqtt_router import MqttRouter
from readers.observations import Heartbeat, Observation, Read, Reading, Scan
from readers.protocol import MqttMessage
from readers.registry import MQTT_KINDS
from tests.support.mqtt_kinds import device_settings
from tests.support.recording_intake import RecordingIntake

S = 1_000_000_000
NOW = 1_795_255_200 * S
HOUR = 3_600 * S

Payload = dict[str, object] | list[object] | str


def rfc3339(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // S, UTC):%Y-%m-%dT%H:%M:%S}.{at_ns % S:09}Z"


@dataclass(frozen=True)
class Sample:
    """What a kind sends. `data(at_ns)` on `leaf`; `has_time`: with a time of its own."""

    data: Callable[[int], Payload]
    leaf: str
    has_time: bool = True
    will: tuple[str, Payload] | None = None
    birth: tuple[str, Payload] | None = None


def _impinj(at_ns: int) -> Payload:
    tag = {"epcHex": "E2AB", "antennaPort": 1, "lastSeenTime": rfc3339(at_ns)}
    return {"eventType": "tagInventory", "timestamp": rfc3339(at_ns), "tagInventoryEvent": tag}


def _zebra(at_ns: int) -> Payload:
    return {
        "type": "SIMPLE",
        "timestamp": rfc3339(at_ns),
        "data": {"eventNum": 1, "format": "epc", "idHex": "E2AB"},
    }


def _sled(at_ns: int) -> Payload:
    tags = [{"EPCid": "E2AB", "eventNum": 1, "lastSeenTime": at_ns // 10**6}]
    codes = [{"decodedBarcode": "4006381333931", "symbology": "CODE_39"}]
    return {
        "type": "CYCLE_COUNT",
        "timestamp": rfc3339(at_ns),
        "data": {"tagData": tags, "barcodeData": codes},
    }


def _uplink(at_ns: int) -> Payload:
    uplink = {"f_port": 1, "decoded_payload": {"weight": 840}}
    return {"end_device_ids": {"device_id": "dev"}, "received_at": rfc3339(at_ns), "uplink_message": uplink}


SAMPLES = {
    "esphome": Sample(lambda _: "1.25", "dev/sensor/weight/state", False, ("dev/status", "offline"), ("dev/status", "online")),
    "impinj": Sample(_impinj, "dev"),
    "mapping": Sample(
        lambda at_ns: {"tags": [{"epc": "E2AB", "ts": at_ns // 10**6}]}, "dev/tags", True, ("dev/life", "down"), ("dev/life", "up")
    ),
    "tasmota": Sample(
        lambda _: {"HX711": {"WeightRaw": 840}}, "tele/dev/SENSOR", False, ("tele/dev/LWT", "Offline"), ("tele/dev/LWT", "Online")
    ),
    "things_stack": Sample(_uplink, "v3/app@tenant/devices/dev/up"),
    "zebra": Sample(_zebra, "dev"),
    "zebra_sled": Sample(
        _sled, "dev", True, ("dev/life", {"connectionState": "DISCONNECTED"}), ("dev/life", {"connectionState": "CONNECTED"})
    ),
}  # fmt: skip
WITH_WILL = sorted(kind for kind, sample in SAMPLES.items() if sample.will)
WITH_TIME = sorted(kind for kind, sample in SAMPLES.items() if sample.has_time)


class Bench:
    """One device of a kind behind router and intake, as the gateway joins them."""

    def __init__(self, kind: str) -> None:
        topic = "v3/app@tenant/devices/dev" if kind == "things_stack" else "dev"
        self.sample = SAMPLES[kind]
        self.codec = MQTT_KINDS[kind].make(device_settings(kind, topic))
        self.intake = RecordingIntake(commits_at_once=True)
        self.glue = MqttIntake(MqttRouter({"a": self.codec}), self.intake, Duplicates())
        self.acknowledged = 0

    def send(
        self, topic: str, payload: Payload | bytes, *, retained: bool = False, received_ns: int = NOW
    ) -> list[Observation]:
        """Send a message; return what it added."""
        before = len(self.intake.seen)
        raw = (
            payload
            if isinstance(payload, bytes)
            else payload.encode()
            if isinstance(payload, str)
            else json.dumps(payload).encode()
        )
        self.glue.on_message(MqttMessage(topic, raw, retained, received_ns), self._acknowledge)
        return self.intake.seen[before:]

    def _acknowledge(self) -> None:
        self.acknowledged += 1


def measured(observations: list[Observation]) -> list[Observation]:
    """Return what was read, scanned or weighed."""
    return [o for o in observations if isinstance(o, (Read, Scan, Reading))]


def test_every_kind_has_a_sample() -> None:
    """A new kind cannot pass this contract by being left out of it."""
    assert SAMPLES.keys() == MQTT_KINDS.keys()


@pytest.mark.parametrize("kind", sorted(MQTT_KINDS))
def test_its_data_is_heard_where_it_subscribes(kind: str) -> None:
    """A message on its data's topic reaches it, gives a measurement, and is acknowledged."""
    bench = Bench(kind)
    assert measured(bench.send(bench.sample.leaf, bench.sample.data(NOW - S)))
    assert bench.acknowledged == 1
    assert bench.glue.router.message_counts.dropped == {}
    posted = bench.codec.decode(
        MqttMessage(
            bench.codec.data_topic(), json.dumps(bench.sample.data(NOW)).strip('"').encode(), False, NOW
        )
    )
    assert measured(posted), "what is posted is decoded as if on its data's topic"


@pytest.mark.parametrize("kind", sorted(MQTT_KINDS))
def test_what_is_retained_is_no_evidence(kind: str) -> None:
    """Neither measurement nor sign of life: the broker's memory is not the device's word."""
    bench = Bench(kind)
    assert bench.send(bench.sample.leaf, bench.sample.data(NOW), retained=True) == []
    if bench.sample.birth:
        assert bench.send(*bench.sample.birth, retained=True) == []
    assert bench.intake.refused == []


@pytest.mark.parametrize("kind", WITH_WILL)
@pytest.mark.parametrize("retained", [False, True])
def test_a_last_will_takes_the_device_offline(kind: str, retained: bool) -> None:
    """Live or retained: the broker says that it is gone; its birth brings it back."""
    bench = Bench(kind)
    assert bench.sample.will
    assert bench.sample.birth
    assert bench.send(*bench.sample.will, retained=retained) == [Heartbeat("a", False, NOW, NOW)]
    (birth,) = bench.send(*bench.sample.birth)
    assert isinstance(birth, Heartbeat)
    assert birth.online


@pytest.mark.parametrize("kind", sorted(MQTT_KINDS))
@pytest.mark.parametrize(
    "payload", [b"", b"{", b"\xff\xfe", b"[" * 50_000, b"0" * (1 << 20), b"x" * ((1 << 20) + 1)]
)
def test_what_is_malformed_is_counted_kept_and_acknowledged(kind: str, payload: bytes) -> None:
    """Poison goes to the dead letters with a bounded sample, and the next message is heard."""
    bench = Bench(kind)
    assert bench.send(bench.sample.leaf, payload) == []
    ((device, error),) = bench.intake.refused
    assert device == "a"
    assert error.reason != "codec_error"
    assert len(error.sample) <= 256
    counts = bench.glue.router.device_counts["a"]
    assert counts.dropped == {error.reason: 1}
    assert counts.is_conserved()
    assert measured(bench.send(bench.sample.leaf, bench.sample.data(NOW)))
    assert bench.acknowledged == 2


@pytest.mark.parametrize("kind", WITH_TIME)
def test_what_is_told_twice_counts_once(kind: str) -> None:
    """A redelivery adds nothing, and is acknowledged all the same."""
    bench = Bench(kind)
    first = measured(bench.send(bench.sample.leaf, bench.sample.data(NOW - S)))
    assert first
    assert measured(bench.send(bench.sample.leaf, bench.sample.data(NOW - S), received_ns=NOW + S)) == []
    assert bench.glue.read_counts["a"].dropped == {"duplicate": len(first)}
    assert measured(bench.send(bench.sample.leaf, bench.sample.data(NOW), received_ns=NOW + 2 * S))
    assert bench.acknowledged == 3


@pytest.mark.parametrize("kind", sorted(set(MQTT_KINDS) - set(WITH_TIME)))
def test_without_a_time_of_its_own_nothing_is_dropped(kind: str) -> None:
    """Two equal weights cannot be told from one told twice: both are taken, at the gateway's time."""
    bench = Bench(kind)
    for received_ns in (NOW, NOW + S):
        (reading,) = bench.send(bench.sample.leaf, bench.sample.data(NOW), received_ns=received_ns)
        assert isinstance(reading, Reading)
        assert reading.at_ns == received_ns


@pytest.mark.parametrize("kind", WITH_TIME)
def test_late_events_keep_their_own_time(kind: str) -> None:
    """What waited an hour is an hour old; what claims a time to come, or an impossible one, gets ours."""
    bench = Bench(kind)
    for at_ns, expected_ns in ((NOW - HOUR, NOW - HOUR), (NOW + HOUR, NOW), (NOW - 60 * 24 * HOUR, NOW)):
        observations = measured(bench.send(bench.sample.leaf, bench.sample.data(at_ns)))
        assert observations
        assert {(o.at_ns, o.received_ns) for o in observations} == {(expected_ns, NOW)}  # type: ignore[union-attr]  # measured
