"""ESPHome weight sensors: plain numbers, units, wills and poison."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.esphome import EsphomeCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Reading
from readers.protocol import MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.malformed import reason_of
from tests.support.vectors import each_vector

NOW = 1_763_000_000_000_000_000
STATE, STATUS = "shelf-12/sensor/weight/state", "shelf-12/status"


def codec(**settings: Any) -> EsphomeCodec:
    return EsphomeCodec(MqttDeviceSettings("shelf-candles", "shelf-12", **settings))


def message(topic: str, payload: bytes, *, retained: bool = False) -> MqttMessage:
    return MqttMessage(topic, payload, retained, NOW)


@each_vector("esphome", valid=True)
def test_documented_payloads_decode(vector: dict[str, Any]) -> None:
    """The default topics give the number, in grams where nothing else is said, and the will."""
    sample, expected = json.loads(vector["data"]), vector["expect"]
    (observation,) = codec().decode(message(sample["topic"], sample["payload"].encode()))
    if "value" in expected:
        assert observation == Reading("shelf-candles", expected["value"], NOW, NOW)
    else:
        assert observation == Heartbeat("shelf-candles", expected["online"], NOW, NOW)


@each_vector("esphome", valid=False)
def test_a_sensor_without_a_value_weighs_nothing(vector: dict[str, Any]) -> None:
    """`nan` is neither a reading nor a sign of life: a shelf that cannot weigh falls silent."""
    sample = json.loads(vector["data"])
    assert (
        reason_of(lambda: codec().decode(message(sample["topic"], sample["payload"].encode())))
        == vector["expect"]["reason"]
    )


@pytest.mark.parametrize(
    ("payload", "grams_per_unit", "weight_g"),
    [
        (b"1.25", 1_000.0, 1_250.0),
        (b"-12", 1.0, -12.0),
        (b" 3.5\n", 1.0, 3.5),
        (b"84000", 0.01, 840.0),
        (b"0", 1, 0),
    ],
)
def test_numbers_become_grams(payload: bytes, grams_per_unit: float, weight_g: float) -> None:
    """By the unit and the scale of the shelf; raw counts take a scale."""
    (reading,) = codec(grams_per_unit=grams_per_unit).decode(message(STATE, payload))
    assert reading == Reading("shelf-candles", pytest.approx(weight_g), NOW, NOW)


def test_retained_values_are_history() -> None:
    """ESPHome retains by default: what the broker kept was weighed once, not now."""
    assert codec().decode(message(STATE, b"1.25", retained=True)) == []


@pytest.mark.parametrize(
    ("payload", "retained", "expected"),
    [
        (b"online", False, [True]),
        (b"online", True, []),
        (b"offline", False, [False]),
        (b"offline", True, [False]),
    ],
)
def test_birth_and_will(payload: bytes, retained: bool, expected: list[bool]) -> None:
    """A retained offline is the truth until the node is back; a retained online proves nothing."""
    beats = codec().decode(message(STATUS, payload, retained=retained))
    assert [beat.online for beat in beats if isinstance(beat, Heartbeat)] == expected


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        (STATE, b"", "weight"),
        (STATE, b"inf", "weight"),
        (STATE, b"1.25 kg", "weight"),
        (STATE, b"\xff", "weight"),
        (STATE, b"1" * 65, "weight"),
        (STATE, b"1000001", "weight"),
        (STATUS, b"Online", "availability"),
    ],
)
def test_poison_is_malformed_with_its_reason(topic: str, payload: bytes, reason: str) -> None:
    """What is no weight and no will is refused by reason."""
    with pytest.raises(Malformed) as refused:
        codec().decode(message(topic, payload))
    assert refused.value.reason == reason


@given(
    st.sampled_from([STATE, STATUS]),
    st.one_of(st.binary(max_size=80), st.floats().map(lambda x: str(x).encode())),
    st.booleans(),
)
def test_arbitrary_payloads_are_observations_or_malformed(topic: str, payload: bytes, retained: bool) -> None:
    """Nothing but Malformed is ever raised, and weights are within bounds."""
    shelf, given_message = codec(grams_per_unit=453.59237), message(topic, payload, retained=retained)
    if reason_of(lambda: shelf.decode(given_message)) is None:
        weights = [o.weight_g for o in shelf.decode(given_message) if isinstance(o, Reading)]
        assert all(abs(weight) <= 1_000_000 for weight in weights)


def test_topics_are_the_sensors_own() -> None:
    """The sensor's state first, the node's status beside it; two sensors of a node are told apart by value."""
    assert codec().topics() == (STATE, STATUS)
    assert codec(value="shelf_2").data_topic() == "shelf-12/sensor/shelf_2/state"
    for topic, value in (("", None), ("shelf/#", None), ("shelf-12", "+")):
        with pytest.raises(DeviceRefused, match="shelf-candles"):
            EsphomeCodec(MqttDeviceSettings("shelf-candles", topic, value=value))
