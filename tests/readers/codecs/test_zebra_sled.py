"""Zebra sleds: reads and codes in one event, births and wills, and poison."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.device_time import parse_time_ns
from readers.codecs.zebra_sled import ZebraSledCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Read, Scan
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

TOPIC = "zebra/DATA/clients/data1event/RFD40-212735201D0053"
LIFE = "zebra/DATA/clients/rfid/RFD40-212735201D0053"
NOW_TEXT = "2026-05-19T14:23:11Z"
NOW = parse_time_ns(NOW_TEXT) or 0
KEYS = ["type", "timestamp", "data", "tagData", "barcodeData", "EPCid", "EPC", "decodedBarcode", "connectionState",
        "lastSeenTime", "seenCount", "peakRssi"]  # fmt: skip


def codec() -> ZebraSledCodec:
    return ZebraSledCodec(MqttDeviceSettings("sled-1", TOPIC, status_topics=(LIFE,)))


def message(payload: object, *, retained: bool = False, received_ns: int = NOW) -> MqttMessage:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(TOPIC, raw, retained, received_ns)


def event(**data: object) -> dict[str, object]:
    return {"type": "CYCLE_COUNT", "timestamp": NOW_TEXT, "data": data}


@each_vector("zebra_sled", valid=True)
def test_documented_events_decode(vector: dict[str, Any]) -> None:
    """The maker's examples give what its field tables say."""
    payload, expected = json.loads(vector["data"])["payload"], vector["expect"]
    received_ns = parse_time_ns(payload.get("timestamp", NOW_TEXT)) or 0
    observations = codec().decode(message(payload, received_ns=received_ns))
    if "online" in expected:
        assert observations == [Heartbeat("sled-1", expected["online"], received_ns, received_ns)]
        return
    read = observations[0]
    assert isinstance(read, Read)
    assert (read.epc, read.antenna, read.rssi_dbm, read.count) == (
        expected["epc"], 1, expected["rssi_dbm"], expected["reads"],
    )  # fmt: skip
    assert read.at_ns == expected.get("at_ns", received_ns)
    codes = [scan.text for scan in observations if isinstance(scan, Scan)]
    assert codes == ([expected["code"]] if "code" in expected else [])


def test_reads_and_codes_are_of_one_device() -> None:
    """The sled's one id stands on both; the code has the event's time."""
    both = event(
        tagData=[{"EPCid": "E2AB", "eventNum": 1}], barcodeData=[{"decodedBarcode": "4006381333931"}]
    )
    assert codec().decode(message(both, received_ns=NOW + 5)) == [
        Read("sled-1", 1, "E2AB", NOW, NOW + 5),
        Scan("sled-1", "4006381333931", NOW, NOW + 5),
    ]


def test_a_bad_record_spares_the_others() -> None:
    """A record without an EPC is dropped alone, and counted."""
    sled = codec()
    records = [{"eventNum": 1}, {"EPC": "E2AB", "eventNum": 2}]
    reads = sled.decode(message(event(tagData=records, barcodeData=[{"symbology": "CODE_39"}])))
    assert [read.epc for read in reads if isinstance(read, Read)] == ["E2AB"]
    assert sled.event_counts.dropped == {"epc_missing": 1, "barcode": 1}
    assert sled.event_counts.is_conserved()


def test_other_events_prove_life() -> None:
    """Alerts, heartbeats, and a data event without any record."""
    for payload in ({"type": "battery", "id": 3, "state": "SET"}, event(tagData=[]), event()):
        (beat,) = codec().decode(message(payload))
        assert isinstance(beat, Heartbeat)
        assert beat.online


@pytest.mark.parametrize(
    ("state", "retained", "expected"),
    [("CONNECTED", False, [True]), ("CONNECTED", True, []), ("DISCONNECTED", False, [False]), ("DISCONNECTED", True, [False])],
)  # fmt: skip
def test_births_and_wills(state: str, retained: bool, expected: list[bool]) -> None:
    """A retained DISCONNECTED is the truth until the sled is back; a retained CONNECTED proves nothing."""
    beats = codec().decode(message({"connectionState": state}, retained=retained))
    assert [beat.online for beat in beats if isinstance(beat, Heartbeat)] == expected


def test_retained_data_is_history() -> None:
    """Neither reads nor codes nor heartbeats are taken from what the broker kept."""
    both = event(tagData=[{"EPCid": "E2AB"}], barcodeData=[{"decodedBarcode": "1"}])
    assert codec().decode(message(both, retained=True)) == []
    assert codec().decode(message({"eventName": "heartbeat"}, retained=True)) == []


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "json"),
        (b"{", "json"),
        ([1], "event"),
        (event(tagData=[7]), "event"),
        (event(tagData={"EPCid": "E2AB"}), "event"),
        (event(tagData=[{"EPCid": "E2A"}]), "epc_hex"),
        (event(tagData=[{"EPCid": "E2AB", "peakRssi": "x"}]), "rssi"),
        (event(tagData=[{"EPCid": "E2AB", "seenCount": -1}]), "count"),
        (event(barcodeData=[{"decodedBarcode": ""}]), "barcode"),
        (event(barcodeData=[{"decodedBarcode": "9" * 4_097}]), "barcode"),
        (event(barcodeData=["9"]), "barcode"),
        ({"connectionState": "GONE"}, "availability"),
        ({"connectionState": {}}, "availability"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_poison_is_malformed_with_its_reason(payload: object, reason: str) -> None:
    """What is no event is refused by reason."""
    with pytest.raises(Malformed) as refused:
        codec().decode(message(payload))
    assert refused.value.reason == reason


@given(
    st.one_of(st.binary(max_size=64), json_near(KEYS, ["E2AB", "DISCONNECTED", "CONNECTED", NOW_TEXT])),
    st.booleans(),
)
def test_arbitrary_payloads_are_observations_or_malformed(payload: bytes, retained: bool) -> None:
    """Nothing but Malformed is ever raised, and every record is accounted for."""
    sled = codec()
    reason_of(lambda: sled.decode(message(payload, retained=retained)))
    assert sled.event_counts.is_conserved()


def test_topics_are_the_sleds_own() -> None:
    """Data first, its life beside it; a filter for data would mix sleds."""
    assert codec().topics() == (TOPIC, LIFE)
    with pytest.raises(DeviceRefused, match="sled-1"):
        ZebraSledCodec(MqttDeviceSettings("sled-1", "zebra/DATA/clients/data1event/+"))
