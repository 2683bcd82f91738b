"""Impinj IoT events: captured payloads, spellings and poison."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.device_time import parse_time_ns
from readers.codecs.impinj import ImpinjCodec
from readers.codecs.json_payload import MAX_PAYLOAD_BYTES
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Read
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

TOPIC = "impinj/r700-back/events"
NOW_TEXT = "2026-11-21T10:00:00Z"
NOW = parse_time_ns(NOW_TEXT) or 0
KEYS = [
    "timestamp",
    "eventType",
    "tagInventoryEvent",
    "epc",
    "epcHex",
    "antennaPort",
    "peakRssiCdbm",
    "lastSeenTime",
]


def codec() -> ImpinjCodec:
    return ImpinjCodec(MqttDeviceSettings("r700-back", TOPIC))


def message(payload: object, *, retained: bool = False, received_ns: int = NOW) -> MqttMessage:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(TOPIC, raw, retained, received_ns)


def tag_event(**tag: object) -> dict[str, object]:
    return {
        "eventType": "tagInventory",
        "timestamp": NOW_TEXT,
        "tagInventoryEvent": {"epcHex": "E2AB", **tag},
    }


@each_vector("impinj", valid=True)
def test_captured_payloads_decode(vector: dict[str, Any]) -> None:
    """Captured and published events give the EPC, antenna and RSSI that their source says."""
    payload, expected = json.loads(vector["data"])["payload"], vector["expect"]
    received_ns = parse_time_ns(payload["timestamp"]) or 0
    (read,) = codec().decode(message(payload, received_ns=received_ns))
    assert isinstance(read, Read)
    # The fully switched-on sample expects the EPC as epcHex; it lists no antenna of its own.
    assert (read.epc, read.antenna) == (
        expected.get("epc", payload["tagInventoryEvent"].get("epcHex")),
        expected.get("antenna", payload["tagInventoryEvent"]["antennaPort"]),
    )
    assert read.rssi_dbm == expected.get("rssi_dbm")


def test_the_tag_was_seen_when_it_was_seen_last() -> None:
    """lastSeenTime, exact to the nanosecond, goes before the event's timestamp, which goes before ours."""
    seen = NOW - 1_234_567_891
    event = tag_event(lastSeenTime="2026-11-21T09:59:58.765432109Z")
    (read,) = codec().decode(message(event, received_ns=NOW + 5))
    assert isinstance(read, Read)
    assert (read.at_ns, read.received_ns) == (seen, NOW + 5)
    (read,) = codec().decode(message(tag_event(), received_ns=NOW + 5))
    assert isinstance(read, Read)
    assert read.at_ns == NOW
    event = {"eventType": "tagInventory", "tagInventoryEvent": {"epcHex": "E2AB"}}
    (read,) = codec().decode(message(event, received_ns=NOW + 5))
    assert isinstance(read, Read)
    assert read.at_ns == NOW + 5


def test_base64url_with_its_own_characters() -> None:
    """The captured TID 4oARYGAAAgpmgfI_ has a `_`: plain base64 would refuse it. Padding may be left out."""
    for text in ("4oARYGAAAgpmgfI_", "ikUCJA==", "ikUCJA"):
        (read,) = codec().decode(message(tag_event(epcHex=None, epc=text)))
        assert isinstance(read, Read)
        assert read.epc == {"4": "E28011606000020A6681F23F", "i": "8A450224"}[text[0]]


def test_left_out_fields_have_defaults() -> None:
    """Only the EPC is sure: the antenna is 1, the RSSI unknown."""
    event = {"eventType": "tagInventory", "tagInventoryEvent": {"epcHex": "e2ab"}}
    assert codec().decode(message(event)) == [Read("r700-back", 1, "E2AB", NOW, NOW)]


def test_an_array_is_as_many_events() -> None:
    """Webhook style arrays and single objects mean the same."""
    together = codec().decode(message([tag_event(antennaPort=2), tag_event(antennaPort=3)]))
    assert [read.antenna for read in together if isinstance(read, Read)] == [2, 3]
    assert codec().decode(message([])) == []


def test_other_events_prove_life() -> None:
    """An event that is about no tag is a Heartbeat, whatever its type."""
    event = {"eventType": "inventoryStatus", "timestamp": NOW_TEXT, "inventoryStatusEvent": {}}
    assert codec().decode(message(event)) == [Heartbeat("r700-back", True, NOW, NOW)]


def test_retained_events_are_history() -> None:
    """A retained event is last-known state, never evidence of now."""
    assert codec().decode(message(tag_event(), retained=True)) == []


def test_one_bad_event_spares_the_others() -> None:
    """The good events of a message are taken, the bad ones counted by reason."""
    reader = codec()
    reads = reader.decode(message([tag_event(), tag_event(epcHex="E2A"), {"no": "event"}]))
    assert len(reads) == 1
    assert reader.event_counts.dropped == {"epc_hex": 1, "event": 1}
    assert reader.event_counts.is_conserved()


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"{", "json"),
        (b"\xff\xfe", "json"),
        (b"NaN", "json"),
        (b"[" * 100_000, "json"),
        (b"9" * 5_000, "json"),
        (b" " * (MAX_PAYLOAD_BYTES + 1), "too_large"),
        ({}, "event"),
        ("tagInventory", "event"),
        ({"eventType": 3}, "event"),
        ({"eventType": "tagInventory"}, "event"),
        (tag_event(epcHex=None), "epc_missing"),
        (tag_event(epcHex=None, epc="é"), "epc_base64"),
        (tag_event(epcHex=None, epc="ikUCJ!=="), "epc_base64"),
        (tag_event(epcHex=17), "epc_hex"),
        (tag_event(epcHex="E2" * 63), "epc_hex"),
        (tag_event(epcHex="\ud800\ud800\ud800\ud800"), "epc_hex"),
        (tag_event(antennaPort="1"), "antenna"),
        (tag_event(antennaPort=True), "antenna"),
        (tag_event(antennaPort=10**400), "antenna"),
        (tag_event(peakRssiCdbm="-50"), "rssi"),
        (tag_event(peakRssiCdbm=10**400), "rssi"),
    ],
    ids=str,
)
def test_poison_is_malformed_with_its_reason(payload: object, reason: str) -> None:
    """What is no event is refused by reason, with a bounded sample of it."""
    with pytest.raises(Malformed) as refused:
        codec().decode(message(payload))
    assert refused.value.reason == reason
    assert len(refused.value.sample) <= 256


@given(st.one_of(st.binary(max_size=64), json_near(KEYS, ["tagInventory", "E2AB", "ikUCJA==", NOW_TEXT])))
def test_arbitrary_payloads_are_observations_or_malformed(payload: bytes) -> None:
    """Nothing but Malformed is ever raised, and every event is accounted for."""
    reader = codec()
    reason_of(lambda: reader.decode(message(payload)))
    assert reader.event_counts.is_conserved()


@pytest.mark.parametrize("topic", ["", "impinj/+/events", "impinj/#"])
def test_a_topic_that_is_not_one_readers_is_refused(topic: str) -> None:
    """The event topic tells which reader speaks, so it may not be a filter."""
    with pytest.raises(DeviceRefused, match="r700-back"):
        ImpinjCodec(MqttDeviceSettings("r700-back", topic))
    assert codec().topics() == (TOPIC,)
