"""Tasmota weight shelves: grams, wills and poison."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.tasmota import TasmotaCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Reading
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

NOW = 1_763_000_000_000_000_000
ALIVE = Heartbeat("shelf-candles", True, NOW, NOW)
GONE = Heartbeat("shelf-candles", False, NOW, NOW)


def codec() -> TasmotaCodec:
    return TasmotaCodec(MqttDeviceSettings("shelf-candles", "tasmota_3F2A10"))


def message(leaf: str, payload: object, *, retained: bool = False) -> MqttMessage:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(f"tele/tasmota_3F2A10/{leaf}", raw, retained, NOW)


@each_vector("tasmota", valid=True)
def test_published_payloads_decode(vector: dict[str, Any]) -> None:
    """The firmware's own format gives the weight in grams; its will gives the end."""
    sample = json.loads(vector["data"])
    payload = sample["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    (observation,) = codec().decode(MqttMessage(sample["topic"], raw, False, NOW))
    expected = vector["expect"]
    if "weight_kg" in expected:
        assert observation == Reading("shelf-candles", expected["weight_kg"] * 1_000, NOW, NOW)
    else:
        assert observation == Heartbeat("shelf-candles", expected["online"], NOW, NOW)


def test_the_raw_weight_goes_first() -> None:
    """Weight is tared, clamped at 0 and rounded to kg by the device; WeightRaw is none of it."""
    cell = {"Weight": 0, "WeightRaw": -37, "AbsRaw": -4440}
    assert codec().decode(message("SENSOR", {"HX711": cell})) == [Reading("shelf-candles", -37.0, NOW, NOW)]


def test_without_raw_weight_kilograms_become_grams() -> None:
    """Older firmware sends Weight alone."""
    (reading,) = codec().decode(message("SENSOR", {"HX711": {"Weight": 1.25}}))
    assert reading == Reading("shelf-candles", 1_250.0, NOW, NOW)


def test_other_reports_prove_life() -> None:
    """STATE, and a SENSOR report without a load cell, say that the device lives, and no weight."""
    assert codec().decode(message("STATE", {"Uptime": "0T00:10:00"})) == [ALIVE]
    assert codec().decode(message("SENSOR", {"Time": "2026-11-21T10:13:52"})) == [ALIVE]


@pytest.mark.parametrize(
    ("payload", "retained", "expected"),
    [
        (b"Online", False, [ALIVE]),
        (b"Online", True, []),
        (b"Offline", False, [GONE]),
        (b"Offline", True, [GONE]),
    ],
)
def test_the_last_will(payload: bytes, retained: bool, expected: list[Heartbeat]) -> None:
    """Offline is the truth also when it was retained; a retained Online proves nothing."""
    assert codec().decode(message("LWT", payload, retained=retained)) == expected


def test_retained_measurements_are_history() -> None:
    """A retained weight is no reading of now."""
    assert codec().decode(message("SENSOR", {"HX711": {"WeightRaw": 5}}, retained=True)) == []


@pytest.mark.parametrize(
    ("leaf", "payload", "reason"),
    [
        ("SENSOR", b"{", "json"),
        ("SENSOR", [], "event"),
        ("SENSOR", {"HX711": 5}, "weight"),
        ("SENSOR", {"HX711": {}}, "weight"),
        ("SENSOR", {"HX711": {"WeightRaw": "5"}}, "weight"),
        ("SENSOR", {"HX711": {"WeightRaw": True}}, "weight"),
        ("SENSOR", {"HX711": {"WeightRaw": 10**400}}, "weight"),
        ("SENSOR", b'{"HX711": {"Weight": 1e999}}', "weight"),
        ("SENSOR", {"HX711": {"Weight": 1_000.1}}, "weight"),
        ("LWT", b"online", "last_will"),
    ],
    ids=str,
)
def test_poison_is_malformed_with_its_reason(leaf: str, payload: object, reason: str) -> None:
    """What cannot be a weight or a will is refused by reason."""
    with pytest.raises(Malformed) as refused:
        codec().decode(message(leaf, payload))
    assert refused.value.reason == reason


@given(
    st.sampled_from(["SENSOR", "LWT", "STATE", ""]),
    st.one_of(st.binary(max_size=40), json_near(["HX711", "Weight", "WeightRaw"], ["Online"])),
    st.booleans(),
)
def test_arbitrary_payloads_are_observations_or_malformed(leaf: str, payload: bytes, retained: bool) -> None:
    """Nothing but Malformed is ever raised, and weights are within bounds."""
    shelf = codec()
    given_message = message(leaf, payload, retained=retained)
    if reason_of(lambda: shelf.decode(given_message)) is None:
        weights = [o.weight_g for o in shelf.decode(given_message) if isinstance(o, Reading)]
        assert all(abs(weight) <= 1_000_000 for weight in weights)


@pytest.mark.parametrize("topic", ["", "#", "tasmota_+"])
def test_a_topic_that_is_not_one_devices_is_refused(topic: str) -> None:
    """The topic names one device: a filter would mix shelves."""
    with pytest.raises(DeviceRefused, match="shelf-candles"):
        TasmotaCodec(MqttDeviceSettings("shelf-candles", topic))
    assert codec().topics() == ("tele/tasmota_3F2A10/#",)
