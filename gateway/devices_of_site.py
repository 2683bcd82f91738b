"""The site's devices as readers/ knows them: settings filled in from the config, kinds looked up. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.config import ReaderSection, ScannerSection, ShelfSection, SiteConfig
from gateway.errors import ConfigError
from readers.errors import DeviceRefused
from readers.protocol import MqttCodec, SerialProtocol
from readers.registry import MQTT_KINDS, SERIAL_KINDS, mqtt_kind, serial_kind
from readers.settings import MqttDeviceSettings, RfidSettings, ScannerSettings


@dataclass(frozen=True, slots=True)
class SerialDevice:
    """A device on a serial port, ready to be supervised."""

    id: str
    port: str
    baud: int
    protocol: SerialProtocol
    port_is_life: bool


@dataclass(frozen=True, slots=True)
class MqttDevice:
    """A device behind the broker."""

    id: str
    codec: MqttCodec


def serial_devices(site: SiteConfig, speed: float = 1.0) -> Iterator[SerialDevice]:
    """Yield the devices on serial ports. Raises ConfigError naming the device and the remedy.

    `speed` is that of the shop's clock, which protocols are run by: the one duration of a cable (how
    long a code may pause) is in real seconds, and stretched by it.
    """
    for number, reader in enumerate(site.readers):
        if reader.kind in SERIAL_KINDS:
            yield _serial_reader(reader, f"readers[{number}]")
    for number, scanner in enumerate(site.scanners):
        yield _scanner(scanner, f"scanners[{number}]", speed)


def mqtt_devices(site: SiteConfig) -> Iterator[MqttDevice]:
    """Yield the devices behind the broker. Raises ConfigError as above."""
    for number, reader in enumerate(site.readers):
        if reader.kind not in SERIAL_KINDS:
            yield _mqtt_reader(reader, f"readers[{number}]")
    for number, shelf in enumerate(site.shelves):
        yield _shelf(shelf, f"shelves[{number}]")


def check_devices(site: SiteConfig) -> None:
    """Raise ConfigError where a device's kind or settings cannot be; touches no port."""
    list(serial_devices(site))
    if list(mqtt_devices(site)) and site.mqtt is None:
        raise ConfigError("mqtt: this table is required, for there are devices behind the broker: add [mqtt]")


def _serial_reader(reader: ReaderSection, where: str) -> SerialDevice:
    if reader.port is None:
        raise ConfigError(f"{where}.port: reader {reader.id!r} (kind {reader.kind}) needs its serial port")
    settings = RfidSettings(
        reader.id, reader.region, reader.power_dbm, tuple(antenna.port for antenna in reader.antennas)
    )
    try:
        kind = serial_kind(reader.kind)
        protocol = kind.make(settings)
    except DeviceRefused as error:
        raise ConfigError(f"{where}: {error}") from error
    return SerialDevice(reader.id, reader.port, reader.baud or kind.default_baud, protocol, False)


def _scanner(scanner: ScannerSection, where: str, speed: float) -> SerialDevice:
    settings = ScannerSettings(
        scanner.id,
        prefix=scanner.prefix.encode(),
        idle_flush_s=scanner.idle_flush_s * speed,
        gs_replacement=scanner.gs_replacement.encode(),
    )
    try:
        kind = serial_kind(scanner.kind)
        protocol = kind.make(settings)
    except DeviceRefused as error:
        raise ConfigError(f"{where}.kind: {error}") from error
    return SerialDevice(scanner.id, scanner.port, scanner.baud or kind.default_baud, protocol, True)


def _mqtt_reader(reader: ReaderSection, where: str) -> MqttDevice:
    if reader.kind not in MQTT_KINDS:
        known = ", ".join(sorted({*SERIAL_KINDS, *MQTT_KINDS}))
        raise ConfigError(f"{where}.kind: unknown kind {reader.kind!r}: known here are {known}")
    if reader.topic is None:
        raise ConfigError(f"{where}.topic: reader {reader.id!r} (kind {reader.kind}) needs its event topic")
    return MqttDevice(reader.id, _codec(reader.kind, reader.id, reader.topic, where))


def _shelf(shelf: ShelfSection, where: str) -> MqttDevice:
    return MqttDevice(shelf.id, _codec(shelf.kind, shelf.id, shelf.topic, where))


def _codec(kind: str, device: str, topic: str, where: str) -> MqttCodec:
    try:
        return mqtt_kind(kind).make(MqttDeviceSettings(device, topic))
    except DeviceRefused as error:
        raise ConfigError(f"{where}: {error}") from error
