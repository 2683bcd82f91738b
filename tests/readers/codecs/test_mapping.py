"""The generic mapping: what its rules find, what they let pass, and that nothing in a payload breaks them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from readers.codecs.mapping import MappingCodec
from readers.errors import DeviceRefused, Malformed
from readers.observations import Heartbeat, Observation, Read, Reading, Scan
from readers.protocol import MqttMessage
from readers.settings import (
    AvailabilityRule,
    DeviceMapping,
    MqttDeviceSettings,
    ReadingsRule,
    ReadsRule,
    ScansRule,
)
from tests.support.json_values import json_near
from tests.support.malformed import reason_of
from tests.support.mqtt_kinds import MAPPING, device_settings

NOW = 1_795_255_200_000_000_000
NOW_TEXT = "2026-11-21T10:00:00Z"
ALIVE = Heartbeat("a", True, NOW, NOW)
KEYS = ["tags", "epc", "port", "rssi", "ts", "g", "code", "at"]


def codec(mapping: DeviceMapping = MAPPING, topic: str = "dev", **settings: Any) -> MappingCodec:
    return MappingCodec(MqttDeviceSettings("a", topic, mapping=mapping, **settings))


def one(rule: ReadsRule | ReadingsRule | ScansRule | AvailabilityRule) -> DeviceMapping:
    """Return a mapping of one rule."""
    match rule:
        case ReadsRule():
            return DeviceMapping("m", reads=(rule,))
        case ReadingsRule():
            return DeviceMapping("m", readings=(rule,))
        case ScansRule():
            return DeviceMapping("m", scans=(rule,))
    return DeviceMapping("m", availability=(rule,))


def decode(device: MappingCodec, topic: str, payload: object, *, retained: bool = False) -> list[Observation]:
    raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return device.decode(MqttMessage(topic, raw, retained, NOW))


def test_reads_of_a_list() -> None:
    """Each item is a read; numbers may be quoted; times and antennas too are the items' own."""
    tags = [
        {"epc": "e2ab", "port": 2, "rssi": -61.5, "ts": NOW // 10**6 - 1_500},
        {"epc": "E2AC", "rssi": "-50"},
    ]
    assert decode(codec(), "dev/tags", {"tags": tags}) == [
        Read("a", 2, "E2AB", NOW - 1_500_000_000, NOW, -61.5),
        Read("a", 1, "E2AC", NOW, NOW, -50.0),
    ]


def test_what_an_item_lacks_is_asked_of_the_whole_message() -> None:
    """One time and one antenna for all tags of a message; but never one EPC for all."""
    payload = {"port": 3, "ts": NOW // 10**6, "epc": "FFFF", "tags": [{"epc": "E2AB"}, {"rssi": -1}]}
    device = codec()
    assert decode(device, "dev/tags", payload) == [Read("a", 3, "E2AB", NOW, NOW)]
    assert device.event_counts.dropped == {"epc_missing": 1}


def test_captures_of_the_topic_are_fields() -> None:
    """A level of the topic is as good as a field; the device's own part may hold slashes."""
    rule = ReadsRule("rfid/{device}/{antenna}/{epc}", epc="{epc}", antenna="{antenna}")
    device = codec(one(rule), topic="shop/door")
    assert device.topics() == ("rfid/shop/door/+/+",)
    assert decode(device, "rfid/shop/door/4/E2AB", {}) == [Read("a", 4, "E2AB", NOW, NOW)]
    # What is posted is decoded as if on the filter itself: the wildcards' own signs are no values.
    assert reason_of(lambda: decode(device, device.data_topic(), {})) is None


def test_hundredths_of_dbm_and_counts() -> None:
    """RSSI in any unit, and how often the tag was read."""
    rule = ReadsRule("{device}", epc="e", rssi="r", rssi_per_dbm=100, count="n")
    assert decode(codec(one(rule)), "dev", {"e": "E2AB", "r": -5_225, "n": 7}) == [
        Read("a", 1, "E2AB", NOW, NOW, -52.25, count=7)
    ]


@pytest.mark.parametrize(
    ("value", "time_format", "at_ns"),
    [
        (NOW_TEXT, "rfc3339", NOW),
        (NOW // 10**9, "unix_s", NOW),
        (NOW / 10**9 - 0.5, "unix_s", NOW - 500_000_000),
        (str(NOW // 10**6), "unix_ms", NOW),
        (NOW // 10**3 - 1, "unix_us", NOW - 1_000),
        (NOW - 1, "unix_ns", NOW - 1),
        ("yesterday", "rfc3339", NOW),
        (NOW // 10**9, "rfc3339", NOW),
        (NOW_TEXT, "unix_s", NOW),
        (5, "unix_s", NOW),
        (10**400, "unix_s", NOW),
    ],
)
def test_times_in_all_forms(value: object, time_format: Any, at_ns: int) -> None:
    """A time that is none, or that cannot be, gives way to the gateway's."""
    rule = ReadingsRule("{device}", value="g", time="t", time_format=time_format)
    (reading,) = decode(codec(one(rule)), "dev", {"g": 1, "t": value})
    assert isinstance(reading, Reading)
    assert reading.at_ns == pytest.approx(at_ns, abs=300)


@pytest.mark.parametrize(
    ("rule", "settings", "payload", "weight_g"),
    [
        (ReadingsRule("{device}", value="g"), {}, {"g": 5}, 5.0),
        (
            ReadingsRule("{device}", value="kg", grams_per_unit=1_000.0),
            {"grams_per_unit": 7.0},
            {"kg": "1.25"},
            1_250.0,
        ),
        (
            ReadingsRule("{device}"),
            {"value": 'p."w:0".v', "grams_per_unit": 28.0},
            {"p": {"w:0": {"v": 2}}},
            56.0,
        ),
        (ReadingsRule("{device}", value="@"), {}, 7.5, 7.5),
    ],
)
def test_weights_in_grams(
    rule: ReadingsRule, settings: dict[str, Any], payload: object, weight_g: float
) -> None:
    """The rule's unit goes first, then the shelf's; a path that the rule leaves open is the shelf's."""
    assert decode(codec(one(rule), **settings), "dev", payload) == [Reading("a", weight_g, NOW, NOW)]


def test_codes() -> None:
    """A code is the payload as it stands, or a field of it; a number in JSON is its digits."""
    assert decode(codec(one(ScansRule("{device}"))), "dev", b"]C10112345678901231") == [
        Scan("a", "]C10112345678901231", NOW, NOW)
    ]
    fields = ScansRule("{device}", items="codes", text="c", time="t")
    payload = {"t": NOW_TEXT, "codes": [{"c": "4006381333931"}, {"c": 4006381333931}, {"other": 1}]}
    assert decode(codec(one(fields)), "dev", payload) == [Scan("a", "4006381333931", NOW, NOW)] * 2


@pytest.mark.parametrize(
    ("payload", "retained", "expected"),
    [(b"up", False, [True]), (b"up", True, []), (b"down\n", False, [False]), (b"down", True, [False])],
)
def test_availability_of_plain_words(payload: bytes, retained: bool, expected: list[bool]) -> None:
    """A retained will is the truth until the device is back; a retained birth proves nothing."""
    beats = decode(codec(), "dev/life", payload, retained=retained)
    assert [beat.online for beat in beats if isinstance(beat, Heartbeat)] == expected


def test_availability_in_json() -> None:
    """Words may be booleans or numbers of JSON; other messages of the topic are no news, nor signs of life."""
    rule = AvailabilityRule("{device}/s", value="state", online=("true", "1"), offline=("false",))
    device = codec(one(rule))
    assert decode(device, "dev/s", {"state": False}) == [Heartbeat("a", False, NOW, NOW)]
    assert decode(device, "dev/s", {"state": 1}) == [ALIVE]
    assert decode(device, "dev/s", {"other": 1}) == []
    assert reason_of(lambda: decode(device, "dev/s", b"{")) == "json"


def test_what_finds_nothing_proves_life() -> None:
    """A message on a topic of data that bears none: the device lives."""
    for topic, payload in [
        ("dev/tags", {}),
        ("dev/tags", {"tags": []}),
        ("dev/weight", {"t": 20}),
        ("dev/code", {}),
    ]:
        assert decode(codec(), topic, payload) == [ALIVE]
    single = codec(one(ReadsRule("{device}", epc="epc")))
    assert decode(single, "dev", {"hello": 1}) == [ALIVE]


def test_retained_data_is_history() -> None:
    """Neither data nor signs of life are taken from what the broker kept, broken or not."""
    for topic in ("dev/tags", "dev/weight", "dev/code"):
        assert decode(codec(), topic, {"tags": [{"epc": "E2AB"}], "g": 1, "code": "x"}, retained=True) == []
        assert decode(codec(), topic, b"{", retained=True) == []


def test_two_rules_on_one_topic_share_a_message() -> None:
    """A device that reads and weighs in one message; the rule that fails is counted beside the other."""
    both = DeviceMapping(
        "m", reads=(ReadsRule("{device}", epc="epc"),), readings=(ReadingsRule("{device}", value="g"),)
    )
    device = codec(both)
    assert decode(device, "dev", {"epc": "E2AB", "g": 5}) == [
        Read("a", 1, "E2AB", NOW, NOW),
        Reading("a", 5, NOW, NOW),
    ]
    assert decode(device, "dev", {"epc": "E2", "g": 5}) == [Reading("a", 5, NOW, NOW)]
    assert device.event_counts.dropped == {"epc_hex": 1}
    assert device.event_counts.is_conserved()


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("dev/tags", b"{", "json"),
        ("dev/tags", {"tags": {"epc": "E2AB"}}, "items"),
        ("dev/tags", {"tags": [7]}, "epc_missing"),
        ("dev/tags", {"tags": [{"epc": "E2A"}]}, "epc_hex"),
        ("dev/tags", {"tags": [{"epc": 7}]}, "epc_hex"),
        ("dev/tags", {"tags": [{"epc": "E2AB", "port": "x"}]}, "antenna"),
        ("dev/tags", {"tags": [{"epc": "E2AB", "rssi": [1]}]}, "rssi"),
        ("dev/tags", {"tags": [None] * 20_001}, "too_many"),
        ("dev/weight", {"g": "heavy"}, "weight"),
        ("dev/weight", {"g": True}, "weight"),
        ("dev/weight", {"g": 10**400}, "weight"),
        ("dev/code", {"code": ""}, "text"),
        ("dev/code", {"code": "9" * 4_097}, "text"),
        ("dev/code", {"code": ["x"]}, "text"),
        ("dev/life", b"dead", "availability"),
        ("dev/life", b"\xff", "text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_poison_is_malformed_with_its_reason(topic: str, payload: object, reason: str) -> None:
    """What a rule cannot use is refused by reason, with a bounded sample."""
    with pytest.raises(Malformed) as refused:
        decode(codec(), topic, payload)
    assert refused.value.reason == reason
    assert len(refused.value.sample) <= 256


@pytest.mark.parametrize(
    "expression",
    ["abs(g)", "floor(to_number(g))", "ceil(to_number(g))", "sum(g)", "avg(g)", "join(g, g)", "sort_by(g, &a)",
     "length(g)", "max(g)", "to_string(@)", "merge(@, g)", "starts_with(g, 'x')", "g[0].a", "g[?a > `1`]", "*.a"],
)  # fmt: skip
@given(value=json_near(["g", "a"], ["nan", "inf", "1e999"]))
def test_no_expression_meets_a_payload_that_breaks_it(expression: str, value: bytes) -> None:
    """The library's type and arithmetic errors are refusals like any other."""
    device = codec(one(ReadingsRule("{device}", value=expression)))
    reason_of(lambda: decode(device, "dev", b'{"g": ' + value + b"}"))
    assert device.event_counts.is_conserved()


@given(
    st.sampled_from(["dev/tags", "dev/weight", "dev/code", "dev/life", "other"]),
    st.one_of(st.binary(max_size=64), json_near(KEYS, ["E2AB", "up", "down", NOW_TEXT])),
    st.booleans(),
)
def test_arbitrary_payloads_are_observations_or_malformed(topic: str, payload: bytes, retained: bool) -> None:
    """Nothing but Malformed is ever raised, and every event is accounted for."""
    device = codec()
    reason_of(lambda: decode(device, topic, payload, retained=retained))
    assert device.event_counts.is_conserved()


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"mapping": None}, "needs mapping"),
        ({"topic": ""}, "topic"),
        ({"topic": "a/+"}, "topic"),
        ({"topic": "{x}"}, "braces"),
        ({"mapping": one(ReadingsRule("{device}"))}, "give value"),
        ({"mapping": one(ReadingsRule("{device}", value="g["))}, "no JMESPath"),
        ({"mapping": one(ReadingsRule("{device}/#/x", value="g"))}, "wildcard"),
        ({"mapping": one(ReadsRule("{device}/{A}", epc="e"))}, "braces"),
        ({"mapping": one(ReadsRule("{device}/{a}/{a}", epc="e"))}, "twice"),
        ({"mapping": one(ReadsRule("{device}", epc="x" * 513))}, "at most 512"),
        ({"mapping": one(ReadsRule("{device}", epc="(" * 500))}, "no JMESPath"),
    ],
    ids=str,
)
def test_mappings_that_cannot_be_are_refused(settings: dict[str, Any], text: str) -> None:
    """Each refusal names the device and what is wrong."""
    with pytest.raises(DeviceRefused, match=f"a: .*{text}"):
        MappingCodec(replace(device_settings("mapping"), **settings))
