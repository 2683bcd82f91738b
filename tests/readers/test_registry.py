"""The table of kinds: complete, buildable, and helpful about typing errors."""

import pytest

from readers.errors import DeviceRefused
from readers.registry import MQTT_KINDS, SERIAL_KINDS, mqtt_kind, serial_kind
from readers.settings import RfidSettings, ScannerSettings
from tests.support.mqtt_kinds import device_settings


def test_serial_kinds_speak_from_the_start() -> None:
    """Each serial kind makes a protocol that can be opened and closed."""
    for name, kind in SERIAL_KINDS.items():
        protocol = kind.make(ScannerSettings("a") if name == "scanner" else RfidSettings("a"))
        protocol.opened(0)
        protocol.closing(0)
        assert protocol.bytes_counts.is_conserved()
        assert protocol.frame_counts.is_conserved()


@pytest.mark.parametrize("kind", sorted(MQTT_KINDS))
def test_mqtt_kinds_say_what_to_subscribe(kind: str) -> None:
    """Each MQTT kind makes a codec for one device's topics."""
    codec = mqtt_kind(kind).make(device_settings(kind))
    assert all("some-topic" in topic for topic in codec.topics())
    assert "some-topic" in codec.data_topic()


def test_every_kind_has_a_title_and_serial_ones_a_baud() -> None:
    """People read the title; a port is opened at the makers' default."""
    assert all(kind.title for kind in [*SERIAL_KINDS.values(), *MQTT_KINDS.values()])
    assert {name: kind.default_baud for name, kind in SERIAL_KINDS.items()} == {
        "cf": 115_200,
        "m100": 115_200,
        "r2000": 115_200,
        "scanner": 9_600,
        "uhfreader18": 57_600,
        "uhfreader288": 57_600,
    }


def test_settings_that_a_kind_does_not_know_are_refused() -> None:
    """Work mode and number of ports are for the kinds that have them; elsewhere they name the key."""
    with pytest.raises(DeviceRefused, match="m100 has no mode"):
        serial_kind("m100").make(RfidSettings("front", mode="real_time"))
    with pytest.raises(DeviceRefused, match="uhfreader18 has no ports"):
        serial_kind("uhfreader18").make(RfidSettings("front", ports=4))
    serial_kind("uhfreader288").make(RfidSettings("front", mode="real_time", ports=4))


def test_an_unknown_kind_names_the_nearest() -> None:
    """A typing error is answered with the nearest kind and with all that there are."""
    with pytest.raises(
        DeviceRefused, match=r"'m10': did you mean 'm100'\? known here are cf, m100, r2000, scanner"
    ):
        serial_kind("m10")
    with pytest.raises(
        DeviceRefused,
        match="'zzz': known here are esphome, impinj, mapping, tasmota, things_stack, zebra, zebra_sled",
    ):
        mqtt_kind("zzz")


def test_settings_of_the_other_sort_are_refused() -> None:
    """A scanner's settings make no RFID reader, nor the reverse."""
    with pytest.raises(DeviceRefused, match="m100"):
        serial_kind("m100").make(ScannerSettings("till-1"))
    with pytest.raises(DeviceRefused, match="scanner"):
        serial_kind("scanner").make(RfidSettings("front"))
