"""Settings that each MQTT kind can be made with, for tests that hold all of them to one contract. Pure."""

from dataclasses import replace

from readers.settings import (
    AvailabilityRule,
    DeviceMapping,
    MqttDeviceSettings,
    ReadingsRule,
    ReadsRule,
    ScansRule,
)

MAPPING = DeviceMapping(
    "shop",
    reads=(
        ReadsRule(
            "{device}/tags",
            epc="epc",
            items="tags",
            antenna="port",
            rssi="rssi",
            time="ts",
            time_format="unix_ms",
        ),
    ),
    readings=(ReadingsRule("{device}/weight", value="g", time="at"),),
    scans=(ScansRule("{device}/code", text="code", time="at"),),
    availability=(AvailabilityRule("{device}/life", online=("up",), offline=("down",)),),
)
"""A mapping with all that there is."""


def device_settings(kind: str, topic: str = "some-topic", device: str = "a") -> MqttDeviceSettings:
    """Return settings that `kind` takes."""
    plain = MqttDeviceSettings(device, topic)
    if kind == "mapping":
        return replace(plain, mapping=MAPPING)
    if kind == "things_stack":
        return replace(plain, value="weight")
    if kind in ("zebra", "zebra_sled"):
        return replace(plain, status_topics=(f"{topic}/life",))
    return plain
