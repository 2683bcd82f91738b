"""The Things Stack uplinks: values and frames, left-out zeros, times, and poison."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.device_time import parse_time_ns
from readers.codecs.things_stack import ThingsStackCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Reading
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.vectors import vectors

ROOT = "v3/app1@tenant1/devices/dev1"
RECEIVED = "2026-11-21T09:59:58.014773143Z"
SEEN = parse_time_ns(RECEIVED) or 0
NOW = SEEN + 2_000_000_000
KEYS = ["end_device_ids", "device_id", "uplink_message", "received_at", "decoded_payload", "frm_payload", "f_port",
        "weight"]  # fmt: skip


def codec(**settings: Any) -> ThingsStackCodec:
    plain = {"value": "weight"} if "frame" not in settings else {}
    return ThingsStackCodec(MqttDeviceSettings("shelf-cellar", ROOT, **(plain | settings)))


def message(
    payload: object, leaf: str = "up", *, retained: bool = False, received_ns: int = NOW
) -> MqttMessage:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(f"{ROOT}/{leaf}", raw, retained, received_ns)


def uplink(device: str = "dev1", **fields: object) -> dict[str, object]:
    return {"end_device_ids": {"device_id": device}, "received_at": RECEIVED, "uplink_message": fields}


def test_the_documented_uplink_decodes() -> None:
    """Its device, its values by path, its raw payload, its time to the nanosecond; f_port 0 is left out."""
    (vector,) = vectors("things_stack")
    sample, expected = json.loads(vector["data"]), vector["expect"]
    assert sample["topic"] == codec().data_topic()
    received_ns = parse_time_ns(sample["payload"]["received_at"]) or 0
    warm = codec(value="temperature").decode(message(sample["payload"], received_ns=received_ns + 5))
    assert warm == [Reading("shelf-cellar", 1.0, received_ns, received_ns + 5)]
    raw = sample["payload"]["uplink_message"]["frm_payload"]
    assert base64.b64decode(raw).hex() == expected["payload_hex"]
    # No f_port is port 0: network commands, not the device's data.
    (beat,) = codec(frame=">xH").decode(message(sample["payload"], received_ns=received_ns))
    assert beat == Heartbeat("shelf-cellar", True, received_ns, received_ns)
    sample["payload"]["uplink_message"]["f_port"] = 1
    (reading,) = codec(frame=">xH").decode(message(sample["payload"], received_ns=received_ns))
    assert reading == Reading("shelf-cellar", float(0x41DE), received_ns, received_ns)


@pytest.mark.parametrize(
    ("frame", "data", "grams_per_unit", "weight_g"),
    [
        (">H", b"\x04\xd2", 1.0, 1_234.0),
        ("<h", b"\xff\xff", 1.0, -1.0),
        (">xxI", b"\x01\x64\x00\x00\x04\xd2", 0.1, 123.4),
        ("<f4x", b"\x00\x00\xa0\x3f\x00\x00\x00\x00", 1_000.0, 1_250.0),
    ],
)
def test_a_frame_is_read_by_its_format(
    frame: str, data: bytes, grams_per_unit: float, weight_g: float
) -> None:
    """The first value of the format is the weight, in the shelf's unit."""
    shelf = codec(frame=frame, grams_per_unit=grams_per_unit)
    event = uplink(f_port=2, frm_payload=base64.b64encode(data).decode())
    (reading,) = shelf.decode(message(event))
    assert reading == Reading("shelf-cellar", pytest.approx(weight_g), SEEN, NOW)


def test_the_network_servers_time_goes_first() -> None:
    """uplink_message.received_at is nearer to the air than the application's."""
    event = uplink(decoded_payload={"weight": 5}, received_at="2026-11-21T09:59:57.5Z")
    (reading,) = codec().decode(message(event))
    assert isinstance(reading, Reading)
    assert reading.at_ns == SEEN - 514_773_143


def test_a_late_uplink_keeps_its_time() -> None:
    """What waited an hour for the network is an hour old."""
    (reading,) = codec().decode(
        message(uplink(decoded_payload={"weight": 5}), received_ns=NOW + 3_600 * 10**9)
    )
    assert isinstance(reading, Reading)
    assert reading.at_ns == SEEN


def test_what_bears_no_weight_proves_life() -> None:
    """A join, and an uplink without the value: left out is unknown, never zero."""
    alive = Heartbeat("shelf-cellar", True, SEEN, NOW)
    assert codec().decode(message(uplink(decoded_payload={"battery": 3.1}))) == [alive]
    assert codec().decode(message(uplink())) == [alive]
    assert codec().decode(message({}, "join")) == [Heartbeat("shelf-cellar", True, NOW, NOW)]


def test_retained_uplinks_are_history() -> None:
    """A retained uplink is no reading of now, nor is a retained join a sign of life."""
    assert codec().decode(message(uplink(decoded_payload={"weight": 5}), retained=True)) == []
    assert codec().decode(message({}, "join", retained=True)) == []


@pytest.mark.parametrize(
    ("payload", "settings", "reason"),
    [
        (b"{", {}, "json"),
        ([], {}, "event"),
        ({"end_device_ids": {"device_id": "dev1"}}, {}, "event"),
        (uplink("dev2", decoded_payload={"weight": 5}), {}, "other_device"),
        ({"uplink_message": {}}, {}, "other_device"),
        (uplink(decoded_payload={"weight": "5"}), {}, "weight"),
        (uplink(decoded_payload={"weight": True}), {}, "weight"),
        (uplink(decoded_payload={"weight": 2_000_000}), {}, "weight"),
        (uplink(decoded_payload={"weight": "x"}), {"value": "abs(weight)"}, "expression"),
        (uplink(f_port=1, frm_payload="gkHe"), {"frame": ">H"}, "frame"),
        (uplink(f_port=1, frm_payload="!"), {"frame": ">H"}, "frame"),
        (uplink(f_port=1, frm_payload=7), {"frame": ">H"}, "frame"),
        (uplink(f_port=1, frm_payload="f8AAAA=="), {"frame": ">f"}, "weight"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_poison_is_malformed_with_its_reason(payload: object, settings: dict[str, Any], reason: str) -> None:
    """What is no uplink of this device is refused by reason; a frame of another length is another frame."""
    with pytest.raises(Malformed) as refused:
        codec(**settings).decode(message(payload))
    assert refused.value.reason == reason


@given(
    st.one_of(st.binary(max_size=64), json_near(KEYS, ["dev1", "gkHe", RECEIVED])),
    st.sampled_from([{}, {"frame": ">xH"}]),
)
def test_arbitrary_payloads_are_observations_or_malformed(payload: bytes, settings: dict[str, Any]) -> None:
    """Nothing but Malformed is ever raised, and weights are within bounds."""
    shelf = codec(**settings)
    if reason_of(lambda: shelf.decode(message(payload))) is None:
        weights = [o.weight_g for o in shelf.decode(message(payload)) if isinstance(o, Reading)]
        assert all(abs(weight) <= 1_000_000 for weight in weights)


@pytest.mark.parametrize("topic", [ROOT, f"{ROOT}/up"])
def test_its_topics(topic: str) -> None:
    """The device's topic, as the console shows it or without its leaf."""
    shelf = ThingsStackCodec(MqttDeviceSettings("shelf-cellar", topic, value="weight"))
    assert shelf.topics() == (f"{ROOT}/+",)


def test_the_device_id_alone_is_enough() -> None:
    """Then it is heard under any application."""
    shelf = ThingsStackCodec(MqttDeviceSettings("shelf-cellar", "dev1", value="weight"))
    assert shelf.topics() == ("v3/+/devices/dev1/+",)
    assert len(shelf.decode(message(uplink(decoded_payload={"weight": 5})))) == 1


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": "v3/+/devices/dev1"}, "topic"),
        ({"value": None}, "value .* or frame"),
        ({"frame": ">H"}, "value .* or frame"),
        ({"value": "weight["}, "no JMESPath"),
        ({"value": None, "frame": ">"}, "no number"),
        ({"value": None, "frame": ">4s"}, "no number"),
        ({"value": None, "frame": ">?"}, "no number"),
        ({"value": None, "frame": ">243xB"}, "no number"),
        ({"value": None, "frame": "999999999999999999x"}, "struct"),
        ({"value": None, "frame": "weight"}, "struct"),
        ({"value": None, "frame": "é"}, "struct"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], text: str) -> None:
    """Each refusal names the device and what to write."""
    given_settings = {"topic": ROOT, "value": "weight"} | settings
    with pytest.raises(DeviceRefused, match=f"shelf-cellar.*{text}"):
        ThingsStackCodec(MqttDeviceSettings("shelf-cellar", **given_settings))


def test_uplinks_that_never_came_are_counted() -> None:
    """The radio loses some: f_cnt tells; it begins anew when the device joins, and 0 is left out."""
    shelf = codec()
    shelf.decode(message(uplink(decoded_payload={"weight": 1})))
    for number in (1, 2, 5, *range(6, 2_000)):
        shelf.decode(message(uplink(decoded_payload={"weight": 1}, f_cnt=number)))
    shelf.decode(message(uplink(decoded_payload={"weight": 1})))
    assert shelf.event_counts.dropped == {"missing": 2}
    assert shelf.event_counts.is_conserved()
