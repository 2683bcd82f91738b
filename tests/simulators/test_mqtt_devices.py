"""Zebra, ESPHome and LoRaWAN devices: what they send is what their sources say, and what our codecs read."""

import base64
import json
import struct
from typing import Any

import pytest

from readers.codecs.esphome import EsphomeCodec
from readers.codecs.things_stack import ThingsStackCodec
from readers.codecs.zebra import ZebraCodec
from readers.observations import Heartbeat, Observation, Read, Reading
from readers.protocol import MqttCodec, MqttMessage
from readers.settings import MqttDeviceSettings
from simulators.air import TagSeen
from simulators.devices.esphome import EsphomeOptions, EsphomeScale
from simulators.devices.load_cell import CellOptions
from simulators.devices.things_stack import LoraOptions, LoraScale
from simulators.devices.zebra import MAX_EVENTS_PER_MESSAGE, ZebraFx, ZebraOptions
from simulators.emissions import Publication
from tests.support.simulated import HOUR_NS, NS, START_NS
from tests.support.vectors import vectors

QUIET = CellOptions(tare_g=394.0, noise_g=0.0, swing_g=0.0)
TOPIC, STATUS = "zebra/fx-back/data", "zebra/fx-back/management"


def real(file: str, name: str) -> Any:
    """Return the payload of a vector, parsed."""
    (found,) = [vector for vector in vectors(file) if vector["id"] == name]
    return json.loads(found["data"])


def heard(codec: MqttCodec, sent: list[Publication], now_ns: int = 0) -> list[Observation]:
    """Return what a codec makes of publications, received when they were sent, or at `now_ns`."""
    return [
        observation
        for publication in sent
        for observation in codec.decode(
            MqttMessage(publication.topic, publication.payload, False, now_ns or publication.at_ns)
        )
    ]


def tags(count: int, at_ns: int = START_NS) -> list[TagSeen]:
    return [TagSeen(at_ns + n, 1 + n % 4, f"{n:024X}", -60.0) for n in range(count)]


def zebra_codec() -> ZebraCodec:
    return ZebraCodec(MqttDeviceSettings("fx-back", TOPIC, status_topics=(STATUS,)))


def test_a_zebra_event_has_the_fields_of_a_real_one() -> None:
    """Envelope, metadata and timestamps as captured; only what is enabled is there."""
    captured = real("zebra", "zebra-custom")["payload"]
    options = ZebraOptions(TOPIC, meta=frozenset({"antenna", "peakRssi", "reads", "channel", "phase"}))
    (sent,) = ZebraFx("fx-back", options).emit(tags(1), START_NS)
    event = json.loads(sent.payload)
    assert event.keys() == captured.keys()
    assert event["data"].keys() == captured["data"].keys() - {"CRC", "PC"}
    assert {name: type(value) for name, value in event["data"].items()} == {
        name: type(captured["data"][name]) for name in event["data"]
    }
    assert len(event["timestamp"]) == len(captured["timestamp"])
    assert event["timestamp"].endswith("+0000")


def test_zebra_events_stand_one_after_another() -> None:
    """Bounded messages of several events without a mark between; the codec reads each of them."""
    fx = ZebraFx("fx-back", ZebraOptions(TOPIC))
    sent = fx.emit(tags(50), START_NS + NS)
    assert [message.payload.count(b'"idHex"') for message in sent] == [MAX_EVENTS_PER_MESSAGE] * 2 + [10]
    assert b"}{" in sent[0].payload
    reads = heard(zebra_codec(), sent)
    assert [(r.epc, r.antenna, r.at_ns) for r in reads if isinstance(r, Read)] == [
        (tag.epc, tag.port, tag.at_ns // 10**6 * 10**6) for tag in tags(50)
    ]


def test_a_zebra_keeps_events_over_an_outage() -> None:
    """They come later, throttled, in order, at their own times; the oldest go where too many are kept."""
    fx = ZebraFx("fx-back", ZebraOptions(TOPIC, max_kept_events=200, events_per_emit=150))
    fx.disconnect()
    for minute in range(3):
        assert fx.emit(tags(100, START_NS + minute * 60 * NS), START_NS) == []
    fx.reconnect()
    back_ns = START_NS + HOUR_NS
    first, second = fx.emit([], back_ns), fx.emit([], back_ns + NS)
    reads = heard(zebra_codec(), first + second, back_ns)
    assert len(reads) == 200
    assert {r.received_ns for r in reads if isinstance(r, Read)} == {back_ns}
    assert [r.at_ns // (60 * NS) - START_NS // (60 * NS) for r in reads if isinstance(r, Read)] == [
        1
    ] * 100 + [2] * 100


def test_a_zebra_tells_that_it_lives() -> None:
    """Management events on their own topic: at its start, and every half minute."""
    fx = ZebraFx("fx-back", ZebraOptions(TOPIC, STATUS))
    sent = fx.power_on(START_NS) + [p for n in range(61) for p in fx.emit([], START_NS + n * NS)]
    assert {message.topic for message in sent} == {STATUS}
    beats = heard(zebra_codec(), sent)
    assert [beat.at_ns for beat in beats if isinstance(beat, Heartbeat)] == [
        START_NS + n * NS for n in (0, 0, 30, 60)
    ]


def test_an_esphome_state_is_as_documented() -> None:
    """A plain number on the default topic, retained; status likewise."""
    node = EsphomeScale("shelf", EsphomeOptions("shelf-12", cell=QUIET), 840.0)
    (state,) = node.sample(START_NS)
    documented = real("esphome", "esphome-state")
    assert (state.topic, state.payload, state.retain) == (documented["topic"], b"1.234", True)
    will = node.will()
    documented = real("esphome", "esphome-status")
    assert (will.topic, will.payload.decode(), will.retain) == (
        documented["topic"],
        documented["payload"],
        True,
    )
    assert [n for n in range(1, 31) if node.sample(START_NS + n * NS)] == [10, 20, 30]


def test_the_codec_weighs_what_lies_on_an_esphome_shelf() -> None:
    """In kilograms or pounds, touched or not; a failed sensor weighs nothing."""
    for grams_per_unit in (1_000.0, 453.59237):
        node = EsphomeScale("shelf", EsphomeOptions("n", grams_per_unit=grams_per_unit, cell=QUIET), 840.0)
        codec = EsphomeCodec(MqttDeviceSettings("shelf", "n", grams_per_unit=grams_per_unit))
        (reading,) = heard(codec, node.sample(START_NS))
        assert isinstance(reading, Reading)
        assert reading.weight_g == pytest.approx(1_234.0, abs=0.5)
        (birth,) = heard(codec, node.births(START_NS))
        assert birth == Heartbeat("shelf", True, START_NS, START_NS)
    assert node.fail(START_NS).payload == b"nan"


def test_an_uplink_is_as_documented() -> None:
    """The envelope of the published example; a counter of 0 is left out, as every empty field."""
    scale = LoraScale("shelf", LoraOptions("dev1", "app1@tenant1", cell=QUIET), 840.0)
    first, second = scale.sample(START_NS) + scale.sample(START_NS + 60 * NS)
    documented = real("things_stack", "tts-uplink")
    assert first.topic == documented["topic"]
    event = json.loads(first.payload)
    assert event.keys() == documented["payload"].keys()
    assert event["end_device_ids"].keys() <= documented["payload"]["end_device_ids"].keys()
    assert "f_cnt" not in event["uplink_message"]
    assert "confirmed" not in event["uplink_message"]
    assert json.loads(second.payload)["uplink_message"]["f_cnt"] == 1
    frame = base64.b64decode(event["uplink_message"]["frm_payload"])
    assert struct.unpack(">BxI", frame) == (1, 12_340)


@pytest.mark.parametrize(
    ("settings", "decoded"),
    [
        ({"value": "weight", "grams_per_unit": 1_000.0}, True),
        ({"frame": ">xxI", "grams_per_unit": 0.1}, False),
    ],
)
def test_the_codec_weighs_what_lies_on_a_lora_shelf(settings: dict[str, Any], decoded: bool) -> None:
    """By its formatter's value or by its frame, at the network's time; a join proves life."""
    scale = LoraScale("shelf", LoraOptions("dev1", "a@t", decoded=decoded, cell=QUIET), 840.0)
    codec = ThingsStackCodec(MqttDeviceSettings("shelf", "v3/a@t/devices/dev1", **settings))
    (joined,) = heard(codec, scale.births(START_NS))
    assert isinstance(joined, Heartbeat)
    (reading,) = heard(codec, scale.sample(START_NS), START_NS + NS)
    assert reading == Reading("shelf", pytest.approx(1_234.0), START_NS + 62_000_000, START_NS + NS)
    assert scale.will() is None
