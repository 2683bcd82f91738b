"""The mappings that come with storefloor: each is used by name, and reads what its devices send."""

import json
from importlib.resources import files
from typing import Any

import pytest

from gateway.config.file import parse_site
from gateway.devices.of_site import mqtt_devices
from readers.codecs.device_time import parse_time_ns
from readers.observations import Heartbeat, Read, Reading
from readers.protocol import MqttCodec, MqttMessage
from tests.support.vectors import each_vector, vectors

NOW = parse_time_ns("2026-11-21T10:00:00Z") or 0
STORE = """
[mqtt]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }]
"""
SHELF = """
[[shelves]]
id = "dev"
kind = "mapping"
store = "lyon-1"
zone = "front"
sku = "X"
unit_weight_g = 1
"""
READER = """
[[readers]]
id = "dev"
kind = "mapping"
store = "lyon-1"
antennas = [{ port = 1, zone = "front" }]
"""
DEVICES = {
    "shelly": SHELF + """topic = "shellyplusht-b8d61a8b17cc"\nvalue = 'params."temperature:0".tC'\n""",
    "zigbee2mqtt": SHELF + 'topic = "shelf_contact_1"\nvalue = "linkquality"\n',
    "smartreader": READER + 'topic = "impinj00162513F90B"\n',
    "keonn": READER + 'topic = "adrd-1"\n',
}
"""A device of each: the sensors whose payloads were captured weigh nothing, so another value stands in."""


def codec(mapping: str) -> MqttCodec:
    """Return the device of a site file that names `mapping`."""
    (device,) = mqtt_devices(parse_site(STORE + DEVICES[mapping] + f'mapping = "{mapping}"\n', "site.toml"))
    return device.codec


def test_every_shipped_mapping_is_tested() -> None:
    """Each file is named like its mapping, and has a device and a payload here."""
    shipped = {entry.name for entry in files("config").joinpath("mappings").iterdir()}
    assert shipped == {f"{name}.toml" for name in DEVICES}
    assert {vector["mapping"] for vector in vectors("mappings")} == DEVICES.keys()
    names = {mapping.name for mapping in parse_site(STORE, "site.toml").mappings}
    assert names == DEVICES.keys()


@each_vector("mappings", valid=True)
def test_captured_and_documented_payloads(vector: dict[str, Any]) -> None:
    """Values, EPCs, times and the devices' coming and going are what the source says."""
    sample, expected = json.loads(vector["data"]), vector["expect"]
    payload = sample["payload"]
    raw = payload.encode() if isinstance(payload, str) else json.dumps(payload).encode()
    own_ns = expected.get("at_ns") or round(expected.get("ts", NOW / 10**9) * 100) * 10**7
    (observation,) = codec(vector["mapping"]).decode(MqttMessage(sample["topic"], raw, False, own_ns + 5))
    if "online" in expected:
        assert isinstance(observation, Heartbeat)
        assert observation.online == expected["online"]
    elif isinstance(observation, Read):
        assert (observation.epc, observation.antenna, observation.rssi_dbm) == (
            expected["epc"], expected["antenna"], expected["rssi_dbm"],
        )  # fmt: skip
        assert observation.at_ns == own_ns
    else:
        assert isinstance(observation, Reading)
        assert observation.weight_g == expected.get("tC", expected.get("linkquality"))
        assert observation.at_ns == pytest.approx(own_ns, abs=300)


def test_a_retained_shelly_is_history_but_for_its_will() -> None:
    """Shelly retains `online`: true proves nothing, false is the truth until it is back."""
    device = codec("shelly")
    topic = "shellyplusht-b8d61a8b17cc/online"
    assert device.decode(MqttMessage(topic, b"true", True, NOW)) == []
    assert device.decode(MqttMessage(topic, b"false", True, NOW)) == [Heartbeat("dev", False, NOW, NOW)]


def test_the_bridge_of_zigbee_takes_its_devices_with_it() -> None:
    """A bridge that is gone hears no device; one that is back has not heard any yet."""
    device = codec("zigbee2mqtt")
    topic = "zigbee2mqtt/bridge/state"
    assert device.decode(MqttMessage(topic, b'{"state":"offline"}', True, NOW)) == [
        Heartbeat("dev", False, NOW, NOW)
    ]
    assert device.decode(MqttMessage(topic, b'{"state":"online"}', False, NOW)) == []


def test_a_notification_without_the_value_proves_life() -> None:
    """A Shelly tells what changed: when that is not the weight, the device lives all the same."""
    payload = b'{"src":"x","method":"NotifyStatus","params":{"ts":1.5,"wifi":{"rssi":-60}}}'
    message = MqttMessage("shellyplusht-b8d61a8b17cc/events/rpc", payload, False, NOW)
    assert codec("shelly").decode(message) == [Heartbeat("dev", True, NOW, NOW)]


def test_a_sites_own_mapping_goes_before_a_shipped_one() -> None:
    """Who needs another shelly writes a mapping of that name."""
    own = '[[mappings]]\nname = "shelly"\n[[mappings.readings]]\ntopic = "{device}"\nvalue = "g"\n'
    site = parse_site(STORE + own, "site.toml")
    (mine,) = [mapping for mapping in site.mappings if mapping.name == "shelly"]
    assert mine.readings[0].topic == "{device}"
