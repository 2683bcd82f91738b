"""Devices from a site file: kinds and their keys, mappings, webhooks, and sleds that are two things at once."""

import pytest

from gateway.catalogue.articles import Article, Catalogue
from gateway.config.file import parse_site
from gateway.devices.of_site import check_devices, mqtt_devices, serial_devices
from gateway.engine import Engine
from gateway.errors import ConfigError
from gateway.site import Site
from readers.observations import Heartbeat, Read, Scan

S = 1_000_000_000
NOW = 1_795_255_200 * S
STORE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }, { id = "back", role = "back_room" }]
"""
MQTT = "[mqtt]\n"
R700 = """
[[readers]]
id = "r700"
kind = "impinj"
store = "lyon-1"
topic = "r700/events"
antennas = [{ port = 1, zone = "front" }]
"""
SLED = """
[[readers]]
id = "sled"
kind = "zebra_sled"
store = "lyon-1"
topic = "lyon/DATA/clients/data1event/RFD40-1"
antennas = [{ port = 1, zone = "front" }]
"""
SHELF = """
[[shelves]]
id = "shelf"
store = "lyon-1"
zone = "front"
sku = "CANDLE"
unit_weight_g = 420
"""
SCANNER = '[[scanners]]\nid = "s"\nstore = "lyon-1"\nzone = "front"\nrole = "till"\n'
MAPPING = '[[mappings]]\nname = "own"\n[[mappings.scans]]\ntopic = "{device}/code"\n'


def said(text: str) -> str:
    """Return what is wrong with a site."""
    with pytest.raises(ConfigError) as error:
        check_devices(parse_site(STORE + text, "site.toml"))
    return str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (MQTT + SHELF + 'topic = "t"\nunit = "kg"', "shelves[0].unit: kind tasmota has no use for unit: remove it"),
        (MQTT + SHELF + 'topic = "t"\nkind = "esphome"\nframe = ">H"', "shelves[0].frame: kind esphome has no use"),
        (MQTT + R700 + 'port = "/dev/ttyUSB0"', "readers[0].port: kind impinj has no use for port"),
        (MQTT + R700 + 'mapping = "keonn"', "readers[0].mapping: kind impinj has no use for mapping"),
        (SCANNER + 'port = "/dev/ttyACM0"\ntopic = "x"', "scanners[0].topic: kind scanner has no use for topic"),
        (SCANNER, "scanners[0].port: scanner 's' (kind scanner) needs its serial port"),
        (MQTT + SHELF, "shelves[0].topic: shelf 'shelf' (kind tasmota) needs its event topic"),
        (MQTT + SHELF + 'kind = "mapping"\ntopic = "t"', "shelves[0]: shelf: kind mapping needs mapping"),
        (MQTT + SHELF + 'kind = "mapping"\ntopic = "t"\nmapping = "shely"', "shelves[0].mapping: 'shely' is no mapping: did you mean 'shelly'?"),
        (MQTT + SHELF + 'kind = "mapping"\ntopic = "t"\nmapping = "keonn"', "shelves[0].mapping: 'keonn' has no readings, which shelves are for"),
        (MQTT + SHELF + 'kind = "mapping"\ntopic = "t"\nmapping = "shelly"', "shelves[0]: shelf: mapping 'shelly': it leaves open where the weight is"),
        (MQTT + SHELF + 'kind = "things_stack"\ntopic = "t"', "shelves[0]: shelf: give value"),
        (SHELF + 'topic = "t"', "mqtt: this table is required, for 'shelf' is behind the broker"),
        (MQTT + 'watch_topics = ["a#"]', "mqtt.watch_topics[0]"),
        (MAPPING + MAPPING, "mappings[1].name: 'own' is the name of another"),
        ('[[mappings]]\nname = "m"', "mappings[0]: give reads, readings or scans"),
        ('[[mappings]]\nname = "m"\n[[mappings.reads]]\ntopic = "a/b"\nepc = "e"', "mappings[0].reads[0]: topic: 'a/b' lacks {device}"),
        ('[[mappings]]\nname = "m"\n[[mappings.reads]]\ntopic = "{device}"\nepc = "e["', "mappings[0].reads[0].epc: 'e[' is no JMESPath"),
        ('[[mappings]]\nname = "m"\n[[mappings.reads]]\ntopic = "{device}/{a}"\nepc = "{b}"', "mappings[0].reads[0]: epc: '{b}' is no capture of topic '{device}/{a}': it has {a}"),
        ('[[mappings]]\nname = "m"\n[[mappings.reads]]\ntopic = "{device}/{A}"\nepc = "e"', "mappings[0].reads[0].topic: topic '{device}/{A}': a name in braces"),
        ('[[mappings]]\nname = "m"\n[[mappings.reads]]\ntopic = "{device}"\nepc = "e"\nrsi = "r"', "unknown key mappings[0].reads[0].rsi: did you mean 'rssi'?"),
        (MAPPING + '[[mappings.availability]]\ntopic = "x"', "mappings[0].availability[0]: offline: give the words"),
        (MAPPING + '[[mappings.availability]]\ntopic = "x"\nonline = ["a"]\noffline = ["a"]', "offline: 'a' stands in online too"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_with_its_key(text: str, message: str) -> None:
    """Key, value and remedy, before any connection is made."""
    assert message in said(text)


def test_devices_that_post_need_no_broker() -> None:
    """With webhook = true a site runs without [mqtt], and a topic is optional."""
    text = (
        STORE
        + R700.replace('topic = "r700/events"', "webhook = true")
        + SHELF
        + 'kind = "esphome"\nwebhook = true'
    )
    site = parse_site(text, "site.toml")
    check_devices(site)
    assert [(d.id, d.store, d.webhook) for d in mqtt_devices(site)] == [
        ("r700", "lyon-1", True),
        ("shelf", "lyon-1", True),
    ]


def test_scanners_are_on_a_port_or_behind_the_broker() -> None:
    """A mapping that has scans makes any device a scanner."""
    mapped = SCANNER + 'kind = "mapping"\nmapping = "own"\ntopic = "phone-1"\n'
    site = parse_site(STORE + MQTT + mapped + MAPPING, "site.toml")
    check_devices(site)
    assert list(serial_devices(site)) == []
    (device,) = mqtt_devices(site)
    assert device.codec.topics() == ("phone-1/code",)


def engine(text: str) -> Engine:
    """Return the rules of a site with a small catalogue."""
    site = parse_site(STORE + MQTT + text, "site.toml")
    check_devices(site)
    return Engine(Site(site), Catalogue([Article("TEE", gtins=("04006381333931",))]))


def test_a_sleds_silence_says_nothing() -> None:
    """It is read while in use; in its cradle the zone is watched by its fixed reader alone, and no alert is due."""
    shop = engine(R700 + SLED)
    shop.observe(Read("sled", 1, "E2AB", NOW, NOW), NOW)
    assert shop.state.counts.dropped == {}
    assert not shop.state.is_watched("lyon-1", "front", NOW)
    for second in range(0, 400, 10):
        at_ns = NOW + second * S
        shop.observe(Heartbeat("r700", True, at_ns, at_ns), at_ns)
        shop.advance(at_ns)
    assert shop.state.is_watched("lyon-1", "front", NOW + 390 * S)
    assert shop.state.devices["sled"].state(NOW + 390 * S) == "silent"
    assert [alert for alert in shop.drain().alerts if "sled" in alert.fingerprint] == []


def test_a_zone_of_a_handheld_alone_is_unwatched() -> None:
    """Nobody looks when nobody holds it: what lies there stays as last known, and is not taken as gone."""
    shop = engine(SLED)
    for second in range(3):
        shop.observe(Read("sled", 1, "3034257BF400B7800004CB2F", NOW + second * S, NOW), NOW)
    shop.advance(NOW + 10 * S)
    assert not shop.state.is_watched("lyon-1", "front", NOW + 10 * S)
    shop.advance(NOW + 3_600 * 24 * S)
    assert shop.state.presence.place_of("3034257BF400B7800004CB2F") is not None


def test_what_a_sled_scans_has_its_role() -> None:
    """scan_role = "receiving": a scan of the same device is a piece received where its antenna looks."""
    shop = engine(SLED + 'scan_role = "receiving"\n')
    shop.observe(Scan("sled", "4006381333931", NOW, NOW), NOW)
    shop.advance(NOW + S)
    (movement,) = shop.drain().movements
    assert (movement.sku, movement.store) == ("TEE", "lyon-1")


def test_without_a_role_its_scans_are_dropped_visibly() -> None:
    """A scan that nobody said the meaning of is counted, never guessed."""
    shop = engine(SLED)
    shop.observe(Scan("sled", "4006381333931", NOW, NOW), NOW)
    assert shop.state.devices["sled"].dropped == {"unknown_device": 1}


def test_any_reader_can_be_called_handheld() -> None:
    """And a sled that hangs on a wall can be called none."""
    wall = engine(SLED + "handheld = false\n")
    assert "sled" in wall.state.watch.readers
    hand = engine(R700 + "handheld = true\n")
    assert "r700" not in hand.state.watch.readers
