"""Zebra IoT Connector events: concatenated, partial, late, and poison."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.device_time import parse_time_ns
from readers.codecs.zebra import ZebraCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Read
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector, vectors

TOPIC = "zebra/fx-dock/data"
NOW_TEXT = "2026-11-21T10:00:00.000+0000"
NOW = parse_time_ns(NOW_TEXT) or 0
S = 1_000_000_000
KEYS = ["type", "timestamp", "data", "idHex", "format", "antenna", "peakRssi", "reads", "eventNum"]


def codec() -> ZebraCodec:
    return ZebraCodec(MqttDeviceSettings("fx-dock", TOPIC, status_topics=("zebra/fx-dock/mgmt",)))


def message(payload: object, *, retained: bool = False, received_ns: int = NOW) -> MqttMessage:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(TOPIC, raw, retained, received_ns)


def tag(timestamp: str = NOW_TEXT, **data: object) -> dict[str, object]:
    return {"type": "SIMPLE", "timestamp": timestamp, "data": {"eventNum": 1, "idHex": "e2ab", **data}}


@each_vector("zebra", valid=True, kinds=("mqtt-payload",))
def test_published_events_decode(vector: dict[str, Any]) -> None:
    """Captured and published events give the EPC, antenna, RSSI and count that their source says."""
    payload, expected = json.loads(vector["data"])["payload"], vector["expect"]
    received_ns = parse_time_ns(payload["timestamp"]) or 0
    (read,) = codec().decode(message(payload, received_ns=received_ns))
    assert isinstance(read, Read)
    assert (read.epc, read.antenna, read.rssi_dbm, read.count) == (
        expected["epc"], expected["antenna"], expected["rssi_dbm"], expected["reads"],
    )  # fmt: skip
    assert read.at_ns == received_ns


def test_objects_without_a_mark_between_are_events_of_their_own() -> None:
    """Braces inside of a string part nothing; the event whose EPC they are in is dropped alone."""
    (vector,) = (v for v in vectors("zebra") if v["kind"] == "stream")
    reader = codec()
    (read,) = reader.decode(message(vector["data"].encode()))
    assert isinstance(read, Read)
    assert read.epc == "BB0000000000000000000000"
    assert reader.event_counts.received == vector["expect"]["events"]
    assert reader.event_counts.dropped == {"epc_hex": 1}


def test_only_the_epc_is_sure() -> None:
    """Fields that are not enabled have defaults: antenna 1, RSSI unknown, one read, the gateway's time."""
    assert codec().decode(message({"type": "SIMPLE", "data": {"idHex": "E2AB"}})) == [
        Read("fx-dock", 1, "E2AB", NOW, NOW)
    ]


def test_events_kept_over_an_outage_come_at_their_own_times() -> None:
    """What the reader sends an hour later was seen an hour ago; live events after it are live."""
    late, live = tag("2026-11-21T09:00:00.250+0000"), tag()
    both = json.dumps(late).encode() + json.dumps(live).encode()
    first, second = codec().decode(message(both, received_ns=NOW + S))
    assert isinstance(first, Read)
    assert isinstance(second, Read)
    assert (first.at_ns, second.at_ns) == (NOW - 3_600 * S + 250_000_000, NOW)
    assert {first.received_ns, second.received_ns} == {NOW + S}


@pytest.mark.parametrize("kind", ["heartbeat", "error", "gpi", "INVENTORY"])
def test_events_without_a_tag_prove_life(kind: str) -> None:
    """Management events and heartbeats say that the reader lives, whatever is in them."""
    event = {"type": kind, "timestamp": NOW_TEXT, "component": "RC", "data": {"radio_control": {}}}
    assert codec().decode(message(event, received_ns=NOW + S)) == [Heartbeat("fx-dock", True, NOW, NOW + S)]


def test_retained_events_are_history() -> None:
    """A retained event is last-known state, never evidence of now."""
    assert codec().decode(message(tag(), retained=True)) == []


def test_an_empty_array_is_no_event() -> None:
    """It says nothing, and nothing is wrong with it."""
    assert codec().decode(message([])) == []


def test_counts_are_bounded() -> None:
    """A reader that counts since its start says no more than the bound."""
    (read,) = codec().decode(message(tag(reads=387_321)))
    assert isinstance(read, Read)
    assert read.count == 10_000


def test_half_an_event_at_the_end_spares_those_before_it() -> None:
    """A message that was cut off gives what is whole, and counts the rest."""
    reader = codec()
    assert len(reader.decode(message(json.dumps(tag()).encode() * 2 + b'{"type"'))) == 2
    assert reader.event_counts.dropped == {"json": 1}
    assert reader.event_counts.is_conserved()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"\xff", "json"),
        (b"[" * 100_000, "json"),
        (b"17", "event"),
        ({}, "event"),
        ({"type": 1}, "event"),
        (tag(idHex=None), "epc_missing"),
        ({"type": "SIMPLE", "data": {"format": "epc"}}, "epc_missing"),
        (tag(idHex="E2A"), "epc_hex"),
        (tag(idHex=17), "epc_hex"),
        (tag(format="tid"), "epc_tid"),
        (tag(antenna=256), "antenna"),
        (tag(antenna="1"), "antenna"),
        (tag(peakRssi="-50"), "rssi"),
        (tag(peakRssi=10**400), "rssi"),
        (tag(reads=-1), "count"),
        (tag(reads=True), "count"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_poison_is_malformed_with_its_reason(payload: object, reason: str) -> None:
    """What is no event is refused by reason, with a bounded sample of it."""
    with pytest.raises(Malformed) as refused:
        codec().decode(message(payload))
    assert refused.value.reason == reason
    assert len(refused.value.sample) <= 256


@given(st.one_of(st.binary(max_size=64), json_near(KEYS, ["SIMPLE", "E2AB", "epc", "tid", NOW_TEXT])))
def test_arbitrary_payloads_are_observations_or_malformed(payload: bytes) -> None:
    """Nothing but Malformed is ever raised, and every event is accounted for."""
    reader = codec()
    reason_of(lambda: reader.decode(message(payload)))
    assert reader.event_counts.is_conserved()


def test_topics_are_the_readers_own() -> None:
    """Tag data first, management events beside it; filters and nothing are refused."""
    assert codec().topics() == (TOPIC, "zebra/fx-dock/mgmt")
    for topic in ("", "zebra/+/data", "zebra/#"):
        with pytest.raises(DeviceRefused, match="fx-dock"):
            ZebraCodec(MqttDeviceSettings("fx-dock", topic))
    with pytest.raises(DeviceRefused, match="status_topics"):
        ZebraCodec(MqttDeviceSettings("fx-dock", TOPIC, status_topics=("a#",)))


def test_events_that_never_came_are_counted() -> None:
    """The reader numbers them: three are missing, one comes late, one twice; a reader that starts anew misses none."""
    reader, lost = codec(), {40, 41, 500}
    numbers = [n for n in range(1, 1_000) if n not in lost | {700}] + [700, 999]
    for start in range(0, len(numbers), 100):
        reader.decode(message([tag(eventNum=n) for n in numbers[start : start + 100]]))
    assert not reader.event_counts.dropped
    for start in range(1_000, 3_000, 100):
        reader.decode(message([tag(eventNum=n) for n in range(start, start + 100)]))
    assert reader.event_counts.dropped == {"missing": len(lost)}
    reader.decode(message([tag(eventNum=n) for n in range(50)]))
    reader.decode(message([tag(eventNum="7"), tag(eventNum=True), tag(eventNum=-1), tag(eventNum=2**80)]))
    assert reader.event_counts.dropped == {"missing": len(lost)}
    assert reader.event_counts.is_conserved()
