"""What the doctor makes of the messages on a broker."""

import json

from gateway.config.file import parse_site, shipped_mappings
from gateway.devices.of_site import check_devices
from gateway.doctor.config_blocks import Place
from gateway.doctor.findings import Finding
from gateway.doctor.formats import all_formats
from gateway.doctor.topic_findings import broker_findings, topic_blocks
from gateway.doctor.topics import MAX_TOPICS, TopicWatch
from readers.codecs.impinj import ImpinjCodec
from readers.codecs.tasmota import TasmotaCodec
from readers.protocol import MqttCodec, MqttMessage
from readers.settings import MqttDeviceSettings
from tests.support.vectors import vectors

HERE = Place("lyon-1", "front", is_guess=False)
STORE = '[mqtt]\n[[stores]]\nid = "lyon-1"\nname = "Lyon"\nzones = [{ id = "front", role = "floor" }]\n'


def watch(devices: dict[str, MqttCodec] | None = None) -> TopicWatch:
    return TopicWatch(devices or {}, all_formats(shipped_mappings()))


def message(topic: str, payload: object, *, retained: bool = False) -> MqttMessage:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return MqttMessage(topic, data, retained, 0)


def sample(file: str, name: str) -> MqttMessage:
    """Return a captured message; one whose topic its owner chose comes on `chosen`."""
    vector = next(v for v in vectors(file) if v["id"] == name)
    data = json.loads(vector["data"])
    payload = data["payload"]
    topic = data["topic"] if "(" not in data["topic"] else "chosen"
    return message(topic, payload.encode() if isinstance(payload, str) else payload)


def codes(found: TopicWatch, failure: str = "") -> dict[str, Finding]:
    return {finding.code: finding for finding in broker_findings(found, 10, failure)}


def test_each_format_is_known_by_its_messages() -> None:
    """A captured message of each format on a topic that nobody listens to is told by its kind."""
    found = watch()
    kinds = {
        "impinj": sample("impinj", "impinj-full"),
        "zebra": sample("zebra", "zebra-simple-1"),
        "zebra_sled": sample("zebra_sled", "sled-tag"),
        "tasmota": sample("tasmota", "tasmota-hx711"),
        "esphome": sample("esphome", "esphome-state"),
        "things_stack": sample("things_stack", "tts-uplink"),
        "zigbee2mqtt": sample("mappings", "z2m-state"),
        "shelly": sample("mappings", "shelly-fullstatus"),
        "smartreader": sample("mappings", "smartreader-tag"),
        "keonn": sample("mappings", "keonn-read"),
    }
    for heard in kinds.values():
        found.heard(heard)
    assert {seen.topic: found.format_of(seen) for seen in found.unmatched()} == {
        heard.topic: kind for kind, heard in kinds.items()
    }


def test_what_looks_like_a_device_has_lines_to_paste() -> None:
    """The tables for unmatched devices pass the site's own check; the topics of one device are one table."""
    found = watch()
    for file, name in (
        ("impinj", "impinj-full"),
        ("zebra", "zebra-simple-1"),
        ("tasmota", "tasmota-hx711"),
        ("tasmota", "tasmota-lwt"),
        ("esphome", "esphome-state"),
        ("esphome", "esphome-status"),
        ("things_stack", "tts-uplink"),
        ("mappings", "z2m-state"),
        ("mappings", "smartreader-tag"),
    ):
        found.heard(sample(file, name))
    blocks = topic_blocks(found, HERE)
    site = parse_site(STORE + "\n".join(blocks).replace("YOUR-SKU", "CANDLE"), "site.toml")
    check_devices(site)
    assert sorted(reader.kind for reader in site.readers) == ["impinj", "mapping", "zebra"]
    assert sorted(shelf.kind for shelf in site.shelves) == ["esphome", "mapping", "tasmota", "things_stack"]


def test_the_sites_devices_are_told_apart() -> None:
    """A device that is heard, one that is silent and one whose messages nobody can read: each is told."""
    found = watch(
        {
            "r700": ImpinjCodec(MqttDeviceSettings("r700", "chosen")),
            "shelf": TasmotaCodec(MqttDeviceSettings("shelf", "tasmota_1")),
            "wrong": ImpinjCodec(MqttDeviceSettings("wrong", "other")),
        }
    )
    found.heard(sample("impinj", "impinj-full"))
    found.heard(message("other", {"hello": 1}))
    told = list(broker_findings(found, 10))
    assert [(finding.code, finding.text.partition(":")[0]) for finding in told] == [
        ("device_heard", "r700"),
        ("device_silent", "shelf"),
        ("device_refused", "wrong"),
    ]
    assert "1 observations by antennas 1" in told[0].text


def test_what_is_kept_is_not_fresh() -> None:
    """A device of which only retained messages came is not called alive."""
    found = watch({"shelf": TasmotaCodec(MqttDeviceSettings("shelf", "tasmota_1"))})
    found.heard(message("tele/tasmota_1/LWT", b"Online", retained=True))
    assert codes(found)["device_retained"].level == "note"


def test_unknown_topics_are_shown_with_a_sample() -> None:
    """What nobody can read is shown as it came, in bounded form."""
    found = watch()
    found.heard(message("shop/door", b"open" * 100))
    finding = codes(found)["unknown"]
    assert finding.text.startswith(
        "shop/door: 1 message(s) in no format that is known here, such as 'openopen"
    )
    assert len(finding.text) < 300


def test_a_silent_broker_and_a_closed_one() -> None:
    """No message at all, and no broker at all, are told apart."""
    assert set(codes(watch())) == {"no_messages"}
    assert codes(watch(), "127.0.0.1:1: connection refused")["broker"].level == "problem"


def test_a_broker_of_a_thousand_topics_takes_no_memory() -> None:
    """Topics beyond the bound are counted, not kept."""
    found = watch()
    for number in range(MAX_TOPICS + 50):
        found.heard(message(f"noise/{number}", b"x"))
    assert len(found.unmatched()) == MAX_TOPICS
    assert found.untold_topics == 50
    assert "50 messages on topics beyond counting" in codes(found)["more"].text
