"""The site's devices as readers/ knows them: settings filled in from the config, kinds looked up. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from gateway.config.devices import ReaderSection, ScannerSection, ShelfSection
from gateway.config.mappings import grams_per_unit
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
from readers.errors import DeviceRefused
from readers.protocol import MqttCodec, SerialProtocol
from readers.registry import MQTT_KINDS, SERIAL_KINDS, serial_kind
from readers.settings import DeviceMapping, MqttDeviceSettings, RfidSettings, ScannerSettings


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
    """A device that sends messages; `webhook`: by HTTP, not through the broker."""

    id: str
    store: str
    codec: MqttCodec
    webhook: bool


Device = ReaderSection | ScannerSection | ShelfSection
GIVES = {"readers": ("reads",), "scanners": ("scans",), "shelves": ("readings",)}
"""What a mapping has to say for a device of each table."""
KIND_KEYS = ("status_topics", "mapping", "value", "frame", "unit", "scale")
"""Keys that some kinds take and others do not."""
SERIAL_KEYS = ("port", "baud", "region", "power_dbm", "prefix", "gs_replacement", "idle_flush_s")
MQTT_KEYS = ("topic", "webhook", *KIND_KEYS)


def serial_devices(site: SiteConfig, speed: float = 1.0) -> Iterator[SerialDevice]:
    """Yield the devices on serial ports. Raises ConfigError naming the device and the remedy.

    `speed` is that of the shop's clock, which protocols are run by: the one duration of a cable (how
    long a code may pause) is in real seconds, and stretched by it.
    """
    for number, reader in enumerate(site.readers):
        if reader.kind in SERIAL_KINDS:
            yield _serial_reader(reader, f"readers[{number}]")
    for number, scanner in enumerate(site.scanners):
        if scanner.kind not in MQTT_KINDS:
            yield _scanner(scanner, f"scanners[{number}]", speed)


def mqtt_devices(site: SiteConfig) -> Iterator[MqttDevice]:
    """Yield the devices that send messages. Raises ConfigError as above."""
    for number, reader in enumerate(site.readers):
        if reader.kind not in SERIAL_KINDS:
            yield _mqtt_device(site, reader, "readers", number)
    for number, scanner in enumerate(site.scanners):
        if scanner.kind in MQTT_KINDS:
            yield _mqtt_device(site, scanner, "scanners", number)
    for number, shelf in enumerate(site.shelves):
        yield _mqtt_device(site, shelf, "shelves", number)


def check_devices(site: SiteConfig) -> None:
    """Raise ConfigError where a device's kind or settings cannot be; touches no port."""
    list(serial_devices(site))
    behind_broker = [device for device in mqtt_devices(site) if not device.webhook]
    if behind_broker and site.mqtt is None:
        raise ConfigError(
            f"mqtt: this table is required, for {behind_broker[0].id!r} is behind the broker: "
            "add [mqtt], or webhook = true where it posts by HTTP"
        )


def _serial_reader(reader: ReaderSection, where: str) -> SerialDevice:
    _refuse_keys(reader, where, MQTT_KEYS)
    if reader.port is None:
        raise ConfigError(f"{where}.port: reader {reader.id!r} (kind {reader.kind}) needs its serial port")
    antennas = tuple(antenna.port for antenna in reader.antennas)
    settings = RfidSettings(
        reader.id, reader.region, reader.power_dbm, antennas, mode=reader.mode, ports=reader.ports
    )
    try:
        kind = serial_kind(reader.kind)
        protocol = kind.make(settings)
    except DeviceRefused as error:
        raise ConfigError(f"{where}: {error}") from error
    return SerialDevice(reader.id, reader.port, reader.baud or kind.default_baud, protocol, False)


def _scanner(scanner: ScannerSection, where: str, speed: float) -> SerialDevice:
    _refuse_keys(scanner, where, MQTT_KEYS)
    if scanner.port is None:
        raise ConfigError(f"{where}.port: scanner {scanner.id!r} (kind {scanner.kind}) needs its serial port")
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


def _mqtt_device(site: SiteConfig, section: Device, table: str, number: int) -> MqttDevice:
    where = f"{table}[{number}]"
    if section.kind not in MQTT_KINDS:
        known = sorted({*SERIAL_KINDS, *MQTT_KINDS} if table == "readers" else MQTT_KINDS)
        near = get_close_matches(section.kind, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigError(
            f"{where}.kind: unknown kind {section.kind!r}: {hint}known here are {', '.join(known)}"
        )
    kind = MQTT_KINDS[section.kind]
    _refuse_keys(section, where, SERIAL_KEYS)
    _refuse_keys(section, where, [key for key in KIND_KEYS if key not in kind.takes])
    topic = section.topic or (section.id if section.webhook else None)
    if topic is None:
        what = "reader" if table == "readers" else "scanner" if table == "scanners" else "shelf"
        raise ConfigError(f"{where}.topic: {what} {section.id!r} (kind {section.kind}) needs its event topic")
    settings = MqttDeviceSettings(
        section.id,
        topic,
        status_topics=section.status_topics if isinstance(section, ReaderSection) else (),
        value=section.value if isinstance(section, ShelfSection) else None,
        frame=section.frame if isinstance(section, ShelfSection) else None,
        grams_per_unit=_grams_per_unit(section),
        mapping=_mapping(site, section, table, where),
    )
    try:
        codec = kind.make(settings)
    except DeviceRefused as error:
        raise ConfigError(f"{where}: {error}") from error
    return MqttDevice(section.id, section.store, codec, section.webhook)


def _refuse_keys(section: Device, where: str, keys: Sequence[str]) -> None:
    """Refuse a key that a device's kind would not read: it would be believed to have an effect."""
    for key in keys:
        if key in section.model_fields_set:
            raise ConfigError(f"{where}.{key}: kind {section.kind} has no use for {key}: remove it")


def _grams_per_unit(section: Device) -> float:
    return grams_per_unit(section.unit, section.scale) if isinstance(section, ShelfSection) else 1.0


def _mapping(site: SiteConfig, section: Device, table: str, where: str) -> DeviceMapping | None:
    """Return the mapping that a device names; it has to give what its table is for."""
    found = next((mapping for mapping in site.mappings if mapping.name == section.mapping), None)
    if found is None:
        return None
    wanted = list(GIVES[table])
    if isinstance(section, ReaderSection) and section.scan_role is not None:
        wanted.append("scans")
    if not any(getattr(found, rules) for rules in wanted):
        raise ConfigError(
            f"{where}.mapping: {found.name!r} has no {' and no '.join(wanted)}, which {table} are for: "
            "name another, or add them to it"
        )
    return found.settings()
